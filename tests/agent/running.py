# SPDX-License-Identifier: Apache-2.0
"""The real `sansang-agent run` as a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from sansang_agent.probes.base import all_probes
from tests.capabilities import program
from tests.waiting import wait_until

COMMAND = Path(sys.executable).with_name("sansang-agent")
END_S = 30


def all_off_but(*kinds: str) -> str:
    """A line of `[probes]` for each of the others."""
    return "".join(f"{kind}.enabled = false\n" for kind in all_probes() if kind not in kinds)


QUICK = f"""
batch_every_s = 1
[probes]
host.every_s = 1
{all_off_but("host")}
"""
"""Settings of an agent that has something to send at once, and measures nothing but itself."""


def write_config(folder: Path, url: str, more: str = QUICK, agent: str = "nvh-1") -> Path:
    """An agent.toml whose outbox stands beside it."""
    path = folder / "agent.toml"
    path.write_text(
        f'agent = "{agent}"\nbroker.url = "{url}"\noutbox.path = "{folder}/outbox.db"\n{more}'
    )
    return path


class RunningAgent:
    """Ends with the block, at the latest. Its log is in `stderr`."""

    def __init__(self, config: Path, *options: str) -> None:
        self._log = config.with_suffix(".log")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(program("setpriv", "setpriv"), "--pdeathsig", "KILL"),
                    *(str(COMMAND), "run", "--config", str(config), *options),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def says(self, words: str, within_s: float = END_S) -> None:
        """Wait for these words in its log."""
        wait_until(lambda: words in self.log, f"{words!r} in the log", within_s)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Its exit status."""
        self._process.send_signal(how)
        return self._process.wait(END_S)

    def status(self) -> int:
        """Its exit status when it ends by itself."""
        return self._process.wait(END_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()


def environment() -> Mapping[str, str]:
    """Of this machine only what a program needs."""
    kept = ("PATH", "HOME", "SANSANG_TEST_RUN", "COVERAGE_PROCESS_START")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    return {**found, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"}

# SPDX-License-Identifier: Apache-2.0
"""What programs inside the virtual machine share: to run a command, to keep one running."""

import contextlib
import subprocess
from collections.abc import Callable, Generator, Sequence

from tests.lab import kernel
from tests.waiting import wait_until

PATIENCE_S = 60


def run(*command: str, check: bool = True) -> str:
    """Its output."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def simulate(radios: int) -> None:
    """wlan0, wlan1, …, which hear one another."""
    run("insmod", str(kernel.RADIOS), f"radios={radios}")
    run("ip", "link", "set", "lo", "up")


def run_all(commands: str) -> None:
    """A command a line."""
    for line in commands.strip().splitlines():
        run(*line.split())


@contextlib.contextmanager
def started(
    *command: str, until: Callable[[], bool] | None = None
) -> Generator["subprocess.Popen[bytes]"]:
    """Runs until it is killed at the end of the block, which begins when `until` holds."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            if until is not None:
                wait_until(until, f"{command[0]} to work", PATIENCE_S)
            yield process
        finally:
            process.kill()


def inside(namespace: str, *command: str) -> Sequence[str]:
    """The command, to be run in that network namespace."""
    return ("ip", "netns", "exec", namespace, *command)

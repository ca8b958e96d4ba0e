# SPDX-License-Identifier: Apache-2.0
"""Run a probe inside a host of a lab: `python -m tests.lab.probing KIND SETTINGS CLOCK`.

It measures once for each line it reads and prints the readings as one line of JSON.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec

from sansang_agent.probes.base import ClockState, Surroundings, all_probes
from sansang_wire import checking
from sansang_wire.reading import Clock
from sansang_wire.readings import AnyReading
from tests.lab.netns import Host

SURROUNDINGS = Surroundings(Path("/"), None, lambda: ClockState("none", None))
"""For a probe that does not look at them."""


class ProbeInside:
    """A probe that lives in a host and keeps its state between runs."""

    def __init__(self, ask: Any, answers: Any) -> None:
        self._ask = ask
        self._answers = answers

    def begin(self) -> None:
        """Have it measure; `readings` waits for the result."""
        self._ask.write("\n")
        self._ask.flush()

    def readings(self) -> list[AnyReading]:
        line = self._answers.readline()
        assert line, "the probe ended"
        return msgspec.json.decode(line, type=list[AnyReading])

    def run(self) -> list[AnyReading]:
        self.begin()
        return self.readings()


@contextlib.contextmanager
def probe_in(
    host: Host,
    kind: str,
    settings: dict[str, Any] | None = None,
    before: tuple[str, ...] = (),
    clock: Clock = "none",
) -> Generator[ProbeInside]:
    """`before` are words to put before the command, as `netns.WITHOUT_CAPABILITIES`."""
    words = (kind, json.dumps(settings or {}), clock)
    command = (*before, sys.executable, "-m", __name__, *words)
    with host.start(*command) as process:
        try:
            yield ProbeInside(process.stdin, process.stdout)
        finally:
            process.kill()


def read_once(
    host: Host,
    kind: str,
    settings: dict[str, Any] | None = None,
    before: tuple[str, ...] = (),
    clock: Clock = "none",
) -> list[AnyReading]:
    with probe_in(host, kind, settings, before, clock) as probe:
        return probe.run()


def billed(host: Host) -> int:
    """Bytes that the cable of a host has carried both ways, without the 14 of Ethernet."""
    (said,) = host.json("ip", "-j", "-s", "link", "show", "eth0")
    ways = [said["stats64"][way] for way in ("rx", "tx")]
    return sum(way["bytes"] - 14 * way["packets"] for way in ways)


async def main(kind: str, settings: str, clock: Clock) -> None:
    probe_type = all_probes()[kind]
    surroundings = Surroundings(Path.cwd(), None, lambda: ClockState(clock, None))
    checked = checking.check(json.loads(settings), probe_type.settings_type)
    probe = probe_type(checked, surroundings)
    while await asyncio.to_thread(sys.stdin.readline):
        readings = await probe.run()
        print(msgspec.json.encode(readings).decode(), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))  # pyright: ignore[reportArgumentType]

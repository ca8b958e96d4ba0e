# SPDX-License-Identifier: Apache-2.0
"""Runs every probe at its cadence: one task each, so that none waits for another or meets itself.

Start offsets are hashed from the agent's id: the boxes of a commune, all started by the return of
the power, do not all measure and send in the same instant.
"""

import asyncio
import hashlib
import logging
import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from sansang_agent.losses import Losses
from sansang_agent.probes.base import Probe, ProbeSettings, Profile
from sansang_wire.batch import encode
from sansang_wire.reading import Outcome
from sansang_wire.readings import AnyReading

log = logging.getLogger(__name__)

LONGEST_RUN_S = 120
"""A probe that has not ended by then is given up, so that its next run can begin."""

_decode = msgspec.json.Decoder(AnyReading).decode

RunningProbe = Probe[ProbeSettings]
Finding = tuple[Outcome, str | None]
"""What a reading found, as far as others must know of a change at once."""


class Deliver(Protocol):
    """Takes the readings of one run."""

    def __call__(self, readings: Sequence[AnyReading], *, urgent: bool) -> None: ...


class Schedule:
    """The running probes. `deliver` is called in the loop with the readings of each run, `urgent`
    when a probe that looks at interfaces found something else than before, or one was started by
    a loss.
    """

    def __init__(self, agent: str, profile: Profile, deliver: Deliver) -> None:
        self._agent = agent
        self._profile: Profile = profile
        self._deliver = deliver
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._woken_by_link: dict[str, asyncio.Event] = {}
        self._woken_by_loss: dict[str, asyncio.Event] = {}
        self._losses = Losses()
        self.failures: dict[str, int] = {}
        """By kind: runs that raised or hung, and readings no collector would accept."""

    def apply(self, probes: Mapping[str, RunningProbe]) -> None:
        """Run these probes from now on, and no others."""
        before = dict(self._tasks)
        self.stop()
        for kind, probe in probes.items():
            if probe.settings.enabled:
                if probe.on_link_event:
                    self._woken_by_link[kind] = asyncio.Event()
                elif probe.on_reachability_loss:
                    self._woken_by_loss[kind] = asyncio.Event()
                repeat = self._repeat(kind, probe, before.get(kind))
                self._tasks[kind] = asyncio.create_task(repeat, name=kind)

    def stop(self) -> None:
        """End every probe where it is."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self._woken_by_link.clear()
        self._woken_by_loss.clear()

    def wake(self) -> None:
        """An interface of the box changed: the probes that look at that run now."""
        for woken in self._woken_by_link.values():
            woken.set()

    async def _repeat(
        self, kind: str, probe: RunningProbe, before: asyncio.Task[None] | None
    ) -> None:
        if before is not None:
            # A run that was stopped may still be letting go of what it used.
            await asyncio.wait({before}, timeout=LONGEST_RUN_S)
        every_s = cadence_s(probe, self._profile)
        loop = asyncio.get_running_loop()
        due = loop.time() + start_offset_s(f"{self._agent}/{kind}", every_s)
        last: list[Finding] = []
        while True:
            woken = await self._wait(kind, due - loop.time())
            readings = await self._run_once(kind, probe)
            found: list[Finding] = [(each.outcome, each.reason) for each in readings]
            # Its turn may come between a change and the kernel's word of it.
            changed = kind in self._woken_by_link and found != last
            urgent = changed or (woken and kind in self._woken_by_loss)
            if urgent or not woken:
                self._deliver(readings, urgent=urgent)
            last = found
            if self._losses.begin_with(readings, loop.time()):
                for each in self._woken_by_loss.values():
                    each.set()
            if not woken:
                # What was missed while a run took longer than its cadence is left out.
                due += every_s * max(1, -((due - loop.time()) // every_s))

    async def _wait(self, kind: str, seconds: float) -> bool:
        """Whether the probe was woken before its time."""
        event = self._woken_by_link.get(kind) or self._woken_by_loss.get(kind)
        if event is None:
            await asyncio.sleep(seconds)
            return False
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        event.clear()
        return True

    async def _run_once(self, kind: str, probe: RunningProbe) -> list[AnyReading]:
        try:
            # wait_for() of Python 3.11 forgets that it was cancelled when the run ends just then.
            async with asyncio.timeout(LONGEST_RUN_S):
                readings = list(await probe.run())
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self.count_failure(kind, error)  # something inside the probe was cancelled, not we
        except Exception as error:  # noqa: BLE001 - one probe's fault must not end the agent
            self.count_failure(kind, error)
        else:
            return [reading for reading in readings if self._is_sound(kind, reading)]
        return []

    def _is_sound(self, kind: str, reading: AnyReading) -> bool:
        """Whether a collector would take it. NaN would travel as null, which hides a fault."""
        try:
            _decode(encode(reading))
            values = msgspec.structs.astuple(reading)
            if not all(math.isfinite(each) for each in values if isinstance(each, float)):
                raise ValueError(f"a value is not finite: {reading}")
        except Exception as error:  # noqa: BLE001 - what it returned may be anything
            self.count_failure(kind, error)
            return False
        return True

    def count_failure(self, kind: str, error: BaseException) -> None:
        """Tell of the first of a probe, count them all: the hello carries the counts."""
        if kind not in self.failures:
            log.error("the probe %s failed: %s: %s", kind, type(error).__name__, error)
        self.failures[kind] = self.failures.get(kind, 0) + 1


def cadence_s(probe: RunningProbe, profile: Profile) -> float:
    """Seconds between two runs: as the settings say, else as the profile has it."""
    return probe.settings.every_s or probe.every_s[profile]


def start_offset_s(name: str, every_s: float) -> float:
    """A moment in the first period, always the same for the same name.

    The first period is cut to 10 s: whoever has just plugged the box in is waiting.
    """
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32
    return share * min(every_s, 10)

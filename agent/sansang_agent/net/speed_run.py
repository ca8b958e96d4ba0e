# SPDX-License-Identifier: Apache-2.0
"""One speed test: where to, what of, what the worker told, and the readings that makes."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from sansang_agent.net.boot import boottime_us
from sansang_agent.net.worker import WorkerError, follow
from sansang_wire.reading import Family, Outcome
from sansang_wire.speed_readings import SpeedPhase, Streams, ThroughputReading

WITHIN_S = 110
"""The schedule gives a run 120 s; the worker ends by itself before."""

Tell = Callable[[Mapping[str, Any]], None]
"""Takes each line of the worker as it comes."""


class Test(NamedTuple):
    """What is measured: the labels of its readings. `streams` are those of its transfers."""

    server: str
    family: Family
    streams: Streams
    phases: Sequence[SpeedPhase]
    retest: bool = False

    def reading(
        self,
        phase: SpeedPhase,
        at: int,
        outcome: Outcome,
        reason: str | None = None,
        **values: Any,
    ) -> ThroughputReading:
        """Of one phase. Raises msgspec.ValidationError for values that no line can have."""
        told: dict[str, Any] = {
            **values,
            "kind": "throughput",
            "at": at,
            "outcome": outcome,
            "reason": reason,
        }
        told |= {"server": self.server, "family": self.family, "phase": phase}
        told |= {"streams": "none" if phase == "idle" else self.streams}
        return msgspec.convert(told | ({"retest": True} if self.retest else {}), ThroughputReading)

    def not_made(
        self, phases: Sequence[SpeedPhase], reason: str, outcome: Outcome = "broken"
    ) -> list[ThroughputReading]:
        """That these phases were due, and why there is nothing."""
        at = boottime_us()
        return [self.reading(phase, at, outcome, reason) for phase in phases]


class Came(NamedTuple):
    """`used_bytes` is None when the worker did not live to tell."""

    readings: list[ThroughputReading]
    used_bytes: int | None


async def run(test: Test, request: Mapping[str, Any], tell: Tell | None) -> Came:
    """Never raises for what the worker does: phases that it did not tell of are `broken`."""
    readings: list[ThroughputReading] = []
    used_bytes: int | None = None
    begun: dict[str, int] = {}
    reason = "worker_failed"
    try:
        async with contextlib.aclosing(follow("speed", request, WITHIN_S)) as lines:
            async for line in lines:
                if tell is not None:
                    tell(line)
                now = boottime_us()
                if "progress" in line:
                    progress = line["progress"]
                    began = now - round(progress["elapsed_ms"] * 1000)
                    begun.setdefault(progress["phase"], began)
                elif "phase" in line:
                    values = line["phase"]
                    took_us = round((values.get("duration_ms") or 0) * 1000)
                    began = begun.get(values["phase"], now - took_us)
                    readings.append(test.reading(at=began, **values))
                elif "done" in line:
                    used_bytes = line["done"]["used_bytes"]
    except WorkerError as error:
        reason = error.reason
    except (msgspec.ValidationError, TypeError, KeyError, ValueError):
        pass  # it speaks nonsense: what it had said before stays
    told = {each.phase for each in readings}
    missing: list[SpeedPhase] = [phase for phase in test.phases if phase not in told]
    return Came([*readings, *test.not_made(missing, reason)], used_bytes)

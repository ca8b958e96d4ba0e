# SPDX-License-Identifier: Apache-2.0
"""The order of a site's speed tests: which is due, what it may use, what it did use, and again?

Bytes are reserved before a test and put right after it: with a power cut in between the reserved
ones stay, for nobody knows. Times are seconds since the Unix epoch.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

from sansang_agent.net import speed_budget, speed_plan
from sansang_agent.net.speed_budget import Grant
from sansang_agent.net.speed_plan import Rhythm
from sansang_agent.net.speed_state import Retest, SpeedState, changing
from sansang_wire.reading import Family
from sansang_wire.speed_readings import SpeedPhase, Streams

LineKind = Literal["fixed", "mobile", "metered"]


class Usual(NamedTuple):
    """What tests cost on a kind of line unless the settings say so; why: the probe's page."""

    monthly_gb: float
    phase_mb: float
    per_day: float


USUAL: Mapping[LineKind, Usual] = {
    "fixed": Usual(monthly_gb=60, phase_mb=500, per_day=4),
    "mobile": Usual(monthly_gb=3, phase_mb=60, per_day=1),
    "metered": Usual(monthly_gb=0.01, phase_mb=0, per_day=4),
}


class Wanted(NamedTuple):
    """A test to be made: one that was slow again, or by its number what takes turns."""

    number: int
    retest: Retest | None = None


class Reserved(NamedTuple):
    """What a test may use, and the local date that pays for it."""

    grant: Grant
    day: date


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a site, as its settings have them."""

    rhythm: Rhythm
    monthly_bytes: int
    phase_bytes: int
    slow_below_pct: float
    package_mbps: Mapping[SpeedPhase, float | None]


@dataclass(frozen=True, slots=True)
class Book:
    """Keeps order in `folder`. Everything raises OSError when the file there can't be used."""

    folder: Path
    agent: str
    limits: Limits

    def next(self, now_s: float) -> Wanted | None:
        """What is due; each is told once, so that a crash during a test does not repeat it."""
        with self._changing(now_s) as state:
            # What lies ahead was written before the clock went back.
            state.done_until_s = min(state.done_until_s, now_s)
            if (retest := state.retest) is not None:
                early_s = retest.at_s - now_s
                if not -speed_plan.LATE_S <= early_s <= speed_plan.RETEST_AFTER_S:
                    state.retest = None
                elif early_s <= 0:
                    state.retest = None
                    return Wanted(0, retest)
            limits = self.limits
            slot = speed_plan.due(self.agent, limits.rhythm, now_s, state.done_until_s)
            if slot is None:
                return None
            state.done_until_s = slot.at_s
            return Wanted(slot.number)

    def reserve(self, now_s: float, *, by_hand: bool) -> Reserved | None:
        """The most that a test may use now, taken off the budget; None when that is spent.

        One made by hand may use what all of the month has left.
        """
        today = self._today(now_s)
        left = speed_budget.left_this_month if by_hand else speed_budget.left_today
        with self._changing(now_s) as state:
            grant = speed_budget.grant(
                left(state.days, today, self.limits.monthly_bytes), self.limits.phase_bytes
            )
            if grant is None:
                return None
            state.add(today.isoformat(), grant.reserved_bytes)
            return Reserved(grant, today)

    def settle(self, now_s: float, reserved: Reserved, used_bytes: int) -> None:
        """It used that much, not all that was reserved."""
        with self._changing(now_s) as state:
            # A file that was lost meanwhile knows nothing of the reservation.
            if state.days.get(reserved.day.isoformat(), 0) >= reserved.grant.reserved_bytes:
                state.add(reserved.day.isoformat(), used_bytes - reserved.grant.reserved_bytes)

    def left_bytes(self, now_s: float) -> int:
        """That tests may still use this month."""
        with self._changing(now_s) as state:
            return speed_budget.left_this_month(
                state.days, self._today(now_s), self.limits.monthly_bytes
            )

    def last_mbps(self, now_s: float, family: Family, streams: Streams) -> float | None:
        """What the line came to the last time, if that is known."""
        with self._changing(now_s) as state:
            return next(iter(state.recent_mbps.get(f"{family}/{streams}/download", [])[-1:]), None)

    def learn(
        self,
        now_s: float,
        family: Family,
        streams: Streams,
        rates_mbps: Mapping[SpeedPhase, float],
        *,
        again: bool,
    ) -> None:
        """What a test came to; with `again` a slow one is made once more, ten minutes later."""
        limits = self.limits
        with self._changing(now_s) as state:
            for phase, rate_mbps in rates_mbps.items():
                name = f"{family}/{streams}/{phase}"
                before = state.recent_mbps.get(name, [])
                package = limits.package_mbps.get(phase)
                if again and speed_plan.is_slow(rate_mbps, package, before, limits.slow_below_pct):
                    at_s = now_s + speed_plan.RETEST_AFTER_S
                    state.retest = Retest(at_s=at_s, family=family, streams=streams)
                state.keep_rate(name, rate_mbps)

    def _changing(self, now_s: float) -> AbstractContextManager[SpeedState]:
        today = self._today(now_s)

        def forgotten() -> SpeedState:
            return SpeedState(days=speed_budget.forgotten(today, self.limits.monthly_bytes))

        return changing(self.folder, forgotten)

    def _today(self, now_s: float) -> date:
        return speed_plan.local_date(now_s, self.limits.rhythm.utc_offset_h)

# SPDX-License-Identifier: Apache-2.0
"""When reachability is lost, so that evidence is taken at that moment and not hours later."""

from collections.abc import Sequence

from sansang_wire.reading import Family, Scope
from sansang_wire.readings import AnyReading, ReachabilityReading

BEYOND_THE_SITE: tuple[Scope, ...] = ("domestic", "international")
AT_MOST_EVERY_S = 600
"""A line that comes and goes each minute is not worth the data of a trace each time."""


class Losses:
    """Compares each run of the probe `reachability` with the one before."""

    def __init__(self) -> None:
        self._before: Sequence[AnyReading] = ()
        self._told_s: float | None = None

    def begin_with(self, readings: Sequence[AnyReading], now_s: float) -> bool:
        """Whether one begins with these readings of a run; those of other probes say nothing."""
        if not any(isinstance(each, ReachabilityReading) for each in readings):
            return False
        before, self._before = self._before, readings
        if not has_lost(before, readings):
            return False
        if self._told_s is not None and now_s - self._told_s < AT_MOST_EVERY_S:
            return False
        self._told_s = now_s
        return True


def has_lost(before: Sequence[AnyReading], now: Sequence[AnyReading]) -> bool:
    """Whether, of a family and scope beyond the site, a target answered and now none does."""
    answered = {where for where, outcome in _outcomes(before) if outcome == "ok"}
    outcomes = set(_outcomes(now))
    silent = {where for where, outcome in outcomes if outcome == "unreachable"}
    # What could not be measured may well be there.
    others = {where for where, outcome in outcomes if outcome != "unreachable"}
    return bool(answered & silent - others)


def _outcomes(readings: Sequence[AnyReading]) -> list[tuple[tuple[Family, Scope], str]]:
    return [
        ((each.family, each.scope), each.outcome)
        for each in readings
        if isinstance(each, ReachabilityReading) and each.scope in BEYOND_THE_SITE
    ]

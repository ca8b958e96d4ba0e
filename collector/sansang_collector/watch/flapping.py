# SPDX-License-Identifier: Apache-2.0
"""Does something change too often to tell people each time (the weights are those of Nagios)."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from sansang_collector.watch.entry import Entry
from sansang_collector.watch.service import MINUTE_US

STATES = 21
STEP_US = 2 * MINUTE_US
WINDOW_US = (STATES - 1) * STEP_US
LIGHTEST, HEAVIEST = 0.75, 1.25
"""An old change counts less than a new one."""
DAY_US = 24 * 60 * MINUTE_US
STARTS_PCT, STOPS_PCT = 30, 20


def change_pct(outages: Iterable[Entry], now: int) -> float:
    """How many of the last 20 steps of two minutes changed from up to down or back, weighted."""
    spans = [(each.key.start, each.end or now + 1) for each in outages if each.state == "down"]
    instants = range(now - WINDOW_US, now + 1, STEP_US)
    states = [any(start <= at < end for start, end in spans) for at in instants]
    weights = (
        LIGHTEST + (HEAVIEST - LIGHTEST) * step / (STATES - 2)
        for step, (before, after) in enumerate(pairwise(states))
        if before != after
    )
    return 100 * sum(weights) / (STATES - 1)


def flapping(outages: Sequence[Entry], now: int) -> bool:
    """Whether it does, by the last day: for one who has not looked all the while."""
    if change_pct(outages, now) < STOPS_PCT:
        return False
    found = False
    for at in range(now - DAY_US, now + 1, STEP_US):
        found = flaps(outages, at, before=found)
    return found


def flaps(outages: Iterable[Entry], now: int, *, before: bool) -> bool:
    """Whether it does; having begun it lasts until it is well below where it began."""
    return change_pct(outages, now) >= (STOPS_PCT if before else STARTS_PCT)

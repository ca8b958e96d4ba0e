# SPDX-License-Identifier: Apache-2.0
"""When a speed test is due, of what, and when one was so slow that it has to be made again. Pure.

Tests come at random but always at the same times for the same agent, so that a restart repeats none
and the sites of a commune don't meet. Distances are exponential, as NDT7 asks of clients that run
by themselves (M-Lab's `spec/ndt7-protocol.md`): no rhythm of the line's other users is missed or
always met. One more test a day stands in an hour when lines are busy.
"""

import calendar
import hashlib
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from statistics import median
from typing import NamedTuple

DAY_S, HOUR_S = 86_400, 3600
SHORTEST, LONGEST = 0.1, 2.5
"""Of the mean distance between two tests."""
LATE_S = 3600
"""A test whose time passed longer ago than that, with the box off, is left out."""
RETEST_AFTER_S = 600
JUDGED_FROM = 3
"""With fewer tests before it nobody knows what is usual."""


class Rhythm(NamedTuple):
    """`per_day`: mean number of tests besides the one in a peak hour; hours are of local time."""

    per_day: float
    peak_hours: Sequence[int]
    utc_offset_h: float


class Slot(NamedTuple):
    """`at_s`: since the Unix epoch. `number`: what is tested takes turns by it."""

    at_s: float
    number: int


def due(agent: str, rhythm: Rhythm, now_s: float, done_until_s: float) -> Slot | None:
    """The newest slot that has come and that no test was made for; a stale one is none."""
    since_s = max(now_s - LATE_S, done_until_s)
    days = {local_date(at_s, rhythm.utc_offset_h) for at_s in (now_s - LATE_S, now_s)}
    coming = [
        *(_in_a_peak_hour(agent, rhythm, day) for day in days if rhythm.peak_hours),
        *chain.from_iterable(
            _spaced(agent, rhythm, month, now_s) for month in {day.replace(day=1) for day in days}
        ),
    ]
    return max((slot for slot in coming if since_s < slot.at_s <= now_s), default=None)


def local_date(at_s: float, utc_offset_h: float) -> date:
    """The day of the calendar on the wall."""
    return datetime.fromtimestamp(at_s + utc_offset_h * HOUR_S, UTC).date()


def is_slow(
    rate_mbps: float, package_mbps: float | None, before_mbps: Sequence[float], below_pct: float
) -> bool:
    """Below so much of the package, or where that is not known of the median of those before."""
    usual_mbps = package_mbps
    if usual_mbps is None:
        if len(before_mbps) < JUDGED_FROM:
            return False
        usual_mbps = median(before_mbps)
    return rate_mbps < usual_mbps * below_pct / 100


def _spaced(agent: str, rhythm: Rhythm, month: date, until_s: float) -> Iterator[Slot]:
    """From the first of a month on; distances are drawn anew each month."""
    if not rhythm.per_day:
        return
    mean_s = DAY_S / rhythm.per_day
    at_s, number = _midnight_s(month, rhythm.utc_offset_h), 0
    while True:
        distance = -math.log(1 - _chance(f"{agent}/{month}/{number}"))
        at_s += mean_s * min(LONGEST, max(SHORTEST, distance))
        if at_s > until_s:
            return
        yield Slot(at_s, number)
        number += 1


def _in_a_peak_hour(agent: str, rhythm: Rhythm, day: date) -> Slot:
    hours = sorted(set(rhythm.peak_hours))
    at_h = _chance(f"{agent}/{day}/peak") * len(hours)
    in_the_day_s = (hours[int(at_h)] + at_h % 1) * HOUR_S
    return Slot(_midnight_s(day, rhythm.utc_offset_h) + in_the_day_s, day.toordinal())


def _midnight_s(day: date, utc_offset_h: float) -> float:
    return calendar.timegm(day.timetuple()) - utc_offset_h * HOUR_S


def _chance(name: str) -> float:
    """From 0 to below 1, always the same for the same name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6]) / 2**48

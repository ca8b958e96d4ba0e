# SPDX-License-Identifier: Apache-2.0
"""From what had arrived at which time to a rate: pure, no clock.

A `Point` is (seconds since the start, bytes of payload so far); points come in order of time.
"""

import statistics
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]

WINDOW_S = 1.0
STABLE_WITHIN = 0.05
"""The last four averages over a second differ by no more than this share."""
GOT_GOING = 0.9
"""Slow start is over after the first second that reaches this share of the usual one."""


class Rates(NamedTuple):
    """`raw_mbps`: all of it over all of the time. `rate_mbps`: without slow start. `plateau`: it
    was not still growing at the end.
    """

    raw_mbps: float
    rate_mbps: float
    plateau: bool


def at(points: Sequence[Point], time_s: float) -> float:
    """Bytes by then, on a straight line between two points; the first and the last beyond them."""
    after = bisect_left(points, time_s, key=lambda point: point[0])
    if after == 0:
        return points[0][1]
    if after == len(points):
        return points[-1][1]
    (from_s, from_bytes), (to_s, to_bytes) = points[after - 1], points[after]
    return from_bytes + (to_bytes - from_bytes) * (time_s - from_s) / (to_s - from_s)


def added(streams: Sequence[Sequence[Point]], times_s: Sequence[float]) -> list[Point]:
    """Of all streams together, at those times, and no longer than each of them tells."""
    end_s = min(times_s[-1], *(points[-1][0] for points in streams))
    known = [time_s for time_s in times_s if time_s < end_s]
    return [(time_s, sum(at(points, time_s) for points in streams)) for time_s in (*known, end_s)]


def mbps(points: Sequence[Point], from_s: float, to_s: float) -> float:
    """The average over that time."""
    return (at(points, to_s) - at(points, from_s)) * 8e-6 / (to_s - from_s)


def is_stable(points: Sequence[Point]) -> bool:
    """The last four seconds were alike, and did not grow one after the other."""
    averages = _last_four(points, WINDOW_S)
    most = max(averages, default=0)
    alike = most > 0 and min(averages) >= most * (1 - STABLE_WITHIN)
    return alike and not _grows(averages, by=0.01)


def rates(points: Sequence[Point]) -> Rates:
    """Of a transfer that took some time."""
    end_s = points[-1][0]
    window_s = min(WINDOW_S, end_s / 4)
    windows = [
        (time_s, mbps(points, time_s - window_s, time_s))
        for time_s, _ in points
        if time_s >= window_s
    ]
    usual_mbps = statistics.median(rate for time_s, rate in windows if time_s >= end_s / 2)
    going_s = next(time_s for time_s, rate in windows if rate >= usual_mbps * GOT_GOING)
    return Rates(
        raw_mbps=mbps(points, 0, end_s),
        rate_mbps=mbps(points, min(going_s, end_s - window_s), end_s),
        plateau=not _grows(_last_four(points, window_s), by=STABLE_WITHIN),
    )


def _last_four(points: Sequence[Point], window_s: float) -> list[float]:
    """Averages, in order; none when there were not that many windows."""
    end_s = points[-1][0]
    if end_s < 4 * window_s:
        return []
    return [
        mbps(points, end_s - back * window_s, end_s - (back - 1) * window_s)
        for back in (4, 3, 2, 1)
    ]


def _grows(averages: Sequence[float], by: float) -> bool:
    """Each is larger than the one before it, the last one by some share than the first."""
    growing = all(one < after for one, after in pairwise(averages))
    return bool(averages) and growing and averages[-1] > averages[0] * (1 + by)

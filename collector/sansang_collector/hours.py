# SPDX-License-Identifier: Apache-2.0
"""When a site is open, and the arithmetic of spans of time. Pure: no clock.

Hours belong to the day on which they begin. What begins at 18:00 and ends at 02:00 lasts into the
next morning even when that is a holiday; a closure takes away only what begins on its dates.

A minute of the day is the first instant at which the site's clock shows it or a later one: where
summer time repeats an hour the first of both counts, where it skips one its minutes fall together.
So hours never overlap or leave a gap that was not written down.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

VIETNAM_ZONE = "Asia/Ho_Chi_Minh"
DAY_MIN = 1440
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_US, ONE_DAY = timedelta(microseconds=1), timedelta(days=1)

Minutes = tuple[tuple[int, int], ...]
"""Of one day: start and end in minutes since midnight; an end beyond 1440 is in the next day."""
ALL_DAY: Minutes = ((0, DAY_MIN),)


class Span(NamedTuple):
    """From `start` until before `end`, in µs since the Unix epoch."""

    start: int
    end: int


@dataclass(frozen=True)
class Closure:
    """From `first` to `last`, both included, the site's own hours are replaced by `open`."""

    first: date
    last: date
    name: str
    open: Minutes = ()


@dataclass(frozen=True)
class OpeningHours:
    """The service time of a site. Of closures for the same date the last one holds."""

    zone: str = VIETNAM_ZONE
    """IANA name; one that there is not makes what asks for spans raise ZoneInfoNotFoundError."""
    weekly: tuple[Minutes, ...] = ()
    """Monday to Sunday, seven; without any it is always open, but for closures."""
    closures: tuple[Closure, ...] = ()

    def of(self, day: date) -> Minutes:
        """What begins on this day."""
        for closure in reversed(self.closures):
            if closure.first <= day <= closure.last:
                return closure.open
        return self.weekly[day.weekday()] if self.weekly else ALL_DAY


def parse_hours(text: str) -> Minutes:
    """One day's hours, in order: "07:00-11:30 13:30-17:00", "18:00-02:00", "closed".

    Raises ValueError with a sentence.
    """
    words = text.split()
    if words == ["closed"]:
        return ()
    if not words:
        raise ValueError("names no hours: write 07:00-11:30 13:30-17:00, or closed")
    found = sorted(map(_parse_span, words))
    for (_, end), (start, _) in pairwise(found):
        if start < end:
            raise ValueError(f"{text!r} overlaps: at {_clock(start)} it is open already")
    return tuple(found)


def open_spans(hours: OpeningHours, start: int, end: int) -> list[Span]:
    """When it is open within [start, end): in order, none touching another."""
    if start >= end:
        return []
    if not hours.weekly and not hours.closures:
        return [Span(start, end)]
    return union(_opened(hours, start, end))


def is_open(hours: OpeningHours, at: int) -> bool:
    """Whether it is open at this instant (µs)."""
    return bool(open_spans(hours, at, at + 1))


def union(spans: Iterable[Span]) -> list[Span]:
    """What is in any of the spans: in order, none empty, none touching another."""
    found: list[Span] = []
    for span in sorted(spans):
        if span.start >= span.end:
            continue
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(Span(span.start, span.end))
    return found


def overlap(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """What is in both, as `union` would give it."""
    left, right = union(spans), union(others)
    found: list[Span] = []
    at = to = 0
    while at < len(left) and to < len(right):
        one, other = left[at], right[to]
        start, end = max(one.start, other.start), min(one.end, other.end)
        if start < end:
            found.append(Span(start, end))
        if one.end < other.end:
            at += 1
        else:
            to += 1
    return found


def subtract(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is in `spans` and not in `taken`, as `union` would give it."""
    whole = union(spans)
    if not whole:
        return []
    gaps: list[Span] = []
    free = whole[0].start
    for span in union(taken):
        gaps.append(Span(free, span.start))
        free = span.end
    gaps.append(Span(free, whole[-1].end))
    return overlap(whole, gaps)


def length_us(spans: Iterable[Span]) -> int:
    """How long they are; what is in several counts once."""
    return sum(span.end - span.start for span in union(spans))


SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


def _parse_span(word: str) -> tuple[int, int]:
    match = SPAN.fullmatch(word)
    if not match:
        raise ValueError(f"{word!r} is not a time of day: write 07:00-11:30, or closed")
    hour, minute, end_hour, end_minute = map(int, match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or start >= DAY_MIN or end > DAY_MIN:
        raise ValueError(f"{word!r} names a time that no day has: 00:00 to 24:00")
    if start == end:
        raise ValueError(f"{word!r} ends when it begins: write 00:00-24:00 for the whole day")
    return start, end if end > start else end + DAY_MIN


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _opened(hours: OpeningHours, start: int, end: int) -> Iterator[Span]:
    """What is open within [start, end), in order of the beginning, day by day."""
    zone = ZoneInfo(hours.zone)
    # A day more at both ends: for what began the evening before, and for clocks that are put back
    # across midnight.
    day = (EPOCH + start * ONE_US).astimezone(zone).date() - ONE_DAY
    last = (EPOCH + end * ONE_US).astimezone(zone).date() + ONE_DAY
    while day <= last:
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the wall's clock
        for first, until in hours.of(day):
            span = Span(
                max(start, wall_instant(midnight + timedelta(minutes=first), zone)),
                min(end, wall_instant(midnight + timedelta(minutes=until), zone)),
            )
            if span.start < span.end:
                yield span
        day += ONE_DAY


def wall_instant(wall: datetime, zone: ZoneInfo) -> int:
    """The first instant (µs) at which a clock in this zone shows `wall`, which has no zone of its
    own, or later.
    """
    first, second = wall.replace(tzinfo=zone), wall.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    at = (first - EPOCH) // ONE_US
    if before is None or after is None or before >= after:
        return at
    return _skip(wall, zone, (second - EPOCH) // ONE_US, at)


def _skip(wall: datetime, zone: ZoneInfo, low: int, high: int) -> int:
    """The instant within (low, high] at which the clock jumps over `wall`."""
    while high - low > 1:
        middle = (low + high) // 2
        shown = (EPOCH + middle * ONE_US).astimezone(zone).replace(tzinfo=None)
        low, high = (low, middle) if shown >= wall else (middle, high)
    return high

# SPDX-License-Identifier: Apache-2.0
"""The periods of reports, in Việt Nam's time. Pure: no clock.

NĐ 09/2019 ends a quarter on the 14th of its last month, so that reports are written before it is
over: Q.IV/2026 is 15/09/2026 to 14/12/2026, the year 2026 is 15/12/2025 to 14/12/2026. Calendar
periods are what the calendar says; a month always is.
"""

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from sansang_collector.hours import EPOCH, ONE_DAY, ONE_US, Span

VIETNAM = timezone(timedelta(hours=7))
CUT_OFF_DAY = 15
"""A reporting period begins on this day of the month before its calendar one."""
RECENT_DAYS = 30
"""Long enough for a median, short enough to be of now."""
PERIOD = re.compile(r"(?P<year>20\d\d)(-Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?", re.ASCII)


class Period(NamedTuple):
    """From `start` until before `end`, in µs since the Unix epoch; `name` as `period` reads it."""

    name: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        """The same without its name."""
        return Span(self.start, self.end)


def period(text: str, *, calendar: bool = False) -> Period:
    """The period of this name: 2026, 2026-Q4 or 2026-11. Raises ValueError with a sentence."""
    match = PERIOD.fullmatch(text)
    if not match:
        raise ValueError(
            f"{text!r} is not a period from 2000 to 2099: write 2026, 2026-Q4 or 2026-11"
        )
    year, quarter, month = int(match["year"]), match["quarter"], match["month"]
    if month:
        return _period(text, (year, int(month)), 1, calendar=True)
    if quarter:
        return _period(text, (year, 3 * int(quarter) - 2), 3, calendar=calendar)
    return _period(text, (year, 1), 12, calendar=calendar)


def reporting_quarter(now: int) -> Period:
    """The quarter of NĐ 09/2019 that this instant (µs) is in."""
    today = (EPOCH + now * ONE_US).astimezone(VIETNAM)
    month = today.year * 12 + today.month - 1 + (today.day >= CUT_OFF_DAY)
    year, quarter = month // 12, month % 12 // 3
    return _period(f"{year}-Q{quarter + 1}", (year, 3 * quarter + 1), 3, calendar=False)


def calendar_quarter(now: int) -> Period:
    """The quarter of the calendar that this instant (µs) is in."""
    today = (EPOCH + now * ONE_US).astimezone(VIETNAM)
    quarter = (today.month - 1) // 3
    return _period(f"{today.year}-Q{quarter + 1}", (today.year, 3 * quarter + 1), 3, calendar=True)


def recent(now: int) -> Span:
    """The last 30 days with the whole of today: what is found out about them is good until
    midnight, but for what comes.
    """
    today = (EPOCH + now * ONE_US).astimezone(VIETNAM)
    end = day(today.date().isoformat()).end
    return Span(end - RECENT_DAYS * (ONE_DAY // ONE_US), end)


def day(text: str) -> Span:
    """The whole of this day, YYYY-MM-DD. Raises ValueError."""
    midnight = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=VIETNAM)
    start = (midnight - EPOCH) // ONE_US
    return Span(start, start + ONE_DAY // ONE_US)


def _period(name: str, first: tuple[int, int], months: int, *, calendar: bool) -> Period:
    """So many months from the `first`, a year and a month."""
    month = first[0] * 12 + first[1] - 1
    before, day = (0, 1) if calendar else (1, CUT_OFF_DAY)
    return Period(name, _midnight(month - before, day), _midnight(month - before + months, day))


def _midnight(month: int, day: int) -> int:
    """In Việt Nam, in µs; months are counted from the year 0."""
    return (datetime(month // 12, month % 12 + 1, day, tzinfo=VIETNAM) - EPOCH) // ONE_US

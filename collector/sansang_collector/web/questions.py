# SPDX-License-Identifier: Apache-2.0
"""What is asked of the record: which outages, and over which period, put together by what."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, NamedTuple

from fastapi import Query
from pydantic import Field

from sansang_collector.hours import Span
from sansang_collector.language import mark
from sansang_collector.outages import GROUPINGS, By
from sansang_collector.periods import calendar_quarter, day, period, reporting_quarter
from sansang_collector.web.refusal import RefusedError

DAYS_30_US = 30 * 86_400_000_000
INSTANT = re.compile(r"[0-9]{1,18}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

BY: Mapping[str, By] = MappingProxyType({each: each for each in GROUPINGS})

Instant = Annotated[int, Field(ge=0, le=2**62)]


class OutagesAsked(NamedTuple):
    """What lasted for a while within [start, end) (µs), at one site or anywhere."""

    start: int | None
    end: int | None
    site: str | None

    def span(self, now: int) -> tuple[int, int | None]:
        """From when to when. Raises RefusedError."""
        until = now if self.end is None else self.end
        start = until - DAYS_30_US if self.start is None else self.start
        if self.end is not None and start >= self.end:
            raise RefusedError(
                422, mark("start must be before end, both in µs since the Unix epoch.")
            )
        return start, self.end


def outages_asked(
    start: Annotated[
        Instant | None, Query(description="µs; 30 days before `end` if left out")
    ] = None,
    end: Annotated[Instant | None, Query(description="µs, itself outside; now if left out")] = None,
    site: Annotated[str | None, Query(description="id of a site; all if left out")] = None,
) -> OutagesAsked:
    """For FastAPI."""
    return OutagesAsked(start, end, site)


class PeriodAsked(NamedTuple):
    """As it was written; `read` makes sense of it."""

    period: str | None
    calendar: str
    first: str | None
    last: str | None

    def read(self, now: int) -> "PeriodOver":
        """Raises RefusedError."""
        if self.calendar not in {"true", "false"}:
            raise RefusedError(422, mark("calendar is true or false."))
        calendar = self.calendar == "true"
        if self.first is not None or self.last is not None:
            if self.period is not None:
                raise RefusedError(422, mark("Ask for a period, or for from and to: not for both."))
            return PeriodOver(None, _between(self.first, self.last, now), calendar=False)
        if self.period is None:
            this = calendar_quarter(now) if calendar else reporting_quarter(now)
            return PeriodOver(this.name, this.span, calendar=calendar)
        try:
            found = period(self.period, calendar=calendar)
        except ValueError as error:
            raise RefusedError(
                422,
                mark("{text!r} is not a period from 2000 to 2099: write 2026, 2026-Q4 or 2026-11."),
                text=self.period,
            ) from error
        return PeriodOver(found.name, found.span, calendar=calendar)


class PeriodOver(NamedTuple):
    """A span, and the name of its period if it has one."""

    name: str | None
    span: Span
    calendar: bool


def period_asked(
    period: Annotated[
        str | None,
        Query(
            description="2026, 2026-Q4 or 2026-11; this quarter if left out", examples=["2026-Q4"]
        ),
    ] = None,
    calendar: Annotated[
        str, Query(description="`true`: periods of the calendar, not those of NĐ 09/2019")
    ] = "false",
    first: Annotated[
        str | None,
        Query(alias="from", description="instead of a period: YYYY-MM-DD in Việt Nam, or µs"),
    ] = None,
    last: Annotated[
        str | None,
        Query(alias="to", description="YYYY-MM-DD, that day included; or µs; now if left out"),
    ] = None,
) -> PeriodAsked:
    """For FastAPI."""
    return PeriodAsked(period, calendar, first, last)


def by_asked(
    by: Annotated[str, Query(description="`site`, `carrier` or `commune`")] = "site",
) -> By:
    """For FastAPI. Raises RefusedError."""
    found = BY.get(by)
    if found is None:
        raise RefusedError(422, mark("by is one of: {known}."), known=", ".join(GROUPINGS))
    return found


def _between(first: str | None, last: str | None, now: int) -> Span:
    if first is None:
        raise RefusedError(422, mark("{name} is missing"), name="from")
    start = _edge("from", first).start
    end = now if last is None else _edge("to", last).end
    if start >= end:
        raise RefusedError(422, mark("from must be before to."))
    return Span(start, end)


def _edge(name: str, text: str) -> Span:
    """A day, or an instant as a span without length."""
    if INSTANT.fullmatch(text):
        return Span(int(text), int(text))
    try:
        if not DAY.fullmatch(text):
            raise ValueError(text)
        return day(text)
    except ValueError as error:
        raise RefusedError(
            422, mark("{name} is a day such as 2026-11-21, or µs since the Unix epoch."), name=name
        ) from error

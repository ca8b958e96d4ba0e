# SPDX-License-Identifier: Apache-2.0
"""When a site is open: hours as people write them, nights, holidays, clocks that are changed."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sansang_collector.hours import (
    DAY_MIN,
    Closure,
    Minutes,
    OpeningHours,
    Span,
    is_open,
    length_us,
    open_spans,
    overlap,
    parse_hours,
    subtract,
    union,
)

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
HANOI, BERLIN = "Asia/Ho_Chi_Minh", "Europe/Berlin"

GOOD = {
    "07:00-11:30 13:30-17:00": ((420, 690), (810, 1020)),
    " 13:30-17:00  07:00-11:30 ": ((420, 690), (810, 1020)),
    "07:00-11:30 11:30-17:00": ((420, 690), (690, 1020)),
    "18:00-02:00": ((1080, 1560),),
    "18:00-00:00": ((1080, 1440),),
    "18:00-24:00": ((1080, 1440),),
    "00:00-24:00": ((0, 1440),),
    "closed": (),
}
BAD = {
    "": "names no hours: write 07:00-11:30 13:30-17:00, or closed",
    "7-11": "'7-11' is not a time of day: write 07:00-11:30, or closed",
    "07:00–11:30": "'07:00–11:30' is not a time of day: write 07:00-11:30, or closed",
    "٠٧:00-11:30": "'٠٧:00-11:30' is not a time of day: write 07:00-11:30, or closed",
    "closed 07:00-08:00": "'closed' is not a time of day: write 07:00-11:30, or closed",
    "07:60-08:00": "'07:60-08:00' names a time that no day has: 00:00 to 24:00",
    "07:00-24:01": "'07:00-24:01' names a time that no day has: 00:00 to 24:00",
    "24:00-02:00": "'24:00-02:00' names a time that no day has: 00:00 to 24:00",
    "07:00-07:00": "'07:00-07:00' ends when it begins: write 00:00-24:00 for the whole day",
    "07:00-12:00 11:59-13:00": "'07:00-12:00 11:59-13:00' overlaps: at 11:59 it is open already",
    "18:00-02:00 20:00-21:00": "'18:00-02:00 20:00-21:00' overlaps: at 20:00 it is open already",
}


@pytest.mark.parametrize("text", GOOD)
def test_hours_are_read_as_people_write_them(text: str) -> None:
    """In order, in minutes of the day; an end that is not after its start is in the next day."""
    assert parse_hours(text) == GOOD[text]


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_hours_is_told_in_a_sentence(text: str) -> None:
    """It names what is wrong and how to write it."""
    with pytest.raises(ValueError) as raised:
        parse_hours(text)
    assert str(raised.value) == BAD[text]


def at(text: str, zone: str = HANOI) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000


def week(text: str, zone: str = HANOI, *closures: Closure, **days: str) -> OpeningHours:
    """The same hours each day, but for those that are named."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    weekly = tuple(parse_hours(days.get(name, text)) for name in names)
    return OpeningHours(zone, weekly, closures)


def shown(hours: OpeningHours, start: str, end: str) -> list[str]:
    """The open spans between two local times, as UTC tells them."""

    def utc(instant: int) -> str:
        return f"{datetime.fromtimestamp(instant // 1_000_000, UTC):%d %H:%M}"

    found = open_spans(hours, at(start, hours.zone), at(end, hours.zone))
    return [f"{utc(span.start)} - {utc(span.end)}" for span in found]


TET = Closure(date(2026, 2, 16), date(2026, 2, 17), "Tết", parse_hours("closed"))
MARKET = Closure(date(2026, 2, 17), date(2026, 2, 17), "Chợ phiên", parse_hours("08:00-10:00"))

DAYS: dict[str, tuple[OpeningHours, tuple[str, str], list[str]]] = {
    "in Vietnam the day begins seven hours before UTC's": (
        week("07:00-11:30 13:30-17:00"),
        ("2026-11-21", "2026-11-22"),
        ["21 00:00 - 21 04:30", "21 06:30 - 21 10:00"],
    ),
    "each weekday has hours of its own": (
        week("07:00-17:00", sat="08:00-10:00", sun="closed"),
        ("2026-11-20", "2026-11-24"),
        ["20 00:00 - 20 10:00", "21 01:00 - 21 03:00", "23 00:00 - 23 10:00"],
    ),
    "what is asked for cuts what is open": (
        week("07:00-17:00"),
        ("2026-11-20T08:00", "2026-11-20T09:00"),
        ["20 01:00 - 20 02:00"],
    ),
    "a night lasts into the next day, and the one before into the first": (
        week("18:00-02:00"),
        ("2026-11-20", "2026-11-21"),
        ["19 17:00 - 19 19:00", "20 11:00 - 20 17:00"],
    ),
    "days that are open all day make one span": (
        week("00:00-24:00"),
        ("2026-11-19", "2026-11-22"),
        ["18 17:00 - 21 17:00"],
    ),
    "a night that runs into the hours of the next day makes one span": (
        week("closed", fri="18:00-08:00", sat="07:00-09:00"),
        ("2026-11-20", "2026-11-22"),
        ["20 11:00 - 21 02:00"],
    ),
    "on the days of a closure it is closed, and open on both sides of it": (
        week("07:00-17:00", HANOI, TET),
        ("2026-02-15", "2026-02-19"),
        ["15 00:00 - 15 10:00", "18 00:00 - 18 10:00"],
    ),
    "what began on the evening before a closure lasts into its morning": (
        week("18:00-02:00", HANOI, TET),
        ("2026-02-15T12:00", "2026-02-18T12:00"),
        ["15 11:00 - 15 19:00"],
    ),
    "of closures for the same day the last one holds": (
        week("07:00-17:00", HANOI, TET, MARKET),
        ("2026-02-16", "2026-02-18"),
        ["17 01:00 - 17 03:00"],
    ),
    "what is always open is closed by a closure": (
        OpeningHours(closures=(TET,)),
        ("2026-02-15", "2026-02-19"),
        ["14 17:00 - 15 17:00", "17 17:00 - 18 17:00"],
    ),
    "what is always open is open all the time": (
        OpeningHours(),
        ("2026-02-15T10:00", "2026-02-17T11:00"),
        ["15 03:00 - 17 04:00"],
    ),
    "a night in which summer time begins is an hour shorter": (
        week("22:00-06:00", BERLIN),
        ("2026-03-28T12:00", "2026-03-29T12:00"),
        ["28 21:00 - 29 04:00"],
    ),
    "a night in which summer time ends is an hour longer": (
        week("22:00-06:00", BERLIN),
        ("2026-10-24T12:00", "2026-10-25T12:00"),
        ["24 20:00 - 25 05:00"],
    ),
    "what begins in the hour that is skipped begins after it": (
        week("02:30-06:00", BERLIN),
        ("2026-03-29", "2026-03-30"),
        ["29 01:00 - 29 04:00"],
    ),
    "what ends in the hour that is skipped ends before it": (
        week("01:00-02:30", BERLIN),
        ("2026-03-29", "2026-03-30"),
        ["29 00:00 - 29 01:00"],
    ),
    "what lies in the hour that is skipped does not happen": (
        week("02:15-02:45", BERLIN),
        ("2026-03-29", "2026-03-30"),
        [],
    ),
    "in the hour that is repeated the first counts": (
        week("01:00-02:15 02:30-03:00", BERLIN),
        ("2026-10-25", "2026-10-26"),
        ["24 23:00 - 25 00:15", "25 00:30 - 25 02:00"],
    ),
    "an end before the start is nothing": (
        OpeningHours(),
        ("2026-02-15", "2026-02-14"),
        [],
    ),
}


@pytest.mark.parametrize("case", DAYS)
def test_when_a_site_is_open(case: str) -> None:
    """Hours belong to the day that they begin on; a minute is the first instant that shows it."""
    hours, (start, end), expected = DAYS[case]
    assert shown(hours, start, end) == expected


def test_it_is_open_from_its_first_instant_until_before_its_end() -> None:
    """To the microsecond."""
    hours = week("07:00-11:30")
    opens, closes = at("2026-11-21T07:00"), at("2026-11-21T11:30")
    assert [is_open(hours, each) for each in (opens - 1, opens, closes - 1, closes)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_clock_put_back_across_midnight_does_not_close_what_began_at_midnight() -> None:
    """In St. John's it was a minute past midnight, and an hour before it once more."""
    hours = week("closed", "America/St_Johns", sun="00:00-06:00")
    again = datetime(2006, 10, 28, 23, 30, tzinfo=ZoneInfo(hours.zone), fold=1)
    assert is_open(hours, int(again.timestamp()) * 1_000_000)


def test_time_zones_are_known_on_a_machine_that_has_none() -> None:
    """A small image has no zones of its own; ours come with the collector."""
    program = (
        "from sansang_collector.hours import OpeningHours, is_open;"
        "hours = OpeningHours('Asia/Ho_Chi_Minh', (((420, 421),),) * 7);"
        "print(is_open(hours, 1_767_225_600_000_000))"
    )
    command = [sys.executable, "-c", program]
    bare = {**os.environ, "PYTHONTZPATH": ""}
    done = subprocess.run(command, env=bare, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n", "07:00 in Hà Nội is midnight UTC, 01/01/2026"


def minutes() -> st.SearchStrategy[Minutes]:
    """Hours of a day, past midnight among them."""

    def of(marks: list[int]) -> Minutes:
        return tuple(pair for at, pair in enumerate(pairwise(sorted(marks))) if at % 2 == 0)

    last = DAY_MIN + DAY_MIN // 2
    marks = st.lists(st.integers(0, last), max_size=6, unique=True).map(of)
    return marks.map(lambda pairs: tuple(pair for pair in pairs if pair[0] < DAY_MIN))


# Days on which clocks are changed: by an hour, by half an hour, across midnight, by a whole day.
CHANGES = {
    BERLIN: (date(2026, 3, 29), date(2026, 10, 25)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "America/St_Johns": (date(2006, 4, 2), date(2006, 10, 29)),
    "Pacific/Apia": (date(2011, 12, 30), date(2011, 12, 31)),
    HANOI: (date(2026, 11, 21),),
}
PLACES = [(zone, day) for zone, days in CHANGES.items() for day in days]


@st.composite
def closures(draw: st.DrawFn, day: date) -> Closure:
    """A closure of one to three days, near this one."""
    first = day + timedelta(days=draw(st.integers(-2, 2)))
    return Closure(first, first + timedelta(days=draw(st.integers(0, 2))), "", draw(minutes()))


@st.composite
def places(draw: st.DrawFn) -> tuple[OpeningHours, int]:
    """Hours of any kind and an instant near a day on which the clock is changed."""
    zone, day = draw(st.sampled_from(PLACES))
    weekly = draw(st.lists(minutes(), min_size=7, max_size=7))
    closed = draw(st.lists(closures(day), max_size=2))
    return OpeningHours(zone, tuple(weekly), tuple(closed)), at(day.isoformat(), zone)


distances = st.integers(-3 * DAY_MIN, 3 * DAY_MIN).map(lambda minute: minute * MINUTE_US)


def first_shown(wall: datetime, zone: str) -> int:
    """Minute by minute, until a clock on the wall shows it or later."""
    instant = wall.replace(tzinfo=UTC) - timedelta(hours=30)
    while instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < wall:
        instant += timedelta(minutes=1)
    return int(instant.timestamp()) * 1_000_000


@settings(max_examples=50)
@given(places())
def test_hours_are_what_a_clock_on_the_wall_shows(place: tuple[OpeningHours, int]) -> None:
    """Whatever is done to that clock; looked up minute by minute."""
    hours, about = place
    day = datetime.fromtimestamp(about / 1e6, ZoneInfo(hours.zone)).date()
    expected: list[Span] = []
    for days in (-1, 0):
        begins = day + timedelta(days=days)
        midnight = datetime.fromisoformat(begins.isoformat())
        expected += [
            Span(*(first_shown(midnight + timedelta(minutes=end), hours.zone) for end in pair))
            for pair in hours.of(begins)
        ]
    start = first_shown(datetime.fromisoformat(day.isoformat()), hours.zone)
    end = first_shown(datetime.fromisoformat(f"{day}T23:00"), hours.zone)
    assert open_spans(hours, start, end) == overlap(expected, [Span(start, end)])


@given(places(), distances, distances, distances)
def test_adjacent_stretches_add_up(
    place: tuple[OpeningHours, int], first: int, second: int, third: int
) -> None:
    """What is asked for in two parts is what is asked for in one."""
    hours, about = place
    start, middle, end = (about + each for each in sorted((first, second, third)))
    parts = open_spans(hours, start, middle) + open_spans(hours, middle, end)
    assert union(parts) == open_spans(hours, start, end)


@given(places(), distances)
def test_an_instant_is_open_when_a_span_holds_it(
    place: tuple[OpeningHours, int], distance: int
) -> None:
    """Whatever the zone and the season."""
    hours, about = place
    instant = about + distance
    found = open_spans(hours, instant, instant + 1)
    assert is_open(hours, instant) == any(span.start <= instant < span.end for span in found)


spans = st.lists(st.builds(Span, st.integers(0, 30), st.integers(0, 30)), max_size=8)


def held(group: list[Span]) -> set[int]:
    return {each for span in group for each in range(span.start, span.end)}


@given(spans, spans)
def test_spans_hold_what_sets_of_instants_would(one: list[Span], other: list[Span]) -> None:
    """In order, none empty and none touching another, whatever came in."""
    for found, expected in (
        (union(one), held(one)),
        (overlap(one, other), held(one) & held(other)),
        (subtract(one, other), held(one) - held(other)),
    ):
        assert held(found) == expected
        assert all(span.start < span.end for span in found)
        assert all(before.end < after.start for before, after in pairwise(found))
    assert length_us(one) == len(held(one))

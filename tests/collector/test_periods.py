# SPDX-License-Identifier: Apache-2.0
"""The periods of reports: by decree from the 15th to the 14th, or as the calendar has them."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.hours import Span
from sansang_collector.periods import (
    Period,
    calendar_quarter,
    day,
    period,
    recent,
    reporting_quarter,
)


def at(day: str) -> int:
    """The beginning of a day in Việt Nam."""
    return int(datetime.fromisoformat(f"{day}T00:00+07:00").timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("name", "calendar", "start", "end"),
    [
        ("2026-Q1", False, "2025-12-15", "2026-03-15"),
        ("2026-Q2", False, "2026-03-15", "2026-06-15"),
        ("2026-Q3", False, "2026-06-15", "2026-09-15"),
        ("2026-Q4", False, "2026-09-15", "2026-12-15"),
        ("2026", False, "2025-12-15", "2026-12-15"),
        ("2026-11", False, "2026-11-01", "2026-12-01"),
        ("2026-Q1", True, "2026-01-01", "2026-04-01"),
        ("2026-Q4", True, "2026-10-01", "2027-01-01"),
        ("2026", True, "2026-01-01", "2027-01-01"),
        ("2026-12", True, "2026-12-01", "2027-01-01"),
    ],
)
def test_a_period_is_known_by_its_name(name: str, calendar: bool, start: str, end: str) -> None:
    """Until before its end, in Việt Nam's time."""
    found = period(name, calendar=calendar)
    assert found == Period(name, at(start), at(end))
    assert found.span == Span(at(start), at(end))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-Q5",
        "2026-Q0",
        "2026-13",
        "2026-00",
        "26",
        "1999",
        "2100",
        "2026-q4",
        "20٢٦",
        "2026 ",
    ],
)
def test_what_is_no_period_is_told_in_a_sentence(text: str) -> None:
    """With how to write one."""
    with pytest.raises(ValueError) as raised:
        period(text)
    wanted = "is not a period from 2000 to 2099: write 2026, 2026-Q4 or 2026-11"
    assert str(raised.value) == f"{text!r} {wanted}"


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        ("2026-11-21", "2026-Q4"),
        ("2026-12-14", "2026-Q4"),
        ("2026-12-15", "2027-Q1"),
        ("2027-01-02", "2027-Q1"),
        ("2027-03-14", "2027-Q1"),
        ("2027-03-15", "2027-Q2"),
        ("2027-06-14", "2027-Q2"),
        ("2027-09-14", "2027-Q3"),
        ("2027-09-15", "2027-Q4"),
    ],
)
def test_a_quarter_begins_on_the_15th_of_the_month_before_it(day: str, quarter: str) -> None:
    """As reports count."""
    assert reporting_quarter(at(day)) == period(quarter)


@given(st.integers(at("2000-01-01"), at("2099-12-14")))
def test_every_instant_is_in_its_quarter_and_its_year(now: int) -> None:
    """The quarters of a year fill it, and each instant is in one."""
    found = reporting_quarter(now)
    year = period(found.name.partition("-")[0])
    assert year.start <= found.start <= now < found.end <= year.end


def test_a_collector_with_a_wrong_clock_still_has_a_quarter() -> None:
    """A machine without a battery wakes in 1970."""
    assert reporting_quarter(0) == Period("1970-Q1", at("1969-12-15"), at("1970-03-15"))


@pytest.mark.parametrize(
    ("now", "quarter"),
    [
        ("2026-12-31", "2026-Q4"),
        ("2027-01-01", "2027-Q1"),
        ("2027-03-31", "2027-Q1"),
        ("2027-04-01", "2027-Q2"),
    ],
)
def test_a_quarter_of_the_calendar_is_that_of_its_day(now: str, quarter: str) -> None:
    """From midnight in Việt Nam."""
    assert calendar_quarter(at(now)) == period(quarter, calendar=True)


def test_a_day_is_all_of_it_in_viet_nam() -> None:
    """From midnight to midnight; the last of all years as well."""
    assert day("2026-11-21") == (at("2026-11-21"), at("2026-11-22"))
    assert day("9999-12-31").start == at("9999-12-31")


def test_the_last_days_are_the_same_until_midnight() -> None:
    """Thirty of them, with the whole of today."""
    days = Span(at("2026-10-24"), at("2026-11-23"))
    assert recent(at("2026-11-22")) == recent(at("2026-11-23") - 1) == days
    assert recent(at("2026-11-23")).start == at("2026-10-25")


@pytest.mark.parametrize("text", ["", "21/11/2026", "2026-02-30", "2026-11-21T08:00"])
def test_what_is_no_day_is_refused(text: str) -> None:
    """Whoever asked says how to write one."""
    with pytest.raises(ValueError):
        day(text)

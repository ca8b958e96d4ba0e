# SPDX-License-Identifier: Apache-2.0
"""When days end and people come back, by the clock of a site; and when its keeper closes it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from sansang_collector.answer_sql import Answer, AnswerKind
from sansang_collector.closing import closings
from sansang_collector.hours import Closure, OpeningHours, parse_hours
from sansang_collector.mornings import day_end, next_morning, next_working_morning

VIETNAM = "Asia/Ho_Chi_Minh"


def at(text: str, zone: str = VIETNAM) -> int:
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return int(local.timestamp()) * 1_000_000


def answer(text: str, said: AnswerKind, outage: str = "a", contact: str = "x") -> Answer:
    return Answer("nvh-dong", outage, contact, said, "", at(text))


def test_a_day_ends_at_the_midnight_of_the_site() -> None:
    """Also in a night in which the clocks change."""
    assert day_end(VIETNAM, at("2026-11-21T08:15")) == at("2026-11-22T00:00")
    assert day_end(VIETNAM, at("2026-11-22T00:00")) == at("2026-11-23T00:00")
    berlin = "Europe/Berlin"
    assert day_end(berlin, at("2026-10-25T01:00", berlin)) == at("2026-10-26T00:00", berlin)
    assert next_morning(berlin, at("2026-10-24T23:00", berlin)) == at("2026-10-25T07:00", berlin)


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        ("2026-11-19T08:15", "2026-11-20T07:00"),
        ("2026-11-20T06:00", "2026-11-23T07:00"),
        ("2026-11-21T23:59", "2026-11-23T07:00"),
        ("2026-12-31T10:00", "2027-01-06T07:00"),
    ],
)
def test_a_working_morning_is_of_no_weekend_and_no_holiday(now: str, morning: str) -> None:
    """A day on which the site is open for a while is none."""
    closures = (
        Closure(date(2027, 1, 1), date(2027, 1, 5), "Tết"),
        Closure(date(2027, 1, 6), date(2027, 1, 6), "", parse_hours("08:00-10:00")),
    )
    assert next_working_morning(OpeningHours(closures=closures), at(now)) == at(morning)


def test_a_site_that_is_closed_for_ever_has_an_end_to_look_for() -> None:
    """Some day is answered."""
    closures = (Closure(date(2026, 1, 1), date(2099, 1, 1), ""),)
    assert next_working_morning(OpeningHours(closures=closures), at("2026-11-20T08:00"))


@pytest.mark.parametrize(
    ("answers", "spans"),
    [
        ([answer("2026-11-21T08:15", "closed_today")], [("2026-11-21T08:15", "2026-11-22T00:00")]),
        (
            [
                answer("2026-11-21T08:15", "closed_today"),
                answer("2026-11-21T09:15", "closed_today", outage="b"),
            ],
            [("2026-11-21T08:15", "2026-11-22T00:00")],
        ),
        (
            [
                answer("2026-11-21T08:15", "closed_today"),
                answer("2026-11-21T09:15", "repairing", outage="b"),
            ],
            [],
        ),
        (
            [
                answer("2026-11-21T08:15", "closed_today"),
                answer("2026-11-22T09:15", "repairing"),
            ],
            [("2026-11-21T08:15", "2026-11-22T00:00")],
        ),
        (
            [
                answer("2026-11-21T08:15", "closed_today"),
                answer("2026-11-21T09:15", "repairing", contact="y"),
                answer("2026-11-21T08:30", "repairing"),
                answer("2026-11-21T10:00", "closed_today"),
            ],
            [("2026-11-21T10:00", "2026-11-22T00:00")],
        ),
    ],
    ids=["until midnight", "said twice", "taken back", "only of its day", "and closed again"],
)
def test_a_house_is_closed_by_its_keepers_last_word_of_the_day(
    answers: list[Answer], spans: list[tuple[str, str]]
) -> None:
    """In whichever order it is read."""
    expected = [(at(start), at(end)) for start, end in spans]
    for given in (answers, answers[::-1]):
        assert [tuple(each) for each in closings(given, VIETNAM)] == expected

# SPDX-License-Identifier: Apache-2.0
"""What people note about outages, through the real application into the real record."""

import time
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from sansang_collector import note_sql
from sansang_collector.note_sql import Note
from sansang_collector.record import Record
from tests.collector.office import fail, office
from tests.collector.web.conftest import Browse

HEADERS = {"Content-Type": "application/json", "X-Sansang": "1"}
HOUR = 3_600_000_000


def post(client: TestClient, number: object, **wanted: object) -> tuple[int, dict[str, object]]:
    """Status and answer, in English."""
    path = f"/api/v1/outages/{number}/notes?lang=en"
    answer = client.post(path, content=msgspec.json.encode(wanted), headers=HEADERS)
    return answer.status_code, answer.json()


def is_silenced(record: Record, now: int, number: int = 1) -> bool:
    with record.reading() as connection:
        return now < note_sql.silent_until(connection, number)


def test_notes_stand_with_the_outage_in_their_order(tmp_path: Path, browse: Browse) -> None:
    """By whom and when; the same a day later."""
    now = time.time_ns() // 1000
    with office(tmp_path) as (status, record):
        fail(record, now - HOUR)
        client = browse(status)
        assert post(client, 1, kind="comment", text="đã gọi\nnhà mạng", who="truong-thon")[0] == 201
        assert post(client, 1, kind="snooze", until=now + HOUR)[0] == 201
        code, told = post(client, 1, kind="ack")
        notes = client.get("/api/v1/outages/1").json()["notes"]
        listed = client.get("/api/v1/outages").json()
    assert [each["comment"] for each in listed] == ["đã gọi nhà mạng"]
    assert (code, told) == (201, notes[2])
    assert [(each["kind"], each["text"], each["who"], each["until"]) for each in notes] == [
        ("comment", "đã gọi nhà mạng", "truong-thon", None),
        ("snooze", "", "officer", now + HOUR),
        ("ack", "", "officer", None),
    ]
    assert all(each["at"] >= now for each in notes)


@pytest.mark.parametrize(
    ("number", "wanted", "status", "detail"),
    [
        (2, {}, 404, "There is no outage '2'."),
        ("x", {}, 404, "There is no outage 'x'."),
        (1, {"who": "ai-do"}, 422, "There is no contact 'ai-do'."),
        (1, {"kind": "comment"}, 422, "A comment says something: write a text."),
        (1, {"kind": "comment", "text": " \n"}, 422, "A comment says something: write a text."),
        (1, {"text": "x" * 501}, 422, "The text has 500 letters at most."),
        (1, {"kind": "snooze"}, 422, "A snooze lasts until an instant that is to come."),
        (1, {"kind": "snooze", "until": 5}, 422, "A snooze lasts until an instant that is to"),
        (1, {"until": 2**61}, 422, "Only a snooze has an end: leave until out."),
        (1, {"until": 2**62}, 422, "What was sent is not understood: "),
    ],
)
def test_a_note_that_can_not_be_kept_is_told_in_a_sentence(  # noqa: PLR0917 - a row of the table
    tmp_path: Path,
    number: object,
    wanted: dict[str, object],
    status: int,
    detail: str,
    browse: Browse,
) -> None:
    """Nothing is kept."""
    with office(tmp_path) as (sources, record):
        fail(record, 1)
        client = browse(sources)
        code, told = post(client, number, **({"kind": "ack"} | wanted))
        assert (code, str(told["detail"])[: len(detail)]) == (status, detail)
        assert client.get("/api/v1/outages/1").json()["notes"] == []


def test_an_acknowledged_outage_is_silent_for_good(tmp_path: Path) -> None:
    """A comment silences nothing, and one outage not another."""
    with office(tmp_path) as (status, record):
        status.add_note(Note(1, 10, "comment", None, "x", "officer"))
        assert not is_silenced(record, 20)
        status.add_note(Note(1, 30, "ack", None, "", "officer"))
        assert is_silenced(record, 2**60)
        assert not is_silenced(record, 40, number=2)


def test_a_snoozed_outage_is_silent_until_the_last_snooze_is_over(tmp_path: Path) -> None:
    """Which may be shorter than the one before."""
    with office(tmp_path) as (status, record):
        status.add_note(Note(1, 10, "snooze", 1000, "", "officer"))
        assert is_silenced(record, 999)
        assert not is_silenced(record, 1000)
        status.add_note(Note(1, 20, "snooze", 500, "", "truong-thon"))
        assert is_silenced(record, 499)
        assert not is_silenced(record, 500)

# SPDX-License-Identifier: Apache-2.0
"""The forms beside outages, through the real application into the real record."""

import re
import time
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx2
import pytest
from starlette.testclient import TestClient

from sansang_collector.note_sql import Note
from sansang_collector.status import Status
from tests.collector.office import fail, office
from tests.collector.web.conftest import Browse
from tests.collector.web.reading import read

HOUR = 3_600_000_000
OWN = "http://localhost:8080"
FORM = "application/x-www-form-urlencoded"


def send(
    client: TestClient,
    number: object = 1,
    origin: str | None = OWN,
    page: str = "/outages",
    **fields: str,
) -> httpx2.Response:
    """As a browser sends the form, without following where it is sent to."""
    headers = {"Content-Type": FORM, "Referer": OWN + page}
    headers |= {} if origin is None else {"Origin": origin}
    return client.post(
        f"/outages/{number}/notes?lang=vi",
        content=urlencode(fields),
        headers=headers,
        follow_redirects=False,
    )


def notes(status: Status, number: int = 1) -> list[tuple[str, str]]:
    found = status.outage(number)
    assert found is not None
    return [(each.kind, each.text) for each in found.notes]


@pytest.mark.parametrize("path", ["/", "/outages", "/sites/nvh-dong"])
def test_an_outage_is_acknowledged_where_it_is_shown(
    tmp_path: Path, browse: Browse, path: str
) -> None:
    """And stands there at once as such, with when and by whom, on the page that was left."""
    now = time.time_ns() // 1000
    with office(tmp_path) as (status, record):
        fail(record, now - HOUR)
        client = browse(status)
        page = client.get(f"{path}?lang=vi").text
        assert 'action="/outages/1/notes?lang=vi"' in page
        sent = send(client, do="ack", text="đã gọi\nnhà mạng", page=path)
        assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?lang=vi")
        text = read(client, path)
        assert notes(status) == [("ack", "đã gọi nhà mạng")]
    assert re.search(r"Đã nhận lúc \d\d:\d\d \(cán bộ\): đã gọi nhà mạng\.", text)


def test_the_page_that_was_filtered_is_shown_again(tmp_path: Path, browse: Browse) -> None:
    """What was chosen stays chosen."""
    with office(tmp_path) as (status, record):
        fail(record, time.time_ns() // 1000 - HOUR)
        client = browse(status)
        page = "/outages?lang=vi&site=nvh-dong&cause=line"
        sent = send(client, do="comment", text="x", page=page)
        again = client.get(sent.headers["location"]).text
    assert '<option value="nvh-dong" selected>' in again
    assert '<option value="line" selected>' in again


@pytest.mark.parametrize("page", ["//evil.example", "/api/v1/sites", "/sites/<", "?lang=en"])
def test_nobody_is_sent_elsewhere(tmp_path: Path, browse: Browse, page: str) -> None:
    """Whatever the browser says of where the form stood."""
    with office(tmp_path) as (status, record):
        fail(record, time.time_ns() // 1000 - HOUR)
        sent = send(browse(status), do="ack", page=page)
    assert (sent.status_code, sent.headers["location"]) == (303, "/outages?lang=vi")


@pytest.mark.parametrize(
    ("chosen", "site", "zone"),
    [("1h", "nvh-dong", ""), ("4h", "nvh-dong", ""), ("morning", "nvh-xa", "Asia/Tokyo")],
)
def test_an_outage_is_put_off(
    tmp_path: Path, browse: Browse, chosen: str, site: str, zone: str
) -> None:
    """For hours, or until seven of the next morning by the clock of the site."""
    now = time.time_ns() // 1000
    with office(tmp_path) as (status, record):
        fail(record, now - HOUR, site=site)
        client = browse(status)
        assert send(client, do=chosen).status_code == 303
        found = status.outage(1)
        text = read(client, "/outages")
    assert found is not None
    [note] = found.notes
    until, at = note.until or 0, note.at
    if zone:
        local = datetime.fromtimestamp(until / 1e6, ZoneInfo(zone))
        assert (local.hour, local.minute) == (7, 0)
        assert (local.date() - datetime.fromtimestamp(at / 1e6, ZoneInfo(zone)).date()).days == 1
    else:
        assert until - at == int(chosen[0]) * HOUR
    assert "Đã hoãn nhắc lúc" in text


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://localhost:81", "http://localhost"]
)
def test_a_form_of_a_foreign_page_changes_nothing(
    tmp_path: Path, browse: Browse, origin: str | None
) -> None:
    """Nor one that does not say where it comes from."""
    with office(tmp_path) as (status, record):
        fail(record, time.time_ns() // 1000 - HOUR)
        sent = send(browse(status), origin=origin, do="ack")
        assert (sent.status_code, notes(status)) == (403, [])
    assert "Trang của máy khác" in sent.text


@pytest.mark.parametrize("path", ["/", "/outages", "/sites/nvh-dong"])
def test_a_browser_may_send_the_form_and_say_where_it_comes_from(
    tmp_path: Path, browse: Browse, path: str
) -> None:
    """With no referrer at all it would call itself a stranger."""
    with office(tmp_path) as (status, _):
        headers = browse(status).get(path).headers
    assert headers["referrer-policy"] == "same-origin"
    assert "form-action 'self'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("number", "fields", "status", "what"),
    [
        (2, {"do": "ack"}, 404, "Không có sự cố nào mang mã"),
        ("x", {"do": "ack"}, 404, "Không có sự cố nào mang mã"),
        (1, {"do": "delete"}, 422, "Chưa bấm nút nào"),
        (1, {"do": "comment", "text": " "}, 422, "nội dung"),
        (1, {"do": "ack", "text": "x" * 501}, 422, "500"),
        (1, {"do": "ack", "text": "x" * 9000}, 422, "nội dung quá dài"),
    ],
)
def test_what_can_not_be_noted_is_told_in_a_sentence(  # noqa: PLR0917 - a row of the table
    tmp_path: Path,
    browse: Browse,
    number: object,
    fields: dict[str, str],
    status: int,
    what: str,
) -> None:
    """On a page, with what to do; nothing is kept."""
    with office(tmp_path) as (sources, record):
        fail(record, time.time_ns() // 1000 - HOUR)
        sent = send(browse(sources), number, **fields)
        assert notes(sources) == []
    assert sent.status_code == status
    assert what in sent.text
    assert "Việc cần làm:" in sent.text


def test_what_is_over_can_only_be_commented_on(tmp_path: Path, browse: Browse) -> None:
    """Nobody is reminded of it."""
    now = time.time_ns() // 1000
    with office(tmp_path) as (status, record):
        fail(record, now - 2 * HOUR, now - HOUR)
        page = browse(status).get("/outages?lang=vi").text
    assert 'value="comment"' in page
    assert 'value="ack"' not in page


def test_notes_of_hostile_text_are_text(tmp_path: Path, browse: Browse) -> None:
    """On every page that shows them."""
    now = time.time_ns() // 1000
    with office(tmp_path) as (status, record):
        fail(record, now - HOUR)
        status.add_note(Note(1, now, "comment", None, "<script>x</script>", "officer"))
        client = browse(status)
        for path in ("/", "/outages", "/sites/nvh-dong"):
            page = client.get(path).text
            assert "&lt;script&gt;x" in page
            assert "<script>x" not in page


def test_a_record_that_takes_nothing_says_so(tmp_path: Path, browse: Browse) -> None:
    """Nothing seems to be noted."""
    with office(tmp_path) as (status, record):
        fail(record, time.time_ns() // 1000 - HOUR)
        client = browse(status)
        with record.writing() as connection:
            connection.exec_driver_sql("DROP TABLE note")
        sent = send(client, do="ack")
    assert sent.status_code == 503
    assert "Chưa ghi được" in sent.text

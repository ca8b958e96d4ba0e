# SPDX-License-Identifier: Apache-2.0
"""What stands beside an outage: who was told, and what its keeper answered and so declared."""

import time
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from sansang_collector.answer_sql import Answer, AnswerKind, outage_name
from sansang_collector.hours import Span
from sansang_collector.message_sql import NewMessage, Service, save_delivery, save_messages
from sansang_collector.mornings import day_end
from sansang_collector.outages import Ledger
from sansang_collector.record import Record
from sansang_collector.timeline import Timeline
from sansang_collector.views import OutageView, SentView
from sansang_collector.watch.alerts import Notice
from sansang_collector.watch.entry import Key
from tests.collector.ingesting import SITE, commune
from tests.collector.notify.test_dispatch import a_record
from tests.collector.office import fail, office
from tests.collector.web.reading import MINUTE, Browse, one_site, outage, read
from tests.fakes import NOW, collector_view

HOUR = 60 * MINUTE
PAGES = ("/", "/outages", "/sites/nvh-dong")


def say(record: Record, start: int, answer: AnswerKind, comment: str = "") -> None:
    """Through the link of the message that the Internet is down."""
    name = outage_name(Key("internet", "main", start))
    at = time.time_ns() // 1000
    record.answer(Answer("nvh-dong", name, "truong-thon", answer, comment, at))


def first(client: TestClient) -> OutageView:
    return msgspec.json.decode(client.get("/api/v1/outages").content, type=list[OutageView])[0]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("to", "vi", "en"),
    [
        (
            SentView(role="officer", channel="mail", state="sent", at=NOW),
            "Đã báo cán bộ qua mail lúc",
            "Told the officer through mail at",
        ),
        (
            SentView(role="keeper", channel="zalo", state="waiting", at=None),
            "Chờ báo người trông coi qua zalo.",
            "Still to tell the keeper through zalo.",
        ),
        (
            SentView(role=None, channel="ioc", state="failing", at=None),
            "Chưa báo được ioc; đang gửi lại.",
            "Could not tell ioc yet; it is tried again.",
        ),
        (
            SentView(role=None, channel="", state="sent", at=NOW),
            "Đã báo một kênh không còn dùng lúc",
            "Told a channel that is not there any more at",
        ),
    ],
    ids=["sent", "waiting", "failing", "gone"],
)
def test_it_is_said_who_was_told_and_who_was_not(
    browse: Browse, path: str, to: SentView, vi: str, en: str
) -> None:
    """Wherever the outage is shown, in both languages."""
    sources, down = one_site(), outage("internet", "line")
    view = msgspec.structs.replace(down.outage, sent=[to])
    sources.outage_details = [msgspec.structs.replace(down, outage=view)]
    client = browse(sources)
    assert vi in read(client, path)
    assert en in read(client, path, "en")


def test_a_long_list_of_those_who_were_told_is_counted(browse: Browse) -> None:
    """Nobody reads forty."""
    sources, down = one_site(), outage("internet", "line")
    sent = [SentView(role=None, channel=f"a{n}", state="sent", at=NOW) for n in range(9)]
    view = msgspec.structs.replace(down.outage, sent=sent)
    sources.outage_details = [msgspec.structs.replace(down, outage=view)]
    text = read(browse(sources), "/outages")
    assert "a5 lúc" in text
    assert "a6" not in text
    assert "Và 3 nơi nữa." in text


def test_whom_a_message_reached_stands_with_its_outage(tmp_path: Path, browse: Browse) -> None:
    """From the record; a channel that was taken out of the settings since has no name."""
    start = time.time_ns() // 1000 - HOUR
    about = Service("nvh-dong", "internet", "main")
    with office(tmp_path) as (status, record):
        fail(record, start)
        with record.writing() as connection:
            notice = Notice("down", start, start, "line")
            save_messages(connection, [NewMessage(about, notice, start + MINUTE)])
            save_delivery(connection, 1, "0123456789abcdef", start + 2 * MINUTE)
        found = first(browse(status))
    assert (found.told, [(each.state, each.at) for each in found.sent]) == (
        start + 2 * MINUTE,
        [("sent", start + 2 * MINUTE)],
    )


def test_what_the_keeper_answers_stands_with_its_outage(tmp_path: Path, browse: Browse) -> None:
    """The last word of it, on every page and in the API; all of them with the one outage."""
    start = time.time_ns() // 1000 - HOUR
    with office(tmp_path) as (status, record):
        fail(record, start - 10 * HOUR, start - 9 * HOUR)
        fail(record, start)
        say(record, start, "power_out")
        say(record, start, "repairing", "gọi thợ <rồi>")
        client = browse(status)
        for path in PAGES:
            assert "Trưởng thôn trả lời lúc" in read(client, path)
            assert ": đang sửa “gọi thợ <rồi>”." in read(client, path)
        listed = client.get("/api/v1/outages").json()
        detail = client.get("/api/v1/outages/2").json()
        assert "Trưởng thôn answered at" in read(client, "/outages", "en")
    assert [each["answer"] and each["answer"]["answer"] for each in listed] == [None, "repairing"]
    assert listed[1]["answer"]["name"] == "Trưởng thôn"
    assert [each["answer"] for each in detail["answers"]] == ["power_out", "repairing"]


def test_closed_today_is_closed_on_the_page_until_it_is_taken_back(
    tmp_path: Path, browse: Browse
) -> None:
    """Grey, as outside its hours."""
    start = time.time_ns() // 1000 - HOUR
    with office(tmp_path) as (status, record):
        fail(record, start)
        assert status.closed() == set()
        say(record, start, "closed_today")
        assert status.closed() == {"nvh-dong"}
        assert "○ Nhà văn hóa thôn Đông — mất Internet" in read(browse(status))
        say(record, start, "repairing")
        assert status.closed() == set()


def test_a_closed_day_is_no_service_time(tmp_path: Path) -> None:
    """From the answer until midnight nothing is down; before it and the day after it is."""
    midnight = day_end("Asia/Ho_Chi_Minh", NOW - 72 * HOUR)
    at, next_midnight = midnight + 8 * HOUR, midnight + 24 * HOUR
    registry = commune("dong-1")
    with a_record(tmp_path) as record:
        fail(record, midnight, midnight + 48 * HOUR, SITE)
        record.answer(Answer(SITE, "internet/main/1", "keeper", "closed_today", "", at))
        span = Span(midnight, midnight + 48 * HOUR)
        [found] = [
            each
            for each in Ledger(record, lambda: registry, lambda _: []).availability(
                span, "site", NOW
            )
            if each.service == "internet"
        ]
        steps = [Span(midnight, at), Span(at, next_midnight), Span(next_midnight, span.end)]
        [drawn] = [
            each
            for each in Timeline(record, lambda: registry).take(SITE, steps, NOW)
            if each.service == "internet"
        ]
    assert (found.service_us, found.down_us) == (32 * HOUR, 32 * HOUR)
    assert drawn.closed == [False, True, False]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("vi", "2 người nhận tin chưa liên kết Zalo dong, tay Việc cần làm: mở /contacts/dong/zal"),
        ("en", "2 contacts have not linked their Zalo yet dong, tay To do: have them send the co"),
    ],
)
def test_who_has_not_linked_a_zalo_chat_is_named(browse: Browse, lang: str, text: str) -> None:
    """With where their code is."""
    sources = one_site()
    view = msgspec.structs.replace(collector_view(), zalo_unlinked=["dong", "tay"])
    sources.collector_shown = view
    assert text in read(browse(sources), lang=lang)

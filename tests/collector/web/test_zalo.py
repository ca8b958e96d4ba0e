# SPDX-License-Identifier: Apache-2.0
"""What Zalo hands over, from Zalo and from others, and the page with a contact's code."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from sansang_collector.notify.linking import Linking
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Contact
from sansang_collector.web import create_app
from sansang_collector.web.zalo import SECRET_HEADER, TEXTS_AT_MOST, Zalo
from tests.collector.web.reading import read, words
from tests.fakes import NOW, FixedSources

KEY = bytes(range(32))
PASSWORD, PUBLIC, CHAT = "a-password-of-zalo", "https://wifi.example.vn", "6ede9afa66b88fe6d6a9"
KEEPER = Contact(id="dong", name="Trưởng thôn Đông", role="keeper", channels=["x"])


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    opened = Record(tmp_path / "record.db")
    yield opened
    opened.close()


@pytest.fixture
def linking(record: Record) -> Linking:
    return Linking(KEY, record, lambda: Registry(contacts=(KEEPER,)))


@pytest.fixture
def zalo(linking: Linking) -> TestClient:
    """Zalo's own servers, through the proxy."""
    return browser(linking, PUBLIC)


def browser(linking: Linking, base: str, password: str | None = PASSWORD) -> TestClient:
    app = create_app(FixedSources(), public_url=PUBLIC, zalo=Zalo(linking, password))
    return TestClient(app, base_url=base)


def event(text: str, chat: str = CHAT, **sender: Any) -> dict[str, Any]:
    """As Zalo's documents show it."""
    message = {
        "from": {"id": chat, "display_name": "Ted", "is_bot": False, **sender},
        "chat": {"id": chat, "chat_type": "PRIVATE"},
        "text": text,
        "message_id": "2d758cb5e222177a4e35",
        "date": 1750316131602,
    }
    return {"event_name": "message.text.received", "message": message}


def hand_over(zalo: TestClient, update: object, password: str = PASSWORD) -> int:
    return zalo.post("/z/zalo", json=update, headers={SECRET_HEADER: password}).status_code


def linked(record: Record) -> dict[str, str]:
    return {name: chat.chat_id for name, chat in record.zalo_chats().items()}


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_code_that_zalo_hands_over_links_the_chat(
    zalo: TestClient, linking: Linking, record: Record, wrapped: bool
) -> None:
    """In either of the two forms in which it hands over; the page then says so."""
    sent = event(linking.code("dong", NOW))
    assert hand_over(zalo, {"ok": True, "result": sent} if wrapped else sent) == 200
    assert linked(record) == {"dong": CHAT}
    assert "Đã liên kết từ" in read(browser(linking, "http://localhost"), "/contacts/dong/zalo")


@pytest.mark.parametrize("password", ["", "another", PASSWORD + "x", PASSWORD[:-1], "ữ"])
def test_nobody_else_is_let_in(
    zalo: TestClient, linking: Linking, record: Record, password: str
) -> None:
    """Nor is anything of what they send read."""
    sent = json.dumps(event(linking.code("dong", NOW))).encode()
    for body in (sent, b"x" * 70_000):
        headers = {SECRET_HEADER.encode(): password.encode()} if password else {}
        assert zalo.post("/z/zalo", content=body, headers=headers).status_code == 403
    assert (linked(record), linking.unknown) == ({}, 0)


def test_without_a_password_there_is_nothing(linking: Linking) -> None:
    """The page says what is missing."""
    assert hand_over(browser(linking, PUBLIC, None), event("x")) == 404
    page = read(browser(linking, "http://localhost", None), "/contacts/dong/zalo")
    assert "khai báo zalo_webhook_secret_file trong [notify]" in page


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 60_000, 400),
        (b'{"message": {"chat": {"id": 7}, "from": {}}}', 400),
        (b'{"message": {"chat": {"id": ""}, "from": {}}}', 400),
        (b'{"message": {"chat": {"id": "' + b"x" * 129 + b'"}, "from": {}}}', 400),
        (b'{"message": {"from": {}}}', 400),
        (b"{" + b" " * 65_536, 413),
        (b"{}", 200),
        (b'{"ok": true, "result": {"event_name": "message.unsupported.received"}}', 200),
        (b'{"result": {"message": {"chat": {"id": "a"}, "from": {}, "sticker": "x"}}}', 200),
    ],
)
def test_what_is_no_message_is_refused_and_what_is_new_is_not(
    zalo: TestClient, record: Record, body: bytes, status: int
) -> None:
    """Zalo has more kinds of messages than a code comes in."""
    answer = zalo.post("/z/zalo", content=body, headers={SECRET_HEADER: PASSWORD})
    assert answer.status_code == status
    assert not linked(record)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_handed_over_is_an_error_of_ours(zalo: TestClient, body: bytes) -> None:
    """Whatever it is."""
    answer = zalo.post("/z/zalo", content=body, headers={SECRET_HEADER: PASSWORD})
    assert answer.status_code in {200, 400}


def test_what_a_bot_writes_is_not_read(zalo: TestClient, linking: Linking, record: Record) -> None:
    """Ours may one day repeat a code."""
    assert hand_over(zalo, event(linking.code("dong", NOW), is_bot=True)) == 200
    assert not linked(record)


def test_codes_are_not_tried_for_ever(zalo: TestClient, linking: Linking, record: Record) -> None:
    """Whoever guesses is counted, then not heard; another chat is."""
    for _ in range(TEXTS_AT_MOST + 3):
        assert hand_over(zalo, event("22222222")) == 200
    assert linking.unknown == TEXTS_AT_MOST
    assert hand_over(zalo, event(linking.code("dong", NOW))) == 200
    assert not linked(record)
    assert hand_over(zalo, event(linking.code("dong", NOW), chat="another")) == 200
    assert linked(record) == {"dong": "another"}
    page = read(browser(linking, "http://localhost"), "/contacts/dong/zalo")
    assert f"Số mã không khớp từ khi khởi động: {TEXTS_AT_MOST}" in page


def test_a_record_that_takes_nothing_now_is_no_reason_to_switch_us_off(
    zalo: TestClient,
    linking: Linking,
    record: Record,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Zalo is answered; the log says what happened, without the code; the page has none now."""
    code = linking.code("dong", NOW)
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(record, "engine", sa.create_engine("sqlite:////none/record.db"))
    assert hand_over(zalo, event(code)) == 200
    assert "a code from Zalo may be lost: the record can't be read" in caplog.text
    assert code not in caplog.text
    page = browser(linking, "http://localhost").get("/contacts/dong/zalo")
    assert (page.status_code, code in page.text) == (503, False)


def test_the_page_shows_the_code_to_read_and_to_scan(linking: Linking) -> None:
    """For this machine alone, like everything that is not for keepers."""
    at_home, outside = browser(linking, "http://localhost"), browser(linking, PUBLIC)
    page = at_home.get("/contacts/dong/zalo")
    code = linking.code("dong", NOW)
    assert page.status_code == 200
    assert f"{code[:4]} {code[4:]}" in words(page.text)
    assert "Zalo của Trưởng thôn Đông" in words(page.text)
    assert "Chưa liên kết." in words(page.text)
    assert page.text.count("<svg") == 1
    assert page.headers["cache-control"] == "no-store"
    assert "Not linked yet." in words(at_home.get("/contacts/dong/zalo?lang=en").text)
    assert at_home.get("/contacts/nam/zalo").status_code == 404
    assert outside.get("/contacts/dong/zalo").status_code == 421
    assert outside.get("/z/other").status_code == 404

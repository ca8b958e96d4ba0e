# SPDX-License-Identifier: Apache-2.0
"""The page of a house's keeper: reached by a link, answered with one of three buttons."""

import html
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from sansang_collector.answer_sql import held, load_answers
from sansang_collector.notify.links import make_link
from sansang_collector.record import Record
from sansang_collector.web import create_app
from sansang_collector.web.keeper import ANSWERS_AT_MOST, Keeper
from tests.collector.web.reading import MINUTE, SSID, one_site, words
from tests.collector.web.reading import held as wifi
from tests.fakes import NOW, FixedSources

SECRET = bytes(range(32))
PUBLIC = "https://wifi.example.vn"


def path_of(
    site: str = "nvh-dong",
    outage: str = "o-17",
    contact: str = "keeper-1",
    expires_at: int = NOW + 60 * MINUTE,
    secret: bytes = SECRET,
) -> str:
    return "/k/" + make_link(secret, site, outage, contact, expires_at)


PATH = path_of()


def with_wifi_down() -> FixedSources:
    sources = one_site()
    sources.service_views = [wifi("down")]
    return sources


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    opened = Record(tmp_path / "record.db")
    yield opened
    opened.close()


@pytest.fixture
def phone(record: Record) -> TestClient:
    """A browser somewhere else, through the proxy."""
    return browser(with_wifi_down(), record)


def browser(sources: FixedSources, record: Record) -> TestClient:
    return TestClient(create_app(sources, Keeper(SECRET, record), PUBLIC), base_url=PUBLIC)


def said(record: Record) -> list[tuple[str, str, str, str]]:
    with record.reading() as connection:
        found = held(load_answers(connection, 0, site="nvh-dong"))
    return [(it.outage, it.contact, it.answer, it.comment) for it in found]


def test_the_page_says_what_is_down_and_asks_one_thing(phone: TestClient) -> None:
    """In Vietnamese, whatever the phone's own language is."""
    answer = phone.get(PATH, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert '<html lang="vi">' in answer.text
    text = words(answer.text)
    assert "Nhà văn hóa thôn Đông" in text
    assert f"Mất Wi-Fi “{SSID}” từ" in text
    assert "1 Mất điện 2 Đang sửa 3 Đóng cửa hôm nay" in text
    assert "ghi nhận" not in text
    assert "set-cookie" not in answer.headers
    assert '<html lang="en">' in phone.get(f"{PATH}?lang=en").text
    assert "1 The power is out" in words(phone.get(f"{PATH}?lang=en").text)


def test_where_guests_are_turned_away_it_says_at_what(record: Record) -> None:
    """And nothing of what works, or of other houses; a house that works again says so."""
    sources = with_wifi_down()
    sources.service_views = [wifi("down", stage="address")]
    assert "Wi-Fi có phát nhưng không cấp địa chỉ" in words(browser(sources, record).get(PATH).text)
    sources.service_views = [wifi("up")]
    assert "Hiện không thấy sự cố nào." in words(browser(sources, record).get(PATH).text)


@pytest.mark.parametrize(
    ("service", "shown"),
    [("power", "Mất điện từ"), ("internet", "Mất Internet từ"), ("dns", "Không tra được tên miền")],
)
def test_what_else_is_down_is_said_in_its_own_words(
    record: Record, service: str, shown: str
) -> None:
    """A line is not a Wi-Fi of that name."""
    sources = with_wifi_down()
    sources.service_views = [msgspec.structs.replace(wifi("down"), service=service, subject="main")]
    text = words(browser(sources, record).get(PATH).text)
    assert shown in text
    assert "main" not in text


@pytest.mark.parametrize(
    ("service", "shown"),
    [("internet", "■ Internet chập chờn từ"), ("wifi", f"■ Wi-Fi “{SSID}” chập chờn từ")],
)
def test_what_is_poor_is_shown_as_such(record: Record, service: str, shown: str) -> None:
    """A keeper may know why; nobody is called for it."""
    sources = with_wifi_down()
    subject = SSID if service == "wifi" else "main"
    sources.service_views = [
        msgspec.structs.replace(wifi("up"), service=service, subject=subject, state="degraded")
    ]
    assert shown in words(browser(sources, record).get(PATH).text)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("power_out", "mất điện"), ("repairing", "đang sửa"), ("closed_today", "đóng cửa hôm nay")],
)
def test_an_answer_is_kept_and_shown(
    phone: TestClient, record: Record, kind: str, shown: str
) -> None:
    """With its comment; the page that follows can be reloaded without sending again."""
    form = {"answer": kind, "comment": "Cột điện đổ <b> ở\r\nxóm 3\u202e"}
    answer = phone.post(f"{PATH}?lang=vi", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?lang=vi")
    assert said(record) == [("o-17", "keeper-1", kind, "Cột điện đổ <b> ở xóm 3")]
    page = phone.get(PATH).text
    assert re.search(rf"Đã ghi nhận \([\d:]+\): {shown}\.", words(page))
    assert "Cột điện đổ &lt;b&gt; ở xóm 3" in page


def test_the_same_twice_is_once_and_a_new_answer_takes_its_place(
    phone: TestClient, record: Record
) -> None:
    """A link is of one contact and one outage; another outage is another answer."""
    for kind in ("power_out", "power_out", "repairing"):
        assert phone.post(PATH, data={"answer": kind}).status_code == 200
    assert said(record) == [("o-17", "keeper-1", "repairing", "")]
    phone.post(path_of(outage="o-18"), data={"answer": "closed_today"})
    phone.post(path_of(contact="keeper-2"), data={"answer": "power_out"})
    assert sorted(said(record)) == [
        ("o-17", "keeper-1", "repairing", ""),
        ("o-17", "keeper-2", "power_out", ""),
        ("o-18", "keeper-1", "closed_today", ""),
    ]
    assert "ghi nhận" not in words(phone.get(path_of(outage="o-19")).text)


@pytest.mark.parametrize(
    ("path", "status", "what", "todo"),
    [
        (path_of(secret=SECRET[::-1]), 404, "Liên kết này không đầy đủ", "mở lại liên kết"),
        (PATH[:-1], 404, "Liên kết này không đầy đủ", "mở lại liên kết"),
        ("/k/static", 404, "Liên kết này không đầy đủ", "mở lại liên kết"),
        (path_of(expires_at=NOW), 410, "Liên kết này đã hết hạn", "tin báo mới nhất"),
        (path_of(site="nvh-cu"), 404, "không còn trong danh sách", "gọi cán bộ phụ trách"),
    ],
    ids=["forged", "cut short", "no link", "too old", "of a house that is gone"],
)
def test_a_link_that_does_not_hold_says_what_to_do(  # noqa: PLR0917
    phone: TestClient, record: Record, path: str, status: int, what: str, todo: str
) -> None:
    """Nothing is shown of any house, and no answer is taken."""
    for answer in (phone.get(path), phone.post(path, data={"answer": "power_out"})):
        assert answer.status_code == status
        assert what in words(answer.text)
        assert todo in words(answer.text)
        assert "thôn Đông" not in answer.text
    assert not said(record)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"answer=",
        b"answer=burnt",
        b"comment=power_out",
        b"answer=power_out&comment=" + b"x" * 201,
        b"answer=power_out&comment=" + b"x" * 5000,
        b"answer=power_out" + b"&a=b" * 20,
        b"answer=\xff",
        b"\x00" * 100,
    ],
)
def test_what_is_no_answer_is_refused(phone: TestClient, record: Record, body: bytes) -> None:
    """A form of ours sends none of these."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = phone.post(PATH, content=body, headers=headers)
    assert answer.status_code == 422
    assert "bấm một trong ba nút" in words(answer.text)
    assert not said(record)


def test_a_comment_may_have_two_hundred_letters_of_any_kind(
    phone: TestClient, record: Record
) -> None:
    """As the field allows; each takes up to twelve bytes on the way."""
    for comment in ("ữ" * 200, "👍" * 200):
        assert phone.post(PATH, data={"answer": "power_out", "comment": comment}).status_code == 200
        assert said(record) == [("o-17", "keeper-1", "power_out", comment)]


def test_a_link_in_wrong_hands_does_not_write_for_ever(phone: TestClient, record: Record) -> None:
    """The keeper of another house is not kept from answering."""
    answers = [
        phone.post(PATH, data={"answer": "power_out", "comment": str(count)}).status_code
        for count in range(ANSWERS_AT_MOST + 2)
    ]
    assert answers == [200] * ANSWERS_AT_MOST + [429] * 2
    assert len(said(record)) == 1
    assert phone.post(path_of(contact="b"), data={"answer": "power_out"}).status_code == 200


def test_a_record_that_takes_nothing_now_says_so(
    phone: TestClient, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what to do; no answer seems to be taken."""
    monkeypatch.setattr(record, "engine", sa.create_engine("sqlite:////none/record.db"))
    for answer in (phone.get(PATH), phone.post(PATH, data={"answer": "power_out"})):
        assert answer.status_code == 503
        assert "thử lại sau vài phút" in words(answer.text)


def test_only_the_keepers_page_is_there_for_the_world(phone: TestClient) -> None:
    """Even when the proxy passes on everything; its style is reached under the same beginning."""
    page = phone.get(PATH).text
    for address in re.findall(r'(?:src|href)="(/[^"]+)"', page):
        assert address.startswith("/k/static/")
        assert phone.get(address).status_code == 200
    for path in ("/", "/sites/nvh-dong", "/api/v1/sites", "/metrics", "/healthz", "/events", "/k"):
        assert phone.get(path).status_code == 421
    for host in ("wifi.example.vn:8443", "WIFI.example.vn"):
        assert phone.get(PATH, headers={"Host": host}).status_code == 200
    for host in ("evil.example", "wifi.example.vn.evil.example", "", "["):
        assert phone.get(PATH, headers={"Host": host}).status_code == 421


def test_without_a_public_address_only_this_machine_is_answered(record: Record) -> None:
    """As every other page."""
    app = create_app(with_wifi_down(), Keeper(SECRET, record))
    for base, status in ((PUBLIC, 421), ("http://localhost:8080", 200)):
        assert TestClient(app, base_url=base).get(PATH).status_code == status


def test_a_link_does_not_leak(phone: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """Not to the pages one goes to from here, not to a shared computer, not to a log."""
    caplog.set_level(logging.INFO)
    for answer in (phone.get(PATH), phone.get(path_of(expires_at=0)), phone.get(PATH + "x")):
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'; ")
        assert "form-action 'self'" in policy
        assert "set-cookie" not in answer.headers
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
        assert '<meta name="robots" content="noindex">' in answer.text
    assert "form-action 'none'" in phone.get("/healthz").headers["content-security-policy"]
    logged = [each.getMessage() for each in caplog.records if not each.name.startswith("httpx")]
    assert PATH not in "".join(logged)
    assert PATH[3:] not in repr(Keeper(SECRET, Record.__new__(Record)))


def test_what_a_house_is_called_is_text(record: Record) -> None:
    """Whatever stands in the registry."""
    sources = with_wifi_down()
    [site] = sources.site_views
    sources.site_views = [msgspec.structs.replace(site, name="<script>x</script>")]
    page = browser(sources, record).get(PATH).text
    assert html.escape("<script>x</script>") in page
    assert "<script>" not in page

# SPDX-License-Identifier: Apache-2.0
"""Results of i-Speed through the page's forms into the real record, and back onto the pages."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from sansang_collector.evidence_files import BYTES_AT_MOST, EvidenceFiles
from sansang_collector.hours import Span
from sansang_collector.ispeed_views import ISpeedView
from sansang_collector.ispeeds import ISpeeds
from sansang_collector.periods import VIETNAM
from sansang_collector.record import Record
from sansang_collector.speeds import Speeds
from sansang_collector.web import create_app
from sansang_collector.web.multipart import read_form
from tests.collector.web.reading import read
from tests.collector.web.speed_houses import registry
from tests.fakes import NOW, FixedSources, site_view

OWN = "http://localhost:8080"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
AT = f"{datetime.fromtimestamp(NOW / 1e6 - 3600, VIETNAM):%Y-%m-%dT%H:%M}"
RIGHT: dict[str, Any] = {
    "at": AT,
    "place": "Nhà văn hóa thôn Đông",
    "line_kind": "fixed",
    "download_mbps": "94,26",
    "upload_mbps": "47.5",
    "ping_ms": "7",
    "carrier": "VNPT",
}
HEADINGS = "Ngày giờ,Địa điểm,Loại mạng,Tải xuống (Mb/s),Minh chứng"
FILE = f'{HEADINGS}\n21/11/2025 09:30,nvh-0,Cố định,"141,7",a.png\n'


def right(changed: dict[str, Any]) -> dict[str, Any]:
    """What is right, but for this."""
    return RIGHT | changed


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """Kept for all tests: making one costs more than any of them."""
    record = Record(tmp_path_factory.mktemp("ispeed") / "record.db")
    yield record
    record.close()


@pytest.fixture(scope="module")
def sources(record: Record, tmp_path_factory: pytest.TempPathFactory) -> FixedSources:
    """The houses of a commune, their record and its evidence."""
    files = EvidenceFiles(tmp_path_factory.mktemp("evidence"))
    sources = FixedSources(
        speeds=Speeds(record, registry), ispeeds=ISpeeds(record, registry, files)
    )
    sources.site_views = [site_view([], each.id, each.name) for each in registry().sites]
    return sources


@pytest.fixture
def client(record: Record, browser: TestClient) -> TestClient:
    """A browser on a page on which nothing was entered."""
    with record.writing() as connection:
        connection.exec_driver_sql("DELETE FROM ispeed")
    return browser


@pytest.fixture(scope="module")
def browser(sources: FixedSources) -> TestClient:
    """On the real application."""
    return TestClient(create_app(sources), base_url=OWN)


def send(
    client: TestClient,
    path: str = "/ispeed",
    files: list[tuple[str, tuple[str, bytes, str]]] | None = None,
    origin: str | None = OWN,
    **fields: Any,
) -> httpx2.Response:
    """As a browser sends the form, without following where it is sent to."""
    empty = [("evidence", ("", b"", "application/octet-stream"))]
    return client.post(
        f"{path}?lang=vi",
        data=fields,
        files=files or empty,
        headers={} if origin is None else {"Origin": origin},
        follow_redirects=False,
    )


def entered(sources: FixedSources) -> list[ISpeedView]:
    assert sources.ispeeds is not None
    return sources.ispeeds.entries(Span(0, NOW))


def test_a_result_is_entered_with_its_evidence(sources: FixedSources, client: TestClient) -> None:
    """Numbers with a comma or a point; the picture comes back as it was; it is found by its site's
    name, and stands beside the site's own tests at once.
    """
    assert "Chưa ai nhập kết quả i-Speed nào." in read(client, "/sites/nvh-0/speed")
    picture = [("evidence", ("C:\\anh\\đo 1.png", PNG, "image/png"))]
    sent = send(client, files=picture, **RIGHT)
    assert (sent.status_code, sent.headers["location"]) == (303, "/ispeed?lang=vi&done=1")
    [entry] = entered(sources)
    assert (entry.site, entry.download_mbps, entry.upload_mbps) == ("nvh-0", 94.26, 47.5)
    assert (entry.who, entry.evidence and entry.evidence.name) == ("officer", "đo 1.png")
    page = client.get("/sites/nvh-0/speed?lang=vi").text
    assert client.get(f"/api/v1/ispeed/{entry.number}/evidence").content == PNG
    assert f'href="/api/v1/ispeed/{entry.number}/evidence"' in page
    text = read(client, "/sites/nvh-0/speed")
    assert "↓ 94,26 Mb/s ↑ 47,5 Mb/s ping 7,0 ms Băng rộng cố định, VNPT cán bộ" in text
    assert "Thiết bị đo được: tải xuống chưa đo, tải lên chưa đo." in text
    assert "Chưa ai nhập" in read(client, "/sites/nvh-1/speed")
    assert "Đã nhập 1 kết quả" in client.get(sent.headers["location"]).text


def test_what_was_wrong_is_told_beside_its_field(sources: FixedSources, client: TestClient) -> None:
    """What was right needs not be written again; nothing is kept."""
    sent = send(client, **right({"download_mbps": "nhanh", "at": "hôm qua"}))
    assert sent.status_code == 422
    assert "Không dùng được “nhanh”" in sent.text
    assert "“hôm qua”" in sent.text
    assert 'value="94,26"' not in sent.text
    assert 'value="Nhà văn hóa thôn Đông"' in sent.text
    assert sent.text.count('aria-invalid="true"') == 2
    assert entered(sources) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"place": " "}, "Ô này trống"),
        ({"line_kind": "vệ tinh"}, "“vệ tinh”"),
        ({"at": "2099-01-01T00:00"}, "chưa đến"),
        ({"corrects": "77"}, "77"),
    ],
)
def test_what_can_not_be_is_refused(
    sources: FixedSources, client: TestClient, change: dict[str, Any], said: str
) -> None:
    """In a sentence on the page of the form."""
    sent = send(client, **right(change))
    assert (sent.status_code, entered(sources)) == (422, [])
    assert said in sent.text


def test_what_is_no_picture_is_refused(sources: FixedSources, client: TestClient) -> None:
    """By its bytes, whatever it is called."""
    sent = send(client, files=[("evidence", ("a.png", b"<html>", "image/png"))], **RIGHT)
    assert (sent.status_code, entered(sources)) == (422, [])
    assert "a.png" in sent.text


def test_more_than_a_picture_is_not_even_read(sources: FixedSources, client: TestClient) -> None:
    """Nobody fills the memory of the centre."""
    huge = PNG + bytes(BYTES_AT_MOST + 65_536)
    sent = send(client, files=[("evidence", ("a.png", huge, "image/png"))], **RIGHT)
    assert (sent.status_code, entered(sources)) == (413, [])
    assert "5 MiB" in sent.text


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example"])
@pytest.mark.parametrize("path", ["/ispeed", "/ispeed/file"])
def test_a_form_of_a_foreign_page_changes_nothing(
    sources: FixedSources, client: TestClient, path: str, origin: str | None
) -> None:
    """Nor one that does not say where it comes from."""
    sent = send(client, path, origin=origin, **RIGHT)
    assert (sent.status_code, entered(sources)) == (403, [])
    assert "Trang của máy khác" in sent.text


def test_a_browser_may_send_the_forms(client: TestClient) -> None:
    """The page's policy lets it."""
    policy = client.get("/ispeed").headers["content-security-policy"]
    assert "form-action 'self'" in policy


def test_an_entry_is_corrected_from_what_it_said(sources: FixedSources, client: TestClient) -> None:
    """The new one takes its place on the page; the record keeps both."""
    send(client, **RIGHT)
    form = client.get("/ispeed?corrects=1&lang=vi").text
    assert 'value="94.26"' in form
    assert f'value="{AT}"' in form
    assert 'name="corrects" value="1"' in form
    send(client, **right({"download_mbps": "49,26", "corrects": "1"}))
    assert [each.corrected_by for each in entered(sources)] == [None, 2]
    text = read(client, "/ispeed")
    assert "49,26 Mb/s" in text
    assert "94,26" not in text
    assert "thay kết quả số 1" in text


def test_a_file_is_brought_in_with_the_pictures_it_names(
    sources: FixedSources, client: TestClient
) -> None:
    """Once, however often it is sent."""
    files = [
        ("results", ("kết quả.csv", FILE.encode(), "text/csv")),
        ("pictures", ("a.png", PNG, "image/png")),
    ]
    for _ in range(2):
        sent = send(client, "/ispeed/file", files)
        assert sent.status_code == 303, sent.text
    [entry] = entered(sources)
    assert (entry.site, entry.download_mbps) == ("nvh-0", 141.7)
    assert entry.evidence is not None


def test_bad_rows_are_listed_and_nothing_is_entered(
    sources: FixedSources, client: TestClient
) -> None:
    """Each with its row and column; the right ones wait until all are."""
    rows = f"{FILE}hôm qua,nvh-0,Cố định,90,\n21/11/2025 09:30,nvh-0,Cố định,rất nhanh,\n"
    files = [
        ("results", ("a.csv", rows.encode(), "text/csv")),
        ("pictures", ("a.png", PNG, "image/png")),
    ]
    sent = send(client, "/ispeed/file", files)
    assert (sent.status_code, entered(sources)) == (422, [])
    assert "dòng 3, cột Ngày giờ: “hôm qua”" in sent.text
    assert "dòng 4, cột Tải xuống (Mb/s): không dùng được “rất nhanh”" in sent.text


@pytest.mark.parametrize(
    "name", ["/etc/hostname", "../record.db", "..", "a.png", "results.csv", "/nowhere/a.png"]
)
def test_a_file_names_only_the_pictures_that_came_with_it(
    tmp_path: Path, sources: FixedSources, client: TestClient, name: str
) -> None:
    """What lies elsewhere on this machine is nobody's evidence, and not even told of."""
    (tmp_path / "secret.png").write_bytes(PNG)
    for wanted in (name, str(tmp_path / "secret.png")):
        rows = f"{HEADINGS}\n21/11/2025 09:30,nvh-0,Cố định,90,{wanted}\n"
        sent = send(client, "/ispeed/file", [("results", ("a.csv", rows.encode(), "text/csv"))])
        assert (sent.status_code, entered(sources)) == (422, [])
        assert "dòng 2, cột Minh chứng" in sent.text
        assert "/tmp" not in sent.text.replace(wanted, "")  # noqa: S108


def test_a_record_that_takes_nothing_says_so(sources: FixedSources) -> None:
    """Nothing seems to be entered."""
    broken = TestClient(create_app(replace(sources, record_fault="disk I/O error")), base_url=OWN)
    for answer in (broken.get("/ispeed"), send(broken, **RIGHT)):
        assert answer.status_code == 503
        assert "disk I/O error" in answer.text


def test_hostile_text_is_text(client: TestClient) -> None:
    """On the page of the form and on the site's."""
    send(client, **right({"who": "<script>x</script>"}))
    wrong = send(client, **right({"at": '"><script>x</script>'}))
    for page in (client.get("/ispeed").text, client.get("/sites/nvh-0/speed").text, wrong.text):
        assert "<script>x" not in page
        assert "&lt;script&gt;x" in page


def test_a_form_keeps_every_byte_of_its_files() -> None:
    """Also those that parsers of text trip over."""
    chance = random.Random(7)
    awkward = b"\r\n-\x00\x0b\x0c\x1a\x1c\x85\xe2\x80\xa8ab"
    for length in (0, 1, 2, 3, 64, 1000):
        content = bytes(chance.choice(awkward) for _ in range(length))
        body = (
            b'--XbX\r\nContent-Disposition: form-data; name="f"; filename="\xc4\x91.png"\r\n'
            b"Content-Type: image/png\r\n\r\n" + content + b"\r\n--XbX--\r\n"
        )
        form = read_form("multipart/form-data; boundary=XbX", body)
        assert form is not None
        assert form.files["f"] == [("đ.png", content)]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"at=1"),
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\nno end"),
        ("multipart/form-data; boundary=x\r\nX: y", b"--x--"),
    ],
)
def test_what_is_no_form_is_none(kind: str, body: bytes) -> None:
    """Cut off, empty or something else."""
    assert read_form(kind, body) is None

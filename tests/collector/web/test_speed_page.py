# SPDX-License-Identifier: Apache-2.0
"""What a person reads of line speed: of one site, and of all."""

import html
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from sansang_collector.web import create_app
from sansang_wire.language import Language
from tests.collector.web.reading import Browse, read
from tests.collector.web.speed_houses import speedy_commune
from tests.fakes import FixedSources


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FixedSources]:
    """A commune with a fortnight of tests."""
    with speedy_commune(tmp_path_factory.mktemp("speed")) as found:
        yield found


@pytest.fixture(scope="module")
def client(sources: FixedSources) -> TestClient:
    """A browser on its pages."""
    return TestClient(create_app(sources), base_url="http://localhost:8080")


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ("nvh-0", "● Đường truyền đủ nhanh: tải xuống được 94 Mb/s, gói cước 100 Mb/s."),
        ("nvh-1", "■ Nhìn chung đủ nhanh (282 Mb/s, gói cước 300 Mb/s), nhưng các lần đo mới"),
        ("nvh-2", "29 trên 29 lần đo bị hạn chế bởi giao diện mạng của thiết bị đo."),
        ("nvh-3", "○ Chưa đủ lần đo để kết luận: mới có 1, cần 3. Tải xuống được 181 Mb/s"),
        ("nvh-4", "○ Chưa đo tốc độ ở đây: chưa có thiết bị đo."),
        ("nvh-5", "◆ Đường truyền chậm: tải xuống chỉ được 62 Mb/s, xã đề ra 150 Mb/s."),
    ],
)
def test_the_first_sentence_says_how_good_the_line_is(
    client: TestClient, site: str, said: str
) -> None:
    """Each house otherwise; what held a test back is never taken for the line."""
    assert said in read(client, f"/sites/{site}/speed")


def test_what_to_do_follows_from_what_set_the_limit(client: TestClient) -> None:
    """The carrier is asked only about the line."""
    port = read(client, "/sites/nvh-2/speed", "en")
    assert "To do: use a box, a cable and a port of the modem that are faster" in port
    assert "carrier" not in port
    assert "To do: send the carrier these tests" in read(client, "/sites/nvh-5/speed", "en")
    assert "To do: put a box here" in read(client, "/sites/nvh-4/speed", "en")


def test_every_family_direction_and_number_of_connections_has_its_median(
    client: TestClient,
) -> None:
    """With how many tests, from where to where, what limited them and the delay; a package is
    judged by several connections alone.
    """
    text = read(client, "/sites/nvh-0/speed")
    assert re.search(r"Tải xuống IPv4, nhiều luồng ● 94 Mb/s trung vị của \d+ lần đo, từ", text)
    assert "IPv6, nhiều luồng ● 94 Mb/s" in text
    assert "IPv6, một luồng 75,2 Mb/s" in text
    assert "Tải lên IPv4, nhiều luồng 47 Mb/s" in text
    assert "giới hạn do: đường truyền" in text
    assert "độ trễ 7,4 ms, khi đang tải 45,2 ms" in text


def test_lower_bounds_are_drawn_and_named_as_such(client: TestClient) -> None:
    """Hollow, and never as a median."""
    page = client.get("/sites/nvh-2/speed?lang=vi").text
    bounds = re.findall(r'class="bounds" d="(M[^"]*z)"', page)
    assert len(bounds) == 2, "the bar, and its sign in the key"
    assert 'class="exact" d=""' in page
    text = read(client, "/sites/nvh-2/speed")
    assert "○ ít nhất 93,5 Mb/s 29 lần chỉ cho biết “ít nhất”, cao nhất 93,5 Mb/s" in text
    assert "trung vị" not in text


def test_the_hours_in_which_it_is_slow_stand_out(client: TestClient) -> None:
    """In words, too."""
    page = client.get("/sites/nvh-1/speed?lang=vi").text
    strip = page[page.index('aria-label="Theo giờ') :].partition("</svg>")[0]
    slowest = re.search(r"chậm nhất \d+–\d+ giờ: (\d+)(,\d)?\u00a0Mb/s \(\d+ lần đo\)", strip)
    assert slowest is not None
    assert int(slowest[1]) <= 60
    assert {"ok", "bad"} <= set(re.findall(r'path class="(\w+)"', strip))
    assert "Theo ngày trong tuần: chậm nhất" in read(client, "/sites/nvh-1/speed")


def test_a_test_tells_its_limit_evidence_end_and_cost(client: TestClient) -> None:
    """Raw beside corrected, delays, and that it was made again."""
    text = read(client, "/sites/nvh-1/speed")
    first = text[text.index("Các lần đo, mới nhất trước") :]
    assert "· IPv4 · ↓ 55 Mb/s giới hạn do đường truyền · máy chủ xa-vinh-bao" in first
    assert "Tải xuống, nhiều luồng: 55 Mb/s đo lại" in first
    assert "Giới hạn là ở chính đường truyền." in first
    assert "Bằng chứng: nhân bận nhất của thiết bị đo 31 %, giao diện mạng 1.000 Mb/s" in first
    assert "Tính cả lúc khởi đầu: 51,7 Mb/s, độ trễ 7,4 ms, khi đang tải 412,0 ms" in first
    assert "Dừng sớm vì tốc độ đã ổn định, 6,2 s, dùng 44 MB" in first
    assert re.search(r"và \d+ lần đo cũ hơn", first)


def test_all_tests_of_the_page_are_in_a_sheet(client: TestClient) -> None:
    """To be sent to the carrier: those that the page leaves out, too."""
    page = client.get("/sites/nvh-0/speed?lang=vi").text
    found = re.search(r'href="([^"]+tests\.csv[^"]+)"', page)
    assert found is not None
    rows = client.get(html.unescape(found[1])).text.splitlines()
    assert rows[0].startswith("\ufeffThời điểm;Thiết bị đo;Máy chủ đo")
    listed = page.count("<time>")
    assert len(rows) > listed > 1


def test_others_on_the_line_are_part_of_the_evidence(client: TestClient) -> None:
    """What came to is a lower bound then."""
    text = read(client, "/sites/nvh-3/speed")
    assert "ít nhất 58 Mb/s" in text
    assert "người khác dùng đường truyền 38 %" in text


def test_a_missing_test_is_told_with_why_and_what_is_left(client: TestClient) -> None:
    """Once for each reason, where it was due and in the sum."""
    text = read(client, "/sites/nvh-5/speed")
    assert "số liệu ở đây đã cũ" in text
    assert "Lần đo mới nhất không thực hiện: đã hết dung lượng dành cho đo tốc độ" in text
    assert "8 lần không đo: đã hết dung lượng dành cho đo tốc độ trong tháng này" in text
    assert "Việc cần làm: chờ sang tháng, hoặc cho đo dùng nhiều dung lượng hơn." in text
    assert "Thiết bị đo nvh-5-1 còn được dùng 3,2 GB để đo trong tháng này." in text


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("site", [None, *(f"nvh-{number}" for number in range(6))])
def test_nothing_is_left_unsaid(client: TestClient, language: Language, site: str | None) -> None:
    """No name of a field, no empty figure; light enough for a phone."""
    path = "/speed" if site is None else f"/sites/{site}/speed"
    text = read(client, path, language)
    assert not re.search(r"None|nan|_mbps(?! into)(?! vào)|budget_spent|byte_cap", text)
    assert len(client.get(f"{path}?lang={language}").content) < 100_000


def test_sites_are_counted_and_the_slowest_stands_first(client: TestClient) -> None:
    """Of all real sites, with those that nobody measured; simulated ones do not count."""
    text = read(client, "/speed")
    assert "Điểm đạt tốc độ gói cước 1 / 5 2 chưa đủ lần đo · 1 chưa đo · 1 chưa ghi" in text
    assert "Điểm đạt tốc độ xã đề ra 1 / 5 1 chậm · 2 chưa đủ lần đo · 1 chưa đo" in text
    assert "Điểm mô phỏng không được tính." in text
    table = text[text.index("Các điểm đo, điểm chậm nhất trước") :]
    found = re.findall(r"Nhà văn hóa thôn (\w+)", table)
    assert (found[0], found[-1]) == ("Bắc", "Hạ")
    assert "29 lần đo, 29 lần bị hạn chế không phải do đường truyền ít nhất 93,5 Mb/s" in table
    assert "lần đo, các lần đo mới nhất chậm 282 Mb/s 141 Mb/s 300 Mb/s" in table
    assert "chưa đặt thiết bị đo" in table


def test_every_page_leads_there_and_back(client: TestClient) -> None:
    """From all sites and from each."""
    assert 'href="/speed"' in client.get("/").text
    assert 'href="/sites/nvh-0/speed"' in client.get("/sites/nvh-0").text
    assert 'href="/sites/nvh-0/speed"' in client.get("/speed").text
    assert 'href="/sites/nvh-0"' in client.get("/sites/nvh-0/speed").text
    assert client.get("/sites/nowhere/speed").status_code == 404


def test_a_record_that_can_not_be_read_says_so(browse: Browse) -> None:
    """Instead of a page without tests."""
    client = browse(FixedSources(record_fault="disk I/O error"))
    for path in ("/speed", "/sites/nvh-0/speed"):
        answer = client.get(f"{path}?lang=vi")
        assert answer.status_code == 503
        assert "disk I/O error" in answer.text
        assert "Việc cần làm:" in answer.text

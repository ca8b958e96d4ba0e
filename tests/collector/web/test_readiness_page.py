# SPDX-License-Identifier: Apache-2.0
"""What a person reads of IPv6 readiness: of one site, and of all."""

import re

import msgspec
import pytest

from sansang_collector.language import Translation
from sansang_collector.readiness_views import OLD_AFTER_US
from sansang_collector.web.readiness_words import EVIDENCE, WORDS, evidence_words, reasons
from sansang_wire.readiness.assessment import Finding
from tests.collector.web.reading import Browse, read
from tests.collector.web.readying import HOUSES, assessed, ready_commune
from tests.fakes import NOW


def test_a_site_without_ipv6_is_told_why_and_what_to_do(browse: Browse) -> None:
    """Score with its bound and what is known, the first thing to do, every check with its sign."""
    text = read(browse(ready_commune()), "/sites/nvh-1/ipv6")
    assert "Thiết bị đo nvh-1-1 đo lúc" in text
    assert "nội dung cần đánh giá." in text
    assert "Không quá 30 điểm: " in text
    assert text.index("Việc cần làm: Gọi nhà mạng") < text.index("✗ Có địa chỉ IPv6 của Internet")
    assert "✗ Có địa chỉ IPv6 của Internet địa chỉ Internet: 0" in text
    assert "? Không có thiết bị lạ hay địa chỉ cũ chưa đo" in text
    assert "chỉ hoạt động 0 % thời gian" in text
    assert "lý do: không có tuyến" in text
    assert "■ Chưa sẵn sàng thuần IPv6" in text
    assert "Kết quả đo tại điểm đo, không phải số liệu công bố chính thức." in text
    assert "None" not in text


def test_a_healthy_site_says_what_was_found_in_units(browse: Browse) -> None:
    """Its only lack is NAT64."""
    client = browse(ready_commune())
    text = read(client, "/sites/nvh-0/ipv6", "en")
    assert "● Score: 100 / 100" in text
    assert re.search(
        r"✓ No slower than IPv4 connecting over IPv6: [\d.]+ ms, connecting over", text
    )
    assert "25 of 25 points" in text
    assert "✗ NAT64 is offered" in text
    assert "Keep IPv4. Ask the carrier" in text
    assert "Score 61 / 100 (lowest 45, highest 61)" in text


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ("nvh-2", "■ Điểm: 40 / 100"),
        ("nvh-3", "● Sẵn sàng thuần IPv6"),
        ("nvh-4", "○ Điểm: chưa đo Chưa có thiết bị đo nào của điểm này đo IPv6."),
    ],
)
def test_each_house_is_told_from_the_others(site: str, said: str, browse: Browse) -> None:
    """By shape, figure and word."""
    text = read(browse(ready_commune()), f"/sites/{site}/ipv6")
    assert said in text


def test_the_page_of_a_site_leads_there_and_back(browse: Browse) -> None:
    """And every page leads to that of all sites."""
    client = browse(ready_commune())
    site = client.get("/sites/nvh-0").text
    assert 'href="/sites/nvh-0/ipv6"' in site
    assert 'href="/ipv6"' in site
    assert 'href="/sites/nvh-0"' in client.get("/sites/nvh-0/ipv6").text
    assert client.get("/sites/nowhere/ipv6").status_code == 404


def test_all_sites_are_counted_and_the_least_ready_stands_first(browse: Browse) -> None:
    """Each share with what it is of, and how many nobody measured."""
    client = browse(ready_commune())
    text = read(client, "/ipv6")
    assert "Truy cập được Internet bằng IPv6 3 / 5 1 chưa đo" in text
    assert "Sẵn sàng thuần IPv6 1 / 5 1 chưa đo" in text
    assert "Theo nhà mạng VNPT" in text
    assert "Theo xã" not in text
    table = text[text.index("Các điểm đo, điểm kém nhất trước") :]
    assert re.findall(r"thôn (\w+)", table) == ["Đoài", "Trung", "Thượng", "Đông", "Hạ"]


def test_what_is_older_than_a_day_counts_no_more(browse: Browse) -> None:
    """It is shown with its time."""
    sources = ready_commune()
    old = NOW - OLD_AFTER_US - 60_000_000
    sources.readiness_views[0] = msgspec.structs.replace(sources.readiness_views[0], at=old)
    client = browse(sources)
    assert "2 / 5 2 chưa đo" in read(client, "/ipv6")
    assert "○ Điểm: chưa đo Thiết bị đo nvh-0-1 đo lúc" in read(client, "/sites/nvh-0/ipv6")


def test_a_record_that_cannot_be_read_costs_the_past_alone(browse: Browse) -> None:
    """What is known now is shown."""
    sources = ready_commune()
    sources.record_fault = "no room"
    text = read(browse(sources), "/sites/nvh-0/ipv6")
    assert "100 / 100" in text
    assert "Điểm theo từng ngày" not in text


def test_every_service_that_fails_is_named() -> None:
    """One reason, several services."""
    found = msgspec.structs.replace(
        assessed(ipv6=True),
        blockers=tuple(
            Finding(reason="services_without_ipv6", evidence={"service": name, "reason": "x"})
            for name in ("dvc", "vneid")
        ),
    )
    what = [each.what for each in reasons(found, Translation("en"))]
    assert what == [f"The service {name} has no IPv6 address." for name in ("dvc", "vneid")]


def test_all_that_simulated_houses_find_has_words() -> None:
    """No name of a field on the page."""
    translate = Translation("vi")
    for _, kind in HOUSES:
        for check in assessed(**kind).checks:
            assert check.evidence.keys() <= EVIDENCE.keys(), check.code
    assert all(translate(each) for each in WORDS.values())
    shown = evidence_words({"ipv6_name_ok": True, "silent_from_bytes": 1400}, translate)
    assert shown == "mở được trang: có, gói bị mất từ: 1.400\u00a0byte"

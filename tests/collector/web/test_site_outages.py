# SPDX-License-Identifier: Apache-2.0
"""What the page of one site says of its outages."""

from tests.collector.web.reading import (
    MINUTE,
    SITE,
    Browse,
    availability,
    one_site,
    outage,
    read,
    timeline,
)
from tests.fakes import NOW

HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE
PAGE = f"/sites/{SITE}"


def test_each_service_tells_its_week_and_its_quarter(browse: Browse) -> None:
    """How often it was down, how much of the opening hours it worked, how much of them is known."""
    sources = one_site()
    sources.timeline_views = [
        timeline("wifi", *[1.0] * 56),
        timeline("internet", *[1.0] * 40, 0.0, *[1.0] * 13, None, 1.0, closed={55}),
        timeline("ipv6", *[None] * 56),
    ]
    sources.outage_details = [
        outage("internet", "line", NOW - 8 * DAY, NOW - 8 * DAY + HOUR),
        outage("internet", "line", NOW - 2 * DAY, NOW - 2 * DAY + 65 * MINUTE, number=2),
        outage("internet", "line", NOW - DAY, NOW - DAY + HOUR, number=3),
    ]
    sources.availability_views = [
        availability("internet", 984 * HOUR, 16 * HOUR, 9 * HOUR),
        availability("wifi", 0, 0, HOUR),
        availability("wifi", HOUR, 0, 0, site="nvh-tay"),
    ]
    text = read(browse(sources), PAGE)
    assert (
        "Internet 7 ngày: 2 lần gián đoạn, tổng 2 giờ 05 phút"
        " quý này: 98,4 %, đo được 99,1 % thời gian mở cửa"
    ) in text
    assert "7 ngày: không gián đoạn quý này: chưa đo" in text
    assert "IPv6 chưa đo quý này: chưa đo" in text
    assert text.index("Internet 7 ngày") < text.index("IPv6 chưa đo") < text.index("7 ngày: không")


def test_closed_hours_are_drawn_pale(browse: Browse) -> None:
    """They are neither up nor down, and not left out."""
    sources = one_site()
    sources.timeline_views = [timeline("wifi", *[1.0] * 50, *[None] * 6, closed=range(50, 56))]
    page = browse(sources).get(f"{PAGE}?lang=vi").text
    assert '<path class="ok" d="M0 10h250"/><path class="closed" d="M250 10h30"/>' in page
    assert page.count("đóng cửa") == 1, "in the key"


def test_the_last_ten_outages_are_listed(browse: Browse) -> None:
    """With cause and evidence; the rest is a page away."""
    sources = one_site()
    sources.timeline_views = [timeline("wifi", *[1.0] * 56)]
    for number in range(1, 13):
        start = NOW - (20 - number) * DAY
        sources.outage_details.append(
            outage("wifi", "dhcp", start, start + HOUR, number=number, clues={"wifi:address": 2})
        )
    page = browse(sources).get(f"{PAGE}?lang=vi").text
    shown = [number for number in range(1, 13) if f">số {number}<" in page]
    assert shown == list(range(3, 13))
    assert page.index(">số 12<") < page.index(">số 3<")
    assert "Wi-Fi “NVH Dong”: không cấp địa chỉ (DHCP)" in page
    assert "Máy khách không được cấp địa chỉ." in page
    assert f'href="/outages?site={SITE}"' in page


def test_a_ledger_that_can_not_be_read_leaves_the_rest_of_the_page(browse: Browse) -> None:
    """What is missing is said."""
    sources = one_site()
    sources.record_fault = "database is locked"
    text = read(browse(sources), PAGE)
    assert "◆ Máy chủ — không đọc được sổ sự cố database is locked" in text
    assert "Số liệu mới nhất" in text

# SPDX-License-Identifier: Apache-2.0
"""What a person reads of past outages."""

from pathlib import Path

import pytest

import sansang_collector.web
from sansang_collector.language import Translation
from tests.collector.web.reading import (
    MINUTE,
    SITE,
    Browse,
    one_site,
    outage,
    read,
    timeline,
)
from tests.fakes import NOW, FixedSources, site_view

HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE
STATIC = Path(sansang_collector.web.__file__).parent / "static"


def day(at: int) -> str:
    return Translation("vi").instant(at).partition(" ")[0]


def test_outages_stand_by_day_the_newest_first(browse: Browse) -> None:
    """Each with where, what, why, when, how long, and its number; what it took along beside it."""
    sources = one_site()
    old, new = NOW - 3 * DAY, NOW - 2 * DAY
    clues = {"gateway:up": 3, "internet:down": 4}
    sources.outage_details = [
        outage("power", "power_cut", old, old + 65 * MINUTE, number=7, late=True),
        outage("internet", "line", new, new + 5 * MINUTE, number=8, clues=clues),
        outage("dns", "dns", new, new + 5 * MINUTE, root=("internet", "main", new), number=9),
    ]
    text = read(browse(sources), "/outages")
    assert "Sự cố 2 sự cố trong 30 ngày" in text
    assert text.index(day(new)) < text.index(day(old))
    line = text[text.index(day(new)) : text.index(day(old))]
    assert "◆ Nhà văn hóa thôn Đông — Internet: đứt đường truyền" in line
    assert "không nơi nào trên Internet trả lời. Kéo theo: DNS." in line
    assert line.strip().endswith("5 phút số 8")
    assert "Điện: mất điện đã sửa sau" in text
    assert "1 giờ 05 phút số 7" in text
    assert "số 9" not in text


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", {1, 2, 3, 4}),
        ("&site=nvh-tay", {2, 4}),
        ("&cause=line", {1, 2}),
        ("&site=nvh-tay&cause=line", {2}),
        ("&cause=subscription", set[int]()),
    ],
)
def test_they_are_chosen_by_site_and_cause(query: str, numbers: set[int], browse: Browse) -> None:
    """An outage of many sites is one of each of them."""
    sources = one_site()
    sources.site_views.append(site_view([], "nvh-tay", "Nhà văn hóa thôn Tây"))
    members = {"nvh-tay": NOW}
    sources.outage_details = [
        outage("internet", "line", NOW - DAY, NOW - 23 * HOUR, number=1),
        outage("internet", "line", NOW - DAY, NOW - 23 * HOUR, "nvh-tay", number=2),
        outage("dns", "dns", NOW - DAY, NOW - 23 * HOUR, number=3),
        outage(
            "area", "silent", NOW - DAY, NOW - 23 * HOUR, "",
            subject="commune:11824", clues=members, number=4,
        ),
    ]  # fmt: skip
    client = browse(sources)
    page = client.get(f"/outages?lang=vi{query}")
    shown = {number for number in range(1, 5) if f">số {number}<" in page.text}
    assert shown == numbers
    assert ("Không có sự cố nào như vậy trong 30 ngày." in page.text) is not numbers
    if "site" in query:
        assert '<option value="nvh-tay" selected>' in page.text
        assert "/api/v1/outages.csv?lang=vi&amp;site=nvh-tay" in page.text


@pytest.mark.parametrize("query", ["site=absent", "cause=absent"])
def test_a_site_or_cause_that_there_is_not_has_no_page(query: str, browse: Browse) -> None:
    """Rather than an empty one, which would say that nothing happened."""
    assert browse(one_site()).get(f"/outages?{query}").status_code == 404


def test_what_lasts_and_what_is_not_known_say_so(browse: Browse) -> None:
    """Grey is not red; the end may be on another day."""
    start = NOW - 5 * DAY
    sources = one_site()
    sources.outage_details = [
        outage("wifi", None, start, start + 3 * DAY, state="unknown"),
        outage("collector", "centre", NOW - 2 * DAY, NOW - DAY, "", subject="clock", number=2),
        outage("box", "silent", NOW - HOUR, number=3),
    ]
    text = read(browse(sources), "/outages")
    assert "○ Nhà văn hóa thôn Đông — Wi-Fi “NVH Dong”: chưa đo" in text
    assert f" {day(start + 3 * DAY)[:5]} 3 ngày 0 giờ" in text
    assert "Máy chủ: đồng hồ máy chủ bị nhảy" in text
    assert "Mất kết nối (dong-1): chưa rõ" in text
    assert "– đang diễn ra 1 giờ 00 phút" in text


def test_the_days_of_each_site_are_drawn_and_counted(browse: Browse) -> None:
    """A day is as bad as the worst that a guest needs; IPv6 is not needed. Closed days are pale."""
    shares: list[float | None] = [1.0] * 30
    wifi = [*shares[:20], 0.5, 0.0, None, *shares[23:]]
    sources = one_site()
    sources.timeline_views = [
        timeline("internet", *shares[:22], None, *shares[23:], closed={29}),
        timeline("wifi", *wifi, closed={29}),
        timeline("ipv6", *[0.0] * 30),
    ]
    page = browse(sources).get("/outages?lang=en").text
    text = "2 days with outages, 26 days without, 1 day not measured, 1 day closed"
    assert f'aria-label="Nhà văn hóa thôn Đông: {text}"' in page
    assert '<path class="warn" d="M100 10h5"/>' in page
    assert '<path class="bad" d="M105 10h5"/>' in page
    assert '<path class="closed" d="M145 10h5"/>' in page


def test_a_ledger_that_can_not_be_read_is_no_clean_record(browse: Browse) -> None:
    """The page says what is wrong, and not that there were no outages."""
    sources = one_site()
    sources.record_fault = "database is locked"
    text = read(browse(sources), "/outages")
    assert "◆ Máy chủ — không đọc được sổ sự cố database is locked" in text
    assert "Không có sự cố" not in text


def test_a_bad_month_of_60_sites_is_below_100_kb(browse: Browse) -> None:
    """All that a browser loads, uncompressed; what does not fit is counted."""
    sources = FixedSources()
    for number in range(60):
        site, name = f"nvh-{number:02}", f"Nhà văn hóa thôn {number}"
        sources.site_views.append(site_view([], site, name))
        shares = [float(step % 3 > 0) for step in range(30)]
        sources.timeline_views.append(timeline("wifi", *shares, site=site))
        sources.outage_details += [
            outage(
                "internet", "line", NOW - step * DAY, NOW - step * DAY + HOUR, site,
                name=name, clues={"gateway:up": 3, "internet:down": 4}, number=60 * step + number,
            )
            for step in range(1, 30)
        ]  # fmt: skip
    sources.outage_details.sort(key=lambda each: each.outage.start)
    client = browse(sources)
    page = client.get("/outages?lang=vi")
    assert len(page.content) + sum(each.stat().st_size for each in STATIC.iterdir()) < 100_000
    assert "Còn 1.680 sự cố cũ hơn trong bảng CSV." in page.text
    assert client.get(f"/outages?lang=vi&site={SITE}").status_code == 404


def test_both_languages_read_the_ledger_once(browse: Browse) -> None:
    """The month of all sites is taken once; the board once."""
    sources = one_site()
    client = browse(sources)
    for query in ("lang=vi", "lang=en", "lang=vi&cause=line"):
        assert client.get(f"/outages?{query}").status_code == 200
    assert sources.outage_calls == 2

# SPDX-License-Identifier: Apache-2.0
"""What a person reads on the page of one site."""

import re

import pytest

from sansang_collector.store.base import Latest
from sansang_collector.web.chart import STEP_US
from sansang_collector.web.strip import day_until
from tests.collector.web.reading import (
    AGENT,
    MINUTE,
    SITE,
    SSID,
    Browse,
    held,
    one_site,
    over_time,
    read,
    wifi,
)
from tests.fakes import (
    NOW,
    FixedSources,
    agent_view,
    epoch_view,
    host,
    link,
    reachability,
    site_view,
)

START = day_until(NOW)[0]
ABROAD = {"target": "x", "family": "ipv4", "scope": "international"}


def newest(kind: str, labels: dict[str, str], **fields: float | str) -> Latest:
    return Latest(kind, SITE, AGENT, labels, NOW, {"outcome": 0, **fields})


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (reachability(SITE, AGENT, NOW), "● IPv4 tốt (12,3 ms)"),
        (
            reachability(SITE, AGENT, NOW, "ipv6", outcome=2, reason="no_route"),
            "◆ IPv6 không tới được: không có tuyến",
        ),
        (
            reachability(SITE, AGENT, NOW, "ipv6", outcome=2, reason="brand_new"),
            "◆ IPv6 không tới được: brand_new",
        ),
        (
            reachability(SITE, AGENT, NOW, outcome=3, reason="not_permitted"),
            "○ IPv4 không đo được: thiết bị không có quyền đo",
        ),
        (
            reachability(SITE, AGENT, NOW, loss_pct=20),
            "■ IPv4 mất 20 % số gói (12,3 ms)",
        ),
        (
            link(SITE, AGENT, NOW),
            "● eth0 đang nối, 1.000 Mb/s, nhận / gửi 1,3 / 0,3 Mb/s",
        ),
        (link(SITE, AGENT, NOW, up=False), "◆ không dùng: eth0"),
        (
            host(SITE, AGENT, NOW),
            "● bộ nhớ còn 62 %, ổ đĩa còn 41 % (12,3 GB), 51 °C, đã chạy 3 ngày 4 giờ",
        ),
        (
            host(SITE, AGENT, NOW, disk_free_bytes=10**9),
            "■ bộ nhớ còn 62 %, ổ đĩa còn 3 %",
        ),
        (
            wifi(on_air=True, channel=6, stations=5),
            "● “NVH Dong” đang phát, kênh 6, 5 thiết bị đang kết nối",
        ),
        (wifi(on_air=False, reason="not_on_air"), "◆ “NVH Dong” không phát: mạng này không được"),
        (wifi(on_air=None, reason="cannot_tell"), "○ “NVH Dong” không đo được: bộ thu phát"),
        (
            newest("radio", {"interface": "wlan0"}, up=1, txpower_dbm=20, signal_worst_dbm=-78),
            "● wlan0, phát 20 dBm, tín hiệu yếu nhất −78 dBm",
        ),
        (newest("radio", {"interface": "wlan0"}, up=0), "○ wlan0 đã tắt"),
        (
            newest("addressing", {"family": "ipv4"}, private_addresses=1, shared_addresses=2),
            "● IPv4: 1 địa chỉ riêng, 2 địa chỉ dùng chung của nhà mạng",
        ),
        (
            newest("addressing", {"family": "ipv6"}, outcome=1, reason="no_global_address"),
            "◆ IPv6: chưa được cấp địa chỉ Internet",
        ),
        (
            newest("dns", {"family": "ipv6", "server": "::1"}, response_ms=6.2),
            "DNS ● IPv6 tốt (6,2 ms)",
        ),
        (
            newest("dns", {"family": "ipv4"}, outcome=1, reason="server_failure"),
            "DNS ◆ IPv4 không tới được: máy chủ tên miền gặp lỗi",
        ),
        (
            newest("service", {"service": "dvc", "family": "ipv4"}, certificate_left_d=3.5),
            "dvc ● IPv4 tốt ■ chứng chỉ còn hạn 3 ngày",
        ),
        (
            newest("path", {"target": "cầu", "family": "ipv6"}, rtt_avg_ms=7.0, loss_pct=2.0),
            "cầu ■ IPv6 mất 2 % số gói (7,0 ms)",
        ),
    ],
)
def test_readings_are_told_in_words(reading: Latest, expected: str, browse: Browse) -> None:
    """With a shape for how good that is, Vietnamese numbers, and the reason when there is one."""
    assert expected in read(browse(one_site(reading)), "/sites/nvh-dong")


def test_old_readings_say_when_they_were_taken(browse: Browse) -> None:
    """They lose their colour, and the family they tell of counts as not measured."""
    client = browse(one_site(reachability(SITE, AGENT, NOW - 20 * MINUTE, "ipv6")))
    text = read(client, "/sites/nvh-dong")
    assert re.search(r"Số liệu cuối, lúc [\d/]* ?\d\d:\d\d:", text)
    assert "○ IPv6 tốt" in text
    assert "Điểm có Internet IPv6 0 / 1 1 chưa đo" in read(client)


def test_carriage_tells_what_is_missing_and_why(browse: Browse) -> None:
    """Epochs with gaps, what the box gave up, and refusals by reason."""
    epochs = [
        epoch_view(received=118, outstanding=2, lost=1, last_received=NOW),
        epoch_view("f" * 16, received=7, last_received=NOW - MINUTE),
    ]
    agent = agent_view(
        last_seen=NOW, epochs=epochs, rejected={"unknown_kind": 3, "odd": 1}, dropped_batches=4
    )
    text = read(browse(FixedSources([site_view([agent])])), "/sites/nvh-dong")
    for expected in (
        "Đã nhận 125 lô, còn 2 lô chưa về, mất 5 lô",
        "1.500 số đo, 2 lần khởi động",
        "phiên 01234567: đã nhận 118/121 lô, chưa về 2, mất 1",
        "thiết bị phải bỏ vì hết chỗ lưu: 4 lô, 48 số đo",
        "3 bị từ chối: loại chưa biết",
        "1 bị từ chối: odd",
        "đồng hồ đã đồng bộ (±2 ms)",
    ):
        assert expected in text
    assert "ffffffff" not in text


def test_the_head_says_how_the_site_is(browse: Browse) -> None:
    """What it is, where, and its state with since when; what is wrong comes in its place."""
    text = read(browse(one_site()), "/sites/nvh-dong", "en")
    assert "Nhà văn hóa thôn Đông Cultural house · Xã Vĩnh Bảo Updated" in text
    assert "● Working last heard" in text
    sources = one_site(ssids=[SSID])
    sources.service_views = [held("down")]
    text = read(browse(sources), "/sites/nvh-dong", "en")
    assert "◆ Wi-Fi “NVH Dong” off since" in text
    assert "● Working" not in text


def test_each_expected_network_says_since_when(browse: Browse) -> None:
    """Also when all is well; one that nobody expects is named as what is missing."""
    sources = one_site(ssids=[SSID])
    sources.service_views = [held("up")]
    text = read(browse(sources), "/sites/nvh-dong")
    assert re.search(r"● “NVH Dong” phát từ [\d/]* ?\d\d:\d\d \(1 giờ 05 phút\)", text)
    text = read(browse(one_site()), "/sites/nvh-dong")
    assert "○ chưa đo: danh mục chưa ghi tên mạng Wi-Fi của điểm này (ssids)." in text


def test_a_chart_tells_its_newest_smallest_and_largest_value(browse: Browse) -> None:
    """Beside the line, and to those who don't see it; the scale goes to a round figure."""
    points = [(START + step * STEP_US, value) for step, value in enumerate([40.0, 120.5, 42.0])]
    sources = one_site()
    sources.series_given = {("reachability", "rtt_avg_ms"): [over_time(ABROAD, *points)]}
    client = browse(sources)
    text = read(client, "/sites/nvh-dong")
    assert "Độ trễ: Internet quốc tế IPv4 42,0 ms (thấp nhất 40,0, cao nhất 120)" in text
    assert "200 ms 100 0" in text
    page = client.get("/sites/nvh-dong").text
    assert 'aria-label="Độ trễ: Internet quốc tế; IPv4: 42,0' in page
    assert '<path class="l1" d="M5 80 15 39.8 25 79"/>' in page


def test_a_gap_in_the_data_is_a_gap_in_the_line(browse: Browse) -> None:
    """A value alone between two gaps is a dot, not nothing."""
    points = [(START + step * STEP_US, 50.0) for step in (0, 1, 3, 7, 8)]
    sources = one_site()
    sources.series_given = {("reachability", "rtt_avg_ms"): [over_time(ABROAD, *points)]}
    page = browse(sources).get("/sites/nvh-dong").text
    assert 'd="M5 0 15 0M35 0h0M75 0 85 0"' in page


def test_a_chart_takes_the_best_target_of_each_step(browse: Browse) -> None:
    """As the sentence about now does: one slow target is not a slow line."""
    slow, quick = ABROAD | {"target": "slow"}, ABROAD | {"target": "quick"}
    sources = one_site()
    sources.series_given = {
        ("reachability", "rtt_avg_ms"): [
            over_time(slow, (START, 90.0), (START + STEP_US, 90.0)),
            over_time(quick, (START, 30.0)),
        ]
    }
    text = read(browse(sources), "/sites/nvh-dong", "en")
    assert "IPv4 90.0 ms (lowest 30.0, highest 90.0)" in text


def test_a_store_that_can_not_be_read_leaves_the_rest_of_the_page(browse: Browse) -> None:
    """The state of the site is in the record; what is missing is said."""
    sources = one_site()
    sources.store_fault = "timed out"
    text = read(browse(sources), "/sites/nvh-dong")
    assert "◆ Máy chủ — không đọc được số liệu đã lưu timed out" in text
    assert "24 giờ qua" not in text


def test_two_boxes_of_a_site_are_told_apart(browse: Browse) -> None:
    """Each with its state; the site is as its best box knows it."""
    agents = [agent_view("dong-1", last_seen=NOW), agent_view("dong-2", last_seen=NOW - 9 * MINUTE)]
    text = read(browse(FixedSources([site_view(agents)])), "/sites/nvh-dong")
    assert "Số liệu mới nhất · dong-1 ● Hoạt động" in text
    assert "Số liệu mới nhất · dong-2 ◆ Mất kết nối" in text
    assert "◆ Nhà văn hóa" not in text


@pytest.mark.parametrize(("lang", "label"), [("vi", "Trang web vnnic"), ("en", "Web page vnnic")])
def test_a_web_service_is_said_to_be_one(lang: str, label: str, browse: Browse) -> None:
    """Its name alone may be any word."""
    reading = newest("service", {"service": "vnnic", "family": "ipv4"})
    page = read(browse(one_site(reading)), f"/sites/{SITE}", lang)
    assert re.search(rf"{label}\W+IPv4", page)

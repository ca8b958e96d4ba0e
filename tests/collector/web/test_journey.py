# SPDX-License-Identifier: Apache-2.0
"""A guest's way into the Wi-Fi, as a person reads it on the page."""

import pytest

from sansang_collector.language import Translation
from sansang_collector.stages import STAGES
from sansang_collector.store.base import Latest
from sansang_collector.web.journey import encryption
from sansang_wire.reading import OUTCOME_CODES
from tests.collector.web.reading import (
    AGENT,
    MINUTE,
    SITE,
    SSID,
    Browse,
    held,
    one_site,
    read,
    wifi,
)
from tests.fakes import NOW

PAGE = "/sites/nvh-dong"


def journey(**fields: float | str) -> Latest:
    """A guest's last way into the house's network."""
    return Latest("wifi_journey", SITE, AGENT, {"ssid": SSID}, NOW, {"outcome": 0, **fields})


NO_ADDRESS = journey(
    outcome=1, reason="no_offer", failed_stage="address", scan_ms=812.0, associate_ms=20.5
)


def test_a_wifi_that_gives_no_address_says_so_and_what_to_do(browse: Browse) -> None:
    """Every stage in its order: passed with its time, failed with why, not reached."""
    text = read(browse(one_site(NO_ADDRESS, ssids=[SSID])), PAGE)
    assert "Wi-Fi có phát nhưng không cấp địa chỉ: không có máy cấp địa chỉ (DHCP)" in text
    assert "tắt, bật lại bộ phát Wi-Fi." in text
    for step in (
        "Thấy sóng Wi-Fi ✓ 812,0 ms",
        "Bộ phát nhận kết nối ✓ 20,5 ms",
        "Đúng mật khẩu ✓ qua",
        "Được cấp địa chỉ ✗ không qua: không có máy cấp địa chỉ (DHCP)",
        "Tới được bộ định tuyến – chưa tới",
        "Vào được Internet – chưa tới",
    ):
        assert step in text


def test_a_site_whose_guest_fails_is_named_by_the_stage(browse: Browse) -> None:
    """In the table of all sites and in what is wrong, once the evidence is judged."""
    sources = one_site(NO_ADDRESS, ssids=[SSID])
    sources.service_views = [held("down", stage="address")]
    text = read(browse(sources))
    assert "◆ Wi-Fi có phát nhưng không cấp địa chỉ" in text
    assert "khách không vào được Wi-Fi “NVH Dong” từ " in text
    assert "Thử vào như khách: Wi-Fi có phát nhưng không cấp địa chỉ." in text
    assert "tắt, bật lại bộ phát Wi-Fi." in text


def test_a_wifi_on_air_that_lets_nobody_in_is_not_called_off_air(browse: Browse) -> None:
    """On the site's own page: since when no guest gets in, and where they fail."""
    sources = one_site(wifi(on_air=True), NO_ADDRESS, ssids=[SSID])
    sources.service_views = [held("down", stage="address")]
    text = read(browse(sources), PAGE)
    assert "◆ khách không vào được “NVH Dong” từ " in text
    assert "(1 giờ 05 phút): Wi-Fi có phát nhưng không cấp địa chỉ" in text
    assert "mất sóng" not in text


def test_a_wifi_that_is_off_air_names_no_stage(browse: Browse) -> None:
    """Whatever the last guest met while it was on air."""
    sources = one_site(NO_ADDRESS, ssids=[SSID])
    sources.service_views = [held("down")]
    text = read(browse(sources))
    assert "không cấp địa chỉ" not in text
    assert "mất Wi-Fi “NVH Dong” từ " in text


def test_an_old_journey_is_grey(browse: Browse) -> None:
    """Who was there two hours ago says nothing of now."""
    old = NO_ADDRESS._replace(at=NOW - 120 * MINUTE)
    assert "◆ “NVH Dong”" not in read(browse(one_site(old)), PAGE)
    assert "◆ “NVH Dong”" in read(browse(one_site(NO_ADDRESS)), PAGE)


def test_nobody_who_could_go_says_nothing_of_the_wifi(browse: Browse) -> None:
    """It is grey, and says why."""
    broken = journey(outcome=OUTCOME_CODES["broken"], reason="no_spare_radio")
    text = read(browse(one_site(broken)), PAGE)
    assert "không thử vào mạng được: thiết bị đo không có bộ thu phát rảnh" in text
    assert "✗" not in text


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"security": "open"}, "■ không mã hóa: có thể bị nghe lén"),
        ({"security": "wpa2_wpa3"}, "● mã hóa WPA2/WPA3"),
        ({"isolated": 1}, "● máy của khách không thấy nhau"),
        ({"isolated": 0}, "■ máy của khách thấy được nhau"),
        ({"admin_page": 1}, "■ khách mở được trang cài đặt của bộ định tuyến"),
        ({"dhcp_servers": 2}, "◆ 2 thiết bị cùng cấp địa chỉ: có máy cấp địa chỉ lạ"),
        ({"ipv6_failed_stage": "address"}, "■ IPv6 không qua bước: Được cấp địa chỉ"),
        ({"signal_dbm": -52.0}, "● tín hiệu tại thiết bị đo −52 dBm"),
    ],
)
def test_what_is_safe_and_what_is_not_are_facts(
    fields: dict[str, float | str], expected: str, browse: Browse
) -> None:
    """Only what was tried is told."""
    text = read(browse(one_site(journey(**fields))), PAGE)
    assert expected in text
    if "isolated" not in fields:
        assert "máy của khách" not in text


@pytest.mark.parametrize(
    ("kind", "labels", "fields", "expected"),
    [
        (
            "wifi_scan",
            {"ssid": SSID},
            {"heard": 1, "signal_dbm": -61.0, "channel": 6, "overlapping": 9},
            "● nghe thấy “NVH Dong”, −61 dBm, kênh 6, 9 bộ phát khác trùng tần số",
        ),
        (
            "wifi_scan",
            {"ssid": SSID},
            {"heard": 1, "unknown_access_points": 1},
            "◆ 1 bộ phát lạ dùng tên “NVH Dong”: có thể là bẫy",
        ),
        ("wifi_scan", {"ssid": SSID}, {"heard": 0, "outcome": 1}, "◆ không nghe thấy “NVH Dong”"),
        (
            "radio",
            {"interface": "wlan0"},
            {"up": 1, "tx_bitrate_worst_mbps": 6.0, "retry_median_pct": 12.0,
             "utilisation_pct": 55.0, "joined": 31, "left": 29},
            "● wlan0, máy chậm nhất 6 Mb/s, gửi lại 12 %, kênh bận 55 %, 31 lượt vào, 29 lượt ra",
        ),
        (
            "radio",
            {"interface": "wlan0"},
            {"up": 1, "utilisation_reason": "survey_stuck"},
            "● wlan0, chưa rõ kênh bận bao nhiêu (bộ đếm của trình điều khiển đứng yên)",
        ),
    ],
)  # fmt: skip
def test_what_radios_hear_and_how_well_they_serve(
    kind: str, labels: dict[str, str], fields: dict[str, float | str], expected: str, browse: Browse
) -> None:
    """A stranger under the expected name is a warning; a crowd is a number."""
    reading = Latest(kind, SITE, AGENT, labels, NOW, {"outcome": 0, **fields})
    assert expected in read(browse(one_site(reading)), PAGE).replace("\u202f", " ")


def test_every_stage_and_every_encryption_has_its_words() -> None:
    """In Vietnamese, and not the English ones."""
    translate = Translation("vi")
    for stage in STAGES.values():
        assert all(translate(each) != each for each in stage)
    for security in ("open", "owe", "wep", "wpa", "wpa2", "wpa2_wpa3", "wpa3", "enterprise"):
        assert encryption(security, translate).text != security

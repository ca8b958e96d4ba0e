# SPDX-License-Identifier: Apache-2.0
"""What figures are called and which colour they have.

A state is never colour alone: each has a shape and a word, too. Grey says that nothing is known.
"""

from collections.abc import Mapping

from grafana_foundation_sdk.models import dashboard

from sansang_wire.readiness import words as readiness_words

GREEN, AMBER, RED, GREY = "green", "orange", "red", "#8e8e8e"
NO_DATA = "○ Chưa có số liệu"
FILLED = -1
"""What a query fills a gap with, so that a strip shows it instead of leaving it out."""


def mapping(*states: tuple[int, str, str]) -> dashboard.ValueMap:
    """Values with the word and the colour of each."""
    return dashboard.ValueMap(
        {
            str(value): dashboard.ValueMappingResult(text=word, color=colour, index=index)
            for index, (value, word, colour) in enumerate(states)
        }
    )


WIFI_NOW: list[dashboard.ValueMapping] = [
    mapping(
        (0, "● Có sóng", GREEN),
        (1, "◆ Mất sóng", RED),
        (2, "◆ Không trả lời", RED),
        (3, "○ Không đo được", GREY),
    )
]
"""Of `outcome` in `wifi`."""

OUTCOME: list[dashboard.ValueMapping] = [
    mapping(
        (0, "● Tốt", GREEN),
        (1, "◆ Sai", RED),
        (2, "◆ Không tới được", RED),
        (3, "○ Không đo được", GREY),
    )
]
"""Of `outcome` in everything else."""

SHARE_ON_AIR: list[dashboard.ValueMapping] = [
    mapping((1, "● Có sóng", GREEN), (0, "◆ Mất sóng", RED), (FILLED, NO_DATA, GREY)),
    dashboard.RangeMap(
        dashboard.DashboardRangeMapOptions(
            from_val=0,
            to=1,
            result=dashboard.ValueMappingResult(text="■ Chập chờn", color=AMBER),
        )
    ),
]
"""Of the mean of `on_air` over a step; the exact values come first."""

WORST_OUTCOME: list[dashboard.ValueMapping] = [
    mapping(
        (0, "● Thông", GREEN),
        (1, "◆ Có lúc mất", RED),
        (2, "◆ Có lúc mất", RED),
        (FILLED, NO_DATA, GREY),
    )
]
"""Of the worst measurement of a step."""

STATE: list[dashboard.ValueMapping] = [
    mapping(
        (0, "● Hoạt động", GREEN),
        (1, "■ Hoạt động kém", AMBER),
        (2, "◆ Không hoạt động", RED),
        (3, "○ Chưa biết", GREY),
    )
]
"""Of `state` in `state`."""

SERVICES = {
    "power": "Điện",
    "internet": "Internet",
    "ipv6": "IPv6",
    "dns": "DNS",
    "wifi": "Wi-Fi",
    "box": "Thiết bị đo",
}
"""What the collector judges."""
CAUSES = {
    "silent": "Chưa rõ",
    "power_cut": "Mất điện",
    "box_power": "Thiết bị đo mất nguồn",
    "switched_off": "Được tắt",
    "agent_fault": "Lỗi thiết bị đo",
    "line": "Đứt đường truyền",
    "equipment": "Bộ định tuyến hoặc dây nối",
    "access_point": "Bộ phát Wi-Fi",
    "dhcp": "Không cấp địa chỉ (DHCP)",
    "dns": "Không tra được tên miền (DNS)",
    "ipv6": "Riêng IPv6",
    "carrier": "Nhà mạng",
    "international": "Hướng quốc tế",
    "loss": "Mất gói",
    "subscription": "Hết hạn cước",
    "centre": "Lỗi của máy chủ",
}
"""Why a service does not work, as the collector's page has it."""

VERDICTS = {verdict: name.vi for verdict, name in readiness_words.VERDICTS.items()}
"""Whether a site could do without IPv4."""

PHASES = {"idle": "Độ trễ", "download": "Tải xuống", "upload": "Tải lên"}
STREAMS = {"none": "–", "single": "Một luồng", "several": "Nhiều luồng"}
LIMITS = {
    "line": "Đường truyền",
    "cpu": "Thiết bị đo",
    "port": "Giao diện mạng của thiết bị đo",
    "server": "Máy chủ đo",
    "wifi": "Wi-Fi của thiết bị đo",
    "unknown": "Chưa rõ",
}
STOPS = {
    "time": "Hết thời gian",
    "stable": "Đã ổn định",
    "byte_cap": "Hết hạn mức một lần đo",
    "server": "Máy chủ dừng",
    "failed": "Đứt kết nối",
}
"""Of a speed test, as the collector's page has it."""

AT_LEAST: list[dashboard.ValueMapping] = [mapping((1, "≥ ít nhất", AMBER), (0, "= đo được", GREEN))]
OTHERS: list[dashboard.ValueMapping] = [mapping((1, "■ Có", AMBER), (0, "● Không", GREEN))]

YES_NO: list[dashboard.ValueMapping] = [mapping((1, "● Có", GREEN), (0, "◆ Không", RED))]


def named(names: Mapping[str, str]) -> dashboard.ValueMap:
    """Words for the values of a text; they have no colour."""
    return dashboard.ValueMap(
        {value: dashboard.ValueMappingResult(text=word) for value, word in names.items()}
    )


def missing() -> dashboard.SpecialValueMap:
    """An empty cell says so."""
    return dashboard.SpecialValueMap(
        dashboard.DashboardSpecialValueMapOptions(
            match=dashboard.SpecialValueMatch.NULL_AND_NAN,
            result=dashboard.ValueMappingResult(text="–", color=GREY),
        )
    )

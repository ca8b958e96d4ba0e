# SPDX-License-Identifier: Apache-2.0
"""How well the Wi-Fi serves, and how far a guest comes: by radios, guests and listeners."""

from collections.abc import Iterator

from dashboards import panels, words
from dashboards.influxql import CHOSEN, Query
from dashboards.panels import Column, Laid

GUESTS_NOW = "35m"
"""A guest on a metered line comes every half hour."""
GUESTS = f"""\
SELECT last("outcome") AS "outcome", "failed_stage", "reason", "scan_ms", "associate_ms",
"authenticate_ms", "address_ms", "gateway_ms", "dns_ms", "portal_ms", "internet_ms"
FROM "wifi_journey" WHERE {CHOSEN} GROUP BY "site", "ssid", "agent\""""
HEARD = f"""\
SELECT last("outcome") AS "outcome", "reason", "unknown_access_points", "access_points",
"signal_dbm", "channel", "overlapping", "security"
FROM "wifi_scan" WHERE {CHOSEN} GROUP BY "site", "ssid", "agent\""""
WAYS_IN = f"""\
SELECT max("outcome") FROM "wifi_journey" WHERE {CHOSEN} AND "outcome" < 3
GROUP BY time($__interval), "site", "ssid" fill({words.FILLED})"""
STATIONS = f"""\
SELECT max("stations") FROM "wifi" WHERE {CHOSEN}
GROUP BY time($__interval), "site", "ssid" fill(null)"""
SIGNAL = f"""\
SELECT mean("signal_median_dbm") FROM "radio" WHERE {CHOSEN}
GROUP BY time($__interval), "site", "interface" fill(null)"""
BUSY = f"""\
SELECT mean("utilisation_pct") FROM "radio" WHERE {CHOSEN}
GROUP BY time($__interval), "site", "interface" fill(null)"""
RATES = f"""\
SELECT mean("tx_bitrate_worst_mbps") AS "chậm nhất", mean("tx_bitrate_median_mbps") AS "trung vị"
FROM "radio" WHERE {CHOSEN} GROUP BY time($__interval), "site", "interface" fill(null)"""
RETRIES = f"""\
SELECT mean("retry_worst_pct") AS "nhiều nhất", mean("retry_median_pct") AS "trung vị"
FROM "radio" WHERE {CHOSEN} GROUP BY time($__interval), "site", "interface" fill(null)"""
# Each agent counts from its own start; a restart is no departure.
JOINED = f"""\
SELECT non_negative_difference(last("joined")) AS "vào",
non_negative_difference(last("left")) AS "ra"
FROM "radio" WHERE {CHOSEN} GROUP BY time($__interval), "site", "interface", "agent" fill(none)"""

STAGES = (
    ("scan_ms", "Thấy sóng"),
    ("associate_ms", "Kết nối"),
    ("authenticate_ms", "Mật khẩu"),
    ("address_ms", "Địa chỉ"),
    ("gateway_ms", "Bộ định tuyến"),
    ("dns_ms", "DNS"),
    ("portal_ms", "Trang đăng nhập"),
    ("internet_ms", "Internet"),
)
GUEST_COLUMNS = (
    Column("site", "Điểm"),
    Column("ssid", "Wi-Fi"),
    Column("outcome", "Trạng thái", states=words.OUTCOME),
    Column("failed_stage", "Dừng ở bước"),
    Column("reason", "Lý do"),
    *(Column(name, title, unit="ms", decimals=0) for name, title in STAGES),
    Column("agent", "Thiết bị đo"),
    Column("Time", "Đo lúc", unit="dateTimeFromNow"),
)
HEARD_COLUMNS = (
    Column("site", "Điểm"),
    Column("ssid", "Wi-Fi"),
    Column("outcome", "Trạng thái", states=words.WIFI_NOW),
    Column("reason", "Lý do"),
    Column(
        "unknown_access_points",
        "Bộ phát lạ",
        unit="none",
        limits=((None, words.GREEN), (1, words.RED)),
    ),
    Column("access_points", "Bộ phát", unit="none"),
    Column("signal_dbm", "Tín hiệu", unit="dBm", decimals=0),
    Column("channel", "Kênh", unit="none"),
    Column("overlapping", "Bộ phát trùng tần số", unit="none"),
    Column("security", "Mã hóa"),
    Column("agent", "Thiết bị đo"),
    Column("Time", "Đo lúc", unit="dateTimeFromNow"),
)
RADIO = "$tag_site · $tag_interface"
CURVES = (
    ("Máy nối vào Wi-Fi", "Nhiều nhất trong mỗi bước (most of each step).",
     STATIONS, "none", "$tag_site · $tag_ssid"),
    ("Tín hiệu của máy khách", "Trung vị của các máy (median of the devices).",
     SIGNAL, "dBm", RADIO),
    ("Kênh Wi-Fi bận", "Phần thời gian kênh bận (time that the channel was busy).",
     BUSY, "percent", RADIO),
    ("Tốc độ gửi tới máy khách", "Máy chậm nhất và trung vị của các máy (slowest, median).",
     RATES, "Mbits", f"{RADIO} · $col"),
    ("Gửi lại qua Wi-Fi", "Số lần gửi lại trên 100 khung (repetitions for 100 frames sent).",
     RETRIES, "percent", f"{RADIO} · $col"),
    ("Lượt vào và ra khỏi Wi-Fi", "Số lượt trong mỗi bước (devices that joined and left).",
     JOINED, "none", f"{RADIO} · $col"),
)  # fmt: skip


def laid() -> Iterator[Laid]:
    """The panels of this row."""
    guests = panels.rows(
        "Khách vào Wi-Fi bây giờ",
        "Lần thử vào mạng mới nhất trong 35 phút qua, từng bước (a guest's last way in).",
        GUESTS,
        GUEST_COLUMNS,
    )
    yield Laid(guests.time_from(GUESTS_NOW), 24, 9)
    ways_in = panels.strip(
        "Khách vào Wi-Fi theo thời gian",
        "Đỏ: có lần khách không vào được Internet (red: a guest did not get through).",
        Query(WAYS_IN, shape="time_series", alias="$tag_site · $tag_ssid"),
        words.WORST_OUTCOME,
    )
    yield Laid(ways_in, 12, 9)
    heard = panels.rows(
        "Wi-Fi nghe thấy bây giờ",
        "Bộ phát lạ mang tên của điểm có thể là bẫy (an unknown access point may be a trap).",
        HEARD,
        HEARD_COLUMNS,
    )
    yield Laid(heard.time_from(GUESTS_NOW), 12, 9)
    for title, description, query, unit, alias in CURVES:
        curves = panels.curves(
            title, description, Query(query, shape="time_series", alias=alias), unit
        )
        yield Laid(curves.min(-100).max(0) if unit == "dBm" else curves, 8, 8)

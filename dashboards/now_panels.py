# SPDX-License-Identifier: Apache-2.0
"""What is heard and what is on air: the first thing a reader looks for."""

from collections.abc import Iterator

from dashboards import panels, words
from dashboards.influxql import CHOSEN, Query
from dashboards.panels import NOW, Column, Laid

HEARD = f"""\
SELECT count("uptime_s") AS "Điểm" FROM (
  SELECT last("uptime_s") AS "uptime_s" FROM "host" WHERE {CHOSEN} GROUP BY "site"
) WHERE $timeFilter"""
ON_AIR = f"""\
SELECT sum("on_air") AS "Có sóng", count("on_air") AS "Đo được" FROM (
  SELECT last("outcome") AS "outcome", "on_air" FROM "wifi" WHERE {CHOSEN} GROUP BY "site", "ssid"
) WHERE $timeFilter"""
LAST_HEARD = f"""\
SELECT last("uptime_s") AS "uptime_s", "cpu_pct", "disk_free_bytes", "temperature_celsius"
FROM "host" WHERE {CHOSEN} GROUP BY "site", "agent\""""
WIFI_NOW = f"""\
SELECT last("outcome") AS "outcome", "reason", "channel", "stations"
FROM "wifi" WHERE {CHOSEN} GROUP BY "site", "agent", "ssid\""""
WIFI_STRIPS = f"""\
SELECT mean("on_air") FROM "wifi" WHERE {CHOSEN}
GROUP BY time($__interval), "site", "ssid" fill({words.FILLED})"""

BOX_COLUMNS = (
    Column("site", "Điểm"),
    Column("agent", "Thiết bị"),
    Column("Time", "Lần đo cuối", unit="dateTimeFromNow"),
    Column("uptime_s", "Chạy liên tục", unit="dtdurations"),
    Column("cpu_pct", "CPU", unit="percent", decimals=0),
    Column("disk_free_bytes", "Đĩa còn trống", unit="bytes", decimals=1),
    Column(
        "temperature_celsius",
        "Nhiệt độ",
        unit="celsius",
        decimals=0,
        limits=((None, words.GREEN), (70, words.AMBER), (80, words.RED)),
    ),
)
WIFI_COLUMNS = (
    Column("site", "Điểm"),
    Column("ssid", "Wi-Fi"),
    Column("outcome", "Trạng thái", states=words.WIFI_NOW),
    Column("reason", "Lý do"),
    Column("stations", "Máy đang nối", unit="none"),
    Column("channel", "Kênh", unit="none"),
    Column("agent", "Thiết bị đo"),
    Column("Time", "Đo lúc", unit="dateTimeFromNow"),
)


def laid() -> Iterator[Laid]:
    """The panels of this row."""
    heard = panels.figures(
        "Điểm báo về trong 15 phút qua",
        "Điểm có ít nhất một số đo (sites heard from in the last 15 minutes).",
        HEARD,
        "Không điểm nào",
    )
    yield Laid(heard.time_from(NOW), 8, 4)
    known = panels.figures(
        "Điểm có số liệu trong khoảng đang xem",
        "Để so với số điểm đang báo về (sites with any reading in the range shown).",
        HEARD,
        "Không điểm nào",
    )
    yield Laid(known, 8, 4)
    on_air = panels.figures(
        "Wi-Fi đang có sóng",
        "Số mạng có sóng trên số mạng đo được, 15 phút qua; mạng không đo được không tính "
        "(networks on air, and networks that could be measured).",
        ON_AIR,
        words.NO_DATA,
    )
    yield Laid(on_air.time_from(NOW), 8, 4)
    boxes = panels.rows(
        "Từng thiết bị: lần đo cuối",
        "Điểm im lặng vẫn ở đây, với lúc được nghe lần cuối trong khoảng đang xem "
        "(a silent box stays, with when it was last heard of).",
        LAST_HEARD,
        BOX_COLUMNS,
    )
    yield Laid(boxes, 12, 10)
    wifi = panels.rows(
        "Wi-Fi bây giờ",
        "Số đo mới nhất trong 15 phút qua. Không có dòng nào nghĩa là chưa đo được, "
        "không phải là mất sóng (no row: not measured, which is not the same as down).",
        WIFI_NOW,
        WIFI_COLUMNS,
    )
    yield Laid(wifi.time_from(NOW), 12, 10)
    strips = panels.strip(
        "Wi-Fi theo thời gian",
        "Phần thời gian có sóng trong mỗi bước; xám là chưa có số liệu "
        "(share of each step on air; grey: nothing known).",
        Query(WIFI_STRIPS, shape="time_series", alias="$tag_site · $tag_ssid"),
        words.SHARE_ON_AIR,
    )
    yield Laid(strips, 24, 10)

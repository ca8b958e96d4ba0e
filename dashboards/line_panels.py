# SPDX-License-Identifier: Apache-2.0
"""The box's ports and what goes through them."""

from collections.abc import Iterator

from dashboards import panels, words
from dashboards.influxql import CHOSEN, Query
from dashboards.panels import NOW, Column, Laid

PORTS = f"""\
SELECT last("up") AS "up", "technology", "speed_mbps", "duplex", "carrier_changes", "rx_errors"
FROM "link" WHERE {CHOSEN} GROUP BY "site", "agent", "interface\""""
TRAFFIC = f"""\
SELECT mean("rx_mbps") AS "nhận", mean("tx_mbps") AS "gửi" FROM "link" WHERE {CHOSEN}
GROUP BY time($__interval), "site", "interface" fill(null)"""

COLUMNS = (
    Column("site", "Điểm"),
    Column("interface", "Cổng"),
    Column("technology", "Loại"),
    Column("up", "Hoạt động", states=words.YES_NO),
    Column("speed_mbps", "Tốc độ cổng", unit="Mbits", decimals=0),
    Column("duplex", "Song công"),
    Column("carrier_changes", "Số lần cắm, rút", unit="none"),
    Column("rx_errors", "Lỗi nhận", unit="none"),
    Column("agent", "Thiết bị"),
    Column("Time", "Đo lúc", unit="dateTimeFromNow"),
)


def laid() -> Iterator[Laid]:
    """The panels of this row."""
    ports = panels.rows(
        "Giao diện mạng bây giờ",
        "Số đo mới nhất trong 15 phút qua. Tốc độ cổng không phải là tốc độ gói cước "
        "(the port's speed is not the line's).",
        PORTS,
        COLUMNS,
    )
    yield Laid(ports.time_from(NOW), 12, 9)
    traffic = panels.curves(
        "Lưu lượng qua thiết bị đo",
        "Trung bình mỗi bước (traffic of the box itself).",
        Query(TRAFFIC, shape="time_series", alias="$tag_site · $tag_interface · $col"),
        "Mbits",
    )
    yield Laid(traffic, 12, 9)

# SPDX-License-Identifier: Apache-2.0
"""Each address family by itself: what the box has, whether it gets out, and how far out is."""

from collections.abc import Iterator

from grafana_foundation_sdk.models import dashboard

from dashboards import panels, words
from dashboards.influxql import CHOSEN, Query
from dashboards.panels import Column, Laid

ADDRESSING_NOW = "35m"
"""Two readings of a box that saves data, which looks at its addresses every 15 minutes."""
ADDRESSING = f"""\
SELECT last("outcome") AS "outcome", "reason", "global_addresses", "prefix", "default_routes",
  "next_hop_state", "dns_servers"
FROM "addressing" WHERE "family" = 'ipv6' AND {CHOSEN} GROUP BY "site", "agent\""""
READINESS_NOW = "24h"
"""What is said of a site counts for a day."""
READINESS = f"""\
SELECT last("coverage_pct") AS "coverage_pct", "score", "capped_at", "verdict", "reasons"
FROM "readiness" WHERE {CHOSEN} GROUP BY "site\""""
TRAFFIC = f"""\
SELECT 100 * sum("ipv6_bytes") / (sum("ipv6_bytes") + sum("ipv4_bytes")) FROM "traffic"
WHERE {CHOSEN} GROUP BY time($__interval), "site" fill(null)"""
# Of the targets of one measurement the best counts: one that is down is not the line. Of all
# measurements of a step the worst counts: a short fault must not vanish in a long step.
REACHED = f"""\
SELECT max("best") FROM (
  SELECT min("outcome") AS "best" FROM "reachability"
  WHERE "scope" = 'international' AND "outcome" < 3 AND {CHOSEN}
  GROUP BY time(5m), "site", "family" fill(none)
) WHERE $timeFilter GROUP BY time($__interval), "site", "family" fill({words.FILLED})"""
ROUND_TRIP = f"""\
SELECT median("rtt_avg_ms") FROM "reachability" WHERE {CHOSEN}
GROUP BY time($__interval), "scope", "family" fill(null)"""
LOSS = f"""\
SELECT mean("loss_pct") FROM "reachability" WHERE {CHOSEN}
GROUP BY time($__interval), "scope", "family" fill(null)"""

COLUMNS = (
    Column("site", "Điểm"),
    Column("outcome", "IPv6", states=words.OUTCOME),
    Column("reason", "Lý do"),
    Column(
        "global_addresses",
        "Địa chỉ toàn cầu",
        unit="none",
        limits=((None, words.RED), (1, words.GREEN)),
    ),
    Column("prefix", "Tiền tố"),
    Column("default_routes", "Tuyến mặc định", unit="none"),
    Column("next_hop_state", "Cổng kế tiếp"),
    Column("dns_servers", "Máy chủ DNS", unit="none"),
    Column("agent", "Thiết bị"),
    Column("Time", "Đo lúc", unit="dateTimeFromNow"),
)
READINESS_COLUMNS = (
    Column("site", "Điểm"),
    Column("score", "Điểm số", unit="none", decimals=1),
    Column("coverage_pct", "Đã biết", unit="percent", decimals=0),
    Column("capped_at", "Không quá", unit="none"),
    Column("verdict", "Thuần IPv6", names=words.VERDICTS),
    Column("reasons", "Nguyên nhân (mã)"),
    Column("Time", "Đánh giá lúc", unit="dateTimeFromNow"),
)
WORDS = {
    "gateway": "Gateway",
    "domestic": "Trong nước",
    "international": "Quốc tế",
    "ipv4": "IPv4",
    "ipv6": "IPv6",
    "single": "một luồng",
    "several": "nhiều luồng",
}


def in_vietnamese() -> list[dashboard.DataTransformerConfig]:
    """Names of series are made of what stands in tags: here they become words."""
    return [
        dashboard.DataTransformerConfig(
            "renameByRegex",
            options={"regex": f"(.*)\\b{tag}\\b(.*)", "renamePattern": f"$1{word}$2"},
        )
        for tag, word in WORDS.items()
    ]


def laid() -> Iterator[Laid]:
    """The panels of this row."""
    readiness = panels.rows(
        "Sẵn sàng IPv6 bây giờ",
        "Kết quả đo tại điểm đo, không phải số liệu công bố chính thức; nguyên nhân bằng chữ ở "
        "trang IPv6 của máy chủ (measured at the sites; the collector's page has the reasons in "
        "words).",
        READINESS,
        READINESS_COLUMNS,
    )
    yield Laid(readiness.time_from(READINESS_NOW), 12, 10)
    traffic = panels.curves(
        "Tỷ lệ lưu lượng IPv6",
        "Phần byte IPv6 trên tổng số byte qua đường truyền của từng điểm "
        "(share of IPv6 in the bytes of each site's line).",
        Query(TRAFFIC, shape="time_series", alias="$tag_site"),
        "percent",
    )
    yield Laid(traffic.max(100), 12, 10)
    addressing = panels.rows(
        "Địa chỉ IPv6 bây giờ",
        "Số đo mới nhất trong 35 phút qua (addresses, routes and resolvers of IPv6).",
        ADDRESSING,
        COLUMNS,
    )
    yield Laid(addressing.time_from(ADDRESSING_NOW), 12, 10)
    reached = panels.strip(
        "Ra quốc tế theo từng giao thức",
        "IPv6 và IPv4 đo riêng, không bên nào che bên nào. Đỏ: trong bước đó có lúc không đích "
        "nào trả lời (red: at some time in the step no target answered).",
        Query(REACHED, shape="time_series", alias="$tag_site · $tag_family"),
        words.WORST_OUTCOME,
    )
    yield Laid(reached, 12, 10)
    names = "$tag_scope · $tag_family"
    round_trip = panels.curves(
        "Độ trễ khứ hồi",
        "Trung vị của các điểm đã chọn, tới gateway, trong nước và quốc tế "
        "(median round trip of the chosen sites).",
        Query(ROUND_TRIP, shape="time_series", alias=names),
        "ms",
    )
    yield Laid(round_trip.transformations(in_vietnamese()), 12, 9)
    loss = panels.curves(
        "Mất gói",
        "Trung bình của các điểm đã chọn (mean packet loss of the chosen sites).",
        Query(LOSS, shape="time_series", alias=names),
        "percent",
    )
    yield Laid(loss.max(100).transformations(in_vietnamese()), 12, 9)

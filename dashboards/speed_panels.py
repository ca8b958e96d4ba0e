# SPDX-License-Identifier: Apache-2.0
"""How fast the lines are: the newest tests, both directions over time, the delay they cause, and
the data they cost.
"""

from collections.abc import Iterator

from dashboards import panels, words
from dashboards.influxql import CHOSEN, Query
from dashboards.ipv6_panels import in_vietnamese
from dashboards.panels import Column, Laid

TESTS_NOW = "48h"
"""A box tests each few hours, by a budget: two days have a test of any that does at all."""
TESTS = f"""\
SELECT last("outcome") AS "outcome", "reason", "rate_mbps", "lower_bound", "limited_by",
  "stop_reason", "cross_traffic", "used_bytes", "budget_left_bytes"
FROM "throughput" WHERE "phase" != 'idle' AND {CHOSEN}
GROUP BY "site", "phase", "family", "streams\""""
# One connection and several are two measurements; what several reach is what people get.
RATE = """\
SELECT median("rate_mbps") FROM "throughput" WHERE "phase" = '{phase}' AND {chosen}
GROUP BY time($__interval), "site", "family", "streams" fill(null)"""
DELAY = f"""\
SELECT median("idle_rtt_ms") AS "rảnh", median("loaded_rtt_p95_ms") AS "khi tải" FROM "throughput"
WHERE "phase" != 'idle' AND {CHOSEN} GROUP BY time($__interval), "site" fill(null)"""
USED = f"""\
SELECT sum("used_bytes") FROM "throughput" WHERE {CHOSEN}
GROUP BY time($__interval), "site" fill(null)"""

COLUMNS = (
    Column("site", "Điểm"),
    Column("phase", "Hướng", names=words.PHASES),
    Column("family", "Giao thức"),
    Column("streams", "Số luồng", names=words.STREAMS),
    Column("outcome", "Kết quả", states=words.OUTCOME),
    Column("rate_mbps", "Tốc độ", unit="Mbits", decimals=1),
    Column("lower_bound", "Ít nhất", states=words.AT_LEAST),
    Column("limited_by", "Bị giới hạn bởi", names=words.LIMITS),
    Column("stop_reason", "Dừng vì", names=words.STOPS),
    Column("cross_traffic", "Có người khác dùng", states=words.OTHERS),
    Column("used_bytes", "Dữ liệu đã dùng", unit="decbytes"),
    Column("budget_left_bytes", "Hạn mức còn lại", unit="decbytes"),
    Column("reason", "Lý do (mã)"),
    Column("Time", "Đo lúc", unit="dateTimeFromNow"),
)


def laid() -> Iterator[Laid]:
    """The panels of this row."""
    tests = panels.rows(
        "Lần đo tốc độ mới nhất",
        "Trong 48 giờ qua, mỗi giao thức và hướng một dòng. “Ít nhất”: đường truyền đạt chừng đó, "
        "có thể hơn (the newest speed tests; lower bounds are marked as such).",
        TESTS,
        COLUMNS,
    )
    yield Laid(tests.time_from(TESTS_NOW), 24, 10)
    names = "$tag_site · $tag_family · $tag_streams"
    for phase, title in (("download", "Tốc độ tải xuống"), ("upload", "Tốc độ tải lên")):
        text = RATE.format(phase=phase, chosen=CHOSEN)
        curves = panels.curves(
            title,
            "Trung vị mỗi bước, IPv4 và IPv6, một và nhiều luồng riêng; gồm cả các giá trị “ít "
            f"nhất” (median {phase} speed of each step, lower bounds included).",
            Query(text, shape="time_series", alias=names),
            "Mbits",
        )
        yield Laid(curves.transformations(in_vietnamese()), 12, 9)
    delay = panels.curves(
        "Độ trễ khi rảnh và khi đang tải",
        "Trung vị khi rảnh; khi đang tải: 19 trên 20 lần ngắn hơn (idle median, and 95th "
        "percentile under load).",
        Query(DELAY, shape="time_series", alias="$tag_site · $col"),
        "ms",
    )
    yield Laid(delay, 12, 9)
    used = panels.curves(
        "Dữ liệu dùng để đo tốc độ",
        "Tổng mỗi bước của từng điểm, cả phần đầu gói tin (bytes that speed tests used).",
        Query(USED, shape="time_series", alias="$tag_site"),
        "decbytes",
    )
    yield Laid(used, 12, 9)

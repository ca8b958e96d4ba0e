# SPDX-License-Identifier: Apache-2.0
"""What the collector judges: which services do not work, since when and why.

The series `state` is the collector's. It is written at each change and again every five minutes, so
that what is not written any more is not known: no value is carried further than `CARRIED_MS`.
"""

from collections.abc import Iterator

from grafana_foundation_sdk.models import dashboard

from dashboards import panels, words
from dashboards.influxql import CHOSEN, Annotation, Query
from dashboards.panels import NOW, Column, Laid

CARRIED_MS = 900_000
"""Three times the five minutes; what counts as now is as long."""
STATES = f"""\
SELECT last("state") FROM "state" WHERE {CHOSEN}
GROUP BY time($__interval), "site", "service", "subject" fill(null)"""
DOWN_NOW = f"""\
SELECT "state", "cause", "lasted_s" FROM (
  SELECT last("state") AS "state", "cause", "lasted_s" FROM "state" WHERE {CHOSEN}
  GROUP BY "site", "service", "subject"
) WHERE "state" = 2 AND $timeFilter GROUP BY "site", "service", "subject\""""
# InfluxQL counts no cases: of 0, 1, 2 and 3 the first product is 2 for 2 alone, the second 6 for 3
# alone. So 0 is told, too, and no row at all means that nothing was judged.
COUNTED = f"""\
SELECT sum("down") / 2 AS "Không hoạt động", sum("unknown") / 6 AS "Chưa biết",
  count("unknown") AS "Đang theo dõi" FROM (
  SELECT "state" * ("state" - 1) * (3 - "state") AS "down",
    "state" * ("state" - 1) * ("state" - 2) AS "unknown" FROM (
    SELECT last("state") AS "state" FROM "state" WHERE {CHOSEN}
    GROUP BY "site", "service", "subject"
  )
) WHERE $timeFilter"""
STARTED = f"""\
SELECT "cause", "site", "service", "subject" FROM "state"
WHERE "state" = 2 AND "lasted_s" = 0 AND {CHOSEN}"""
# InfluxDB leaves out rows without the field that is asked for: the end of what was merely not known
# has no cause.
ENDED = f"""\
SELECT "cause", "site", "service", "subject" FROM "state"
WHERE "state" = 0 AND "lasted_s" > 0 AND {CHOSEN}"""

COLUMNS = (
    Column("site", "Điểm"),
    Column("service", "Dịch vụ", names=words.SERVICES),
    Column("subject", "Cụ thể"),
    Column("state", "Trạng thái", states=words.STATE),
    Column("cause", "Nguyên nhân", names=words.CAUSES),
    Column("lasted_s", "Đã kéo dài", unit="dtdurations", decimals=0),
    Column("Time", "Tính đến", unit="dateTimeFromNow"),
)


def annotations() -> Iterator[Annotation]:
    """Where an outage begins and where a service works again, over every panel with time."""
    yield Annotation(
        "Bắt đầu gián đoạn", STARTED, words.RED, "cause", ("site", "service", "subject")
    )
    yield Annotation("Hoạt động lại", ENDED, words.GREEN, "cause", ("site", "service", "subject"))


def laid() -> Iterator[Laid]:
    """The panels of this row."""
    counted = panels.figures(
        "Dịch vụ bây giờ",
        "Theo phán định mới nhất trong 15 phút qua của bộ thu thập; IPv6 chưa từng có thì không "
        "tính (services down, not known, and judged at all, in the last 15 minutes).",
        COUNTED,
        words.NO_DATA,
    )
    yield Laid(counted.time_from(NOW), 8, 9)
    down = panels.rows(
        "Đang gián đoạn",
        "Những gì không hoạt động trong 15 phút qua. Nếu không có dòng nào, xem ô bên trái để "
        "biết có đang theo dõi không (what does not work now, why and for how long).",
        DOWN_NOW,
        COLUMNS,
    )
    yield Laid(down.time_from(NOW).no_value("○ Không có gì"), 16, 9)
    states = panels.strip(
        "Dịch vụ theo thời gian",
        "Giá trị cuối của mỗi bước, giữ nhiều nhất 15 phút; chỗ trống là không ai phán định "
        "(last state of each step, carried for 15 minutes; a blank: nobody judged).",
        Query(STATES, shape="time_series", alias="$tag_site · $tag_service · $tag_subject"),
        words.STATE,
    )
    carried = dashboard.DynamicConfigValue("custom.spanNulls", CARRIED_MS)
    states = states.interval("1m").override_by_regexp(".*", [carried])
    yield Laid(states.transformations(_in_words()), 24, 14)


def _in_words() -> list[dashboard.DataTransformerConfig]:
    """Names of series are made of tags: the service's becomes a word."""
    return [
        dashboard.DataTransformerConfig(
            "renameByRegex",
            options={"regex": f"^(.*) · {tag} · (.*)$", "renamePattern": f"$1 · {word} · $2"},
        )
        for tag, word in words.SERVICES.items()
    ]

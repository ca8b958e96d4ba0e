# SPDX-License-Identifier: Apache-2.0
"""The web services people come for, and how long their certificates last."""

from collections.abc import Iterator

from dashboards import panels, words
from dashboards.influxql import CHOSEN
from dashboards.panels import Column, Laid

SERVICES_NOW = "35m"
SERVICES = f"""\
SELECT last("outcome") AS "outcome", "reason", "status", "total_ms"
FROM "service" WHERE {CHOSEN} GROUP BY "site", "service", "family\""""
CERTIFICATES = f"""\
SELECT min("certificate_left_d") AS "certificate_left_d" FROM (
  SELECT last("certificate_left_d") AS "certificate_left_d" FROM "service" WHERE {CHOSEN}
  GROUP BY "service", "site", "family"
) WHERE $timeFilter GROUP BY "service\""""

COLUMNS = (
    Column("service", "Dịch vụ"),
    Column("site", "Đo từ điểm"),
    Column("family", "Giao thức"),
    Column("outcome", "Trạng thái", states=words.OUTCOME),
    Column("reason", "Lý do"),
    Column("status", "Mã HTTP", unit="none"),
    Column("total_ms", "Thời gian tải", unit="ms", decimals=0),
    Column("Time", "Đo lúc", unit="dateTimeFromNow"),
)
CERTIFICATE_COLUMNS = (
    Column("service", "Dịch vụ"),
    Column(
        "certificate_left_d",
        "Chứng thư còn hạn",
        unit="d",
        decimals=0,
        limits=((None, words.RED), (7, words.AMBER), (30, words.GREEN)),
    ),
    Column("Time", "Đo lúc", unit="dateTimeFromNow"),
)


def laid() -> Iterator[Laid]:
    """The panels of this row."""
    services = panels.rows(
        "Dịch vụ công bây giờ",
        "Số đo mới nhất trong 35 phút qua, từng giao thức (latest fetch over each family).",
        SERVICES,
        COLUMNS,
    )
    yield Laid(services.time_from(SERVICES_NOW), 16, 10)
    certificates = panels.rows(
        "Hạn chứng thư của dịch vụ",
        "Số đo mới nhất của điểm thấy hạn ngắn nhất; số âm: đã hết hạn "
        "(of the site that sees the fewest days left; negative: expired).",
        CERTIFICATES,
        CERTIFICATE_COLUMNS,
    )
    yield Laid(certificates, 8, 10)

# SPDX-License-Identifier: Apache-2.0
"""The dashboard *Toàn xã* (the whole commune): what stands how, first now and then over time.

A series knows its site by id; names are the registry's, and the collector's page shows them.
"""

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard

from dashboards import (
    incident_panels,
    ipv6_panels,
    line_panels,
    now_panels,
    service_panels,
    speed_panels,
    wifi_panels,
)
from dashboards.influxql import SOURCE

UID = "sansang-toan-xa"
ROWS = {
    "Bây giờ": now_panels.laid,
    "Sự cố": incident_panels.laid,
    "Wi-Fi": wifi_panels.laid,
    "IPv6 và IPv4": ipv6_panels.laid,
    "Tốc độ": speed_panels.laid,
    "Đường truyền": line_panels.laid,
    "Dịch vụ": service_panels.laid,
}


def build() -> dashboard.Dashboard:
    """The dashboard; rows and panels are numbered from the top."""
    made = (
        builders.Dashboard("Toàn xã")
        .uid(UID)
        .description(
            "Mọi điểm đang đo: Wi-Fi, IPv6, đường truyền. "
            "(The whole commune: every site that measures, its Wi-Fi, IPv6 and line.)"
        )
        .tags(["sansang"])
        .readonly()
        .timezone("browser")
        .time("now-24h", "now")
        .refresh("1m")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .with_variable(_sites())
        .annotations([*incident_panels.annotations()])
    )
    number = 0
    for title, panels in ROWS.items():
        number += 1
        made = made.with_row(builders.Row(title).id(number))
        for panel, width, height in panels():
            number += 1
            made = made.with_panel(panel.id(number).span(width).height(height))
    return made.build()


def _sites() -> builders.QueryVariable:
    every = dashboard.VariableOption(selected=True, text=["Tất cả"], value=["$__all"])
    return (
        builders.QueryVariable("site")
        .label("Điểm")
        .description("Mã của điểm, như trong sổ đăng ký (site id, as in the registry)")
        .datasource(SOURCE)
        .query('SHOW TAG VALUES FROM "host" WITH KEY = "site"')
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(every)
    )

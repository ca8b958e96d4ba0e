# SPDX-License-Identifier: Apache-2.0
"""The three kinds of panel our dashboards are made of: tables, strips of states, and curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common, dashboard

from dashboards import words
from dashboards.influxql import SOURCE, Query

NOW = "15m"
"""What counts as now: three readings of a box that saves data, which measures every 5 minutes."""
STRIP_STEP = "10m"
"""The shortest step of a strip: two readings of such a box, so that a late one is no gap."""

AnyPanel = stat.Panel | statetimeline.Panel | table.Panel | timeseries.Panel


class Laid(NamedTuple):
    """A panel and its place: columns of 24, lines of 30 pixels."""

    panel: AnyPanel
    width: int
    height: int


@dataclass(frozen=True)
class Column:
    """A column of a table: its name in the answer, its title, and how its figures look."""

    name: str
    title: str
    unit: str | None = None
    decimals: int | None = None
    states: Sequence[dashboard.ValueMapping] = ()
    limits: Sequence[tuple[float | None, str]] = ()
    """From which value on which colour; the first from None on."""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Words for the values of a text."""

    def properties(self) -> list[dashboard.DynamicConfigValue]:
        """What overrides the panel's own settings for this column."""
        named = [words.named(self.names)] if self.names else []
        found: dict[str, object] = {
            "displayName": self.title,
            "mappings": [*self.states, *named, words.missing()],
        }
        if self.unit is not None:
            found["unit"] = self.unit
        if self.decimals is not None:
            found["decimals"] = self.decimals
        if self.limits:
            steps = [dashboard.Threshold(value, colour) for value, colour in self.limits]
            found["thresholds"] = dashboard.ThresholdsConfig(
                dashboard.ThresholdsMode.ABSOLUTE, steps
            )
        if self.states or self.limits:
            found["custom.cellOptions"] = {"type": "color-text"}
        return [dashboard.DynamicConfigValue(name, value) for name, value in found.items()]


def rows(title: str, description: str, query: str, columns: Sequence[Column]) -> table.Panel:
    """A table with the columns in this order."""
    # Grafana's InfluxDB source puts tags into an order that changes with every answer.
    order = {column.name: place for place, column in enumerate(columns)}
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .with_target(Query(query))
        .no_value(words.NO_DATA)
        .with_transformation(
            dashboard.DataTransformerConfig("organize", options={"indexByName": order})
        )
    )
    for column in columns:
        panel = panel.override_by_name(column.name, column.properties())
    return panel


def strip(
    title: str,
    description: str,
    query: Query,
    states: Sequence[dashboard.ValueMapping],
) -> statetimeline.Panel:
    """States over time, a line for each series."""
    return (
        statetimeline.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .with_target(query)
        .interval(STRIP_STEP)
        .mappings(list(states))
        .color_scheme(builders.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS))
        .show_value(common.VisibilityMode.NEVER)
        .row_height(0.8)
        .line_width(0)
        .fill_opacity(80)
        .no_value(words.NO_DATA)
        .legend(_legend())
    )


def curves(title: str, description: str, query: Query, unit: str) -> timeseries.Panel:
    """Figures over time; a gap stays a gap."""
    return (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .with_target(query)
        .interval("5m")
        .unit(unit)
        .min(0)
        .span_nulls(False)
        .no_value(words.NO_DATA)
        .legend(_legend())
        .tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    )


def figures(title: str, description: str, query: str, nothing: str) -> stat.Panel:
    """The figures of one row, each with its name; `nothing` is shown when there is no row."""
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .with_target(Query(query))
        .color_mode(common.BigValueColorMode.NONE)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
        .unit("none")
        .no_value(nothing)
    )


def _legend() -> common_builders.VizLegendOptions:
    return (
        common_builders.VizLegendOptions()
        .show_legend(True)
        .display_mode(common.LegendDisplayMode.LIST)
        .placement(common.LegendPlacement.BOTTOM)
    )

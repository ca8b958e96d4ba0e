# SPDX-License-Identifier: Apache-2.0
"""A dashboard's JSON as Grafana takes it: its panels, and its queries with everything put in."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import urllib3

FOLDER = Path(__file__).parents[2] / "dashboards" / "provisioning"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
WHOLE_COMMUNE = FOLDER / "dashboards" / "toan-xa.json"


class Asked(NamedTuple):
    """One query of one panel, or of one kind of marks over all of them."""

    panel: dict[str, Any]
    text: str

    @property
    def title(self) -> str:
        return self.panel["title"]


class Answered(NamedTuple):
    """One series of InfluxDB's answer; each row by the names of its columns."""

    tags: dict[str, str]
    rows: list[dict[str, Any]]


def load(path: Path = WHOLE_COMMUNE) -> dict[str, Any]:
    """The dashboard."""
    return json.loads(path.read_text())


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """All but the rows that only carry a title."""
    return [each for each in dashboard["panels"] if each["type"] != "row"]


def queries(dashboard: dict[str, Any]) -> Iterator[Asked]:
    """Every query of every panel, and of the annotations, which have a title alone."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield Asked(panel, target["query"])
    for each in dashboard["annotations"]["list"]:
        yield Asked({"title": each["name"]}, each["query"])


def seconds(text: str) -> int:
    """`24h` as 86400."""
    return int(text[:-1]) * SECONDS[text[-1]]


def filled_in(asked: Asked, dashboard: dict[str, Any], site: str) -> str:
    """The query as Grafana's InfluxDB source sends it when `site` is chosen."""
    span = asked.panel.get("timeFrom") or dashboard["time"]["from"].removeprefix("now-")
    to_ms = time.time_ns() // 1_000_000
    from_ms = to_ms - seconds(span) * 1000
    text = asked.text.replace("$timeFilter", f"time >= {from_ms}ms and time <= {to_ms}ms")
    text = text.replace("$__interval", asked.panel.get("interval", "1m"))
    return text.replace("${site:regex}", site)


def ask(url: str, query: str) -> list[Answered]:
    """The answer of InfluxDB's database `sansang`. A query it can't run fails the test."""
    fields = {"db": "sansang", "epoch": "ms", "q": query}
    answer = urllib3.request("GET", f"{url}/query", fields=fields, retries=False).json()
    [result] = answer["results"]
    assert "error" not in result, f"{result['error']}: {query}"
    return [
        Answered(
            series.get("tags", {}),
            [dict(zip(series["columns"], row, strict=True)) for row in series["values"]],
        )
        for series in result.get("series", [])
    ]


def identifiers(query: str) -> set[str]:
    """What stands in double quotes."""
    return set(re.findall(r'"([^"]+)"', query))

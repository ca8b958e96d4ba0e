# SPDX-License-Identifier: Apache-2.0
"""The charts of one site: what is asked of the store, and what is drawn of the answer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean

from sansang_collector.language import Translation
from sansang_collector.store.base import Series
from sansang_collector.web.answers import FAMILIES, SCOPES
from sansang_collector.web.chart import STEP_US, Chart, Points, chart
from sansang_collector.web.sources import Sources

SHOWN = (
    ("reachability", "rtt_avg_ms"),
    ("reachability", "loss_pct"),
    ("wifi", "stations"),
    ("link", "rx_mbps"),
    ("link", "tx_mbps"),
)
NETWORKS_SHOWN = 3

History = Mapping[tuple[str, str], Sequence[Series]]
Join = Callable[[Iterable[float]], float]


def take(sources: Sources, site: str, start: int, end: int) -> History:
    """All the store has of `SHOWN` in [start, end), in µs. Raises StoreUnavailableError."""
    return {
        (kind, value): sources.series(kind, value, site, start, end, STEP_US)
        for kind, value in SHOWN
    }


def charts(history: History, start: int, translate: Translation) -> list[Chart]:
    """Those that have anything to show; an empty history has none."""
    drawn = [
        _stations(history, start, translate),
        *(_round_trip(history, scope, start, translate) for scope in SCOPES),
        _loss(history, start, translate),
        _port(history, start, translate),
    ]
    return [each for each in drawn if each is not None]


def _stations(history: History, start: int, translate: Translation) -> Chart | None:
    found = history.get(("wifi", "stations"), [])
    names = sorted({each.labels.get("ssid", "") for each in found})[:NETWORKS_SHOWN]
    lines = [
        (name, joined([each for each in found if each.labels.get("ssid") == name], max))
        for name in names
    ]
    return chart(translate("Devices on the Wi-Fi"), "", lines, start, translate)


def _round_trip(history: History, scope: str, start: int, translate: Translation) -> Chart | None:
    found = [
        each
        for each in history.get(("reachability", "rtt_avg_ms"), [])
        if each.labels.get("scope") == scope
    ]
    title = translate("Round trip: {scope}", scope=translate(SCOPES[scope]))
    return chart(title, "ms", _by_family(found, min), start, translate)


def _loss(history: History, start: int, translate: Translation) -> Chart | None:
    found = [
        each
        for each in history.get(("reachability", "loss_pct"), [])
        if each.labels.get("scope") != "gateway"
    ]
    lines = _by_family(found, fmean)
    return chart(translate("Packets lost beyond the gateway"), "%", lines, start, translate)


def _port(history: History, start: int, translate: Translation) -> Chart | None:
    lines = [
        (translate("in"), joined(history.get(("link", "rx_mbps"), []), max)),
        (translate("out"), joined(history.get(("link", "tx_mbps"), []), max)),
    ]
    return chart(translate("Traffic of the network port"), "Mb/s", lines, start, translate)


def _by_family(found: Sequence[Series], join: Join) -> list[tuple[str, Points]]:
    return [
        (name, joined([each for each in found if each.labels.get("family") == family], join))
        for family, name in FAMILIES.items()
    ]


def joined(found: Sequence[Series], join: Join) -> Points:
    """Several series as one: of each step one value."""
    steps: dict[int, list[float]] = {}
    for series in found:
        for at, value in series.points:
            steps.setdefault(at, []).append(float(value))
    return [(at, join(values)) for at, values in sorted(steps.items())]

# SPDX-License-Identifier: Apache-2.0
"""An agent's newest readings, as sentences."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sansang_collector.language import Translation
from sansang_collector.store.base import Latest
from sansang_collector.web import answers, box, wifi
from sansang_collector.web.answers import Row
from sansang_collector.web.fields import is_ok, number
from sansang_collector.web.wifi import OLD_AFTER_US
from sansang_wire.readings import KINDS


class Measured(NamedTuple):
    """What an agent last measured. `internet`: whether each family reaches beyond the gateway;
    `abroad_ms`: the shortest round trip abroad, None when nothing there answers.
    """

    rows: list[Row]
    internet: Mapping[str, bool]
    abroad_ms: float | None
    at: int | None
    old: bool


def measured(latest: Sequence[Latest], now: int, translate: Translation) -> Measured:
    """`latest` are the newest readings of one agent; `now` is µs since the Unix epoch."""
    at = max((each.at for each in latest), default=None)
    of = {kind: [each for each in latest if each.kind == kind] for kind in KINDS}
    fresh = [each for each in of["reachability"] if now - each.at <= OLD_AFTER_US]
    rows = [
        Row("Wi-Fi", wifi.cells(of["wifi"], translate)),
        Row(translate("Wi-Fi heard"), wifi.heard(of["wifi_scan"], translate)),
        Row(translate("Wi-Fi radio"), wifi.radios(of["radio"], translate)),
        *answers.reaches(of["reachability"], translate),
        Row(translate("Addresses"), box.addresses(of["addressing"], translate)),
        *answers.lookups(of["dns"], translate),
        *answers.services(of["service"], translate),
        *answers.systems(of["path"], translate),
        Row(translate("Network port"), box.links(of["link"], translate)),
        Row(translate("Box"), box.host(of["host"], translate)),
    ]
    old = at is not None and now - at > OLD_AFTER_US
    if old:
        rows = [Row(row.label, [cell._replace(tone="none") for cell in row.cells]) for row in rows]
    shown = [row for row in rows if row.cells]
    return Measured(shown, answers.internet(fresh), _abroad_ms(fresh), at, old)


def _abroad_ms(reachability: Sequence[Latest]) -> float | None:
    times = [
        rtt
        for each in reachability
        if each.labels.get("scope") == "international"
        and is_ok(each.fields)
        and (rtt := number(each.fields, "rtt_avg_ms")) is not None
    ]
    return min(times, default=None)

# SPDX-License-Identifier: Apache-2.0
"""How much of the time the Wi-Fi of each site works, half an hour a slot.

A network works while a radio has it on air and, where a guest tries it, the guest gets in. A slot
has the smaller of both shares: what a guest found out is not made good by a beacon.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sansang_collector.language import MINUTE_US
from sansang_collector.store.base import Series
from sansang_collector.watch.evidence import IN_THE_WIFI
from sansang_collector.web.sources import Sources
from sansang_collector.web.strip import DAY_US, SLOT_US, Shares, day_until
from sansang_wire.reading import OUTCOME_CODES

VISIT_US = 5 * MINUTE_US
TOLD = {OUTCOME_CODES["ok"], OUTCOME_CODES["failed"]}


class Uptime(NamedTuple):
    """A share for each half hour since `start` (µs), by site; None without evidence."""

    start: int
    sites: Mapping[str, Shares]


def week_start(now: int) -> int:
    """Seven days before the end of the hour that `now` is in."""
    return day_until(now)[1] - 7 * DAY_US


def take(sources: Sources, site: str | None, start: int, end: int) -> Uptime:
    """Of one site or of all. Raises StoreUnavailableError."""
    radios = [
        *sources.series("wifi", "on_air", site, start, end, SLOT_US),
        *sources.series("wifi_scan", "heard", site, start, end, SLOT_US),
    ]
    visits = _visits(sources, site, start, end)
    names = {each.site for each in (*radios, *visits)}
    slots = (end - start) // SLOT_US
    return Uptime(
        start,
        {
            name: shares(
                [each for each in radios if each.site == name],
                [each for each in visits if each.site == name],
                start,
                slots,
            )
            for name in names
        },
    )


def _visits(sources: Sources, site: str | None, start: int, end: int) -> list[Series]:
    """1 for a visit in which a guest got in, else 0; what nobody could find out is left out."""
    failed = {
        (each.site, each.agent, each.labels.get("ssid"), at)
        for each in sources.series("wifi_journey", "failed_stage", site, start, end, VISIT_US)
        for at, stage in each.points
        if stage not in IN_THE_WIFI
    }
    return [
        each._replace(
            points=[
                (at, float((each.site, each.agent, each.labels.get("ssid"), at) not in failed))
                for at, outcome in each.points
                if outcome in TOLD
            ]
        )
        for each in sources.series("wifi_journey", "outcome", site, start, end, VISIT_US)
    ]


def shares(
    radios: Sequence[Series], visits: Sequence[Series], start: int, slots: int
) -> list[float | None]:
    """Of one site, which has Wi-Fi when all its networks work. A network is on air when any radio
    says so, and lets guests in as often as one got in.
    """
    names = {each.labels.get("ssid", "") for each in (*radios, *visits)}
    found: list[list[float | None]] = []
    for name in names:
        on_air = [max(each, default=None) for each in _slots(radios, name, start, slots)]
        let_in = [
            sum(each) / len(each) if each else None for each in _slots(visits, name, start, slots)
        ]
        found.append([_least(pair) for pair in zip(on_air, let_in, strict=True)])
    return [_least(slot) for slot in zip(*found, strict=True)]


def _slots(found: Sequence[Series], name: str, start: int, slots: int) -> list[list[float]]:
    values: list[list[float]] = [[] for _ in range(slots)]
    for series in found:
        if series.labels.get("ssid", "") == name:
            for at, value in series.points:
                if 0 <= (slot := (at - start) // SLOT_US) < slots:
                    values[slot].append(float(value))
    return values


def _least(values: Sequence[float | None]) -> float | None:
    return min((each for each in values if each is not None), default=None)

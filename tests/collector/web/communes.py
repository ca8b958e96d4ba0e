# SPDX-License-Identifier: Apache-2.0
"""A commune in which something of everything is wrong, for those who look at a whole page."""

import msgspec

from sansang_collector.store.base import Latest, Series
from sansang_collector.web.strip import SLOT_US, SLOTS, day_until
from tests.collector.web.reading import held
from tests.fakes import (
    NOW,
    FixedSources,
    agent_view,
    collector_view,
    host,
    link,
    reachability,
    site_view,
)

MINUTE = 60_000_000
STARTS = ("Đông", "Đoài", "Trung", "Thượng", "Hạ", "Bắc")


def troubled() -> FixedSources:
    """Working, Wi-Fi without addresses, no IPv6, silent, cut off, no box; a stranger; a day."""
    sources = FixedSources(collector_shown=collector_view(unregistered={"la-1": 12}))
    for number, village in enumerate(STARTS):
        site, agent = f"nvh-{number}", f"nvh-{number}-1"
        seen = NOW - 65 * MINUTE if number == 3 else NOW
        agents = [] if number == 5 else [agent_view(agent, site, seen, simulated=number == 0)]
        name = f"Nhà văn hóa thôn {village}"
        sources.site_views.append(
            site_view(agents, site, name, ssids=[f"NVH {village}"], simulated=number == 0)
        )
        if agents:
            _measure(sources, number, site, agent, f"NVH {village}")
    return sources


def _measure(sources: FixedSources, number: int, site: str, agent: str, ssid: str) -> None:
    gone, cut_off = number == 1, number == 4
    view = held("down", stage="address") if gone else held("up")
    sources.service_views.append(msgspec.structs.replace(view, site=site, subject=ssid))
    fields: dict[str, float | str] = {"outcome": int(gone), "on_air": int(not gone), "stations": 7}
    sources.readings += [
        Latest("wifi", site, agent, {"ssid": ssid}, NOW, fields),
        Latest("wifi_journey", site, agent, {"ssid": ssid}, NOW, _way_in(gone=gone)),
        link(site, agent, NOW),
        host(site, agent, NOW),
        reachability(site, agent, NOW, outcome=2 if cut_off else 0),
        reachability(site, agent, NOW, "ipv6", outcome=2 if cut_off or number == 2 else 0),
    ]
    start = day_until(NOW)[0]
    for kind, value, labels in (
        ("wifi", "on_air", {"ssid": ssid}),
        ("wifi", "stations", {"ssid": ssid}),
        ("link", "rx_mbps", {"interface": "eth0"}),
        ("link", "tx_mbps", {"interface": "eth0"}),
    ):
        points = [(start + at * SLOT_US, float(at % 9 > 1)) for at in range(number, SLOTS)]
        given = sources.series_given.setdefault((kind, value), [])
        given.append(Series(site, agent, labels, points))
    for family in ("ipv4", "ipv6"):
        labels = {"target": "x", "family": family, "scope": "international"}
        points = [(start + at * SLOT_US // 3, 40.0 + at % 7) for at in range(3 * SLOTS)]
        given = sources.series_given.setdefault(("reachability", "rtt_avg_ms"), [])
        given.append(Series(site, agent, labels, points))


def _way_in(*, gone: bool) -> dict[str, float | str]:
    facts: dict[str, float | str] = {"security": "open", "isolated": 0, "dhcp_servers": 2}
    if gone:
        return {"outcome": 1, "failed_stage": "address", "reason": "no_offer", "scan_ms": 900.0}
    return {"outcome": 0, "scan_ms": 900.0, "ipv6_failed_stage": "address", **facts}

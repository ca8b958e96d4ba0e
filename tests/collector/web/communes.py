# SPDX-License-Identifier: Apache-2.0
"""A commune in which something of everything is wrong, for those who look at a whole page."""

import msgspec

from sansang_collector.store.base import Latest, Series
from sansang_collector.web.strip import SLOT_US, SLOTS, day_until
from tests.collector.web.reading import availability, held, outage, timeline
from tests.collector.web.readying import views
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
HOUR = 60 * MINUTE
DAY = 24 * HOUR
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
        _remember(sources, number, site, name)
    centre = outage(
        "collector", "centre", NOW - 3 * HOUR, NOW - 2 * HOUR, "", subject="line", state="unknown"
    )
    area = outage(
        "area", "silent", NOW - 50 * HOUR, NOW - 49 * HOUR, "", subject="commune:11824",
        clues={f"nvh-{number}": NOW for number in range(3)}, number=90, name="",
    )  # fmt: skip
    sources.outage_details += [centre, area]
    sources.outage_details.sort(key=lambda each: each.outage.start)
    sources.readiness_views = views()
    sources.closed_sites = {"nvh-0", "nvh-5"}
    return sources


def _remember(sources: FixedSources, number: int, site: str, name: str) -> None:
    """What lasts at some of the houses, and what is past at all."""
    line = {"gateway:up": 9, "internet:down": 12}
    ongoing = {
        1: outage("wifi", "dhcp", subject="NVH Đoài", clues={"wifi:address": 3}),
        2: outage("internet", "loss", state="degraded", clues={"internet:lossy": 9}),
        3: outage("box", "silent", subject="nvh-3-1"),
        4: outage("internet", "line", clues=line),
    }
    found = [
        outage("power", "power_cut", NOW - 30 * HOUR, NOW - 26 * HOUR, late=True),
        outage("wifi", "access_point", NOW - 20 * DAY, NOW - 20 * DAY + 7 * MINUTE),
        outage("dns", "dns", NOW - 5 * DAY, NOW - 5 * DAY + HOUR, clues={"dns:down": 4}),
        outage("wifi", None, NOW - 6 * DAY, NOW - 5 * DAY, state="unknown"),
    ]
    if number in ongoing:
        start = ongoing[number].outage.start
        found.append(ongoing[number])
        if number == 4:
            found.append(outage("dns", "dns", root=("internet", "main", start)))
    for each in found:
        count = len(sources.outage_details) + 1
        view = msgspec.structs.replace(each.outage, site=site, name=name, number=count)
        sources.outage_details.append(msgspec.structs.replace(each, outage=view))
    for service in ("power", "internet", "ipv6", "dns", "wifi"):
        shares = [None if number == 5 else min(1.0, (step + number) % 17 / 3) for step in range(56)]
        closed = {step for step in range(56) if step % 8 < 2}
        sources.timeline_views.append(timeline(service, *shares, closed=closed, site=site))
        sources.availability_views.append(
            availability(service, 900 * HOUR, 14 * HOUR, 8 * HOUR, site=site)
        )


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

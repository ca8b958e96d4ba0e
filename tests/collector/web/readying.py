# SPDX-License-Identifier: Apache-2.0
"""A commune of simulated houses as IPv6 readiness has them, for those who look at its pages."""

import msgspec

from sansang_agent import simulated_ipv6, simulated_site
from sansang_agent.simulated_site import Moment, SimulatedSite
from sansang_collector.readiness_views import DayView, ReadinessView
from sansang_wire.readiness import assess
from sansang_wire.readiness.assessment import Assessment, Stability
from tests.fakes import NOW, FixedSources, agent_view, site_view

HOUSES: tuple[tuple[str, dict[str, object]], ...] = (
    ("Đông", {"ipv6": True}),
    ("Đoài", {"ipv6": False}),
    ("Trung", {"ipv6": True, "ipv6_as": "black_hole"}),
    ("Thượng", {"ipv6": True, "ipv6_as": "nat64"}),
)


def assessed(**kind: object) -> Assessment:
    """What is said of a simulated house of this kind."""
    named = {"agent": "sim-1", "ssid": "NVH", "loss": 0.0, "dark": False, **kind}
    site = msgspec.convert(named, SimulatedSite)
    moment = Moment(NOW, NOW)
    readings = [*simulated_site.seldom(site, moment), *simulated_ipv6.readings(site, moment)]
    return assess(readings, Stability(ipv4_up_slots=288, ipv6_up_slots=288 if site.ipv6 else 0))


def view(
    number: int, village: str, assessment: Assessment | None, carrier: str | None = "VNPT"
) -> ReadinessView:
    """A house and what is said of it now."""
    measured = assessment is not None
    return ReadinessView(
        site=f"nvh-{number}",
        name=f"Nhà văn hóa thôn {village}",
        commune="11824",
        commune_name="Xã Vĩnh Bảo",
        carrier=carrier,
        simulated=False,
        at=NOW if measured else None,
        agent=f"nvh-{number}-1" if measured else None,
        assessment=assessment,
    )


def views() -> list[ReadinessView]:
    """Healthy, without IPv6, with a black hole, with NAT64, and one that nobody measured."""
    found = [
        view(number, village, assessed(**kind)) for number, (village, kind) in enumerate(HOUSES)
    ]
    return [*found, view(len(HOUSES), "Hạ", None, carrier=None)]


def ready_commune() -> FixedSources:
    """Those houses and nothing else, with a past of two weeks."""
    sources = FixedSources(readiness_views=views())
    for each in sources.readiness_views:
        agents = [agent_view(each.agent, each.site)] if each.agent else []
        sources.site_views.append(site_view(agents, each.site, each.name))
    sources.days_given = [
        DayView(day=f"2026-11-{day:02}", score=None if day == 9 else 40.0 + day)
        for day in range(5, 22)
    ]
    return sources

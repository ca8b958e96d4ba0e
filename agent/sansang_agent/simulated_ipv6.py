# SPDX-License-Identifier: Apache-2.0
"""What an invented house would tell of IPv6: healthy, without it, a black hole, NAT64. Pure."""

from collections.abc import Iterator

from sansang_agent.simulated_site import RESOLVERS, Moment, SimulatedSite, chance_of
from sansang_wire.ipv6_readings import (
    Ipv6InternetReading,
    Nat64Reading,
    NeighboursReading,
    PathMtuReading,
    ResolverReading,
    RouterAdvertisementReading,
    TrafficReading,
    Window,
)
from sansang_wire.readings import AnyReading

EVERY_S = 900
ASKED = 3
NAT64_PREFIX = "64:ff9b::/96"
WINDOWS: dict[Window, int] = {"5min": 300, "24h": 86_400, "7d": 604_800}


def readings(site: SimulatedSite, moment: Moment) -> Iterator[AnyReading]:
    """All of them; while the line is cut only that nothing answers."""
    yield _internet(site, moment)
    if moment.cut:
        return
    yield _advertisement(site, moment)
    yield from _resolvers(site, moment)
    yield from _path(site, moment)
    yield _nat64(site, moment)
    yield from _hosts(site, moment)
    yield _traffic(site, moment)


def _internet(site: SimulatedSite, moment: Moment) -> Ipv6InternetReading:
    answered = 0 if moment.cut else ASKED
    if moment.cut or not site.ipv6:
        return Ipv6InternetReading(
            at=moment.at,
            outcome="unreachable",
            reason="no_answer" if site.ipv6 else "no_route",
            ipv6_asked=ASKED,
            ipv6_answered=0,
            ipv4_asked=ASKED,
            ipv4_answered=answered,
            ipv6_name_ok=False,
            ipv6_name_reason="no_route",
            preferred_family="ipv4",
            used_family=None if moment.cut else "ipv4",
        )
    connect_ms = 9 * chance_of(site, "connect", moment.us).uniform(0.9, 1.3)
    whole = site.ipv6_as != "black_hole"
    return Ipv6InternetReading(
        at=moment.at,
        outcome="ok" if whole else "failed",
        reason=None if whole else "too_slow",
        ipv6_asked=ASKED,
        ipv6_answered=ASKED,
        ipv4_asked=ASKED,
        ipv4_answered=ASKED,
        ipv6_name_ok=whole,
        ipv6_name_reason=None if whole else "too_slow",
        ipv6_connect_ms=round(connect_ms, 1),
        ipv4_connect_ms=round(connect_ms * 1.1, 1),
        preferred_family="ipv6",
        used_family="ipv6",
        dual_stack_ms=round(connect_ms * 4, 1),
    )


def _advertisement(site: SimulatedSite, moment: Moment) -> RouterAdvertisementReading:
    if not site.ipv6:
        return RouterAdvertisementReading(
            at=moment.at, outcome="unreachable", reason="no_answer", interface="eth0"
        )
    nat64 = site.ipv6_as == "nat64"
    return RouterAdvertisementReading(
        at=moment.at,
        outcome="ok",
        interface="eth0",
        method="netlink",
        routers=1,
        router_lifetime_s=1800,
        preference="medium",
        mtu_bytes=1492,
        prefixes=1,
        prefix="2001:db8::/48",
        prefix_valid_s=86_400,
        prefix_preferred_s=14_400,
        dns_servers=1,
        dns_servers_answering=1,
        pref64=NAT64_PREFIX if nat64 else None,
        pref64_lifetime_s=1800 if nat64 else None,
    )


def _resolvers(site: SimulatedSite, moment: Moment) -> Iterator[ResolverReading]:
    nat64 = site.ipv6_as == "nat64"
    for family, server in RESOLVERS.items():
        if family == "ipv4" or site.ipv6:
            yield ResolverReading(
                at=moment.at,
                outcome="ok",
                server=server,
                family=family,
                aaaa_udp=True,
                aaaa_tcp=True,
                ipv6_authority=site.ipv6,
                validates=True,
                dns64=nat64,
                nat64_prefix=NAT64_PREFIX if nat64 else None,
                hijacks=False,
            )


def _path(site: SimulatedSite, moment: Moment) -> Iterator[PathMtuReading]:
    if not site.ipv6:
        return
    hole = site.ipv6_as == "black_hole"
    for target in ("vnnic", "cloudflare"):
        yield PathMtuReading(
            at=moment.at,
            outcome="failed" if hole else "ok",
            reason="black_hole" if hole else None,
            target=target,
            family="ipv6",
            method="udp",
            link_mtu_bytes=1500,
            largest_bytes=1300 if hole else 1492,
            told_mtu_bytes=None if hole else 1492,
            silent_from_bytes=1400 if hole else None,
        )


def _nat64(site: SimulatedSite, moment: Moment) -> Nat64Reading:
    if not site.ipv6 or site.ipv6_as != "nat64":
        return Nat64Reading(
            at=moment.at, outcome="failed", reason="no_prefix", ipv4_literal_ok=True
        )
    return Nat64Reading(
        at=moment.at,
        outcome="ok",
        prefix=NAT64_PREFIX,
        prefix_from="pref64",
        mismatch=False,
        path_ok=True,
        path_mtu_ok=True,
        connect_ms=round(11 * chance_of(site, "nat64", moment.us).uniform(0.9, 1.3), 1),
        ipv4_literal_ok=True,
        option_108_s=1800,
        dhcp_servers=1,
    )


def _hosts(site: SimulatedSite, moment: Moment) -> Iterator[NeighboursReading]:
    many = chance_of(site, "hosts", 0).randrange(6, 20)
    old = 0 if site.ipv6_as == "nat64" else 2
    for window, covered_s in WINDOWS.items():
        dual = many - old if site.ipv6 else 0
        yield NeighboursReading(
            at=moment.at,
            outcome="ok",
            window=window,
            hosts=many,
            dual_stack_hosts=dual,
            ipv6_only_hosts=0,
            ipv6_capable_hosts=0 if site.ipv6 else many - old,
            ipv4_only_hosts=old,
            randomised_hosts=many // 2,
            ipv6_share_pct=round(100 * dual / many, 1),
            covered_s=covered_s,
        )


def _traffic(site: SimulatedSite, moment: Moment) -> TrafficReading:
    chance = chance_of(site, "traffic", moment.us)
    whole = round(chance.uniform(40e6, 400e6))
    over_ipv6 = round(whole * chance.uniform(0.4, 0.7)) if site.ipv6 else 0
    return TrafficReading(
        at=moment.at,
        outcome="ok",
        interface="eth0",
        method="wan_arithmetic",
        covered_s=EVERY_S,
        ipv6_bytes=over_ipv6,
        ipv4_bytes=whole - over_ipv6,
        ipv6_share_pct=round(100 * over_ipv6 / whole, 1),
    )

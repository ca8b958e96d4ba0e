# SPDX-License-Identifier: Apache-2.0
"""Addresses, advertisements and routes: what the box has of IPv6, and gives on where it routes."""

from sansang_wire.readiness.assessment import ReasonCode
from sansang_wire.readiness.facts import Facts
from sansang_wire.readiness.result import UNKNOWN, Result, full, half, nothing

HALF_OF_HOSTS_PCT = 50.0


def link_local(facts: Facts) -> Result:
    if (found := facts.addressing) is None:
        return UNKNOWN
    evidence = {
        "link_local_addresses": found.link_local_addresses,
        "tentative_addresses": found.tentative_addresses,
    }
    if not found.link_local_addresses:
        return nothing("no_link_local", **evidence)
    return half("dad_failed", **evidence) if found.tentative_addresses else full(**evidence)


def router_advertisement(facts: Facts) -> Result:
    if not facts.upstream:
        return UNKNOWN
    best = min(facts.upstream, key=lambda each: each.outcome != "ok")
    evidence = {"routers": best.routers, "router_lifetime_s": best.router_lifetime_s}
    if best.outcome == "ok":
        return full(**evidence, prefix=best.prefix)
    if best.reason == "lifetime_zero":
        return nothing("router_lifetime_zero", **evidence)
    return nothing("ra_invalid" if best.outcome == "failed" else "ra_missing", **evidence)


def native_address(facts: Facts) -> Result:
    if (found := facts.addressing) is None:
        return UNKNOWN
    if found.global_addresses:
        return full(global_addresses=found.global_addresses, prefix=found.prefix)
    if found.deprecated_addresses:
        return half("deprecated_prefix", deprecated_addresses=found.deprecated_addresses)
    counts: dict[ReasonCode, tuple[str, int | None]] = {
        "sixtofour": ("sixtofour_addresses", found.sixtofour_addresses),
        "teredo": ("teredo_addresses", found.teredo_addresses),
        "ula_only": ("unique_local_addresses", found.unique_local_addresses),
    }
    for reason, (name, count) in counts.items():
        if count:
            return nothing(reason, global_addresses=0, **{name: count})
    return nothing("no_global_address", global_addresses=0)


def default_route(facts: Facts) -> Result:
    if (found := facts.addressing) is None:
        return UNKNOWN
    evidence = {"default_routes": found.default_routes, "next_hop_state": found.next_hop_state}
    if not found.default_routes:
        return nothing("no_default_route", **evidence)
    failed = found.next_hop_state == "failed"
    return nothing("next_hop_failed", **evidence) if failed else full(**evidence)


def advertisement_hygiene(facts: Facts) -> Result:
    """Without a list of the routers one that speaks alone is taken for the right one."""
    heard = [each for each in (*facts.upstream, *facts.lan) if each.routers]
    if not heard:
        return UNKNOWN
    unlisted = [each.unlisted_routers for each in heard if each.unlisted_routers is not None]
    routers = max(each.routers or 0 for each in heard)
    has = facts.addressing
    # A temporary address is replaced every day, and the last one stays a while (RFC 8981 §3.4).
    stale = has.deprecated_addresses if has and not has.temporary_addresses else None
    evidence = {
        "routers": routers,
        "unlisted_routers": sum(unlisted) if unlisted else None,
        "deprecated_addresses": stale,
    }
    if any(unlisted):
        return nothing("rogue_ra", **evidence)
    if any((each.routers or 0) > 1 and each.unlisted_routers is None for each in heard):
        return half("several_routers", **evidence)
    return half("deprecated_prefix", **evidence) if stale else full(**evidence)


def delegated_prefix(facts: Facts) -> Result:
    if facts.addressing is None:
        return UNKNOWN
    count = facts.addressing.lans_with_prefix
    return (
        full(lans_with_prefix=count)
        if count
        else nothing("no_delegated_prefix", lans_with_prefix=0)
    )


def lan_advertisement(facts: Facts) -> Result:
    if not facts.lan:
        return UNKNOWN
    worst = max(facts.lan, key=lambda each: (each.outcome != "ok", not each.dns_servers))
    if worst.outcome != "ok":
        return nothing("lan_ra_missing", interface=worst.interface)
    evidence = {"interface": worst.interface, "dns_servers": worst.dns_servers}
    return full(**evidence) if worst.dns_servers else half("lan_without_rdnss", **evidence)


def lan_share(facts: Facts) -> Result:
    seen = facts.neighbours.get("24h")
    if seen is None or not seen.hosts or seen.ipv6_share_pct is None:
        return UNKNOWN
    evidence = {"hosts": seen.hosts, "ipv6_share_pct": seen.ipv6_share_pct}
    if seen.ipv6_share_pct >= HALF_OF_HOSTS_PCT:
        return full(**evidence)
    if seen.ipv6_share_pct > 0:
        return half("few_hosts_with_ipv6", **evidence)
    return nothing("few_hosts_with_ipv6", **evidence)

# SPDX-License-Identifier: Apache-2.0
"""The readings of a site where all is well with IPv6, and with IPv6 alone; and what to change."""

from typing import Any

import msgspec

from sansang_wire.readings import AnyReading

_READINGS: dict[str, dict[str, Any]] = {
    "addressing": {
        "family": "ipv6",
        "global_addresses": 2,
        "unique_local_addresses": 0,
        "link_local_addresses": 1,
        "temporary_addresses": 0,
        "deprecated_addresses": 0,
        "tentative_addresses": 0,
        "sixtofour_addresses": 0,
        "teredo_addresses": 0,
        "prefix": "2001:db8:1::/48",
        "default_routes": 1,
        "next_hop_state": "reachable",
        "dns_servers": 1,
    },
    "addressing4": {
        "kind": "addressing",
        "family": "ipv4",
        "private_addresses": 1,
        "default_routes": 1,
    },
    "router_advertisement": {
        "interface": "eth0",
        "routers": 1,
        "unlisted_routers": 0,
        "router_lifetime_s": 1800,
        "prefixes": 1,
        "dns_servers": 1,
        "dns_servers_answering": 1,
    },
    "resolver": {
        "server": "2001:db8:1::1",
        "family": "ipv6",
        "aaaa_udp": True,
        "aaaa_tcp": True,
        "ipv6_authority": True,
    },
    "dns": {
        "server": "2001:db8:1::1",
        "family": "ipv6",
        "name": "vnnic.vn",
        "record_type": "AAAA",
    },
    "ipv6_internet": {
        "ipv6_asked": 3,
        "ipv6_answered": 3,
        "ipv4_asked": 3,
        "ipv4_answered": 3,
        "ipv6_name_ok": True,
        "ipv6_connect_ms": 22.0,
        "ipv4_connect_ms": 24.0,
        "preferred_family": "ipv6",
        "used_family": "ipv6",
        "dual_stack_ms": 40.0,
    },
    "path_mtu": {"target": "google-dns", "family": "ipv6", "largest_bytes": 1500},
    "nat64": {
        "prefix": "64:ff9b::/96",
        "prefix_from": "dns",
        "mismatch": False,
        "path_ok": True,
        "path_mtu_ok": True,
        "clat": False,
        "ipv4_literal_ok": True,
    },
    "service": {"service": "portal", "family": "ipv6", "connect_ms": 9.0, "total_ms": 60.0},
    "service4": {
        "kind": "service",
        "service": "portal",
        "family": "ipv4",
        "connect_ms": 9.0,
        "total_ms": 60.0,
    },
    "neighbours": {
        "window": "24h",
        "hosts": 10,
        "dual_stack_hosts": 10,
        "ipv4_only_hosts": 0,
        "ipv6_share_pct": 100.0,
    },
    "neighbours7": {"kind": "neighbours", "window": "7d", "hosts": 12, "ipv4_only_hosts": 0},
}


def readings(**changes: dict[str, Any] | None) -> list[AnyReading]:
    """The site with other values by kind (`addressing4`, `service4`: of IPv4, `neighbours7`: of 7
    days); None: not measured. What the site does not have by itself is added.
    """
    wanted = {**_READINGS, **{name: {} for name in changes if name not in _READINGS}}
    return [
        _reading(name, {**values, **(changes.get(name) or {})})
        for name, values in wanted.items()
        if changes.get(name, values) is not None
    ]


def router(**changes: dict[str, Any] | None) -> list[AnyReading]:
    """The same where the box is the site's router: its line is `wan`, its own network `lan`."""
    lan = {"kind": "router_advertisement", "interface": "lan", "routers": 1, "dns_servers": 1}
    changes["addressing"] = {"lans_with_prefix": 1, **(changes.get("addressing") or {})}
    changes["router_advertisement"] = {"interface": "wan"}
    changes.setdefault("traffic", {"outcome": "broken", "interface": "wan"})
    if changes.get("lan", {}) is not None:
        changes["lan"] = {**lan, **(changes.get("lan") or {})}
    else:
        del changes["lan"]
    return readings(**changes)


def _reading(name: str, values: dict[str, Any]) -> AnyReading:
    whole = {"kind": name, "at": 1, "outcome": "ok", **values}
    return msgspec.convert(whole, type=AnyReading)

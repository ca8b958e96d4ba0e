# SPDX-License-Identifier: Apache-2.0
"""The box's default routers, one family at a time: an IPv6-only network has one too.

Source: /proc/net/route (net/ipv4/fib_trie.c) and /proc/net/ipv6_route (net/ipv6/route.c), which
need no privilege. Flags: include/uapi/linux/route.h and ipv6_route.h.
"""

import struct
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import NamedTuple

from sansang_agent.net.addresses import Address
from sansang_wire.readings import Family

RTF_UP = 0x1
RTF_REJECT = 0x200
_ROUTES: dict[Family, Path] = {
    "ipv4": Path("/proc/net/route"),
    "ipv6": Path("/proc/net/ipv6_route"),
}


class DefaultRoute(NamedTuple):
    """A way to everywhere; without a `router` everything is taken to be on the link."""

    metric: int
    interface: str
    router: Address | None


def default_route(family: Family) -> DefaultRoute | None:
    """The one with the lowest metric, of equals the first; None when there is none."""
    try:
        lines = _ROUTES[family].read_text().splitlines()
    except FileNotFoundError:
        # A kernel without the family has no such file.
        return None
    routes = ipv4_default_routes(lines) if family == "ipv4" else ipv6_default_routes(lines)
    return min(routes, key=lambda route: route.metric, default=None)


def ipv4_default_routes(lines: Iterable[str]) -> Iterable[DefaultRoute]:
    """Columns: interface, destination, gateway, flags, …, metric, mask; hexadecimal, host order."""
    for line in lines:
        columns = line.split()
        if columns[1] != "00000000" or columns[7] != "00000000":
            continue
        if not _usable(int(columns[3], 16)):
            continue
        router = IPv4Address(struct.pack("=I", int(columns[2], 16)))
        yield DefaultRoute(int(columns[6]), columns[0], router if int(router) else None)


def ipv6_default_routes(lines: Iterable[str]) -> Iterable[DefaultRoute]:
    """Columns: destination, its length, source, its length, next hop, metric, …, flags, interface.

    Only routes for any source count: others are for prefixes of their own (RFC 8028).
    """
    for line in lines:
        columns = line.split()
        if columns[1] != "00" or columns[3] != "00" or not _usable(int(columns[8], 16)):
            continue
        router = IPv6Address(bytes.fromhex(columns[4]))
        interface = columns[9]
        if router.is_link_local:
            router = IPv6Address(f"{router}%{interface}")
        yield DefaultRoute(int(columns[5], 16), interface, router if int(router) else None)


def _usable(flags: int) -> bool:
    return bool(flags & RTF_UP) and not flags & RTF_REJECT

# SPDX-License-Identifier: Apache-2.0
"""Is the box the site's router, or one host of many on its LAN; and which interfaces are which.

It is the router when it forwards (`ip_forward`, `forwarding`) and has a LAN to forward for: a host
with containers forwards, too. Source: ip-sysctl.rst of the kernel; `net.routes`; needs no
privilege.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from sansang_agent.net import interfaces
from sansang_agent.net.own_addresses import own_addresses
from sansang_agent.net.routes import default_routes, forwards_ipv6
from sansang_wire.reading import Family

_FAMILIES: tuple[Family, ...] = ("ipv4", "ipv6")
_FORWARDS_IPV4 = Path("/proc/sys/net/ipv4/ip_forward")


class Role(NamedTuple):
    """Names of interfaces."""

    lines: tuple[str, ...]
    """That the preferred default route of each family leaves by, each once."""
    outward: frozenset[str]
    """All that have a default route; backup lines, too."""
    lan: tuple[str, ...]
    """Of a router, towards its hosts; empty on a host."""

    @property
    def is_router(self) -> bool:
        return bool(self.lan)


def role(ignored: Iterable[str]) -> Role:
    """`ignored` are patterns of names that are neither. Raises OSError."""
    patterns = tuple(ignored)
    routes = [
        [each for each in default_routes(family) if interfaces.is_wanted(each.interface, patterns)]
        for family in _FAMILIES
    ]
    outward = frozenset(route.interface for of_family in routes for route in of_family)
    return Role(
        lines=tuple(dict.fromkeys(of_family[0].interface for of_family in routes if of_family)),
        outward=outward,
        lan=tuple(_inward(outward, patterns)) if _forwards() else (),
    )


def _inward(outward: frozenset[str], patterns: tuple[str, ...]) -> list[str]:
    """Those with the header of Ethernet, no tunnels, and an address that hosts can talk to."""
    addressed = {
        each.interface
        for family in _FAMILIES
        for each in own_addresses(family)
        if each.kind != "link_local"
    }
    return sorted(
        name
        for name in addressed - outward
        if interfaces.is_wanted(name, patterns)
        and interfaces.number(name, "type") == interfaces.ARPHRD_ETHER
        and interfaces.technology(name) != "tunnel"
    )


def _forwards() -> bool:
    return forwards_ipv6() or _FORWARDS_IPV4.read_text().strip() != "0"

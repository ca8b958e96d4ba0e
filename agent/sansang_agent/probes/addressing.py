# SPDX-License-Identifier: Apache-2.0
"""What addresses, default routes and resolvers the box has, each address family by itself.

Method: the kernel's tables, read once a run: addresses sorted by kind, default routes, and what the
kernel knows of the router it prefers. Nothing is sent, so nothing is said of whether the way works.
Source: rtnetlink(7): RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH; resolv.conf(5).
Privileges: none. Data: nothing but its readings.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import Annotated, ClassVar, NamedTuple

import msgspec
from msgspec import Meta

from sansang_agent.net import interfaces, reasons
from sansang_agent.net.addresses import Address, family_of
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.name_servers import name_servers
from sansang_agent.net.neighbours import neighbour_state
from sansang_agent.net.own_addresses import OwnAddress, own_addresses
from sansang_agent.net.routes import DefaultRoute, default_routes, forwards_ipv6
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.reading import Family, NeighbourState
from sansang_wire.readings import AddressingReading, AnyReading

FAMILIES: tuple[Family, ...] = ("ipv4", "ipv6")
PREFIX_BITS: dict[Family, int] = {"ipv4": 24, "ipv6": 48}
"""A whole address would name the line."""


class AddressingSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ignore`: names of interfaces to leave out, with `*`, `?` and `[…]` as in a shell."""

    ignore: Annotated[list[str], Meta(max_length=64)] = msgspec.field(
        default_factory=lambda: list(interfaces.NOT_OF_THE_SITE)
    )


class AddressingProbe(Probe[AddressingSettings]):
    """One reading for each family and run."""

    kind = "addressing"
    settings_type = AddressingSettings
    every_s: ClassVar = {"default": 60, "metered": 900}

    def needs(self) -> set[Need]:
        return {"netlink"}

    async def run(self) -> Sequence[AnyReading]:
        return [self._measure(family) for family in FAMILIES]

    def _measure(self, family: Family) -> AddressingReading:
        at = boottime_us()
        try:
            addresses = [each for each in own_addresses(family) if self._is_wanted(each.interface)]
            routes = [each for each in default_routes(family) if self._is_wanted(each.interface)]
            route, state = _preferred(routes)
            lans = self._lans(addresses) if family == "ipv6" else None
        except OSError:
            reason = reasons.NO_NETLINK
            return AddressingReading(at=at, outcome="broken", reason=reason, family=family)
        usable = [each for each in addresses if not each.tentative]
        reason = _reason(family, usable, route, state)
        return AddressingReading(
            at=at,
            outcome="failed" if reason else "ok",
            reason=reason,
            family=family,
            **_counts(family, addresses),
            prefix=_prefix(family, usable, route),
            default_routes=len(routes),
            next_hop_state=state,
            route_lifetime_s=route.lifetime_s if route else None,
            dns_servers=sum(family_of(server) == family for server in name_servers()),
            lans_with_prefix=None if lans is None else sum(lans.values()),
        )

    def _lans(self, addresses: Sequence[OwnAddress]) -> Mapping[str, bool] | None:
        """The networks behind a box that routes IPv6, and whether each has global addresses.

        None where it doesn't route: it passes nothing on, or has no network but that of its line,
        which either family's default route tells. Raises OSError.
        """
        lines = {each.interface for family in FAMILIES for each in default_routes(family)}
        lans = {each.interface for each in addresses} - lines
        if not lines or not lans or not forwards_ipv6():
            return None
        return {
            lan: any(each.interface == lan and _is_enough(each, "ipv6") for each in addresses)
            for lan in lans
        }

    def _is_wanted(self, interface: str) -> bool:
        return interfaces.is_wanted(interface, self.settings.ignore)


def _counts(family: Family, addresses: Sequence[OwnAddress]) -> dict[str, int]:
    """The fields of the reading that count addresses; those of the other family are left out."""
    usable = [each for each in addresses if not each.tentative]
    of_kind = Counter(each.kind for each in usable if each.kind != "global" or not each.deprecated)
    counts = {
        "global_addresses": of_kind["global"],
        "link_local_addresses": of_kind["link_local"],
    }
    if family == "ipv4":
        return {
            **counts,
            "private_addresses": of_kind["private"],
            "shared_addresses": of_kind["shared"],
        }
    of_the_internet = [each for each in usable if each.kind == "global"]
    return {
        **counts,
        "unique_local_addresses": of_kind["unique_local"],
        "temporary_addresses": sum(
            each.temporary and not each.deprecated for each in of_the_internet
        ),
        "deprecated_addresses": sum(each.deprecated for each in of_the_internet),
        "tentative_addresses": len(addresses) - len(usable),
        "sixtofour_addresses": of_kind["sixtofour"],
        "teredo_addresses": of_kind["teredo"],
    }


class Preferred(NamedTuple):
    """The default route that is used, and what is known of its router."""

    route: DefaultRoute | None
    state: NeighbourState | None


def _preferred(routes: Sequence[DefaultRoute]) -> Preferred:
    """Of routers with the lowest metric one that is gone comes last, as it does for the kernel
    (rt6_score_route() in net/ipv6/route.c). Raises OSError.
    """
    best = [Preferred(each, _state(each)) for each in routes if each.metric == routes[0].metric]
    return min(best, key=lambda each: each.state == "failed", default=Preferred(None, None))


def _state(route: DefaultRoute) -> NeighbourState | None:
    return None if route.router is None else neighbour_state(route.router, route.interface)


def _reason(
    family: Family,
    usable: Sequence[OwnAddress],
    route: DefaultRoute | None,
    state: NeighbourState | None,
) -> str | None:
    """What is missing, the first thing first."""
    if not any(_is_enough(each, family) for each in usable):
        return "no_global_address"
    if route is None:
        return "no_default_route"
    return "next_hop_failed" if state == "failed" else None


def _is_enough(address: OwnAddress, family: Family) -> bool:
    """Behind a router that translates, any IPv4 address but one of the link alone will do."""
    if family == "ipv4":
        return address.kind != "link_local"
    return address.kind == "global" and not address.deprecated


def _prefix(family: Family, usable: Sequence[OwnAddress], route: DefaultRoute | None) -> str | None:
    """Of the preferred route's interface, if that has one."""
    found = [
        # By number, lest the prefix change with every new temporary address.
        (route is None or each.interface != route.interface, int(each.address), each.address)
        for each in usable
        if each.kind == "global" and not each.deprecated
    ]
    return _cut(min(found)[-1], PREFIX_BITS[family]) if found else None


def _cut(address: Address, bits: int) -> str:
    return str(ip_network((address, bits), strict=False))

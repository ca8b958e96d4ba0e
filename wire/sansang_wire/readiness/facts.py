# SPDX-License-Identifier: Apache-2.0
"""The readings of one site, sorted by what the readiness formula asks of them.

What is `broken` says nothing of the site and is left out: the check it would have fed is not known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sansang_wire.ipv6_readings import (
    Ipv6InternetReading,
    Ipv6OnlyReading,
    Nat64Reading,
    NeighboursReading,
    PathMtuReading,
    ResolverReading,
    RouterAdvertisementReading,
    TrafficReading,
    Window,
)
from sansang_wire.readiness.assessment import Stability
from sansang_wire.readings import AddressingReading, AnyReading, DnsReading, ServiceReading

R = TypeVar("R", bound=AnyReading)
NO_IPV4 = {"no_address", "no_route"}
"""Why a service can't be had over IPv4 though it is well: it has none, or the site has none."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured; None and empty: it was not."""

    addressing: AddressingReading | None
    """Of IPv6."""
    upstream: Sequence[RouterAdvertisementReading]
    """Advertisements to the box: on the line, and on a host on its LAN."""
    lan: Sequence[RouterAdvertisementReading]
    """Those on the LANs of a box that routes."""
    resolvers: Sequence[ResolverReading]
    dns: Sequence[DnsReading]
    internet: Ipv6InternetReading | None
    path_mtu: Sequence[PathMtuReading]
    """Of IPv6."""
    nat64: Nat64Reading | None
    ipv6_services: Sequence[ServiceReading]
    """Over IPv6, but for those that are ill over IPv4, too."""
    ipv6_only: Sequence[Ipv6OnlyReading]
    neighbours: dict[Window, NeighboursReading]
    stability: Stability | None
    line_down: bool
    """Nothing of the Internet answers over either family, though there is a way to it over IPv4."""


def gather(readings: Iterable[AnyReading], stability: Stability | None) -> Facts:
    """Sort them. While the line is down, what was asked through it says nothing of IPv6."""
    everything = list(readings)
    known = [each for each in everything if each.outcome != "broken"]
    line_down = _line_down(known)
    through_line = [] if line_down else known
    addressing = _family(known, "ipv6")
    upstream, lan = _advertisements(everything, addressing)
    return Facts(
        addressing=addressing,
        upstream=upstream,
        lan=lan,
        resolvers=_of(through_line, ResolverReading),
        dns=_of(through_line, DnsReading),
        internet=next(iter(_of(through_line, Ipv6InternetReading)), None),
        path_mtu=[each for each in _of(through_line, PathMtuReading) if each.family == "ipv6"],
        nat64=next(iter(_of(through_line, Nat64Reading)), None),
        ipv6_services=_ipv6_services(_of(through_line, ServiceReading)),
        ipv6_only=_of(through_line, Ipv6OnlyReading),
        neighbours={each.window: each for each in _of(known, NeighboursReading)},
        stability=stability,
        line_down=line_down,
    )


def _of(readings: Iterable[AnyReading], kind: type[R]) -> list[R]:
    return [each for each in readings if isinstance(each, kind)]


def _family(readings: Iterable[AnyReading], family: str) -> AddressingReading | None:
    found = (each for each in _of(readings, AddressingReading) if each.family == family)
    return next(found, None)


def _line_down(known: Iterable[AnyReading]) -> bool:
    """A network without any IPv4 is another thing: there IPv6 alone can be at fault."""
    known = list(known)
    ipv4 = _family(known, "ipv4")
    return bool(ipv4 and ipv4.default_routes) and any(
        each.ipv4_asked and each.ipv4_answered == 0 and not each.ipv6_answered
        for each in _of(known, Ipv6InternetReading)
    )


def _advertisements(
    readings: Sequence[AnyReading], addressing: AddressingReading | None
) -> tuple[list[RouterAdvertisementReading], list[RouterAdvertisementReading]]:
    """Those of the line and those of the LANs; `traffic` knows which interface is the line's, even
    before it can count anything.
    """
    heard = [each for each in _of(readings, RouterAdvertisementReading) if each.outcome != "broken"]
    line = {each.interface for each in _of(readings, TrafficReading)}
    if not routes(addressing) or not line:
        return heard, []
    upstream = [each for each in heard if each.interface in line]
    return upstream, [each for each in heard if each.interface not in line]


def _ipv6_services(services: Sequence[ServiceReading]) -> list[ServiceReading]:
    ill = {
        each.service
        for each in services
        if each.family == "ipv4" and each.outcome != "ok" and each.reason not in NO_IPV4
    }
    return [
        each
        for each in services
        if each.family == "ipv6" and (each.outcome == "ok" or each.service not in ill)
    ]


def routes(addressing: AddressingReading | None) -> bool:
    """Whether the box is the site's router: it forwards IPv6, and has networks of its own."""
    return addressing is not None and addressing.lans_with_prefix is not None

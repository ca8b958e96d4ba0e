# SPDX-License-Identifier: Apache-2.0
"""Would a device without IPv4 reach IPv4: by which prefix, does the way work, what helps besides.

Method: the prefix out of router advertisements, else out of the resolvers' AAAA of ipv4only.arpa;
TCP to known IPv4 servers through it, and to the same ones over IPv4; a DHCPDISCOVER that asks for
option 108 and takes nothing. The addresses of ipv4only.arpa themselves are never sent to.
Source: RFC 8781 (PREF64), RFC 7050 (DNS), RFC 6052 §2.2, RFC 7335 (CLAT), RFC 8925 (option 108).
Privileges: none; CAP_NET_RAW in a worker for DHCP and to ask routers.
Data: see docs/probes/nat64.md.
"""

import asyncio
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec
from msgspec import Meta, Struct

from sansang_agent.net import nat64, reasons
from sansang_agent.net.accepted_advertisements import AcceptedAdvertisements
from sansang_agent.net.addresses import Address, literal
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.echoes import Plan
from sansang_agent.net.name_servers import name_servers
from sansang_agent.net.own_addresses import own_addresses
from sansang_agent.net.path_mtu import find_on_link
from sansang_agent.net.routes import default_route
from sansang_agent.net.site_link import NoSiteLinkError, site_link
from sansang_agent.net.tcp import tcp_echoes
from sansang_agent.net.worker import WorkerError, ask
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.reading import Outcome
from sansang_wire.readings import AnyReading, Nat64Reading

CLAT = IPv4Network("192.0.0.0/29")
NOBODY = IPv4Network("192.0.0.0/24")
ATTEMPT = Plan(packets=1, timeout_s=6)
"""The kernel sends the SYN again after 1 s and after 2 or 3 (RFC 6298 §2), and the rest is waiting:
as RFC 7050 §3.2 has it."""
DNS_WITHIN_S, OFFERS_WITHIN_S = 5, 10


class Ipv4Server(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server that has an IPv4 address, whatever else it has, and listens for TCP."""

    address: str
    port: Annotated[int, Meta(ge=1, le=65_535)] = 443

    def __post_init__(self) -> None:
        if (address := literal(self.address)) is None or address.version != 4:
            raise ValueError(f"{self.address!r} is no IPv4 address")
        if address in NOBODY:
            raise ValueError(f"{self.address} is nobody's address (RFC 7050 §3.2.1)")


class Nat64Settings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One server that answers is enough."""

    servers: Annotated[list[Ipv4Server], Meta(min_length=1, max_length=4)] = msgspec.field(
        default_factory=lambda: [Ipv4Server(address="1.1.1.1"), Ipv4Server(address="8.8.8.8")]
    )


class Reached(NamedTuple):
    """A server that answered and how fast the fastest did, or why none."""

    address: Address | None = None
    connect_ms: float | None = None
    reason: str | None = None


class FromDns(NamedTuple):
    """What the resolvers tell; `reason` when none of them answered."""

    prefixes: tuple[IPv6Network, ...] = ()
    reason: str | None = None


class Nat64Probe(Probe[Nat64Settings]):
    """One reading. It listens to routers also between runs: they speak when they like."""

    kind = "nat64"
    settings_type = Nat64Settings
    every_s: ClassVar = {"default": 3600, "metered": 21_600}

    _accepted: AcceptedAdvertisements | None = None

    def needs(self) -> set[Need]:
        return {"resolver", "netlink"}

    async def run(self) -> Sequence[AnyReading]:
        at = boottime_us()
        accepted = self._accepted = self._accepted or AcceptedAdvertisements()
        offers, from_dns = await asyncio.gather(_offers(), _from_dns())
        by_router = _by_routers(accepted)
        prefix = next(iter((*by_router, *from_dns.prefixes)), None)
        over_ipv6, over_ipv4 = await asyncio.gather(self._through(prefix), self._over_ipv4())
        outcome, reason = _outcome(prefix, over_ipv6, from_dns)
        known = by_router and from_dns.prefixes
        return [
            Nat64Reading(
                at=at,
                outcome=outcome,
                reason=reason,
                prefix=None if prefix is None else str(prefix),
                prefix_from=None if prefix is None else "pref64" if by_router else "dns",
                mismatch=not {*by_router} & {*from_dns.prefixes} if known else None,
                path_ok=None if prefix is None else over_ipv6.address is not None,
                path_mtu_ok=await _passes_large(over_ipv6.address),
                connect_ms=over_ipv6.connect_ms,
                **_by_ipv4(over_ipv4),
                **offers,
            )
        ]

    async def _through(self, prefix: IPv6Network | None) -> Reached:
        if prefix is None:
            return Reached()
        return await _reached(
            (nat64.embedded(prefix, IPv4Address(each.address)), each.port)
            for each in self.settings.servers
        )

    async def _over_ipv4(self) -> Reached:
        return await _reached(
            (IPv4Address(each.address), each.port) for each in self.settings.servers
        )


async def _reached(servers: Iterable[tuple[Address, int]]) -> Reached:
    """All at the same time."""
    asked = list(servers)
    came = await asyncio.gather(*(tcp_echoes(*server, ATTEMPT) for server in asked))
    answered = [address for (address, _), each in zip(asked, came, strict=True) if each.received]
    if not answered:
        return Reached(reason=came[0].reason)
    times = [time_ms for each in came for time_ms in each.round_trips_ms]
    return Reached(answered[0], round(min(times), 3) if times else None)


async def _passes_large(address: Address | None) -> bool | None:
    """None when no echo comes back from there at all."""
    if address is None:
        return None
    _, found = await find_on_link(address)
    return None if found.largest_bytes is None else found.silent_from_bytes is None


def _by_routers(accepted: AcceptedAdvertisements) -> list[IPv6Network]:
    """Of the link that the default route leaves by; none where the kernel takes none there."""
    try:
        route = default_route("ipv6")
        heard = accepted.of(route.interface) if route else None
    except OSError:
        return []
    told = (each.options.pref64 for each in heard or () if each.options is not None)
    return [IPv6Network(prefix) for prefix in told if prefix is not None]


async def _from_dns() -> FromDns:
    servers = name_servers()
    told = await asyncio.gather(*(nat64.told_by(server, DNS_WITHIN_S) for server in servers))
    prefixes = tuple(dict.fromkeys(prefix for each in told for prefix in each.prefixes))
    if any(each.dns64 is not None for each in told):
        return FromDns(prefixes)
    return FromDns(reason="resolver_no_answer" if servers else "no_dns_server")


async def _offers() -> dict[str, Any]:
    """What DHCP servers offer, as fields of the reading; routers are asked by the way."""
    try:
        answer = await ask("link_offers", {"interface": site_link()}, OFFERS_WITHIN_S)
    except (NoSiteLinkError, WorkerError) as error:
        return {"option_108_reason": error.reason}
    except OSError:
        return {"option_108_reason": reasons.NO_NETLINK}
    if "broken" in answer:
        return {"option_108_reason": answer["broken"]}
    return {"dhcp_servers": answer["servers"], "option_108_s": answer["option_108_s"]}


def _outcome(
    prefix: IPv6Network | None, over_ipv6: Reached, from_dns: FromDns
) -> tuple[Outcome, str | None]:
    if prefix is not None:
        return ("ok" if over_ipv6.address else "unreachable"), over_ipv6.reason
    if from_dns.reason is not None:
        return "broken", from_dns.reason
    return "failed", "no_prefix"


def _by_ipv4(over_ipv4: Reached) -> dict[str, bool]:
    """Whether IPv4 is the network's own or made on the box out of IPv6, and works."""
    try:
        made = {each.interface for each in own_addresses("ipv4") if each.address in CLAT}
        route = default_route("ipv4")
    except OSError:
        return {}
    answered = over_ipv4.address is not None
    if route is not None and route.interface in made:
        return {"clat": True, "clat_ok": answered, "ipv4_literal_ok": False}
    return {"clat": bool(made), "ipv4_literal_ok": answered}

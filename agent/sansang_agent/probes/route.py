# SPDX-License-Identifier: Apache-2.0
"""How far packets come on the way to a target: evidence for whoever runs the line.

Method: a traceroute to one address of each target and family, all at the same time; also at once
when reachability is lost. A name is looked up each time; when that fails, as it does while the line
is down, the address of the time before is traced.
Source: RFC 792, RFC 4443 §3.3; ip(7) and ipv6(7): IP_RECVERR, IPV6_RECVERR, IP_TTL,
IPV6_UNICAST_HOPS.
Privileges: none: ICMP where `net.ipv4.ping_group_range` covers the agent's group, else UDP.
Data: see docs/probes/route.md.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import ClassVar

import msgspec

from sansang_agent.net import reasons
from sansang_agent.net.addresses import Address
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.targets import Located, Place, locate, refuse_ambiguous
from sansang_agent.net.trace import Hop, Trace, trace
from sansang_agent.probes.base import Need, Probe, ProbeSettings, Surroundings
from sansang_wire.reading import Family, Outcome, Scope
from sansang_wire.readings import AnyReading, RouteReading


class RouteTarget(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a way leads, and how far away that is."""

    scope: Scope


DEFAULT_TARGETS = (
    RouteTarget(name="vnnic", host="vnnic.vn", scope="domestic"),
    RouteTarget(name="cloudflare", host="1.1.1.1", scope="international"),
    RouteTarget(name="cloudflare", host="2606:4700:4700::1111", scope="international"),
)


class RouteSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The targets."""

    targets: list[RouteTarget] = msgspec.field(default_factory=lambda: list(DEFAULT_TARGETS))

    def __post_init__(self) -> None:
        refuse_ambiguous(self.targets)


class RouteProbe(Probe[RouteSettings]):
    """One reading for each target and family."""

    kind = "route"
    settings_type = RouteSettings
    every_s: ClassVar = {"default": 21_600, "metered": 86_400}
    on_reachability_loss = True

    def __init__(self, settings: RouteSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._last_address: dict[tuple[str, Family], Address] = {}

    def needs(self) -> set[Need]:
        named = any(target.has_name for target in self.settings.targets)
        return {"ping", "resolver"} if named else {"ping"}

    async def run(self) -> Sequence[AnyReading]:
        return await asyncio.gather(
            *(
                self._measure(target, family)
                for target in self.settings.targets
                for family in target.measured_families()
            )
        )

    async def _measure(self, target: RouteTarget, family: Family) -> RouteReading:
        located = await locate(target.host, family)
        key = target.name, family
        address = located.address
        if located.reason and located.reason.startswith("resolver_"):
            address = self._last_address.get(key)
        at = boottime_us()
        if address is None:
            return _reading(target, family, at, located, None)
        self._last_address[key] = address
        return _reading(target, family, at, Located(address), await trace(address))


def _reading(
    target: RouteTarget, family: Family, at: int, located: Located, came: Trace | None
) -> RouteReading:
    """`came` is None when there was no address to trace."""
    reason = located.reason if came is None else came.reason
    hops = came.hops if came and came.method else None
    answered = [(number, hop) for number, hop in enumerate(hops or (), 1) if hop]
    last, last_hop = answered[-1] if answered else (0, None)
    silent = [number for number, hop in enumerate(hops or (), 1) if hop is None]
    return RouteReading(
        at=at,
        outcome=_outcome(reason),
        reason=reason,
        target=target.name,
        family=family,
        scope=target.scope,
        method=came.method if came else None,
        address=str(located.address) if located.address else None,
        reached=None if hops is None else reason is None,
        hops=None if hops is None else last,
        answered=None if hops is None else len(answered),
        first_silent_hop=silent[0] if silent else None,
        last_hop=str(last_hop.address) if last_hop else None,
        last_hop_ms=round(last_hop.round_trip_ms, 1) if last_hop else None,
        beyond_gateway=None if hops is None else last > 1,
        trace=None if hops is None else "|".join(_in_words(hops)),
    )


def _outcome(reason: str | None) -> Outcome:
    if reason is None:
        return "ok"
    return "broken" if reason in reasons.BROKEN else "unreachable"


def _in_words(hops: Sequence[Hop | None]) -> Iterator[str]:
    """A line for each that answered, one for all that were silent in a row."""
    for is_silent, group in groupby(enumerate(hops, 1), lambda numbered: numbered[1] is None):
        numbered = list(group)
        if is_silent:
            first, last = numbered[0][0], numbered[-1][0]
            yield f"{first} *" if first == last else f"{first}-{last} *"
            continue
        for number, hop in numbered:
            if hop:
                refusal = f" !{hop.refusal}" if hop.refusal else ""
                yield f"{number} {hop.address} {hop.round_trip_ms:.1f}{refusal}"

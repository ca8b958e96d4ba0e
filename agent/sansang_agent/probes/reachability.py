# SPDX-License-Identifier: Apache-2.0
"""Are the targets there, through each address family by itself, and how far away are they.

Method: a few small echoes to one address of each target and family, and never to more: a second
address or the other family must not hide that the first is gone. Targets are measured at the same
time, the packets of one target one after the other. ICMP where this process may send it, else TCP
connect; the reading says which.
Source: RFC 792, RFC 4443 §4, RFC 9293 §3.5; loss and round trip as in RFC 2680 and RFC 2681.
Privileges: none with `net.ipv4.ping_group_range` covering the agent's group, or CAP_NET_RAW;
without either it measures by TCP. Data: see docs/probes/reachability.md.
"""

import asyncio
import statistics
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Annotated, ClassVar, NamedTuple

import msgspec
from msgspec import Meta, Struct

from sansang_agent.net import reasons
from sansang_agent.net.addresses import Address, family_of, literal
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.echo import Wish, echoes
from sansang_agent.net.echoes import Echoes, Plan
from sansang_agent.net.resolve import NotResolvedError, first_address
from sansang_agent.net.routes import default_route
from sansang_agent.probes.base import Probe, ProbeSettings
from sansang_wire.readings import AnyReading, Family, Outcome, ReachabilityReading, Scope

GATEWAY = "gateway"
BOTH: list[Family] = ["ipv4", "ipv6"]
MOST_TARGETS = 32
LOOKUP_DEADLINE_S = 5
"""As long as the C library waits for its first resolver before it asks again (resolv.conf(5))."""

BROKEN = {reasons.NOT_PERMITTED, reasons.NO_GATEWAY, "too_many_open_files", "no_buffer"}
"""With these nothing was learnt of the target."""


class Target(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to reach.

    `host` is an address, a name, or `gateway` for the box's default router. `port` is for TCP, be
    it the `method` or what ICMP falls back to. An address is of one family only: a target with one
    address of each is written as two entries of the same name.
    """

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    host: Annotated[str, Meta(min_length=1, max_length=253)]
    scope: Scope
    method: Wish = "icmp"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 443
    families: Annotated[list[Family], Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: list(BOTH)
    )

    def measured_families(self) -> list[Family]:
        """Those asked for; of an address only its own."""
        address = literal(self.host)
        own = None if address is None else family_of(address)
        return [family for family in BOTH if family in self.families and own in {None, family}]


DEFAULT_TARGETS = (
    Target(name="gateway", host=GATEWAY, scope="gateway"),
    Target(name="vnnic", host="vnnic.vn", scope="domestic"),
    Target(name="cloudflare", host="1.1.1.1", scope="international"),
    Target(name="cloudflare", host="2606:4700:4700::1111", scope="international"),
    Target(name="google", host="8.8.8.8", scope="international"),
    Target(name="google", host="2001:4860:4860::8888", scope="international"),
)


class ReachabilitySettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The targets, and how each is asked."""

    targets: list[Target] = msgspec.field(default_factory=lambda: list(DEFAULT_TARGETS))
    packets: Annotated[int, Meta(ge=1, le=100)] = 4
    interval_s: Annotated[float, Meta(ge=0.05, le=10)] = 0.2
    timeout_s: Annotated[float, Meta(ge=0.1, le=30)] = 2

    def __post_init__(self) -> None:
        """Refuse two series of one name: each reading of a run must be a series of its own."""
        if len(self.targets) > MOST_TARGETS:
            raise ValueError(f"no more than {MOST_TARGETS} targets")
        seen: set[tuple[str, Family]] = set()
        for target in self.targets:
            if not target.measured_families():
                raise ValueError(f"target {target.name}: {target.host} is of another family")
            for family in target.measured_families():
                if (target.name, family) in seen:
                    raise ValueError(f"target {target.name}: named twice for {family}")
                seen.add((target.name, family))


class Located(NamedTuple):
    """Where a target is in one family, or why that is not known."""

    address: Address | None = None
    lookup_ms: float | None = None
    reason: str | None = None


class ReachabilityProbe(Probe[ReachabilitySettings]):
    """One reading for each target and family."""

    kind = "reachability"
    settings_type = ReachabilitySettings
    every_s: ClassVar = {"default": 30, "metered": 300}

    async def run(self) -> Sequence[AnyReading]:
        targets = self.settings.targets
        return list(chain.from_iterable(await asyncio.gather(*map(self._all_families, targets))))

    async def _all_families(self, target: Target) -> list[ReachabilityReading]:
        """In turn, so that one family doesn't wait in the other's queue."""
        return [await self._measure(target, family) for family in target.measured_families()]

    async def _measure(self, target: Target, family: Family) -> ReachabilityReading:
        located = await _locate(target.host, family)
        plan = Plan(self.settings.packets, self.settings.interval_s, self.settings.timeout_s)
        at = boottime_us()
        came = None
        if located.address is not None:
            came = await echoes(located.address, target.port, plan, target.method)
        return _reading(at, target, family, located, came)


async def _locate(host: str, family: Family) -> Located:
    if host == GATEWAY:
        route = default_route(family)
        if route is None:
            return Located(reason=reasons.NO_ROUTE)
        return Located(route.router, reason=None if route.router else reasons.NO_GATEWAY)
    address = literal(host)
    if address is not None:
        return Located(address)
    try:
        address, elapsed_ms = await first_address(host, family, LOOKUP_DEADLINE_S)
    except NotResolvedError as error:
        return Located(lookup_ms=error.elapsed_ms, reason=error.reason)
    return Located(address, elapsed_ms)


def _reading(
    at: int, target: Target, family: Family, located: Located, came: Echoes | None
) -> ReachabilityReading:
    reason = located.reason if came is None else came.reason
    trips = came.round_trips_ms if came else ()
    steps = [abs(after - before) for before, after in pairwise(trips)]
    return ReachabilityReading(
        at=at,
        outcome=_outcome(reason),
        reason=reason,
        target=target.name,
        family=family,
        scope=target.scope,
        method=came.method if came else None,
        address=str(located.address) if located.address else None,
        lookup_ms=_to_the_us(located.lookup_ms),
        sent=came.sent if came else None,
        received=came.received if came else None,
        loss_pct=_loss_pct(came),
        rtt_min_ms=_to_the_us(min(trips, default=None)),
        rtt_avg_ms=_mean(trips),
        rtt_max_ms=_to_the_us(max(trips, default=None)),
        jitter_ms=_mean(steps),
    )


def _loss_pct(came: Echoes | None) -> float | None:
    """None when nothing left the box: then nothing was lost."""
    return (
        None if came is None or not came.sent else round(100 * (1 - came.received / came.sent), 2)
    )


def _mean(milliseconds: Sequence[float]) -> float | None:
    return _to_the_us(statistics.fmean(milliseconds)) if milliseconds else None


def _to_the_us(milliseconds: float | None) -> float | None:
    """What is finer is noise, and every digit is paid for."""
    return None if milliseconds is None else round(milliseconds, 3)


def _outcome(reason: str | None) -> Outcome:
    if reason is None:
        return "ok"
    return "broken" if reason in BROKEN else "unreachable"

# SPDX-License-Identifier: Apache-2.0
"""Each uplink of a box that has several: is it alive, is it used, how long did a change take.

Method: an echo to a target through each uplink by itself (a socket bound to the interface), a
second target and a second try only where nobody answered; an echo to each router. Which uplink is
used is the kernel's answer for the first target.
Source: RTM_GETROUTE of rtnetlink(7), SO_BINDTODEVICE of socket(7); RFC 792, RFC 4443 §4.
Privileges: none since Linux 5.7, with `net.ipv4.ping_group_range` covering the agent's group; where
that is missing it measures by TCP. Data: see docs/probes/backup_line.md.
"""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from itertools import chain
from typing import Annotated, ClassVar, NamedTuple

import msgspec
from msgspec import Meta

from sansang_agent.net import interfaces, reasons
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.echo import echoes
from sansang_agent.net.echoes import Plan
from sansang_agent.net.failover import Failover
from sansang_agent.net.routes import DefaultRoute, default_routes, interface_to
from sansang_agent.net.targets import BOTH, GATEWAY, Target, refuse_ambiguous
from sansang_agent.probes.base import Need, Probe, ProbeSettings, Surroundings
from sansang_wire.reading import Family, Outcome
from sansang_wire.readings import AnyReading, BackupLineReading

TRIES = 2
TIMEOUT_S = 1
DEFAULT_TARGETS = (
    Target(name="cloudflare", host="1.1.1.1"),
    Target(name="cloudflare", host="2606:4700:4700::1111"),
)
InterfaceName = Annotated[str, Meta(min_length=1, max_length=15)]


class BackupLineSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`interfaces`: uplinks that are looked at even while they have no default route."""

    interfaces: Annotated[list[InterfaceName], Meta(max_length=8)] = msgspec.field(
        default_factory=list[str]
    )
    targets: Annotated[list[Target], Meta(max_length=4)] = msgspec.field(
        default_factory=lambda: list(DEFAULT_TARGETS)
    )

    def __post_init__(self) -> None:
        refuse_ambiguous(self.targets)
        for target in self.targets:
            if target.has_name or target.host == GATEWAY:
                # It would be looked up through the preferred line, whichever is measured.
                raise ValueError(f"target {target.name}: {target.host} is no address")


class _Asked(NamedTuple):
    """What came of asking through one uplink; `reason` is None when it is alive."""

    reason: str | None
    rtt_ms: float | None = None


class BackupLineProbe(Probe[BackupLineSettings]):
    """One reading for each uplink and family, where there are several, or one was named."""

    kind = "backup_line"
    settings_type = BackupLineSettings
    every_s: ClassVar = {"default": 60, "metered": 300}
    on_link_event = True

    def __init__(self, settings: BackupLineSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._seen: dict[Family, set[str]] = {family: set() for family in BOTH}
        self._failover = {family: Failover() for family in BOTH}

    def needs(self) -> set[Need]:
        return {"ping", "netlink"}

    async def run(self) -> Sequence[AnyReading]:
        return list(chain.from_iterable(await asyncio.gather(*map(self._measure, BOTH))))

    async def _measure(self, family: Family) -> Sequence[BackupLineReading]:
        at = boottime_us()
        targets = [each for each in self.settings.targets if family in each.measured_families()]
        try:
            routes = default_routes(family)
            preferred = interface_to(ip_address(targets[0].host)) if targets else None
        except OSError:
            return [
                BackupLineReading(
                    at=at,
                    outcome="broken",
                    reason=reasons.NO_NETLINK,
                    interface=name,
                    family=family,
                )
                for name in self._uplinks(family)
            ]
        # An uplink that loses its route is still one: that it is gone is what matters.
        self._seen[family].update(route.interface for route in routes)
        names = self._uplinks(family) if targets else []
        best = {each.interface: each for each in reversed(routes)}
        readings = await asyncio.gather(
            *(_reading(at, name, family, best.get(name), targets) for name in names)
        )
        alive = {each.interface for each in readings if each.alive}
        failover = self._failover[family]
        failover.observe(at, preferred if preferred in names else None, alive)
        return [
            msgspec.structs.replace(
                each,
                preferred=each.interface == preferred,
                changes=failover.changes,
                failover_s=failover.lasted_s,
            )
            for each in readings
        ]

    def _uplinks(self, family: Family) -> list[str]:
        """None where nobody could take over from another, or the box has no line of the family."""
        seen, named = self._seen[family], self.settings.interfaces
        return sorted({*seen, *named}) if seen and (named or len(seen) > 1) else []


async def _reading(
    at: int, name: str, family: Family, route: DefaultRoute | None, targets: Sequence[Target]
) -> BackupLineReading:
    if route is None:
        asked = _Asked(reasons.NO_ROUTE if interfaces.exists(name) else "no_interface")
        gateway_alive = None
    else:
        asked, gateway_alive = await asyncio.gather(_ask(name, targets), _ask_router(route))
    outcome: Outcome = "ok"
    if asked.reason is not None:
        outcome = "broken" if asked.reason in reasons.BROKEN else "unreachable"
    return BackupLineReading(
        at=at,
        outcome=outcome,
        reason=asked.reason,
        interface=name,
        family=family,
        alive=None if outcome == "broken" else outcome == "ok",
        gateway_alive=gateway_alive,
        rtt_ms=asked.rtt_ms,
        metric=route.metric if route else None,
    )


async def _ask(name: str, targets: Sequence[Target]) -> _Asked:
    """Until one answers; each packet is paid for."""
    plan = Plan(packets=1, timeout_s=TIMEOUT_S, interface=name)
    reason: str | None = reasons.NO_ANSWER
    for target in [*targets] * TRIES:
        came = await echoes(ip_address(target.host), target.port, plan, target.method)
        if came.received:
            trips = came.round_trips_ms
            return _Asked(None, round(trips[0], 3) if trips else None)
        reason = came.reason
    return _Asked(reason)


async def _ask_router(route: DefaultRoute) -> bool | None:
    """None for a line without one, as a modem's."""
    if route.router is None:
        return None
    plan = Plan(packets=1, timeout_s=TIMEOUT_S, interface=route.interface)
    for _ in range(TRIES):
        came = await echoes(route.router, 443, plan)
        if came.received:
            return True
    return False

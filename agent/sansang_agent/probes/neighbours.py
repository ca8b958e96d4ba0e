# SPDX-License-Identifier: Apache-2.0
"""How many hosts of the site were seen in the last 5 minutes, 24 hours, 7 days; how many have IPv6.

Method: the kernel's table of neighbours, both families, read at each run: who proved to be there is
remembered by hardware address, in memory and nowhere else. The box itself and its default routers
are no hosts. Nobody is asked anything: the table holds who talked with the box.
Source: rtnetlink(7): RTM_GETNEIGH, NDA_CACHEINFO.
Privileges: none. Data: nothing but its readings.
"""

import logging
from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net import interfaces, reasons
from sansang_agent.net.addresses import Address
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.host_memory import HostMemory, Seen
from sansang_agent.net.neighbours import Neighbour, neighbours
from sansang_agent.net.own_addresses import kind_of
from sansang_agent.net.role import role
from sansang_agent.net.routes import default_routes
from sansang_agent.probes.base import Need, Probe, ProbeSettings, Surroundings
from sansang_wire.ipv6_readings import NeighboursReading, Window
from sansang_wire.reading import Family, NeighbourState
from sansang_wire.readings import AnyReading

log = logging.getLogger(__name__)

FAMILIES: tuple[Family, ...] = ("ipv4", "ipv6")
WINDOWS_S: dict[Window, int] = {"5min": 300, "24h": 86_400, "7d": 604_800}
ARE_NO_HOSTS: set[NeighbourState] = {"noarp", "permanent", "failed", "incomplete", "none"}


class NeighboursSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ignore`: names of interfaces to leave out, with `*`, `?` and `[…]` as in a shell."""

    ignore: Annotated[list[str], Meta(max_length=64)] = msgspec.field(
        default_factory=lambda: list(interfaces.NOT_OF_THE_SITE)
    )


class NeighboursProbe(Probe[NeighboursSettings]):
    """One reading for each window."""

    kind = "neighbours"
    settings_type = NeighboursSettings
    every_s: ClassVar = {"default": 900, "metered": 3600}

    def __init__(self, settings: NeighboursSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._memory = HostMemory()
        self._lan: tuple[str, ...] = ()
        self._begun_us: int | None = None

    def needs(self) -> set[Need]:
        return {"netlink"}

    async def run(self) -> Sequence[AnyReading]:
        at = boottime_us()
        try:
            here = role(self.settings.ignore)
            # While the line is down nothing tells it from the LAN: that stays what it was.
            if here.outward:
                self._lan = here.lan or tuple(here.outward)
            self._look(at / 1e6)
        except OSError:
            return [_broken(at, window, reasons.NO_NETLINK) for window in WINDOWS_S]
        if not self._lan:
            return [_broken(at, window, "no_lan") for window in WINDOWS_S]
        if self._begun_us is None:
            self._begun_us = at
        covered_s = round((at - self._begun_us) / 1e6)
        return [self._reading(at, window, covered_s) for window in WINDOWS_S]

    def _look(self, now_s: float) -> None:
        """Raises OSError."""
        lan = {interfaces.number(name, "ifindex") for name in self._lan}
        own = _own_hardware_addresses()
        routers = _routers()
        known = [each for family in FAMILIES for each in neighbours(family)]
        here = [each for each in known if each.interface_index in lan]
        own |= {each.hardware_address for each in here if _is_one_of(each, routers)}
        for each in here:
            if each.state not in ARE_NO_HOSTS and each.hardware_address not in own:
                self._memory.see(each.hardware_address, _by(each), now_s - each.confirmed_s)
        dropped = self._memory.dropped
        self._memory.forget_before(now_s - max(WINDOWS_S.values()))
        if self._memory.dropped and not dropped:
            log.warning("more hosts were seen than are remembered: counts of 7 days are too low")

    def _reading(self, at: int, window: Window, covered_s: int) -> NeighboursReading:
        length_s = WINDOWS_S[window]
        counts = self._memory.count(at / 1e6 - length_s)
        with_global = counts.dual_stack + counts.ipv6_only
        return NeighboursReading(
            at=at,
            outcome="ok",
            window=window,
            hosts=counts.hosts,
            dual_stack_hosts=counts.dual_stack,
            ipv6_only_hosts=counts.ipv6_only,
            ipv6_capable_hosts=counts.ipv6_capable,
            ipv4_only_hosts=counts.ipv4_only,
            randomised_hosts=counts.randomised,
            ipv6_share_pct=round(100 * with_global / counts.hosts, 1) if counts.hosts else None,
            covered_s=min(covered_s, length_s),
        )


def _own_hardware_addresses() -> set[bytes]:
    """Of interfaces that have one as Ethernet has it; a tunnel's is an IP address."""
    told = (
        interfaces.attribute(each.name, "address")
        for each in interfaces.INTERFACES.iterdir()
        if interfaces.number(each.name, "type") == interfaces.ARPHRD_ETHER
    )
    return {bytes.fromhex(address.replace(":", "")) for address in told if address}


def _routers() -> set[tuple[Address, str]]:
    """Without their zones, by interface."""
    return {
        (_without_zone(route.router), route.interface)
        for family in FAMILIES
        for route in default_routes(family)
        if route.router is not None
    }


def _is_one_of(neighbour: Neighbour, routers: set[tuple[Address, str]]) -> bool:
    return (neighbour.address, interfaces.name_of(neighbour.interface_index)) in routers


def _without_zone(address: Address) -> Address:
    return type(address)(int(address))


def _by(neighbour: Neighbour) -> Seen:
    if neighbour.address.version == 4:
        return "ipv4"
    return "global" if kind_of(neighbour.address) == "global" else "link_local"


def _broken(at: int, window: Window, reason: str) -> NeighboursReading:
    return NeighboursReading(at=at, outcome="broken", reason=reason, window=window)

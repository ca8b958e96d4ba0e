# SPDX-License-Identifier: Apache-2.0
"""How much of what goes through the site's line is IPv6, on a box that is the site's router.

Method: bytes since the last run through the interface of the default route: IPv6 as the kernel
counts it there, IPv4 as the rest of the interface's own count without the link's header. Where the
router's fast path hides most packets from those counters (offload), the firewall's count of each
connection; where the link's header is not known, what came in by any interface.
Source: /proc/net/dev_snmp6, /proc/net/snmp6, /proc/net/netstat, /sys/class/net/*/statistics;
ctnetlink.
Privileges: none; CAP_NET_ADMIN where the router offloads.
Data: nothing but its readings.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, ClassVar, NamedTuple

import msgspec
from msgspec import Meta

from sansang_agent.net import interfaces, reasons
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.flows import bytes_of_flows
from sansang_agent.net.role import role
from sansang_agent.net.traffic_counters import ETHERNET, Counters, Headers, counters, headers
from sansang_agent.probes.base import Need, Probe, ProbeSettings, Surroundings
from sansang_wire.ipv6_readings import TrafficMethod, TrafficReading
from sansang_wire.reading import Family
from sansang_wire.readings import AnyReading

JUDGED_FROM_BYTES = 1_000_000
"""Of less than this, what is no IP (ARP, PPPoE's discovery) may be most."""
COUNTED = 0.9
"""At least so much of what the link carried must be found where families are told apart, for else
what is missing may be of either; cards that join packets hide a twentieth (IP's headers).
"""


class TrafficSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ignore`: names of interfaces that are neither line nor LAN, with wildcards as in a shell."""

    ignore: Annotated[list[str], Meta(max_length=64)] = msgspec.field(
        default_factory=lambda: list(interfaces.NOT_OF_THE_SITE)
    )


class Share(NamedTuple):
    """Bytes of each family between two looks."""

    method: TrafficMethod
    ipv6: int
    ipv4: int


class _UnknownError(Exception):
    """`reason`: why there is no share."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TrafficProbe(Probe[TrafficSettings]):
    """One reading for each interface that a preferred default route leaves by."""

    kind = "traffic"
    settings_type = TrafficSettings
    every_s: ClassVar = {"default": 900, "metered": 3600}

    def __init__(self, settings: TrafficSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._before: dict[str, tuple[int, Counters]] = {}
        self._flows: dict[Family, dict[int, int]] | None = None
        self._offloads: bool | None = None

    def needs(self) -> set[Need]:
        return {"netlink"}

    async def run(self) -> Sequence[AnyReading]:
        at = boottime_us()
        try:
            here = role(self.settings.ignore)
        except OSError:
            return [_broken(at, interfaces.NONE, reasons.NO_NETLINK)]
        if not here.lines:
            return [_broken(at, interfaces.NONE, "no_default_route")]
        if not here.is_router:
            return [_broken(at, line, "not_router") for line in here.lines]
        known = {*here.lines, *here.lan}
        return [self._measure(line, known - {line}) for line in here.lines]

    def _measure(self, line: str, others: Iterable[str]) -> TrafficReading:
        at = boottime_us()
        before = self._before.pop(line, None)
        try:
            now = counters(line, others)
            self._before[line] = (at, now)
            if before is None:
                raise _UnknownError("first_look")
            share = self._share(before[1], now, headers(line))
        except (OSError, KeyError, ValueError):
            return _broken(at, line, "no_counters")
        except _UnknownError as error:
            return _broken(at, line, error.reason)
        both = share.ipv6 + share.ipv4
        return TrafficReading(
            at=at,
            outcome="ok",
            interface=line,
            method=share.method,
            covered_s=round((at - before[0]) / 1e6),
            ipv6_bytes=share.ipv6,
            ipv4_bytes=share.ipv4,
            ipv6_share_pct=round(100 * share.ipv6 / both, 2) if both else None,
        )

    def _share(self, before: Counters, now: Counters, header: Headers | None) -> Share:
        """Raises _UnknownError."""
        more = Counters(*(after - earlier for earlier, after in zip(before, now, strict=True)))
        if more.ifindex or min(more.link_received, more.link_sent, more.ipv6, more.entered) < 0:
            self._flows = self._offloads = None
            raise _UnknownError("reset")
        seen = more.ipv6_in + more.ipv4_in
        if self._offloads is None or more.entered > JUDGED_FROM_BYTES:
            self._offloads = seen < COUNTED * more.entered
        each = header or ETHERNET
        received = more.link_received - each.received_bytes * more.link_received_packets
        sent = more.link_sent - each.sent_bytes * more.link_sent_packets
        if self._offloads:
            return self._share_of_flows(received + sent)
        self._flows = None
        if header is None:
            return Share("global", max(0, more.ipv6_in), max(0, more.ipv4_in))
        return Share("wan_arithmetic", more.ipv6, max(0, received + sent - more.ipv6))

    def _share_of_flows(self, carried: int) -> Share:
        """Of the bytes that the line has carried. Raises _UnknownError where they are not found:
        what ended since the last look is missing, of either family, and all that a flowtable
        without the flag `counter` has let pass; what the box says to its LAN is too much.
        """
        before = self._flows
        if len(self._before) > 1:  # which line a connection takes is not told
            raise _UnknownError("offloaded")
        try:
            now: dict[Family, dict[int, int]] = {
                "ipv4": bytes_of_flows("ipv4"),
                "ipv6": bytes_of_flows("ipv6"),
            }
        except OSError as error:
            self._flows = None
            raise _UnknownError("offloaded") from error
        self._flows = now
        if before is None:
            raise _UnknownError("first_look")
        share = Share("conntrack", _more(before, now, "ipv6"), _more(before, now, "ipv4"))
        if not COUNTED * carried <= share.ipv6 + share.ipv4 <= carried / COUNTED:
            raise _UnknownError("offloaded")
        return share


def _more(
    before: dict[Family, dict[int, int]], now: dict[Family, dict[int, int]], family: Family
) -> int:
    """A connection that was not there before has begun since."""
    return sum(
        max(0, count - before[family].get(number, 0)) for number, count in now[family].items()
    )


def _broken(at: int, line: str, reason: str) -> TrafficReading:
    return TrafficReading(at=at, outcome="broken", reason=reason, interface=line)

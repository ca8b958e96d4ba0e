# SPDX-License-Identifier: Apache-2.0
"""The box's network interfaces: up or down, flapping, how fast, how much goes through.

Method: all counters of all interfaces are taken in one read of /proc/net/dev, so that they are of
the same instant; rates are differences between two runs, and there is none on the first run or
after a counter fell back.
Source: psutil (/proc/net/dev; SIOCETHTOOL for speed and duplex), /sys/class/net
(Documentation/ABI/testing/sysfs-class-net).
Privileges: none. Data: nothing but its readings.
"""

import fnmatch
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, NamedTuple, Protocol

import msgspec
import psutil
from msgspec import Meta

from sansang_agent.net import interfaces
from sansang_agent.net.boot import boottime_us
from sansang_agent.probes.base import Probe, ProbeSettings, Surroundings
from sansang_wire.readings import AnyReading, LinkReading

NOT_OF_THE_SITE = (
    # ends of containers and virtual machines; of bridges only those that Docker names
    *("veth*", "docker*", f"br-{'[0-9a-f]' * 12}", "podman*", "cni*", "lxc*", "virbr*", "vnet*"),
    # what the kernel keeps for itself, and OpenWrt for traffic shaping
    *("sit0", "tunl0", "ip6tnl0", "gre0", "gretap0", "erspan0", "ip6gre0", "ip_vti0", "ip6_vti0"),
    *("dummy*", "ifb*", "teql*", "nlmon*"),
)
DUPLEX: dict[int, Literal["full", "half"]] = {
    psutil.NIC_DUPLEX_FULL: "full",
    psutil.NIC_DUPLEX_HALF: "half",
}


class LinkSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ignore`: names of interfaces to leave out, with `*`, `?` and `[…]` as in a shell."""

    ignore: Annotated[list[str], Meta(max_length=64)] = msgspec.field(
        default_factory=lambda: list(NOT_OF_THE_SITE)
    )


class Counters(Protocol):
    """What psutil tells of an interface's traffic since the interface exists."""

    bytes_sent: int
    bytes_recv: int
    errin: int
    errout: int
    dropin: int
    dropout: int


class Port(Protocol):
    """What psutil tells of an interface's port; a speed of 0 means unknown."""

    duplex: int
    speed: int
    mtu: int


class Counted(NamedTuple):
    """Traffic of one interface at one instant. An interface made anew has another `index`."""

    at: int
    index: int | None
    rx_bytes: int
    tx_bytes: int


class LinkProbe(Probe[LinkSettings]):
    """One reading for each interface and run."""

    kind = "link"
    settings_type = LinkSettings
    every_s: ClassVar = {"default": 60, "metered": 300}

    def __init__(self, settings: LinkSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._before: dict[str, Counted] = {}

    async def run(self) -> Sequence[AnyReading]:
        at = boottime_us()
        # With nowrap psutil would add up what a counter lost, and hide that it fell back.
        counters = psutil.net_io_counters(pernic=True, nowrap=False)
        ports = psutil.net_if_stats()
        # An interface may go away between two reads: then it has no reading.
        names = [name for name in counters if name in ports and self._is_wanted(name)]
        before = self._before
        self._before = {name: _counted(at, name, counters[name]) for name in names}
        return [
            msgspec.structs.replace(
                _reading(at, name, counters[name], ports[name]),
                rx_mbps=_rate(before.get(name), self._before[name], "rx_bytes"),
                tx_mbps=_rate(before.get(name), self._before[name], "tx_bytes"),
            )
            for name in names
        ]

    def _is_wanted(self, name: str) -> bool:
        return (
            not any(fnmatch.fnmatchcase(name, pattern) for pattern in self.settings.ignore)
            and interfaces.exists(name)
            and not interfaces.is_loopback(name)
        )


def _counted(at: int, name: str, counters: Counters) -> Counted:
    index = interfaces.number(name, "ifindex")
    return Counted(at, index, counters.bytes_recv, counters.bytes_sent)


def _rate(
    before: Counted | None, now: Counted, counter: Literal["rx_bytes", "tx_bytes"]
) -> float | None:
    """Mbit/s between two runs; None when the counter didn't run through."""
    if before is None or before.index != now.index or now.at <= before.at:
        return None
    more: int = getattr(now, counter) - getattr(before, counter)
    # bits per µs are Mbit/s
    return None if more < 0 else 8 * more / (now.at - before.at)


def _reading(at: int, name: str, counters: Counters, port: Port) -> LinkReading:
    carrier = interfaces.number(name, "carrier")
    return LinkReading(
        at=at,
        outcome="ok",
        interface=name,
        technology=interfaces.technology(name),
        up=interfaces.is_up(name),
        carrier=None if carrier is None else bool(carrier),
        carrier_changes=interfaces.number(name, "carrier_changes"),
        speed_mbps=float(port.speed) if port.speed else None,
        duplex=DUPLEX.get(port.duplex),
        mtu_bytes=port.mtu,
        rx_bytes=counters.bytes_recv,
        tx_bytes=counters.bytes_sent,
        rx_errors=counters.errin,
        tx_errors=counters.errout,
        rx_drops=counters.dropin,
        tx_drops=counters.dropout,
    )

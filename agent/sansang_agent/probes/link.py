# SPDX-License-Identifier: Apache-2.0
"""The box's network interfaces: up or down, flapping, how fast, how much goes through.

Method: all counters of all interfaces are taken in one read of /proc/net/dev, so that they are of
the same instant; rates are differences between two runs, and there is none on the first run or
after a counter fell back.
Source: psutil (/proc/net/dev; SIOCETHTOOL for speed and duplex), /sys/class/net
(Documentation/ABI/testing/sysfs-class-net).
Privileges: none. Data: nothing but its readings.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, NamedTuple

import msgspec
import psutil
from msgspec import Meta

from sansang_agent.net import interfaces
from sansang_agent.net.boot import boottime_us
from sansang_agent.probes.base import Probe, ProbeSettings, Surroundings
from sansang_wire.readings import AnyReading, LinkReading

DUPLEX: dict[int, Literal["full", "half"]] = {
    psutil.NIC_DUPLEX_FULL: "full",
    psutil.NIC_DUPLEX_HALF: "half",
}


class LinkSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ignore`: names of interfaces to leave out, with `*`, `?` and `[…]` as in a shell."""

    ignore: Annotated[list[str], Meta(max_length=64)] = msgspec.field(
        default_factory=lambda: list(interfaces.NOT_OF_THE_SITE)
    )


class Counted(NamedTuple):
    """Traffic of one interface at one instant. An interface made anew has another index."""

    at: int
    interface_index: int | None
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
        before, self._before = self._before, {}
        found: list[AnyReading] = []
        for name, counts in counters.items():
            # An interface may go away between two reads: then it has no reading.
            port = ports.get(name)
            if port is None or not interfaces.is_wanted(name, self.settings.ignore):
                continue
            interface_index = interfaces.number(name, "ifindex")
            now = Counted(
                at, interface_index, rx_bytes=counts.bytes_recv, tx_bytes=counts.bytes_sent
            )
            self._before[name] = now
            rates = _rates(before.get(name), now)
            found.append(
                LinkReading(
                    at=at,
                    outcome="ok",
                    interface=name,
                    technology=interfaces.technology(name),
                    up=interfaces.is_up(name),
                    carrier=interfaces.has_carrier(name),
                    carrier_changes=interfaces.number(name, "carrier_changes"),
                    speed_mbps=float(port.speed) if port.speed else None,
                    duplex=DUPLEX.get(port.duplex),
                    mtu_bytes=port.mtu,
                    rx_bytes=counts.bytes_recv,
                    tx_bytes=counts.bytes_sent,
                    rx_mbps=rates.rx_mbps,
                    tx_mbps=rates.tx_mbps,
                    rx_errors=counts.errin,
                    tx_errors=counts.errout,
                    rx_drops=counts.dropin,
                    tx_drops=counts.dropout,
                )
            )
        return found


class Rates(NamedTuple):
    """Mbit/s; None when a counter didn't run through since the run before."""

    rx_mbps: float | None
    tx_mbps: float | None


def _rates(before: Counted | None, now: Counted) -> Rates:
    if before is None or before.interface_index != now.interface_index or now.at <= before.at:
        return Rates(None, None)
    elapsed_us = now.at - before.at
    return Rates(
        _mbps(now.rx_bytes - before.rx_bytes, elapsed_us),
        _mbps(now.tx_bytes - before.tx_bytes, elapsed_us),
    )


def _mbps(more_bytes: int, elapsed_us: int) -> float | None:
    """Bits per microsecond are Mbit/s. To the bit, as every digit is paid for."""
    return None if more_bytes < 0 else round(8 * more_bytes / elapsed_us, 6)

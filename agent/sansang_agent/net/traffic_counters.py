# SPDX-License-Identifier: Apache-2.0
"""What the kernel has counted of an interface and of each address family, in bytes.

Source: /proc/net/dev_snmp6, /proc/net/snmp6, /proc/net/netstat (RFC 4293: ipSystemStatsInOctets),
/sys/class/net/*/statistics. Needs no privilege. Of the global counters only those of what came in
are used: kernels before 6.6 count forwarded IPv4 twice on its way out.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from sansang_agent.net import interfaces

IPV6_BY_INTERFACE = Path("/proc/net/dev_snmp6")
IPV6 = Path("/proc/net/snmp6")
IPV4 = Path("/proc/net/netstat")
ETHERNET_BYTES = 14
ARPHRD_RAWIP = 519
LOOPBACK = "lo"


class Headers(NamedTuple):
    """Bytes of the link's own header that the counters of an interface hold for each packet."""

    received_bytes: int
    sent_bytes: int


ETHERNET = Headers(ETHERNET_BYTES, ETHERNET_BYTES)
"""Where it is not known, this is a guess: few are longer."""


class Counters(NamedTuple):
    """At one instant. All but `ifindex` only grow, while the interface is the same."""

    ifindex: int
    link_received: int
    link_received_packets: int
    link_sent: int
    link_sent_packets: int
    ipv6: int
    """Of IPv6 through this interface, both ways."""
    ipv6_in: int
    """Of IPv6 that came in by any interface but the loopback."""
    ipv4_in: int
    entered: int
    """By this interface and others of the router, of any protocol, without the links' headers."""


def counters(interface: str, others: Iterable[str]) -> Counters:
    """Raises OSError, KeyError, ValueError when the kernel doesn't tell."""
    through = _ipv6_of(interface)
    looped = _ipv6_of(LOOPBACK).get("Ip6InOctets", 0)
    return Counters(
        ifindex=_statistic(interface, "ifindex"),
        link_received=_statistic(interface, "statistics/rx_bytes"),
        link_received_packets=_statistic(interface, "statistics/rx_packets"),
        link_sent=_statistic(interface, "statistics/tx_bytes"),
        link_sent_packets=_statistic(interface, "statistics/tx_packets"),
        ipv6=through.get("Ip6InOctets", 0) + through.get("Ip6OutOctets", 0),
        ipv6_in=_pairs(IPV6).get("Ip6InOctets", 0) - looped,
        # The loopback carries no header, and nothing but the two families.
        ipv4_in=_ipv4_in() - (_statistic(LOOPBACK, "statistics/rx_bytes") - looped),
        entered=sum(map(_entered, (interface, *filter(_carries_no_other, others)))),
    )


def headers(interface: str) -> Headers | None:
    """None for a kind of link of which that is not known."""
    kind = interfaces.number(interface, "type")
    if kind == interfaces.ARPHRD_ETHER:
        # The kernel takes the header off before what came reaches a bridge or VLAN
        # (br_pass_frame_up() in net/bridge/br_input.c, vlan_do_receive() in net/8021q/vlan_core.c).
        device = interfaces.attribute(interface, "uevent") or ""
        stripped = "DEVTYPE=bridge" in device or "DEVTYPE=vlan" in device
        return Headers(0 if stripped else ETHERNET_BYTES, ETHERNET_BYTES)
    if kind in interfaces.ARPHRD_TUNNELS or kind == ARPHRD_RAWIP:
        return Headers(0, 0)
    return None


def _carries_no_other(interface: str) -> bool:
    """Such as a VLAN, whose bytes are counted by both."""
    return not any((interfaces.INTERFACES / interface).glob("upper_*"))


def _entered(interface: str) -> int:
    header = headers(interface) or ETHERNET
    packets = _statistic(interface, "statistics/rx_packets")
    return _statistic(interface, "statistics/rx_bytes") - header.received_bytes * packets


def _ipv6_of(interface: str) -> dict[str, int]:
    """Empty for one without IPv6, which then carries none."""
    path = IPV6_BY_INTERFACE / interface
    return _pairs(path) if path.exists() else {}


def _pairs(path: Path) -> dict[str, int]:
    """A name and a number a line. Without IPv6 the kernel has no such file."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: int(number) for name, number in map(str.split, lines)}


def _ipv4_in() -> int:
    """A line of names, below it one of numbers, both with the group's name before them."""
    names, numbers = (
        line.split() for line in IPV4.read_text().splitlines() if line.startswith("IpExt:")
    )
    return int(numbers[names.index("InOctets")])


def _statistic(interface: str, name: str) -> int:
    return int((interfaces.INTERFACES / interface / name).read_text())

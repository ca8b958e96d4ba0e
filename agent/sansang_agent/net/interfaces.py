# SPDX-License-Identifier: Apache-2.0
"""What the kernel says of a network interface in sysfs, without privilege; which are the site's.

Source: /sys/class/net (Documentation/ABI/testing/sysfs-class-net); numbers from
include/uapi/linux/if_arp.h and if.h.
"""

import fnmatch
import socket
from collections.abc import Iterable
from pathlib import Path

import psutil

from sansang_wire.reading import AccessTechnology

INTERFACES = Path("/sys/class/net")
IFF_UP = 1
ARPHRD_ETHER = 1
ARPHRD_LOOPBACK = 772
ARPHRD_TUNNELS = {
    512,  # PPP
    768,  # IPv4 in IPv4
    769,  # in IPv6
    776,  # IPv6 in IPv4
    778,  # GRE
    823,  # GRE over IPv6
    65534,  # no header at all: tun, WireGuard, some modems
}
NOT_OF_THE_SITE = (
    # ends of containers and virtual machines; of bridges only those that Docker names
    *("veth*", "docker*", f"br-{'[0-9a-f]' * 12}", "podman*", "cni*", "lxc*", "virbr*", "vnet*"),
    # what the kernel keeps for itself, and OpenWrt for traffic shaping
    *("sit0", "tunl0", "ip6tnl0", "gre0", "gretap0", "erspan0", "ip6gre0", "ip_vti0", "ip6_vti0"),
    *("dummy*", "ifb*", "teql*", "nlmon*"),
)
"""Patterns of names, as a shell has them."""
NONE = "none"
"""In place of a name, for a reading that is of no interface."""


def attribute(interface: str, name: str) -> str | None:
    """None when there is none: no such interface, or no such value in its present state."""
    try:
        return (INTERFACES / interface / name).read_text().strip()
    except OSError:
        # `carrier` and others answer EINVAL while the interface is administratively down.
        return None


def number(interface: str, name: str) -> int | None:
    """An attribute that counts; None also for the kernel's −1, which means unknown."""
    text = attribute(interface, name)
    value = None if text is None else int(text, 0)
    return None if value is None or value < 0 else value


def exists(interface: str) -> bool:
    return (INTERFACES / interface / "ifindex").exists()


def name_of(index: int) -> str | None:
    """None when it has gone away."""
    try:
        return socket.if_indextoname(index)
    except OSError:
        return None


def hardware_address(interface: str) -> bytes:
    """Of the network that this program is in, which /sys does not show. Raises KeyError."""
    [address] = [
        each.address for each in psutil.net_if_addrs()[interface] if each.family is socket.AF_PACKET
    ]
    return bytes.fromhex(address.replace(":", ""))


def bind(sock: socket.socket, interface: str | None) -> None:
    """Have the socket send and receive through this interface alone, if one is named.

    Needs no privilege since Linux 5.7. Raises OSError, PermissionError with an older kernel.
    """
    if interface is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())


def is_wanted(interface: str, ignored: Iterable[str]) -> bool:
    """There, no loopback, and none of the `ignored` patterns."""
    return (
        not any(fnmatch.fnmatchcase(interface, pattern) for pattern in ignored)
        and exists(interface)
        and not is_loopback(interface)
    )


def wireless() -> list[str]:
    """The names of the interfaces that are radios."""
    return sorted(each.name for each in INTERFACES.iterdir() if technology(each.name) == "wireless")


def is_loopback(interface: str) -> bool:
    return number(interface, "type") == ARPHRD_LOOPBACK


def is_port(interface: str) -> bool:
    """Of a bridge or a bond, which speaks for it."""
    return (INTERFACES / interface / "master").exists()


def has_carrier(interface: str) -> bool | None:
    """None while the interface is administratively down: then nobody looks."""
    carrier = number(interface, "carrier")
    return None if carrier is None else bool(carrier)


def is_enabled(interface: str) -> bool:
    """Administratively up (`ip link set … up`)."""
    return bool((number(interface, "flags") or 0) & IFF_UP)


def is_up(interface: str) -> bool:
    """Operational state up; tun, PPP and WireGuard never say more than unknown (RFC 2863 §3.1.12).

    Such a one counts as up when it was set up and its carrier is not known to be gone.
    """
    state = attribute(interface, "operstate")
    if state != "unknown":
        return state == "up"
    return is_enabled(interface) and has_carrier(interface) is not False


def technology(interface: str) -> AccessTechnology:
    """What kind of interface it is; the name is looked at last, as anyone may choose it."""
    folder = INTERFACES / interface
    if (folder / "wireless").exists() or (folder / "phy80211").exists():
        return "wireless"
    kind = number(interface, "type")
    if "DEVTYPE=wwan" in (attribute(interface, "uevent") or "") or interface.startswith("wwan"):
        return "mobile"
    # A tap has the header of Ethernet, and no cable.
    if kind in ARPHRD_TUNNELS or (folder / "tun_flags").exists():
        return "tunnel"
    if kind == ARPHRD_ETHER and not (folder / "bridge").exists():
        return "wired"
    return "other"

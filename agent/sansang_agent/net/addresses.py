# SPDX-License-Identifier: Apache-2.0
"""Addresses of one family, as the sockets want them.

Nothing here asks a resolver: see `resolve`.
"""

import errno
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

from sansang_wire.reading import Family

Address = IPv4Address | IPv6Address
"""An IPv6 link-local address carries its zone (`fe80::1%eth0`, RFC 4007 §11)."""

SocketAddress = tuple[str, int] | tuple[str, int, int, int]

FAMILIES: dict[Family, socket.AddressFamily] = {
    "ipv4": socket.AF_INET,
    "ipv6": socket.AF_INET6,
}


def literal(host: str) -> Address | None:
    """The address that `host` spells, or None when it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def family_of(address: Address) -> Family:
    return "ipv4" if address.version == 4 else "ipv6"


def socket_address(address: Address, port: int = 0) -> SocketAddress:
    """What connect(2) and sendto(2) take. Raises OSError when the zone's interface is gone."""
    if isinstance(address, IPv4Address):
        return str(address), port
    host, _, zone = str(address).partition("%")
    if not zone:
        return host, port, 0, 0
    try:
        return host, port, 0, int(zone) if zone.isdecimal() else socket.if_nametoindex(zone)
    except OSError as error:
        # Python's own error has no number.
        raise OSError(errno.ENODEV, f"no interface {zone}") from error

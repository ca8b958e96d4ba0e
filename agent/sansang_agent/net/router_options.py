# SPDX-License-Identifier: Apache-2.0
"""What routers advertise beyond addresses and routes: name servers and the captive portal.

Source: RTNLGRP_ND_USEROPT of rtnetlink(7) (include/uapi/linux/rtnetlink.h, struct nduseroptmsg);
RFC 8106 §5.1 (name servers), RFC 8910 §2.3 (captive portal). Needs no privilege, but a kernel that
accepts router advertisements on the interface.
"""

import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv6Address
from typing import NamedTuple

from sansang_agent.net import netlink

RTNLGRP_ND_USEROPT = 20
RTM_NEWNDUSEROPT = 68
OPTION_RDNSS, OPTION_CAPTIVE_PORTAL = 25, 37

_HEADER = struct.Struct("=BxHiBBxxxxxx")
"""struct nduseroptmsg: family, length of the options, interface, ICMPv6 type and code."""


class RouterOptions(NamedTuple):
    """Of all routers heard so far."""

    name_servers: tuple[IPv6Address, ...] = ()
    portal: str | None = None


def listen() -> socket.socket:
    """A socket that `heard` reads; to be opened before the interface is connected."""
    return netlink.listening(netlink.NETLINK_ROUTE, [RTNLGRP_ND_USEROPT])


def heard(sock: socket.socket, interface: str) -> RouterOptions:
    """What has come on the interface since the socket was last read."""
    found = RouterOptions()
    index = socket.if_nametoindex(interface)
    while True:
        try:
            data = sock.recv(netlink.RECEIVE_BYTES)
        except BlockingIOError:
            return found
        for message in netlink.messages(data):
            if message.type == RTM_NEWNDUSEROPT:
                found = _with(found, message.body, index, interface)


def _with(found: RouterOptions, body: bytes, index: int, interface: str) -> RouterOptions:
    _, length, of_interface, _, _ = _HEADER.unpack_from(body)
    if of_interface != index:
        return found
    for kind, value in _options(body[_HEADER.size : _HEADER.size + length]):
        if kind == OPTION_RDNSS:
            servers = tuple(_servers(value, interface))
            found = found._replace(name_servers=(*found.name_servers, *servers))
        elif kind == OPTION_CAPTIVE_PORTAL:
            found = found._replace(portal=value.rstrip(b"\0").decode(errors="replace"))
    return found


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """RFC 4861 §4.6: a byte of type, one of length in units of 8 bytes, which counts both."""
    at = 0
    while at + 2 <= len(data) and data[at + 1]:
        yield data[at], data[at + 2 : at + 8 * data[at + 1]]
        at += 8 * data[at + 1]


def _servers(value: bytes, interface: str) -> Iterator[IPv6Address]:
    """Two reserved bytes, the lifetime in seconds, addresses; lifetime 0 takes them back."""
    _, lifetime_s = struct.unpack_from("!HI", value)
    for at in range(6, len(value) - 15, 16):
        address = IPv6Address(value[at : at + 16])
        if lifetime_s:
            yield IPv6Address(f"{address}%{interface}") if address.is_link_local else address

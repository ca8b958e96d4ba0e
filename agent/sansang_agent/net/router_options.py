# SPDX-License-Identifier: Apache-2.0
"""What routers advertise: prefixes, name servers, search domains, NAT64, the captive portal.

Source: RTNLGRP_ND_USEROPT of rtnetlink(7) (include/uapi/linux/rtnetlink.h, struct nduseroptmsg);
RFC 4861 §4.6.2 (prefixes), RFC 8106 §5 (name servers, domains), RFC 8781 §4 (NAT64), RFC 8910 §2.3
(captive portal). Needs no privilege, but a kernel that accepts router advertisements on the
interface.
"""

import contextlib
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv6Address
from typing import Any, NamedTuple

from sansang_agent.net import netlink

RTNLGRP_ND_USEROPT = 20
RTM_NEWNDUSEROPT = 68
NDUSEROPT_SRCADDR = 1
PREFIX, RDNSS, DNSSL, CAPTIVE_PORTAL, PREF64 = 3, 25, 31, 37, 38
"""Types of options."""
AUTONOMOUS = 0x40
PREF64_BITS = (96, 64, 56, 48, 40, 32)
PORTAL_LIFETIME_S = 1800
"""It has none of its own; so long a router's word holds by default (RFC 4861 §6.2.1)."""

_HEADER = struct.Struct("=BxHiBBxxxxxx")
"""struct nduseroptmsg: family, length of the options, interface, ICMPv6 type and code."""
_PREFIX = struct.Struct("!BBII4x16s")
"""Length, flags, valid and preferred lifetime in seconds, prefix."""


class RouterOptions(NamedTuple):
    """Of all routers heard so far."""

    name_servers: tuple[IPv6Address, ...] = ()
    portal: str | None = None


class Told(NamedTuple):
    """One thing that a router says: `what` is a prefix, an address, a domain or a web address.

    Lifetime 0 takes it back. The last two are a prefix's.
    """

    interface_index: int
    source: str
    kind: int
    what: str
    lifetime_s: int
    preferred_s: int = 0
    autonomous: bool = False


def listen() -> socket.socket:
    """A socket that `heard` reads; to be opened before the interface is connected."""
    return netlink.listening(netlink.NETLINK_ROUTE, [RTNLGRP_ND_USEROPT])


def heard(sock: socket.socket, interface: str) -> RouterOptions:
    """What has come on the interface since the socket was last read."""
    index = socket.if_nametoindex(interface)
    found = RouterOptions()
    for told in everything_heard(sock):
        if told.interface_index != index:
            continue
        if told.kind == RDNSS and told.lifetime_s:
            server = IPv6Address(told.what)
            if server.is_link_local:
                server = IPv6Address(f"{server}%{interface}")
            found = found._replace(name_servers=(*found.name_servers, server))
        elif told.kind == CAPTIVE_PORTAL:
            found = found._replace(portal=told.what)
    return found


def everything_heard(sock: socket.socket) -> Iterator[Told]:
    """What has come on any interface since the socket was last read.

    Raises OSError (ENOBUFS) when some was lost.
    """
    while True:
        try:
            data = sock.recv(netlink.RECEIVE_BYTES)
        except BlockingIOError:
            return
        for message in netlink.messages(data):
            if message.type == RTM_NEWNDUSEROPT:
                yield from _told(message.body)


def _told(body: bytes) -> Iterator[Told]:
    _, length, index, _, _ = _HEADER.unpack_from(body)
    end = _HEADER.size + length
    source = netlink.attributes(body[end + -length % 4 :]).get(NDUSEROPT_SRCADDR, bytes(16))
    for kind, value in _options(body[_HEADER.size : end]):
        reader = _READERS.get(kind)
        # What is cut short says nothing.
        with contextlib.suppress(struct.error, ValueError):
            for said in reader(value) if reader else ():
                yield Told(index, str(IPv6Address(source)), kind, *said)


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """RFC 4861 §4.6: a byte of type, one of length in units of 8 bytes, which counts both."""
    at = 0
    while at + 2 <= len(data) and data[at + 1]:
        yield data[at], data[at + 2 : at + 8 * data[at + 1]]
        at += 8 * data[at + 1]


def _prefix(value: bytes) -> Iterator[tuple[str, int, int, bool]]:
    bits, flags, valid_s, preferred_s, prefix = _PREFIX.unpack_from(value)
    yield f"{IPv6Address(prefix)}/{bits}", valid_s, preferred_s, bool(flags & AUTONOMOUS)


def _servers(value: bytes) -> Iterator[tuple[str, int]]:
    """Two reserved bytes, the lifetime in seconds, addresses."""
    _, lifetime_s = struct.unpack_from("!HI", value)
    for at in range(6, len(value) - 15, 16):
        yield str(IPv6Address(value[at : at + 16])), lifetime_s


def _domains(value: bytes) -> Iterator[tuple[str, int]]:
    """Two reserved bytes, the lifetime in seconds, names as in DNS, zeros up to the end."""
    _, lifetime_s = struct.unpack_from("!HI", value)
    labels: list[str] = []
    at = 6
    while at < len(value):
        length = value[at]
        if length:
            labels.append(value[at + 1 : at + 1 + length].decode(errors="replace"))
        elif labels:
            yield ".".join(labels), lifetime_s
            labels = []
        at += 1 + length


def _pref64(value: bytes) -> Iterator[tuple[str, int]]:
    """13 bits of lifetime in units of 8 s, 3 that stand for the length, 12 bytes of prefix."""
    (both,) = struct.unpack_from("!H", value)
    code = both & 7
    if code < len(PREF64_BITS) and len(value) == 14:
        yield f"{IPv6Address(value[2:] + bytes(4))}/{PREF64_BITS[code]}", both & ~7


def _portal(value: bytes) -> Iterator[tuple[str, int]]:
    yield value.rstrip(b"\0").decode(errors="replace"), PORTAL_LIFETIME_S


_READERS: Mapping[int, Callable[[bytes], Iterator[tuple[Any, ...]]]] = {
    PREFIX: _prefix,
    RDNSS: _servers,
    DNSSL: _domains,
    PREF64: _pref64,
    CAPTIVE_PORTAL: _portal,
}

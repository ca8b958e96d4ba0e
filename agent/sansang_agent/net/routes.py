# SPDX-License-Identifier: Apache-2.0
"""The box's default routes, one family at a time: an IPv6-only network has some too.

Source: RTM_GETROUTE of rtnetlink(7), include/uapi/linux/rtnetlink.h; needs no privilege. Only the
main table counts: others are for traffic that somebody chose.
"""

import errno
import os
import struct
import sys
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import NamedTuple

from sansang_agent.net import interfaces, netlink
from sansang_agent.net.addresses import FAMILIES, Address, family_of
from sansang_wire.reading import Family

RTM_GETROUTE = 26
RT_TABLE_MAIN = 254
RTN_UNICAST = 1
RTPROT_RA = 9
RTA_DST = 1
RTA_OIF = 4
RTA_GATEWAY = 5
RTA_PRIORITY = 6
RTA_MULTIPATH = 9
RTA_CACHEINFO = 12
RTA_PREF = 20
RTNH_F_DEAD = 1
PREFERENCES = {1: 1, 3: -1}
"""Of a router that says it is high or low (RFC 4191 §2.1); medium is 0."""

_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EINVAL}
"""What the kernel answers for no route, and for one that refuses or throws away."""
_ROUTE = struct.Struct("=BBBBBBBBI")
"""struct rtmsg: family, lengths of destination and source, TOS, table, protocol, scope, type,
flags."""
_NEXT_HOP = struct.Struct("=HBBi")
"""struct rtnexthop: length, flags, hops, interface."""
_EXPIRY = struct.Struct("=8xi")
"""Of struct rta_cacheinfo: clock ticks left, nought for ever."""


class DefaultRoute(NamedTuple):
    """A way to everywhere; without a `router` everything is taken to be on the link.

    `lifetime_s` is None for a route that stays for ever.
    """

    metric: int
    interface: str
    router: Address | None
    preference: int = 0
    lifetime_s: int | None = None
    advertised: bool = False
    """Made of a router advertisement."""


def default_route(family: Family) -> DefaultRoute | None:
    """The one that is preferred; None when there is none. Raises OSError."""
    return next(iter(default_routes(family)), None)


def default_routes(family: Family) -> list[DefaultRoute]:
    """The preferred one first: by metric, of equals by what the router says of itself (RFC 4191).

    Each next hop of a route with several is one of its own. Raises OSError.
    """
    request = _ROUTE.pack(FAMILIES[family], 0, 0, 0, 0, 0, 0, 0, 0)
    routes = [
        route
        for answer in netlink.dump(netlink.NETLINK_ROUTE, RTM_GETROUTE, request)
        for route in _default_routes_in(answer.body, family)
    ]
    return sorted(routes, key=lambda route: (route.metric, -route.preference))


def interface_to(address: Address) -> str | None:
    """The interface that packets to it leave by now; None when there is no way. Raises OSError."""
    bits = address.max_prefixlen
    request = _ROUTE.pack(FAMILIES[family_of(address)], bits, 0, 0, 0, 0, 0, 0, 0)
    request += netlink.attribute(RTA_DST, address.packed)
    try:
        answer = netlink.get(netlink.NETLINK_ROUTE, RTM_GETROUTE, request)
    except OSError as error:
        if error.errno in _NO_WAY:
            return None
        raise
    found = netlink.attributes(answer.body[_ROUTE.size :])
    return interfaces.name_of(_number(found.get(RTA_OIF)))


def forwards_ipv6() -> bool:
    """Whether the box passes packets of others on: a router does (ip-sysctl: conf/all/forwarding).

    Of IPv4 it says less: a box with containers forwards that, too.
    """
    try:
        return Path("/proc/sys/net/ipv6/conf/all/forwarding").read_text().strip() != "0"
    except OSError:
        return False  # a kernel without IPv6


def _default_routes_in(body: bytes, family: Family) -> Iterator[DefaultRoute]:
    its_family, to_length, from_length, _, table, origin, _, type_, _ = _ROUTE.unpack_from(body)
    # Routes for a source of their own are not for everybody's packets (RFC 8028). A kernel without
    # the family answers with what it has.
    if (its_family, to_length, from_length) != (FAMILIES[family], 0, 0):
        return
    if table != RT_TABLE_MAIN or type_ != RTN_UNICAST:
        return
    found = netlink.attributes(body[_ROUTE.size :])
    for hop in _next_hops(found):
        interface = interfaces.name_of(_number(hop.get(RTA_OIF)))
        if interface is not None:
            yield DefaultRoute(
                metric=_number(found.get(RTA_PRIORITY)),
                interface=interface,
                router=_router(hop.get(RTA_GATEWAY), interface),
                preference=PREFERENCES.get(_number(found.get(RTA_PREF)), 0),
                lifetime_s=_lifetime_s(found.get(RTA_CACHEINFO)),
                advertised=origin == RTPROT_RA,
            )


def _next_hops(found: dict[int, bytes]) -> Iterator[dict[int, bytes]]:
    """The attributes of each; a route with a single next hop has them itself."""
    several = found.get(RTA_MULTIPATH)
    if several is None:
        yield found
        return
    at = 0
    while at + _NEXT_HOP.size <= len(several):
        length, flags, _, index = _NEXT_HOP.unpack_from(several, at)
        if length < _NEXT_HOP.size:
            return
        if not flags & RTNH_F_DEAD:
            own = netlink.attributes(several[at + _NEXT_HOP.size : at + length])
            yield {**own, RTA_OIF: struct.pack("=i", index)}
        at += length + -length % 4


def _number(value: bytes | None) -> int:
    return 0 if value is None else int.from_bytes(value, sys.byteorder)


def _router(value: bytes | None, interface: str) -> Address | None:
    if value is None:
        return None
    router = ip_address(value)
    if isinstance(router, IPv6Address) and router.is_link_local:
        return IPv6Address(f"{router}%{interface}")
    return router


def _lifetime_s(value: bytes | None) -> int | None:
    if value is None:
        return None
    (ticks,) = _EXPIRY.unpack_from(value)
    return max(0, ticks // os.sysconf("SC_CLK_TCK")) if ticks else None

# SPDX-License-Identifier: Apache-2.0
"""What the kernel has taken over from router advertisements, and what it hands on of them.

Source: RTM_GETLINK of rtnetlink(7) for AF_INET6 (IFLA_INET6_FLAGS, _CONF, _RA_MTU of
include/uapi/linux/if_link.h; IF_RA_… of include/net/if_inet6.h), default routes `proto ra`, and
`net.router_options`. Needs no privilege. A program of the system that takes advertisements itself
(NetworkManager, systemd-networkd) switches the kernel's part off: then there is the route alone.
"""

import contextlib
import errno
import struct
import sys
import time
import weakref
from collections.abc import Sequence
from typing import NamedTuple

from sansang_agent.net import interfaces, netlink, router_options
from sansang_agent.net.addresses import FAMILIES
from sansang_agent.net.advertisement import Advertisement, Options, Prefix
from sansang_agent.net.router_options import CAPTIVE_PORTAL, DNSSL, PREF64, PREFIX, RDNSS, Told
from sansang_agent.net.routes import DefaultRoute, default_routes
from sansang_wire.ipv6_readings import RouterPreference

RTM_GETLINK = 18
IFLA_PROTINFO = 12
IFLA_INET6_FLAGS, IFLA_INET6_CONF, IFLA_INET6_RA_MTU = 1, 2, 9
DEVCONF_FORWARDING, DEVCONF_ACCEPT_RA, DEVCONF_ACCEPT_RA_DEFRTR = 0, 3, 17
IF_RA_MANAGED, IF_RA_OTHERCONF = 0x40, 0x80
MOST_HELD = 256
"""Things said by routers; who says more is no router."""
PREFERENCES: dict[int, RouterPreference] = {1: "high", 0: "medium", -1: "low"}

_LINK = struct.Struct("=BxHiII")
"""struct ifinfomsg: family, type, index, flags, change."""


class Link(NamedTuple):
    """What the kernel holds of one interface."""

    accepts: bool
    makes_routes: bool
    managed: bool
    other_config: bool
    mtu_bytes: int | None


class AcceptedAdvertisements:
    """Listens from its making on. Raises OSError where netlink is closed to us."""

    def __init__(self) -> None:
        self._sock = router_options.listen()
        weakref.finalize(self, self._sock.close)
        self._held: dict[tuple[int, str, int, str], tuple[Told, float]] = {}

    def of(self, interface: str) -> list[Advertisement] | None:
        """One of each router; None when the kernel takes none on this link. Raises OSError."""
        self._read()
        link = _link(interface)
        routes = {
            str(route.router).partition("%")[0]: route
            for route in default_routes("ipv6")
            if route.interface == interface and route.advertised and route.router
        }
        told = self._told_on(interfaces.number(interface, "ifindex"))
        if not link.accepts and not routes:
            return None
        sources = dict.fromkeys([*routes, *(each.source for each in told)])
        return [
            _advertisement(source, link, routes.get(source), _options_of(source, told))
            for source in sources
        ]

    def _read(self) -> None:
        # Some may be lost (ENOBUFS): routers repeat what they say.
        with contextlib.suppress(OSError):
            for told in router_options.everything_heard(self._sock):
                key = told[:4]
                self._held.pop(key, None)
                if len(self._held) < MOST_HELD:
                    self._held[key] = told, time.monotonic() + told.lifetime_s

    def _told_on(self, index: int | None) -> list[Told]:
        now = time.monotonic()
        self._held = {key: each for key, each in self._held.items() if each[1] > now}
        return [told for told, _ in self._held.values() if told.interface_index == index]


def _link(interface: str) -> Link:
    index = interfaces.number(interface, "ifindex") or 0
    # The kernel answers for one interface with its IPv4 side; only a dump has that of IPv6.
    request = _LINK.pack(FAMILIES["ipv6"], 0, 0, 0, 0)
    for answer in netlink.dump(netlink.NETLINK_ROUTE, RTM_GETLINK, request):
        if _LINK.unpack_from(answer.body)[2] == index:
            told = netlink.attributes(answer.body[_LINK.size :])
            return _link_told(netlink.attributes(told.get(IFLA_PROTINFO, b"")))
    raise OSError(errno.ENODEV, f"no IPv6 on {interface}")


def _link_told(told: dict[int, bytes]) -> Link:
    settings = told[IFLA_INET6_CONF]
    forwards, accept, makes_routes = (
        struct.unpack_from("=i", settings, 4 * which)[0]
        for which in (DEVCONF_FORWARDING, DEVCONF_ACCEPT_RA, DEVCONF_ACCEPT_RA_DEFRTR)
    )
    flags = int.from_bytes(told[IFLA_INET6_FLAGS], sys.byteorder)
    mtu = int.from_bytes(told.get(IFLA_INET6_RA_MTU, b""), sys.byteorder)
    return Link(
        # ip-sysctl.rst: 1 takes them unless the interface forwards, 2 also then.
        accepts=accept == 2 or (accept == 1 and not forwards),
        makes_routes=bool(makes_routes),
        managed=bool(flags & IF_RA_MANAGED),
        other_config=bool(flags & IF_RA_OTHERCONF),
        mtu_bytes=mtu or None,
    )


def _advertisement(
    source: str, link: Link, route: DefaultRoute | None, options: Options | None
) -> Advertisement:
    """A router that says something and has no route is no default router."""
    without_route = 0 if link.makes_routes else None
    return Advertisement(
        source=source,
        hardware_address=None,
        lifetime_s=route.lifetime_s if route else without_route,
        preference=PREFERENCES[route.preference] if route else None,
        managed=link.managed if link.accepts else None,
        other_config=link.other_config if link.accepts else None,
        mtu_bytes=link.mtu_bytes,
        options=options,
    )


def _options_of(source: str, told: Sequence[Told]) -> Options | None:
    own = [each for each in told if each.source == source]
    if not own:
        return None
    pref64 = next((each for each in own if each.kind == PREF64), None)
    return Options(
        prefixes=[
            Prefix(
                prefix=each.what,
                autonomous=each.autonomous,
                valid_s=each.lifetime_s,
                preferred_s=each.preferred_s,
            )
            for each in own
            if each.kind == PREFIX
        ],
        dns_servers=[each.what for each in own if each.kind == RDNSS],
        search_domains=[each.what for each in own if each.kind == DNSSL],
        pref64=pref64.what if pref64 else None,
        pref64_lifetime_s=pref64.lifetime_s if pref64 else None,
        captive_portal=any(each.kind == CAPTIVE_PORTAL for each in own),
    )

# SPDX-License-Identifier: Apache-2.0
"""The box's own addresses, and of what kind each is.

Source: RTM_GETADDR of rtnetlink(7), include/uapi/linux/if_addr.h; needs no privilege. Kinds are
those of the registries for special addresses (RFC 6890), as far as a site meets them.
"""

import struct
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Literal, NamedTuple

from sansang_agent.net import interfaces, netlink
from sansang_agent.net.addresses import FAMILIES, Address
from sansang_wire.reading import Family

RTM_GETADDR = 22
IFA_ADDRESS = 1
IFA_LOCAL = 2
IFA_F_TEMPORARY = 0x01
IFA_F_DADFAILED = 0x08
IFA_F_DEPRECATED = 0x20
IFA_F_TENTATIVE = 0x40

Kind = Literal[
    "global", "private", "shared", "unique_local", "link_local", "sixtofour", "teredo", "special"
]
KINDS: tuple[tuple[IPv4Network | IPv6Network, Kind], ...] = (
    (IPv4Network("10.0.0.0/8"), "private"),
    (IPv4Network("172.16.0.0/12"), "private"),
    (IPv4Network("192.168.0.0/16"), "private"),
    (IPv4Network("100.64.0.0/10"), "shared"),
    (IPv4Network("169.254.0.0/16"), "link_local"),
    (IPv4Network("0.0.0.0/8"), "special"),
    (IPv4Network("127.0.0.0/8"), "special"),
    # A translator on the box itself: IPv4 over an IPv6-only network (RFC 7335).
    (IPv4Network("192.0.0.0/24"), "special"),
    (IPv4Network("224.0.0.0/3"), "special"),
    (IPv4Network("0.0.0.0/0"), "global"),
    (IPv6Network("fe80::/10"), "link_local"),
    (IPv6Network("fc00::/7"), "unique_local"),
    (IPv6Network("2002::/16"), "sixtofour"),
    (IPv6Network("2001::/32"), "teredo"),
    (IPv6Network("2000::/3"), "global"),
)
"""The first that holds an address says its kind."""

_ADDRESS = struct.Struct("=BBBBi")
"""struct ifaddrmsg: family, length of prefix, flags, scope, interface."""


class OwnAddress(NamedTuple):
    """One address of one interface, and how far it may be used (RFC 4862, RFC 8981)."""

    address: Address
    interface: str
    kind: Kind
    temporary: bool
    deprecated: bool
    tentative: bool
    """Not to be used: still being checked, or found to be another's (RFC 4862 §5.4)."""


def own_addresses(family: Family) -> list[OwnAddress]:
    """Of every interface, in the kernel's order. Raises OSError."""
    request = _ADDRESS.pack(FAMILIES[family], 0, 0, 0, 0)
    answers = netlink.dump(netlink.NETLINK_ROUTE, RTM_GETADDR, request)
    found = (_own_address(answer.body, family) for answer in answers)
    return [each for each in found if each is not None]


def kind_of(address: Address) -> Kind:
    for network, kind in KINDS:
        if network.version == address.version and address in network:
            return kind
    return "special"


def _own_address(body: bytes, family: Family) -> OwnAddress | None:
    its_family, _, flags, _, index = _ADDRESS.unpack_from(body)
    interface = interfaces.name_of(index)
    # A kernel without the family answers with what it has.
    if its_family != FAMILIES[family] or interface is None:
        return None
    found = netlink.attributes(body[_ADDRESS.size :])
    # On a link between two points IFA_ADDRESS is the other's.
    address = ip_address(found.get(IFA_LOCAL) or found[IFA_ADDRESS])
    return OwnAddress(
        address=address,
        interface=interface,
        kind=kind_of(address),
        # In IPv4 the bit means something else: a second address of a subnet.
        temporary=family == "ipv6" and bool(flags & IFA_F_TEMPORARY),
        deprecated=bool(flags & IFA_F_DEPRECATED),
        tentative=bool(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)),
    )

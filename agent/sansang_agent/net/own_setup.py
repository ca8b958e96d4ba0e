# SPDX-License-Identifier: Apache-2.0
"""Gives an interface an IPv4 address and a router, as a DHCP client does.

Source: RTM_NEWADDR and RTM_NEWROUTE of rtnetlink(7). Needs CAP_NET_ADMIN.
"""

import socket
import struct
from ipaddress import IPv4Address, IPv4Interface

from sansang_agent.net import netlink
from sansang_agent.net.netlink import attribute
from sansang_agent.net.own_addresses import IFA_ADDRESS, IFA_LOCAL
from sansang_agent.net.routes import RT_TABLE_MAIN, RTA_GATEWAY, RTA_OIF, RTN_UNICAST

RTM_NEWADDR, RTM_NEWROUTE = 20, 24
RTPROT_DHCP = 16


def add_address(interface: str, address: IPv4Interface) -> None:
    """Raises OSError."""
    index = socket.if_nametoindex(interface)
    body = struct.pack("=BBBBi", socket.AF_INET, address.network.prefixlen, 0, 0, index)
    for kind in (IFA_LOCAL, IFA_ADDRESS):
        body += attribute(kind, address.ip.packed)
    netlink.change(netlink.NETLINK_ROUTE, RTM_NEWADDR, body, new=True)


def add_default_route(interface: str, router: IPv4Address) -> None:
    """Raises OSError: ENETUNREACH for a router that is not on the interface's network."""
    index = socket.if_nametoindex(interface)
    body = struct.pack(
        "=BBBBBBBBI", socket.AF_INET, 0, 0, 0, RT_TABLE_MAIN, RTPROT_DHCP, 0, RTN_UNICAST, 0
    )
    body += attribute(RTA_GATEWAY, router.packed) + attribute(RTA_OIF, struct.pack("=I", index))
    netlink.change(netlink.NETLINK_ROUTE, RTM_NEWROUTE, body, new=True)

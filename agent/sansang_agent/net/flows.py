# SPDX-License-Identifier: Apache-2.0
"""How many bytes each family's connections have carried, as the kernel's firewall follows them.

Source: ctnetlink (include/uapi/linux/netfilter/nfnetlink_conntrack.h), IPCTNL_MSG_CT_GET; needs
CAP_NET_ADMIN, and `net.netfilter.nf_conntrack_acct` to be 1. What was offloaded is counted, too.
Nothing of a connection is kept but its number and its bytes.
"""

import errno
import struct
from ipaddress import ip_address
from pathlib import Path

from sansang_agent.net import netlink
from sansang_agent.net.addresses import FAMILIES
from sansang_wire.reading import Family

NETLINK_NETFILTER = 12
GET_FLOWS = 0x0101
"""NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET."""
CTA_TUPLE_ORIG, CTA_COUNTERS_ORIG, CTA_COUNTERS_REPLY, CTA_ID = 1, 9, 10, 12
CTA_COUNTERS_BYTES = 2
CTA_TUPLE_IP = 1
SOURCES: dict[Family, int] = {"ipv4": 1, "ipv6": 3}
"""CTA_IP_V4_SRC, CTA_IP_V6_SRC."""
COUNT = Path("/proc/sys/net/netfilter/nf_conntrack_count")
MOST_FLOWS = 10_000
"""Each takes some hundred bytes while the table is read."""

_HEADER = struct.Struct("=BBH")
"""struct nfgenmsg: family, version, resource."""


def bytes_of_flows(family: Family) -> dict[int, int]:
    """By the kernel's number of the connection, both ways, IP headers included.

    Connections of the box with itself are left out. Raises OSError: EPERM without the right, EFBIG
    when there are too many, ENODATA when the kernel doesn't count.
    """
    if int(COUNT.read_text()) > MOST_FLOWS:
        raise OSError(errno.EFBIG, f"more than {MOST_FLOWS} connections")
    request = _HEADER.pack(FAMILIES[family], 0, 0)
    found: dict[int, int] = {}
    for answer in netlink.dump(NETLINK_NETFILTER, GET_FLOWS, request):
        flow = netlink.attributes(answer.body[_HEADER.size :])
        if CTA_COUNTERS_ORIG not in flow:
            raise OSError(errno.ENODATA, "net.netfilter.nf_conntrack_acct is 0")
        if not _is_looped(flow, family):
            number = int.from_bytes(flow[CTA_ID])
            found[number] = _bytes(flow[CTA_COUNTERS_ORIG]) + _bytes(flow[CTA_COUNTERS_REPLY])
    return found


def _bytes(counters: bytes) -> int:
    return int.from_bytes(netlink.attributes(counters)[CTA_COUNTERS_BYTES])


def _is_looped(flow: dict[int, bytes], family: Family) -> bool:
    ip = netlink.attributes(netlink.attributes(flow[CTA_TUPLE_ORIG])[CTA_TUPLE_IP])
    return ip_address(ip[SOURCES[family]]).is_loopback

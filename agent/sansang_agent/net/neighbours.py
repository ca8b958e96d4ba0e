# SPDX-License-Identifier: Apache-2.0
"""What the kernel knows of a neighbour on the link: is it there, as far as anybody asked.

Source: RTM_GETNEIGH of rtnetlink(7), include/uapi/linux/neighbour.h; needs no privilege. Only the
entry of one address is asked for: the hardware addresses of others are none of ours.
"""

import socket
import struct

from sansang_agent.net import netlink
from sansang_agent.net.addresses import FAMILIES, Address, family_of
from sansang_wire.reading import NeighbourState

RTM_GETNEIGH = 30
NDA_DST = 1
STATES: dict[int, NeighbourState] = {
    0x01: "incomplete",
    0x02: "reachable",
    0x04: "stale",
    0x08: "delay",
    0x10: "probe",
    0x20: "failed",
    0x40: "noarp",
    0x80: "permanent",
}

_NEIGHBOUR = struct.Struct("=BxxxiHBB")
"""struct ndmsg: family, interface, state, flags, type."""


def neighbour_state(address: Address, interface: str) -> NeighbourState:
    """`none` when the kernel never had to ask for it, or forgot. Raises OSError."""
    index = socket.if_nametoindex(interface)
    request = _NEIGHBOUR.pack(FAMILIES[family_of(address)], index, 0, 0, 0)
    request += netlink.attribute(NDA_DST, address.packed)
    try:
        answer = netlink.get(netlink.NETLINK_ROUTE, RTM_GETNEIGH, request)
    except FileNotFoundError:
        return "none"
    state = _NEIGHBOUR.unpack_from(answer.body)[2]
    return STATES.get(state, "none")

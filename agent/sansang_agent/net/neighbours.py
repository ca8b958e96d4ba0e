# SPDX-License-Identifier: Apache-2.0
"""What the kernel knows of neighbours on a link: are they there, as far as anybody asked.

Source: RTM_GETNEIGH of rtnetlink(7), include/uapi/linux/neighbour.h; needs no privilege. Hardware
addresses are for counting hosts in memory, and go nowhere else.
"""

import os
import socket
import struct
from ipaddress import ip_address
from typing import NamedTuple

from sansang_agent.net import netlink
from sansang_agent.net.addresses import FAMILIES, Address, family_of
from sansang_wire.reading import Family, NeighbourState

RTM_GETNEIGH = 30
NDA_DST, NDA_LLADDR, NDA_CACHEINFO = 1, 2, 3
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
_CONFIRMED = struct.Struct("=I")
"""Of struct nda_cacheinfo: clock ticks since the neighbour last proved to be there."""


class Neighbour(NamedTuple):
    """One entry of the kernel's table; a host has one for each of its addresses."""

    address: Address
    interface_index: int
    hardware_address: bytes
    state: NeighbourState
    confirmed_s: float
    """How long ago it last proved to be there."""


def neighbours(family: Family) -> list[Neighbour]:
    """Those whose hardware address is known, on all interfaces. Raises OSError."""
    request = _NEIGHBOUR.pack(FAMILIES[family], 0, 0, 0, 0)
    answers = netlink.dump(netlink.NETLINK_ROUTE, RTM_GETNEIGH, request)
    found = (_neighbour(answer.body, family) for answer in answers)
    return [each for each in found if each is not None]


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


def _neighbour(body: bytes, family: Family) -> Neighbour | None:
    its_family, index, state, _, _ = _NEIGHBOUR.unpack_from(body)
    told = netlink.attributes(body[_NEIGHBOUR.size :])
    # A kernel without the family answers with what it has.
    if its_family != FAMILIES[family] or not {NDA_DST, NDA_LLADDR, NDA_CACHEINFO} <= told.keys():
        return None
    (ticks,) = _CONFIRMED.unpack_from(told[NDA_CACHEINFO])
    return Neighbour(
        address=ip_address(told[NDA_DST]),
        interface_index=index,
        hardware_address=told[NDA_LLADDR],
        state=STATES.get(state, "none"),
        confirmed_s=ticks / os.sysconf("SC_CLK_TCK"),
    )

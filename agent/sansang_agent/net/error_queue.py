# SPDX-License-Identifier: Apache-2.0
"""The error queue of a socket: which ICMP error came back for which packet, without privilege.

Source: ip(7) and ipv6(7), IP_RECVERR and IPV6_RECVERR, SO_EE_OFFENDER;
include/uapi/linux/errqueue.h.
"""

import socket
import struct
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple

from sansang_agent.net import reasons
from sansang_agent.net.addresses import FAMILIES, Address
from sansang_wire.reading import Family

# include/uapi/linux/in.h and in6.h; Python's socket module doesn't name them.
_RECEIVE_ERRORS: dict[Family, tuple[int, int]] = {
    "ipv4": (socket.IPPROTO_IP, 11),
    "ipv6": (socket.IPPROTO_IPV6, 25),
}
_ORIGIN_ICMP: dict[Family, int] = {"ipv4": 2, "ipv6": 3}
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
"""struct sock_extended_err: errno, origin, type, code, padding, info, data."""
_OFFENDER: dict[Family, tuple[int, int]] = {"ipv4": (4, 4), "ipv6": (8, 16)}
"""Where the address begins in struct sockaddr_in and sockaddr_in6, and how long it is."""
_MESSAGE_BYTES = 512
_ANCILLARY_BYTES = 512


class QueuedError(NamedTuple):
    """`packet` is what the error quotes of ours: of ICMP from its header on, of UDP its payload.

    `offender` is whoever sent the error, None when no ICMP message did; `port` is the one of UDP
    that our packet was sent to. `info` is what else it tells: of packet-too-big the MTU in bytes.
    """

    reason: str
    packet: bytes
    offender: Address | None = None
    port: int = 0
    info: int = 0


def keep_errors(sock: socket.socket, family: Family) -> None:
    """Have the kernel queue ICMP errors for this socket."""
    level, option = _RECEIVE_ERRORS[family]
    sock.setsockopt(level, option, 1)


def queued_errors(sock: socket.socket, family: Family) -> Iterator[QueuedError]:
    """Take what is queued now."""
    while True:
        try:
            packet, ancillary, _, sent_to = sock.recvmsg(
                _MESSAGE_BYTES, _ANCILLARY_BYTES, socket.MSG_ERRQUEUE
            )
        except OSError:
            # EAGAIN: the queue is empty. Anything else is an error of the socket itself.
            return
        for level, kind, data in ancillary:
            if (level, kind) == _RECEIVE_ERRORS[family] and len(data) >= _EXTENDED_ERROR.size:
                offender = _offender(family, data[_EXTENDED_ERROR.size :])
                *_, info, _ = _EXTENDED_ERROR.unpack_from(data)
                yield QueuedError(_reason(family, data), packet, offender, sent_to[1], info)


def _reason(family: Family, data: bytes) -> str:
    number, origin, kind, code, *_ = _EXTENDED_ERROR.unpack_from(data)
    if origin == _ORIGIN_ICMP[family]:
        return reasons.of_icmp(family, kind, code)
    return reasons.of_errno(number)


def _offender(family: Family, socket_address: bytes) -> Address | None:
    begin, size = _OFFENDER[family]
    its_family = int.from_bytes(socket_address[:2], sys.byteorder)
    if its_family != FAMILIES[family] or len(socket_address) < begin + size:
        return None
    return ip_address(socket_address[begin : begin + size])

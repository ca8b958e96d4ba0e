# SPDX-License-Identifier: Apache-2.0
"""The error queue of a socket: which ICMP error came back for which packet, without privilege.

Source: ip(7) and ipv6(7), IP_RECVERR and IPV6_RECVERR; include/uapi/linux/errqueue.h.
"""

import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

from sansang_agent.net import reasons
from sansang_wire.readings import Family

# include/uapi/linux/in.h and in6.h; Python's socket module doesn't name them.
_RECEIVE_ERRORS: dict[Family, tuple[int, int]] = {
    "ipv4": (socket.IPPROTO_IP, 11),
    "ipv6": (socket.IPPROTO_IPV6, 25),
}
_ORIGIN_ICMP: dict[Family, int] = {"ipv4": 2, "ipv6": 3}
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
"""struct sock_extended_err: errno, origin, type, code, padding, info, data."""
_MESSAGE_BYTES = 512
_ANCILLARY_BYTES = 512


class QueuedError(NamedTuple):
    """`packet` is what the error quotes of ours, from the header of our protocol on."""

    reason: str
    packet: bytes


def keep_errors(sock: socket.socket, family: Family) -> None:
    """Have the kernel queue ICMP errors for this socket."""
    level, option = _RECEIVE_ERRORS[family]
    sock.setsockopt(level, option, 1)


def queued_errors(sock: socket.socket, family: Family) -> Iterator[QueuedError]:
    """Take what is queued now."""
    while True:
        try:
            packet, ancillary, _, _ = sock.recvmsg(
                _MESSAGE_BYTES, _ANCILLARY_BYTES, socket.MSG_ERRQUEUE
            )
        except OSError:
            # EAGAIN: the queue is empty. Anything else is an error of the socket itself.
            return
        for level, kind, data in ancillary:
            if (level, kind) == _RECEIVE_ERRORS[family] and len(data) >= _EXTENDED_ERROR.size:
                yield QueuedError(_reason(family, data), packet)


def _reason(family: Family, data: bytes) -> str:
    number, origin, kind, code, *_ = _EXTENDED_ERROR.unpack_from(data)
    if origin == _ORIGIN_ICMP[family]:
        return reasons.of_icmp(family, kind, code)
    return reasons.of_errno(number)

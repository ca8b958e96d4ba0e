# SPDX-License-Identifier: Apache-2.0
"""How long the handshake of a TCP connection took, by the kernel's own clock (tcp(7), TCP_INFO)."""

import socket
import struct
from typing import NamedTuple

from sansang_wire.tcp_info import read_kernel

RESET_ON_CLOSE = struct.pack("@ii", 1, 0)
"""For SO_LINGER: a connection is ended by one packet, and leaves nothing waiting behind."""


class Handshake(NamedTuple):
    """`round_trip_us` is 0 until the answer came; `repeated`: SYNs that were sent again."""

    round_trip_us: int
    repeated: int


def handshake(sock: socket.socket) -> Handshake:
    """Of a connection over which nothing else was sent yet. Raises OSError."""
    kernel = read_kernel(sock)
    return Handshake(kernel.rtt_us, kernel.retransmissions)

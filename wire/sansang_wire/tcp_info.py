# SPDX-License-Identifier: Apache-2.0
"""What the kernel knows of a TCP connection: `struct tcp_info` (include/uapi/linux/tcp.h).

An older kernel fills less of the struct: what it does not tell is 0.
"""

import socket
import struct
from typing import NamedTuple

from sansang_wire.ndt7 import TcpInfo

_LAYOUT = struct.Struct("=68xI28xI16xQQIIII48xQQ")
_NO_RTT_YET = 2**32 - 1


class KernelTcpInfo(NamedTuple):
    """Some of the struct, in its order; `unsent_bytes` were never sent yet."""

    rtt_us: int
    retransmissions: int
    bytes_acked: int
    bytes_received: int
    segments_sent: int
    segments_received: int
    unsent_bytes: int
    min_rtt_us: int
    bytes_sent: int
    bytes_retransmitted: int


def read_kernel(connection: socket.socket) -> KernelTcpInfo:
    """Of now; works for a TLS socket, too. Raises OSError."""
    raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAYOUT.size)
    return KernelTcpInfo._make(_LAYOUT.unpack(raw.ljust(_LAYOUT.size, b"\0")))


def read_tcp_info(connection: socket.socket, elapsed_us: int = 0) -> TcpInfo:
    """The same as NDT7 tells it, `elapsed_us` into the test. Raises OSError."""
    kernel = read_kernel(connection)
    return TcpInfo(
        elapsed_time=elapsed_us,
        bytes_acked=kernel.bytes_acked,
        bytes_received=kernel.bytes_received,
        bytes_sent=kernel.bytes_sent,
        bytes_retrans=kernel.bytes_retransmitted,
        min_rtt=None if kernel.min_rtt_us in {0, _NO_RTT_YET} else kernel.min_rtt_us,
        rtt=kernel.rtt_us or None,
    )

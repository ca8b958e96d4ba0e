# SPDX-License-Identifier: Apache-2.0
"""What the kernel knows of a TCP connection: `struct tcp_info` (include/uapi/linux/tcp.h).

An older kernel fills less of the struct: what it does not tell is left at its default.
"""

import socket
import struct

from sansang_wire.ndt7 import TcpInfo

_BYTES = 256
_RTT_AT, _MIN_RTT_AT = 68, 148
_BYTES_ACKED_AT, _BYTES_RECEIVED_AT, _BYTES_SENT_AT, _BYTES_RETRANS_AT = 120, 128, 200, 208
_NO_RTT_YET = 2**32 - 1


def read_tcp_info(connection: socket.socket, elapsed_us: int = 0) -> TcpInfo:
    """Of now, `elapsed_us` into the test; works for a TLS socket, too. Raises OSError."""
    raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES)
    min_rtt = _number(raw, _MIN_RTT_AT, "=I")
    return TcpInfo(
        elapsed_time=elapsed_us,
        bytes_acked=_number(raw, _BYTES_ACKED_AT, "=Q"),
        bytes_received=_number(raw, _BYTES_RECEIVED_AT, "=Q"),
        bytes_sent=_number(raw, _BYTES_SENT_AT, "=Q"),
        bytes_retrans=_number(raw, _BYTES_RETRANS_AT, "=Q"),
        min_rtt=None if min_rtt in {0, _NO_RTT_YET} else min_rtt,
        rtt=_number(raw, _RTT_AT, "=I") or None,
    )


def _number(raw: bytes, at: int, form: str) -> int:
    if len(raw) < at + struct.calcsize(form):
        return 0
    number: int = struct.unpack_from(form, raw, at)[0]
    return number

# SPDX-License-Identifier: Apache-2.0
"""What a TCP connection has used of the line, as the kernel counts it.

Source: `struct tcp_info` (include/uapi/linux/tcp.h, Linux 4.19 and newer). Segments are counted as
they are on the wire, however the kernel bundles them; headers are those of Ethernet, IP without
options and TCP with timestamps (RFC 7323), which Linux uses unless told otherwise.
"""

import socket
import struct

_BYTES = 256
_SEGMENTS = struct.Struct("=136xIII")
"""Sent, received; bytes that the kernel has and did not send yet."""
_BYTES_RECEIVED, _BYTES_SENT = struct.Struct("=128xQ"), struct.Struct("=200xQ")
_HEADERS_BYTES = {socket.AF_INET: 14 + 20 + 32, socket.AF_INET6: 14 + 40 + 32}


def used_bytes(connection: socket.socket) -> int:
    """Both ways until now, headers and what was sent again included. Raises OSError."""
    raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES)
    sent, received, _ = _SEGMENTS.unpack_from(raw)
    headers_bytes = (sent + received) * _HEADERS_BYTES[connection.family]
    [received_bytes], [sent_bytes] = _BYTES_RECEIVED.unpack_from(raw), _BYTES_SENT.unpack_from(raw)
    return headers_bytes + received_bytes + sent_bytes


def unsent_bytes(connection: socket.socket) -> int:
    """What the kernel still has to send for the first time. Raises OSError."""
    raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES)
    return _SEGMENTS.unpack_from(raw)[2]

# SPDX-License-Identifier: Apache-2.0
"""What a TCP connection has used of the line, as the kernel counts it.

Segments are counted as they are on the wire, however the kernel bundles them; headers are those of
Ethernet, IP without options and TCP with timestamps (RFC 7323), which Linux uses unless told
otherwise. Linux 4.19 and newer count what was sent again.
"""

import socket

from sansang_wire.tcp_info import read_kernel

_HEADERS_BYTES = {socket.AF_INET: 14 + 20 + 32, socket.AF_INET6: 14 + 40 + 32}


def used_bytes(connection: socket.socket) -> int:
    """Both ways until now, headers and what was sent again included. Raises OSError."""
    kernel = read_kernel(connection)
    segments = kernel.segments_sent + kernel.segments_received
    payload_bytes = kernel.bytes_received + kernel.bytes_sent
    return segments * _HEADERS_BYTES[connection.family] + payload_bytes

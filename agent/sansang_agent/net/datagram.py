# SPDX-License-Identifier: Apache-2.0
"""A socket to send single packets with and to hear what routers say of them, without privilege.

Echo requests through an ICMP datagram socket where this process may have one (icmp(7)), as what is
asked for its echo elsewhere answers them; else UDP to ports that nobody listens on, where
port-unreachable is the answer.
"""

import socket

from sansang_agent.net.addresses import FAMILIES
from sansang_agent.net.error_queue import keep_errors
from sansang_wire.reading import Family, TraceMethod

FIRST_PORT = 33_434
"""Of traceroute since 1988; firewalls that let it through know the ports from here on."""
_PROTOCOL: dict[Family, int] = {"ipv4": socket.IPPROTO_ICMP, "ipv6": socket.IPPROTO_ICMPV6}


def open_datagram(family: Family) -> tuple[socket.socket, TraceMethod]:
    """Not blocking, with a queue of errors. Raises OSError."""
    try:
        sock = socket.socket(FAMILIES[family], socket.SOCK_DGRAM, _PROTOCOL[family])
        method: TraceMethod = "icmp_datagram"
    except PermissionError:
        sock, method = socket.socket(FAMILIES[family], socket.SOCK_DGRAM), "udp"
    sock.setblocking(False)
    keep_errors(sock, family)
    return sock, method

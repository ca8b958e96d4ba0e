# SPDX-License-Identifier: Apache-2.0
"""Advertises a prefix of NAT64: `python -m tests.lab.pref64_router INTERFACE PREFIX LIFETIME_S`.

Debian's radvd can't yet. It is no default router, and says so once and then to whoever asks.
"""

import os
import socket
import struct
import sys
from ipaddress import IPv6Network

SOLICITATION, ADVERTISEMENT, OPTION_PREF64 = 133, 134, 38
LENGTHS = [96, 64, 56, 48, 40, 32]


def advertisement(prefix: IPv6Network, lifetime_s: int) -> bytes:
    """RFC 4861 §4.2 and RFC 8781 §4."""
    header = struct.pack("!BBHBBHII", ADVERTISEMENT, 0, 0, 64, 0, 0, 0, 0)
    scaled = (lifetime_s // 8) << 3 | LENGTHS.index(prefix.prefixlen)
    option = struct.pack("!BBH12s", OPTION_PREF64, 2, scaled, prefix.network_address.packed[:12])
    return header + option


def main(interface: str, prefix: str, lifetime_s: str) -> None:
    message = advertisement(IPv6Network(prefix), int(lifetime_s))
    index = socket.if_nametoindex(interface)
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        all_routers = socket.inet_pton(socket.AF_INET6, "ff02::2") + struct.pack("@I", index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, all_routers)
        os.write(1, b"ready\n")
        while True:
            sock.sendto(message, ("ff02::1", 0, 0, index))
            while sock.recv(2048)[0] != SOLICITATION:
                pass


if __name__ == "__main__":
    main(*sys.argv[1:])

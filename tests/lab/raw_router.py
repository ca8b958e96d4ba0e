# SPDX-License-Identifier: Apache-2.0
"""A router that says what it is told, sound or not: `python -m tests.lab.raw_router LINK HEX HOPS`.

It answers each solicitation with that message, from the address of its link; until one comes it
says it unasked ten times a second.
"""

import contextlib
import select
import socket
import struct
import sys

SOLICITATION = 133
INTERVAL_S = 0.1


def advertisement(*options: bytes, lifetime_s: int = 1800, flags: int = 0, code: int = 0) -> bytes:
    """RFC 4861 §4.2; the kernel puts in the checksum."""
    return struct.pack("!BBHBBHII", 134, code, 0, 64, flags, lifetime_s, 0, 0) + b"".join(options)


def option(kind: int, value: bytes) -> bytes:
    """RFC 4861 §4.6, filled up to units of 8 bytes."""
    units = -(-(2 + len(value)) // 8)
    return bytes((kind, units)) + value.ljust(8 * units - 2, b"\0")


def main(link: str, message: bytes, hops: int) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, hops)
        index = socket.if_nametoindex(link)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        interval_s: float | None = INTERVAL_S
        while True:
            asked = bool(select.select([sock], [], [], interval_s)[0])
            if asked and sock.recv(2048)[0] != SOLICITATION:
                continue
            with contextlib.suppress(OSError):  # nobody is at the other end yet
                sock.sendto(message, ("ff02::1", 0, 0, index))
                interval_s = None if asked else INTERVAL_S


if __name__ == "__main__":
    main(sys.argv[1], bytes.fromhex(sys.argv[2]), int(sys.argv[3]))

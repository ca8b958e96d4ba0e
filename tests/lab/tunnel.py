# SPDX-License-Identifier: Apache-2.0
"""A tunnel that sends back whatever goes in: `python -m tests.lab.tunnel NAME [ARPHRD]`.

Addresses are swapped, which no checksum minds. With a number the interface says that it is of that
kind (include/uapi/linux/if_arp.h).
"""

import fcntl
import os
import struct
import sys

TUNSETIFF, TUNSETLINK = 0x400454CA, 0x400454CD
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LARGEST_BYTES = 65_535


def swapped(packet: bytes) -> bytes:
    at, size = (12, 4) if packet[0] >> 4 == 4 else (8, 16)
    source, to, rest = packet[at : at + size], packet[at + size : at + 2 * size], at + 2 * size
    return packet[:at] + to + source + packet[rest:]


def main(name: str, *kind: str) -> None:
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    for each in kind:
        fcntl.ioctl(device, TUNSETLINK, int(each))
    os.write(1, b"ready\n")
    while True:
        os.write(device, swapped(os.read(device, LARGEST_BYTES)))


if __name__ == "__main__":
    main(*sys.argv[1:])

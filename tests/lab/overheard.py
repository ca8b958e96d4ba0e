# SPDX-License-Identifier: Apache-2.0
"""What comes in on a link, read off the cable: `python -m tests.lab.overheard INTERFACE`.

A line of JSON for each new kind of frame; when its standard input closes it has told all of them.
"""

import contextlib
import json
import os
import select
import socket
import sys
from collections.abc import Generator, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from tests.lab.netns import Host
from tests.lab.responder import ETH_P_ALL, ETHERNET, IPV4, IPV6

ARP = 0x0806
UDP, ICMPV6 = 17, 58
HOP_BY_HOP = 0
SOLICITATION = 135
DHCP_SERVER_PORT, DHCP_MESSAGE_TYPE, BOOTP_BYTES = 67, 53, 240


class Frame(NamedTuple):
    """`kind` is the operation of ARP, the type of ICMPv6, the message of DHCP; else None.

    `to` is what a neighbour solicitation or an ARP request looks for, else the destination.
    """

    protocol: str
    source: str
    to: str
    kind: int | None


def read(frame: bytes) -> Frame | None:
    """None for what is none of the three protocols."""
    protocol = int.from_bytes(frame[12:14], "big")
    packet = frame[ETHERNET:]
    if protocol == ARP:
        return Frame("arp", _ipv4(packet[14:18]), _ipv4(packet[24:28]), packet[7])
    if protocol == IPV4:
        carried = packet[(packet[0] & 15) * 4 :]
        kind = _dhcp(carried) if packet[9] == UDP else None
        return Frame("ipv4", _ipv4(packet[12:16]), _ipv4(packet[16:20]), kind)
    if protocol == IPV6:
        return _of_ipv6(packet)
    return None


def _of_ipv6(packet: bytes) -> Frame:
    source, to = _ipv6(packet[8:24]), _ipv6(packet[24:40])
    next_header, carried = packet[6], packet[40:]
    if next_header == HOP_BY_HOP:  # before MLD
        next_header, carried = carried[0], carried[8 * (carried[1] + 1) :]
    kind = carried[0] if next_header == ICMPV6 else None
    if kind == SOLICITATION:
        to = _ipv6(carried[8:24])
    return Frame("ipv6", source, to, kind)


def _dhcp(datagram: bytes) -> int | None:
    """The type of the message (RFC 2132 §9.6), which ours put first."""
    if int.from_bytes(datagram[2:4], "big") != DHCP_SERVER_PORT:
        return None
    options = datagram[8 + BOOTP_BYTES :]
    while options and options[0] != DHCP_MESSAGE_TYPE:
        options = options[2 + options[1] :]
    return options[2] if options else 0


def _ipv4(packed: bytes) -> str:
    return str(IPv4Address(packed))


def _ipv6(packed: bytes) -> str:
    return str(IPv6Address(packed))


class Overheard:
    """Who listens on a link of a host; `frames` after the block."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []


@contextlib.contextmanager
def overhearing(host: Host, interface: str) -> Generator[Overheard]:
    """What comes in there during the block, each kind of frame once."""
    heard = Overheard()
    command = (sys.executable, "-m", __name__, interface)
    with host.serving(*command) as process:
        yield heard
        printed, _ = process.communicate()
        heard.frames += [Frame(*json.loads(line)) for line in printed.splitlines()]


def _frames(sock: socket.socket) -> Iterator[bytes]:
    """Those that come in, until standard input closes."""
    while True:
        ready = select.select([sock, sys.stdin], [], [])[0]
        if sock in ready:
            frame, origin = sock.recvfrom(65_536)
            if origin[2] != socket.PACKET_OUTGOING:
                yield frame
        elif sys.stdin in ready:
            return


def main(interface: str) -> None:
    seen: set[Frame] = set()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as sock:
        sock.bind((interface, 0))
        os.write(1, b"ready\n")
        for frame in _frames(sock):
            found = read(frame)
            if found is not None and found not in seen:
                seen.add(found)
                print(json.dumps(found), flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    main(sys.argv[1])

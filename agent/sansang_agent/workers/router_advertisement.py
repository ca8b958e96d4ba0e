# SPDX-License-Identifier: GPL-2.0-only
"""Asks the routers of some links to advertise themselves, and tells what they say.

Request: {"interfaces": [name, …]}. Answer: {name: {"advertisements": […], "invalid": n}, …}, or
{"broken": reason, "what": sentence}. An advertisement is what `_told` makes of the last one of a
source. Source: RFC 4861 §6.1.2 (what is valid), §6.3.7 (how to ask); the options are read by
scapy. Needs CAP_NET_RAW. A program of its own: it imports nothing of the agent.
"""

import contextlib
import ctypes
import errno
import json
import logging
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from ipaddress import IPv6Address
from typing import Any

PR_SET_PDEATHSIG = 1
if __name__ == "__main__":
    # Who asks may end while scapy is still being imported.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
# Before it is imported: it complains of networks without routes.
logging.getLogger("scapy").setLevel(logging.CRITICAL)

from scapy.layers import inet6  # noqa: E402
from scapy.packet import Packet  # noqa: E402

ICMP6_FILTER, ADVERTISEMENT = 1, 134
ONLY_ADVERTISEMENTS = b"".join(
    struct.pack(
        "=I", 0xFFFF_FFFF & ~(1 << ADVERTISEMENT % 32 if word == ADVERTISEMENT // 32 else 0)
    )
    for word in range(8)
)
"""struct icmp6_filter: a bit for each type that is not wanted."""
ALL_ROUTERS = "ff02::2"
HOP_LIMIT = 255
SOLICITATIONS, SOLICITATION_INTERVAL_S = 3, 4.0
HEADER_BYTES = 16
LARGEST_BYTES = 65_535
MOST_ROUTERS = 64
PREFERENCES = {0: "medium", 1: "high", 3: "low"}
"""RFC 4191 §2.2; 2 is reserved and means medium."""
PREF64_BITS = (96, 64, 56, 48, 40, 32)


def main() -> None:
    """Answer the one request."""
    request = json.loads(sys.stdin.readline())
    if _nobody_waits():
        return
    try:
        answer = ask(request["interfaces"])
    except PermissionError as error:
        answer = {"broken": "not_permitted", "what": str(error)}
    except OSError as error:
        answer = {"broken": "worker_failed", "what": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")


def _nobody_waits() -> bool:
    """Whether who asked has ended: then the answer's pipe has no reader."""
    answer = select.poll()
    answer.register(sys.stdout.fileno(), 0)
    return bool(answer.poll(0))


def ask(interfaces: list[str]) -> dict[str, Any]:
    """Raises OSError."""
    links = [Link(interface) for interface in interfaces]
    for _ in range(SOLICITATIONS):
        silent = [link for link in links if not link.heard]
        if not silent:
            break
        for link in silent:
            link.solicit()
        # Of several routers the last may wait for 3.5 s (RFC 4861 §6.2.6).
        listen(links, time.monotonic() + SOLICITATION_INTERVAL_S)
    return {
        link.interface: {"advertisements": list(link.heard.values()), "invalid": link.invalid}
        for link in links
    }


class Link:
    """One link: a socket on it, and what came."""

    def __init__(self, interface: str) -> None:
        self.interface = interface
        self.heard: dict[str, dict[str, Any]] = {}
        self.invalid = 0
        self.sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        self.sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, ONLY_ADVERTISEMENTS)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        for option, value in (
            (socket.IPV6_RECVHOPLIMIT, 1),
            (socket.IPV6_MULTICAST_HOPS, HOP_LIMIT),
            (socket.IPV6_MULTICAST_IF, socket.if_nametoindex(interface)),
        ):
            self.sock.setsockopt(socket.IPPROTO_IPV6, option, value)
        self.sock.setblocking(False)
        # Until it was bound it took what came on any link.
        with contextlib.suppress(BlockingIOError):
            while True:
                self.sock.recv(1)

    def solicit(self) -> None:
        """The kernel puts in the checksum."""
        self.sock.sendto(bytes(inet6.ICMPv6ND_RS()), (ALL_ROUTERS, 0))

    def receive(self) -> None:
        """Take one message."""
        data, ancillary, _, (address, *_) = self.sock.recvmsg(LARGEST_BYTES, socket.CMSG_SPACE(4))
        source = str(address).partition("%")[0]
        hops = [struct.unpack("=i", value)[0] for _, _, value in ancillary]
        if hops != [HOP_LIMIT] or not is_valid(source, data):
            self.invalid += 1
        elif source in self.heard or len(self.heard) < MOST_ROUTERS:
            self.heard[source] = _told(source, inet6.ICMPv6ND_RA(data))


def listen(links: list[Link], until: float) -> None:
    """Take what comes."""
    by_socket = {link.sock: link for link in links}
    while (left := until - time.monotonic()) > 0:
        for sock in select.select(by_socket, [], [], left)[0]:
            try:
                by_socket[sock].receive()
            except OSError as error:
                # A link that goes down says so once; then nothing comes.
                if error.errno not in {errno.EAGAIN, errno.ENETDOWN}:
                    raise


def is_valid(source: str, data: bytes) -> bool:
    """What the hop limit and the kernel, which looks at the checksum, leave to see."""
    at = HEADER_BYTES
    if not IPv6Address(source).is_link_local or len(data) < at or data[1]:
        return False
    while at + 2 <= len(data) and data[at + 1]:
        at += 8 * data[at + 1]
    return at == len(data)


def _told(source: str, advertisement: Any) -> dict[str, Any]:
    options = list(_options(advertisement))
    hardware = _first(options, inet6.ICMPv6NDOptSrcLLAddr)
    mtu = _first(options, inet6.ICMPv6NDOptMTU)
    return {
        "source": source,
        "hardware_address": hardware.lladdr if hardware else None,
        "lifetime_s": advertisement.routerlifetime,
        "preference": PREFERENCES.get(advertisement.prf, "medium"),
        "managed": bool(advertisement.M),
        "other_config": bool(advertisement.O),
        "mtu_bytes": mtu.mtu if mtu else None,
        "options": _told_of_options(options),
    }


def _told_of_options(options: list[Any]) -> dict[str, Any]:
    pref64 = next(
        (
            each
            for each in options
            if isinstance(each, inet6.ICMPv6NDOptPREF64)
            and (each.len, each.plc < len(PREF64_BITS), each.scaledlifetime > 0) == (2, True, True)
        ),
        None,
    )
    return {
        "prefixes": [
            {
                "prefix": f"{each.prefix}/{each.prefixlen}",
                "autonomous": bool(each.A),
                "valid_s": each.validlifetime,
                "preferred_s": each.preferredlifetime,
            }
            for each in options
            if isinstance(each, inet6.ICMPv6NDOptPrefixInfo) and each.prefixlen <= 128
        ],
        "dns_servers": _of_all(options, inet6.ICMPv6NDOptRDNSS, "dns"),
        "search_domains": _of_all(options, inet6.ICMPv6NDOptDNSSL, "searchlist"),
        "pref64": pref64 and f"{pref64.prefix}/{PREF64_BITS[pref64.plc]}",
        "pref64_lifetime_s": pref64 and 8 * pref64.scaledlifetime,
        "captive_portal": _first(options, inet6.ICMPv6NDOptCaptivePortal) is not None,
    }


def _options(advertisement: Packet) -> Iterator[Any]:
    layer = advertisement.payload
    while layer:
        yield layer
        layer = layer.payload


def _first(options: list[Any], kind: type[Packet]) -> Any:
    return next((each for each in options if isinstance(each, kind)), None)


def _of_all(options: list[Any], kind: type[Packet], field: str) -> list[str]:
    """What has a lifetime, of all options of the kind."""
    return [
        str(each)
        for option in options
        if isinstance(option, kind) and getattr(option, "lifetime", 0)
        for each in getattr(option, field)
    ]


if __name__ == "__main__":
    main()

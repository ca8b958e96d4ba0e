# SPDX-License-Identifier: Apache-2.0
"""Asks the routers and the DHCP servers of a link what they tell everybody, and takes nothing.

Request: `Asking`. Answer: {"servers": how many, "option_108_s": seconds or null}, or {"broken":
reason, "what": sentence}. What routers answer is not told here: the kernel tells it to everybody.
DHCPDISCOVER under the box's own hardware address, never DHCPREQUEST: of the servers' addresses none
is used up (RFC 2131 §4.3.1). Needs CAP_NET_RAW.
"""

import asyncio
import contextlib
import json
import socket
import struct
import sys
from typing import Any

import msgspec
from msgspec import Struct

from sansang_agent.net import dhcp, interfaces, reasons
from sansang_agent.net.private_network import end_with_parent

WITHIN_S = 4
ROUTER_SOLICITATION, ALL_ROUTERS, HOP_LIMIT = 133, "ff02::2", 255
"""RFC 4861 §4.1."""


class Asking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On which interface."""

    interface: str


def main() -> None:
    """Answer the one request."""
    end_with_parent()
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=Asking)
    sys.stdout.write(json.dumps(asyncio.run(_answer(request.interface))) + "\n")


async def _answer(interface: str) -> dict[str, Any]:
    # Where IPv6 is switched off there is nobody to ask.
    with contextlib.suppress(OSError):
        _solicit(interface)
    try:
        client = dhcp.Client(interface)
        with contextlib.closing(client):
            asked_for = bytes((dhcp.IPV6_ONLY_PREFERRED, dhcp.CAPTIVE_PORTAL))
            offers = await client.offers(WITHIN_S, asked_for)
    except OSError as error:
        return {"broken": reasons.of_errno(error.errno), "what": str(error)}
    told = (offer.ipv6_only_s for offer in offers)
    return {
        "servers": len(offers),
        "option_108_s": next((seconds for seconds in told if seconds is not None), None),
    }


def _solicit(interface: str) -> None:
    """Raises OSError."""
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
        interfaces.bind(sock, interface)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, HOP_LIMIT)
        # The kernel puts in the checksum (RFC 3542 §3.1).
        sock.sendto(struct.pack("!BBHI", ROUTER_SOLICITATION, 0, 0, 0), (ALL_ROUTERS, 0))


if __name__ == "__main__":
    main()

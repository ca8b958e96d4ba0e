# SPDX-License-Identifier: GPL-2.0-only
"""Gets an IPv4 address as a guest's device does, and sees who else offers one.

An empty line says that it is ready. Request: {"interface": "wlan1", "wait_s": 10}. Answer:
{"servers": n} with what `told` names of the lease, or, without an address, with {"reason":
"no_offer" | "address_refused"}. It keeps the lease until its input ends, gives it back, and ends.

Source: RFC 2131, RFC 2132, RFC 8910 §2.1 (option 114). Needs CAP_NET_BIND_SERVICE and CAP_NET_RAW
(to choose the interface). Under GPL-2.0-only because it imports scapy.
"""

import json
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil
from scapy.layers.dhcp import BOOTP, DHCP

SERVER_PORT, CLIENT_PORT = 67, 68
OFFERS_WITHIN_S = 1.5
"""So long after the first offer others are listened for."""
AGAIN_AFTER_S = 2
WANTED = [1, 3, 6, 51, 54, 114]
"""Mask, routers, name servers, lease time, server, captive portal."""
BROADCAST = 0x8000


class Client:
    """One exchange on one interface."""

    def __init__(self, interface: str, deadline: float) -> None:
        self._deadline = deadline
        self._number = secrets.randbits(32)
        self._hardware = hardware_address(interface)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("0.0.0.0", CLIENT_PORT))  # noqa: S104 - there is no address yet

    def offers(self) -> list[dict[str, Any]]:
        """The first one of each server, the quickest first."""
        found: dict[str, dict[str, Any]] = {}
        until = self._deadline
        while not found and time.monotonic() < self._deadline:
            self._send([("message-type", "discover"), ("param_req_list", WANTED)])
            for offer in self._answers(min(self._deadline, time.monotonic() + AGAIN_AFTER_S)):
                if offer["type"] == 2:
                    found.setdefault(offer["server"], offer)
                    until = min(self._deadline, time.monotonic() + OFFERS_WITHIN_S)
                    break
        for offer in self._answers(until) if found else ():
            if offer["type"] == 2:
                found.setdefault(offer["server"], offer)
        return list(found.values())

    def take(self, offer: dict[str, Any]) -> dict[str, Any] | None:
        """Ask for what was offered; None when it is refused, or nobody answers."""
        wanted = ("requested_addr", offer["address"]), ("server_id", offer["server"])
        while time.monotonic() < self._deadline:
            self._send([("message-type", "request"), *wanted, ("param_req_list", WANTED)])
            for answer in self._answers(min(self._deadline, time.monotonic() + AGAIN_AFTER_S)):
                if answer["type"] == 5:
                    return answer
                if answer["type"] == 6:
                    return None
        return None

    def give_back(self, lease: dict[str, Any]) -> None:
        """RFC 2131 §4.4.6; nobody answers."""
        message = BOOTP(chaddr=self._hardware, xid=self._number, ciaddr=lease["address"])
        message /= DHCP(
            options=[("message-type", "release"), ("server_id", lease["server"]), "end"]
        )
        self._socket.sendto(bytes(message), (lease["server"], SERVER_PORT))

    def _send(self, options: list[tuple[str, Any]]) -> None:
        message = BOOTP(chaddr=self._hardware, xid=self._number, flags=BROADCAST)
        message /= DHCP(options=[*options, "end"])
        self._socket.sendto(bytes(message), ("255.255.255.255", SERVER_PORT))

    def _answers(self, deadline: float) -> Iterator[dict[str, Any]]:
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(4096)
            except TimeoutError:
                return
            message = BOOTP(data)
            if message.xid == self._number and DHCP in message:
                yield told(message)


def hardware_address(interface: str) -> bytes:
    """Of this program's own network, which /sys does not show."""
    [address] = [
        each.address for each in psutil.net_if_addrs()[interface] if each.family is socket.AF_PACKET
    ]
    return bytes.fromhex(address.replace(":", ""))


def told(message: Any) -> dict[str, Any]:
    """What a server's message says, in plain words; scapy's names differ between versions."""
    options: dict[str, list[Any]] = {}
    for option in message[DHCP].options:
        if isinstance(option, tuple):
            options[str(option[0])] = list(option[1:])

    def one(*names: str) -> Any:
        return next((options[name][0] for name in names if options.get(name)), None)

    portal = one("captive-portal", "114")
    return {
        "type": one("message-type"),
        "address": message.yiaddr,
        "mask": one("subnet_mask") or "255.255.255.255",
        "server": one("server_id") or message.siaddr,
        "routers": options.get("router", []),
        "name_servers": options.get("name_server", []),
        "portal": portal.decode(errors="replace") if isinstance(portal, bytes) else portal,
    }


def main() -> None:
    """Answer the one request, after a line that says that the program is loaded."""
    print(flush=True)  # noqa: T201
    request = json.loads(sys.stdin.readline())
    deadline = time.monotonic() + request["wait_s"]
    client = Client(request["interface"], deadline)
    offers = client.offers()
    lease = client.take(offers[0]) if offers else None
    answer: dict[str, Any] = {"servers": len(offers)}
    answer |= lease or {"reason": "address_refused" if offers else "no_offer"}
    print(json.dumps(answer), flush=True)  # noqa: T201 - the answer
    sys.stdin.read()
    if lease:
        client.give_back(lease)


if __name__ == "__main__":
    main()

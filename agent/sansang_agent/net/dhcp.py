# SPDX-License-Identifier: Apache-2.0
"""Gets an IPv4 address as a guest's device does, and sees who else offers one.

Source: RFC 2131 §3.1 and §4.4, RFC 2132, RFC 8910 §2.1 (option 114), RFC 8925 §3.2 (option 108).
Answers are asked for as broadcasts, and a raw socket hears them beside whoever has port 68: the
box may have a client of its own. Needs CAP_NET_RAW.
"""

import asyncio
import secrets
import socket
import struct
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Interface
from typing import NamedTuple

from sansang_agent.net.interfaces import hardware_address

SERVER_PORT, CLIENT_PORT = 67, 68
DISCOVER, OFFER, REQUEST, ACK, NAK, RELEASE = 1, 2, 3, 5, 6, 7
SUBNET_MASK, ROUTERS, NAME_SERVERS, REQUESTED_ADDRESS = 1, 3, 6, 50
MESSAGE_TYPE, SERVER, WANTED, IPV6_ONLY_PREFERRED, CAPTIVE_PORTAL = 53, 54, 55, 108, 114
ASKED_FOR = bytes((SUBNET_MASK, ROUTERS, NAME_SERVERS, SERVER, CAPTIVE_PORTAL))
PAD, END = 0, 255
COOKIE = b"\x63\x82\x53\x63"
BOOTREQUEST, ETHERNET, BROADCAST = 1, 1, 0x8000
AGAIN_AFTER_S = 2.0
"""So long offers are listened for, too: the second one tells of a rogue."""
LARGEST_BYTES = 1500
NOBODY = IPv4Address(0)

_HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s192x")
"""BOOTP: operation, hardware, its length, hops; number; seconds, flags; addresses of the client,
its own, of the next server, of the relay; hardware address; names that nobody uses."""
_UDP = struct.Struct("!HHHH")
"""Ports, length, no checksum (RFC 768)."""


class NoLeaseError(Exception):
    """`reason` is `no_offer` or `address_refused`; `servers` have offered something."""

    def __init__(self, reason: str, servers: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.servers = servers


class Message(NamedTuple):
    """What a server says."""

    type: int
    address: IPv4Address
    options: Mapping[int, bytes]

    @property
    def server(self) -> IPv4Address:
        return next(iter(self._addresses(SERVER)), NOBODY)

    @property
    def interface(self) -> IPv4Interface:
        """The address with its network; of a server that does not tell it, alone."""
        mask = next(iter(self._addresses(SUBNET_MASK)), IPv4Address("255.255.255.255"))
        return IPv4Interface(f"{self.address}/{mask}")

    @property
    def routers(self) -> tuple[IPv4Address, ...]:
        return self._addresses(ROUTERS)

    @property
    def name_servers(self) -> tuple[IPv4Address, ...]:
        return self._addresses(NAME_SERVERS)

    @property
    def portal(self) -> str | None:
        told = self.options.get(CAPTIVE_PORTAL)
        return None if told is None else told.rstrip(b"\0").decode(errors="replace")

    @property
    def ipv6_only_s(self) -> int | None:
        """For so long a client that can do without IPv4 is to do without it (V6ONLY_WAIT)."""
        told = self.options.get(IPV6_ONLY_PREFERRED, b"")
        return int.from_bytes(told, "big") if len(told) == 4 else None

    def _addresses(self, option: int) -> tuple[IPv4Address, ...]:
        value = self.options.get(option, b"")
        return tuple(IPv4Address(value[at : at + 4]) for at in range(0, len(value) - 3, 4))


class Lease(NamedTuple):
    """An address of ours, and how many servers had one to offer."""

    message: Message
    servers: int


def parse(data: bytes, number: int) -> Message | None:
    """None for what is no answer to this number."""
    if len(data) < _HEADER.size + len(COOKIE):
        return None
    _, _, _, _, its_number, _, _, _, own, _, _, _ = _HEADER.unpack_from(data)
    rest = data[_HEADER.size :]
    if its_number != number or not rest.startswith(COOKIE):
        return None
    options: dict[int, bytes] = {}
    for code, value in _options(rest[len(COOKIE) :]):
        # A long one comes in parts (RFC 3396).
        options[code] = options.get(code, b"") + value
    kind = options.get(MESSAGE_TYPE, b"\0")
    return Message(kind[0] if kind else 0, IPv4Address(own), options)


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data) and data[at] != END:
        if data[at] == PAD:
            at += 1
        elif at + 2 > len(data):
            return
        else:
            yield data[at], data[at + 2 : at + 2 + data[at + 1]]
            at += 2 + data[at + 1]


class Client:
    """One exchange on one interface of this network. Made, it may raise OSError."""

    def __init__(self, interface: str) -> None:
        self._number = secrets.randbits(32)
        self._hardware = hardware_address(interface)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    async def lease(self, within_s: float) -> Lease:
        """Take the first offer. Raises NoLeaseError, OSError."""
        deadline = time.monotonic() + within_s
        offers = await self._offers(deadline, ASKED_FOR)
        if not offers:
            raise NoLeaseError("no_offer", 0)
        lease = await self._take(offers[0], deadline)
        if lease is None:
            raise NoLeaseError("address_refused", len(offers))
        return Lease(lease, len(offers))

    async def offers(self, within_s: float, asked_for: bytes) -> list[Message]:
        """Take none of them: each server's first, the quickest one's before. Raises OSError."""
        return await self._offers(time.monotonic() + within_s, asked_for)

    def give_back(self, lease: Lease) -> None:
        """RFC 2131 §4.4.6; nobody answers. Raises OSError."""
        options = {SERVER: lease.message.server.packed}
        self._send(RELEASE, options, lease.message.address, str(lease.message.server))

    def close(self) -> None:
        self._socket.close()

    async def _offers(self, deadline: float, asked_for: bytes) -> list[Message]:
        found: dict[IPv4Address, Message] = {}
        while not found and time.monotonic() < deadline:
            self._send(DISCOVER, {WANTED: asked_for})
            until = min(deadline, time.monotonic() + AGAIN_AFTER_S)
            async for answer in self._answers(until):
                if answer.type == OFFER:
                    found.setdefault(answer.server, answer)
        return list(found.values())

    async def _take(self, offer: Message, deadline: float) -> Message | None:
        """None when it is refused, or nobody answers any more."""
        wanted = {
            REQUESTED_ADDRESS: offer.address.packed,
            SERVER: offer.server.packed,
            WANTED: ASKED_FOR,
        }
        while time.monotonic() < deadline:
            self._send(REQUEST, wanted)
            until = min(deadline, time.monotonic() + AGAIN_AFTER_S)
            async for answer in self._answers(until):
                # Another server may refuse what it did not offer.
                if answer.type in {ACK, NAK} and answer.server == offer.server:
                    return answer if answer.type == ACK else None
        return None

    def _send(
        self,
        kind: int,
        options: Mapping[int, bytes],
        client: IPv4Address = NOBODY,
        to: str = "255.255.255.255",
    ) -> None:
        nobody = NOBODY.packed
        header = _HEADER.pack(
            *(BOOTREQUEST, ETHERNET, len(self._hardware), 0, self._number, 0, BROADCAST),
            *(client.packed, nobody, nobody, nobody, self._hardware),
        )
        carried = {MESSAGE_TYPE: bytes((kind,)), **options}
        content = b"".join(bytes((code, len(value))) + value for code, value in carried.items())
        message = header + COOKIE + content + bytes((END,))
        udp = _UDP.pack(CLIENT_PORT, SERVER_PORT, _UDP.size + len(message), 0)
        self._socket.sendto(udp + message, (to, 0))

    async def _answers(self, until: float) -> AsyncGenerator[Message]:
        loop = asyncio.get_running_loop()
        while (left := until - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(left):
                    data = await loop.sock_recv(self._socket, LARGEST_BYTES)
            except TimeoutError:
                return
            message = parse(_to_client(data), self._number)
            if message is not None:
                yield message


def _to_client(packet: bytes) -> bytes:
    """What an IPv4 packet of UDP brings from a server to a client; nothing, if it does not."""
    udp = (packet[0] & 15) * 4
    if len(packet) < udp + _UDP.size:
        return b""
    ports = _UDP.unpack_from(packet, udp)[:2]
    return packet[udp + _UDP.size :] if ports == (SERVER_PORT, CLIENT_PORT) else b""

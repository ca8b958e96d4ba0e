# SPDX-License-Identifier: Apache-2.0
"""The largest packet that passes to an address, and whether routers tell of larger ones.

Packets that may not be cut are sent, of the link's own size first: it passes, or a packet-too-big
names a smaller size to try. Silence above a size that works is a black hole (RFC 8201 §4, RFC 8899
§4.3), whose edge is then looked for. The kernel is told to keep out of it: IP_PMTUDISC_PROBE sends
what fits the link, whatever was learnt before (ip(7), ipv6(7)).
"""

import asyncio
import contextlib
import errno
import secrets
import socket
import time
from collections.abc import Generator
from typing import NamedTuple

from sansang_agent.net import interfaces, reasons
from sansang_agent.net.addresses import Address, family_of, socket_address
from sansang_agent.net.datagram import FIRST_PORT, open_datagram
from sansang_agent.net.error_queue import QueuedError, queued_errors
from sansang_agent.net.icmp_packet import ECHO_REPLY, HEADER, TOKEN_BYTES, request, sequence_of
from sansang_agent.net.routes import interface_to
from sansang_wire.reading import Family, TraceMethod

SMALLEST_BYTES = 1280
"""What every link of IPv6 must carry (RFC 8200 §5); IPv4 is asked the same, to be compared."""
MOST_BYTES = 9000
"""Jumbo frames of the site's own: no packet larger than that is ever sent."""
TRIES = 3
FIRST_WAIT_S = 1.0
SHORTEST_WAIT_S = 0.25
PRECISION_BYTES = 8
"""How exactly the edge of a black hole is found: each halving costs up to TRIES waits."""
_MTU_DISCOVER: dict[Family, tuple[int, int]] = {
    "ipv4": (socket.IPPROTO_IP, 10),
    "ipv6": (socket.IPPROTO_IPV6, 23),
}
_PROBE = 3
_HEADERS_BYTES: dict[Family, int] = {"ipv4": 20 + HEADER.size, "ipv6": 40 + HEADER.size}
"""ICMP's header is as long as that of UDP."""
_PACKET_TOO_BIG = "packet_too_big"
_PORT_UNREACHABLE = "port_unreachable"
_RECEIVE_BYTES = 65_536


class Found(NamedTuple):
    """`largest_bytes` is None when nothing passed, and `reason` says why; sizes are those of whole
    packets. `told_mtu_bytes` is the smallest that a packet-too-big named; `silent_from_bytes` is
    not None behind a black hole.
    """

    method: TraceMethod | None = None
    largest_bytes: int | None = None
    told_mtu_bytes: int | None = None
    silent_from_bytes: int | None = None
    reason: str | None = None


class Answer(NamedTuple):
    """To one size: it passed, or who dropped it said why. Neither is silence."""

    passed: bool = False
    refusal: str | None = None
    mtu_bytes: int = 0


async def find_on_link(address: Address) -> tuple[int | None, Found]:
    """What the interface on the way there takes, and what `find` finds. Never raises."""
    try:
        interface = interface_to(address)
    except OSError:
        return None, Found(reason=reasons.NO_NETLINK)
    mtu_bytes = None if interface is None else interfaces.number(interface, "mtu")
    if mtu_bytes is None:
        return None, Found(reason=reasons.NO_ROUTE)
    return mtu_bytes, await find(address, min(mtu_bytes, MOST_BYTES))


async def find(address: Address, link_mtu_bytes: int) -> Found:
    """Never raises for what the network or the kernel does. Takes 20 s where all is silent and far.

    Packets are at most `link_mtu_bytes` long, which is that of the interface.
    """
    try:
        sock, method = open_datagram(family_of(address))
        with sock:
            sock.setsockopt(*_MTU_DISCOVER[family_of(address)], _PROBE)
            asking = _Asking(sock, address, method)
            with asking.listening():
                return (await _search(asking, link_mtu_bytes))._replace(method=method)
    except OSError as error:
        return Found(reason=reasons.of_errno(error.errno))


async def _search(asking: "_Asking", high: int) -> Found:
    low = min(SMALLEST_BYTES, high)
    answer = await asking.ask(low)
    if not answer.passed:
        return Found(reason=answer.refusal or reasons.NO_ANSWER)
    told: int | None = None
    while high > low:
        answer = await asking.ask(high)
        if answer.passed:
            return Found(largest_bytes=high, told_mtu_bytes=told)
        if answer.refusal != _PACKET_TOO_BIG or not low <= answer.mtu_bytes < high:
            break
        told = high = answer.mtu_bytes
    silent = high if answer == Answer() else None
    while high - low > PRECISION_BYTES:
        middle = (low + high) // 2
        answer = await asking.ask(middle)
        low, high = (middle, high) if answer.passed else (low, middle)
        silent = middle if answer == Answer() and silent is not None else silent
    if silent is not None and not (await asking.ask(low)).passed:
        return Found(reason=reasons.NO_ANSWER)  # it went away meanwhile
    return Found(largest_bytes=low, told_mtu_bytes=told, silent_from_bytes=silent)


class _Asking:
    """Packets of several sizes to one address, one at a time. Each is numbered from 1."""

    def __init__(self, sock: socket.socket, address: Address, method: TraceMethod) -> None:
        self._socket = sock
        self._address = address
        self._family: Family = family_of(address)
        self._method = method
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self._number = 0
        self._first_of_size = 1
        self._answer: asyncio.Future[Answer] = asyncio.Future()
        self._wait_s = FIRST_WAIT_S

    @contextlib.contextmanager
    def listening(self) -> Generator[None]:
        """While this is open answers are taken in."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket.fileno(), self._read)
        try:
            yield
        finally:
            loop.remove_reader(self._socket.fileno())

    async def ask(self, size_bytes: int) -> Answer:
        """Silence after several tries only. Raises OSError when it can't leave the box."""
        self._answer = asyncio.Future()
        self._first_of_size = self._number + 1
        for _ in range(TRIES):
            begun_ns = time.monotonic_ns()
            self._send(size_bytes)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._wait_s):
                    answer = await asyncio.shield(self._answer)
                    trip_s = (time.monotonic_ns() - begun_ns) / 1e9
                    self._wait_s = min(max(3 * trip_s, SHORTEST_WAIT_S), FIRST_WAIT_S)
                    return answer
        return Answer()

    def _send(self, size_bytes: int) -> None:
        self._number += 1
        packet = self._token.ljust(size_bytes - _HEADERS_BYTES[self._family], b"\0")
        port = FIRST_PORT + self._number
        if self._method == "icmp_datagram":
            packet, port = request(self._family, 0, self._number, packet), 0
        try:
            self._send_past_errors(packet, port)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            # The box itself won't: its route knows of a smaller size than the interface.
            self._take(self._number, Answer(refusal=_PACKET_TOO_BIG))

    def _send_past_errors(self, packet: bytes, port: int) -> None:
        where = socket_address(self._address, port)
        try:
            self._socket.sendto(packet, where)
        except OSError:
            # The error of an earlier packet is reported here as well: then send once more.
            if not self._read_errors():
                raise
            self._socket.sendto(packet, where)

    def _read(self) -> None:
        self._read_errors()
        for _ in range(TRIES):
            try:
                data, sender = self._socket.recvfrom(_RECEIVE_BYTES)
            except OSError:
                return  # nothing more, or an error of the queue, told a second time
            if self._method == "udp":
                self._take(sender[1] - FIRST_PORT, Answer(passed=True))
            elif data[:1] == bytes([ECHO_REPLY[self._family]]) and self._is_ours(data):
                self._take(sequence_of(data), Answer(passed=True))

    def _is_ours(self, echo: bytes) -> bool:
        return echo[HEADER.size : HEADER.size + TOKEN_BYTES] == self._token

    def _read_errors(self) -> bool:
        errors = list(queued_errors(self._socket, self._family))
        for error in errors:
            self._take_error(error)
        return bool(errors)

    def _take_error(self, error: QueuedError) -> None:
        if error.offender is None:
            return
        udp = self._method == "udp"
        number = error.port - FIRST_PORT if udp else sequence_of(error.packet)
        arrived = udp and error.reason == _PORT_UNREACHABLE
        arrived = arrived and error.offender.packed == self._address.packed
        said = Answer(passed=True) if arrived else Answer(False, error.reason, error.info)
        self._take(number, said)

    def _take(self, number: int, answer: Answer) -> None:
        if self._first_of_size <= number <= self._number and not self._answer.done():
            self._answer.set_result(answer)

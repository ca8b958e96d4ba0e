# SPDX-License-Identifier: Apache-2.0
"""Which routers lie on the way to an address (traceroute), without privilege.

Packets are sent that may go one hop, two hops and so on: the router that has to drop one says so
(RFC 792, RFC 4443 §3.3), and the kernel keeps what it says in the socket's error queue. Echo
requests through an ICMP datagram socket where this process may have one, as what is asked for its
echo elsewhere answers them; else UDP to ports that nobody listens on, which needs no right at all.
"""

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple

from sansang_agent.net import reasons
from sansang_agent.net.addresses import FAMILIES, Address, family_of, socket_address
from sansang_agent.net.datagram import FIRST_PORT, open_datagram
from sansang_agent.net.error_queue import QueuedError, queued_errors
from sansang_agent.net.icmp_packet import ECHO_REPLY, TOKEN_BYTES, request, sequence_of
from sansang_wire.reading import Family, TraceMethod

MOST_HOPS = 20
AT_ONCE = 5
TRIES = 2
WAIT_S = 0.6
"""For the answers of one window and try: 4.8 s in all when nobody answers."""
_HOP_LIMIT: dict[Family, tuple[int, int]] = {
    "ipv4": (socket.IPPROTO_IP, socket.IP_TTL),
    "ipv6": (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
}
_RECEIVE_BYTES = 512
_TIME_EXCEEDED = "time_exceeded"


class Hop(NamedTuple):
    """Who answered from there, how fast, and why nothing goes beyond it, if it says so."""

    address: Address
    round_trip_ms: float
    refusal: str | None = None


class Trace(NamedTuple):
    """What was found, nearest first, None where nobody answered.

    It ends with the target, with a router that refuses, or where it was given up. `reason` is None
    when the target was reached. Without a `method` nothing could leave the box.
    """

    method: TraceMethod | None
    hops: Sequence[Hop | None]
    reason: str | None


async def trace(address: Address) -> Trace:
    """Never raises for what the network or the kernel does; ends within 5 s."""
    family = family_of(address)
    try:
        own = _own_address(address)
        sock, method = open_datagram(family)
    except OSError as error:
        return Trace(None, (), reasons.of_errno(error.errno))
    with sock:
        tracing = _Tracing(sock, address, own, method)
        await tracing.run()
        return tracing.result()


def _own_address(address: Address) -> Address:
    """Where packets to it come from; nothing is sent. Raises OSError when there is no way there."""
    with socket.socket(FAMILIES[family_of(address)], socket.SOCK_DGRAM) as sock:
        sock.connect(socket_address(address, FIRST_PORT))
        return ip_address(sock.getsockname()[0])


class _Tracing:
    """One way, through one socket. Packets are numbered from 1; a distance may get several."""

    def __init__(
        self, sock: socket.socket, address: Address, own: Address, method: TraceMethod
    ) -> None:
        self._socket = sock
        self._address = address
        self._own = own
        self._family: Family = family_of(address)
        self._method: TraceMethod = method
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self._sent: dict[int, tuple[int, int]] = {}
        self._hops: dict[int, Hop] = {}
        self._end: int | None = None
        self._reason = reasons.NO_ANSWER
        self._progress = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket.fileno(), self._read)
        try:
            for first in range(1, MOST_HOPS + 1, AT_ONCE):
                for _ in range(TRIES):
                    missing = self._missing(first)
                    if not all(map(self._send, missing)):
                        return
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(WAIT_S):
                            await self._settled(first)
                if self._end is not None:
                    return
        finally:
            loop.remove_reader(self._socket.fileno())

    def result(self) -> Trace:
        hops, end = dict(self._hops), self._end
        reason: str | None = self._reason
        if end is not None:
            reason = hops[end].refusal
            if reason is not None:
                # A router often refuses only what goes beyond it: then it was met before.
                its_address = hops[end].address
                end = min(number for number, hop in hops.items() if hop.address == its_address)
                hops[end] = hops[end]._replace(refusal=reason)
        farthest = max((distance for distance, _ in self._sent.values()), default=0)
        found = [hops.get(distance) for distance in range(1, (end or farthest) + 1)]
        return Trace(self._method if self._sent else None, found, reason)

    def _missing(self, first: int) -> list[int]:
        """The distances of a window that nobody has answered from; none beyond the end."""
        return [
            distance
            for distance in range(first, first + AT_ONCE)
            if distance not in self._hops and (self._end is None or distance < self._end)
        ]

    async def _settled(self, first: int) -> None:
        while self._missing(first):
            self._progress.clear()
            await self._progress.wait()

    def _send(self, distance: int) -> bool:
        """Whether it left the box."""
        number = len(self._sent) + 1
        packet, port = b"", FIRST_PORT + number
        if self._method == "icmp_datagram":
            packet, port = request(self._family, 0, number, self._token), 0
        self._socket.setsockopt(*_HOP_LIMIT[self._family], distance)
        for last_try in (False, True):
            self._sent[number] = distance, time.monotonic_ns()
            try:
                self._socket.sendto(packet, socket_address(self._address, port))
            except OSError as error:
                # The error of an earlier packet is reported here as well: then send once more.
                if self._read_errors() and not last_try:
                    continue
                del self._sent[number]
                self._reason = reasons.of_errno(error.errno)
                return False
            break
        return True

    def _read(self) -> None:
        self._read_errors()
        for _ in range(AT_ONCE * TRIES):
            try:
                data, sender = self._socket.recvfrom(_RECEIVE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                # An error of the queue, told a second time.
                continue
            if self._method == "udp":
                if ip_address(sender[0]).packed == self._address.packed:
                    self._take(sender[1] - FIRST_PORT, self._address, None)
            elif data[:1] == bytes([ECHO_REPLY[self._family]]) and data.endswith(self._token):
                self._take(sequence_of(data), self._address, None)

    def _read_errors(self) -> bool:
        errors = list(queued_errors(self._socket, self._family))
        for error in errors:
            self._take_error(error)
        return bool(errors)

    def _take_error(self, error: QueuedError) -> None:
        offender = error.offender
        its_own = offender is not None and offender.packed == self._address.packed
        if offender is None or (offender.packed == self._own.packed and not its_own):
            # The box itself, when the first router is not there. No hop, but better than silence.
            self._reason = error.reason
            return
        number = error.port - FIRST_PORT if self._method == "udp" else sequence_of(error.packet)
        self._take(number, offender, None if its_own else error.reason)

    def _take(self, number: int, address: Address, reason: str | None) -> None:
        """`reason` is None from the target itself, whatever it said."""
        if number not in self._sent:
            return
        distance, sent_ns = self._sent[number]
        round_trip_ms = (time.monotonic_ns() - sent_ns) / 1e6
        on_the_way = reason == _TIME_EXCEEDED
        hop = Hop(address, round_trip_ms, None if on_the_way else reason)
        self._hops.setdefault(distance, hop)
        if not on_the_way and (self._end is None or distance < self._end):
            self._end = distance
        self._progress.set()

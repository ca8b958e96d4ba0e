# SPDX-License-Identifier: Apache-2.0
"""Echoes over ICMP and ICMPv6 (RFC 792, RFC 4443 §4), through a datagram or a raw socket.

The round trip ends when the kernel took the answer in (SO_TIMESTAMPNS, socket(7)), not when the
event loop got round to it, so that a busy agent doesn't make a line look slow. A packet carries a
random token: answers to others, which a raw socket sees as well, are never counted, and answers
that come twice count once.
"""

import asyncio
import contextlib
import errno
import secrets
import socket
import struct
import time

from sansang_agent.net import interfaces, reasons
from sansang_agent.net.addresses import FAMILIES, Address, family_of, socket_address
from sansang_agent.net.echoes import Echoes, NotAllowedError, Plan
from sansang_agent.net.error_queue import QueuedError, keep_errors, queued_errors
from sansang_agent.net.icmp_packet import (
    ECHO_REPLY,
    ECHO_REQUEST,
    HEADER,
    TOKEN_BYTES,
    request,
)
from sansang_wire.reading import EchoMethod, Family

_PROTOCOL: dict[Family, int] = {"ipv4": socket.IPPROTO_ICMP, "ipv6": socket.IPPROTO_ICMPV6}
_SOCKET_TYPE = {"icmp_datagram": socket.SOCK_DGRAM, "icmp_raw": socket.SOCK_RAW}
# include/uapi/asm-generic/socket.h, linux/icmp.h and linux/icmpv6.h; unnamed in Python.
_SO_TIMESTAMPNS = 35
_SOL_RAW, _ICMP_FILTER = 255, 1
_ICMP6_FILTER = 1
_TIMESPEC = struct.Struct("@ll")
_UNTIL_STAMPS_S = 0.01
"""The kernel begins to stamp packets a moment after the first socket asks for it: it does so in a
work queue (net_enable_timestamp in net/core/dev.c)."""
_MOST_AT_ONCE = 64
_RECEIVE_BYTES = 2048


async def icmp_echoes(address: Address, plan: Plan, method: EchoMethod) -> Echoes:
    """Send `plan.packets` echo requests and wait for the answers.

    Raises NotAllowedError when this process can't send that way.
    """
    family = family_of(address)
    with _open(family, method) as sock:
        try:
            interfaces.bind(sock, plan.interface)
        except PermissionError as error:
            raise NotAllowedError from error
        except OSError as error:
            return Echoes(method, 0, 0, (), reasons.of_errno(error.errno))
        exchange = _Exchange(sock, address, plan, method)
        await exchange.run()
        return exchange.result()


def may_send(method: EchoMethod) -> bool:
    """Whether this process gets a socket for it."""
    try:
        _open("ipv4", method).close()
    except NotAllowedError:
        return False
    return True


def _open(family: Family, method: EchoMethod) -> socket.socket:
    try:
        sock = socket.socket(FAMILIES[family], _SOCKET_TYPE[method], _PROTOCOL[family])
    except OSError as error:
        raise NotAllowedError from error
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    keep_errors(sock, family)
    if method == "icmp_raw":
        _only_replies(sock, family)
    return sock


def _only_replies(sock: socket.socket, family: Family) -> None:
    """Have the kernel keep everything else away; errors come through the queue regardless."""
    if family == "ipv4":
        blocked = ~(1 << ECHO_REPLY[family]) & 0xFFFFFFFF
        sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", blocked))
        return
    # RFC 3542 §3.2: 256 bits, one for each type; Linux blocks where a bit is set.
    words = [0xFFFFFFFF] * 8
    words[ECHO_REPLY[family] // 32] &= ~(1 << ECHO_REPLY[family] % 32)
    sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))


class _Exchange:
    """The packets of one run to one address through one socket."""

    def __init__(
        self, sock: socket.socket, address: Address, plan: Plan, method: EchoMethod
    ) -> None:
        self._socket = sock
        self._address = address
        self._family: Family = family_of(address)
        self._plan = plan
        self._method: EchoMethod = method
        self._identifier = secrets.randbelow(0x10000)
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self._sent_ns: dict[int, tuple[int, int]] = {}
        self._round_trips_ns: dict[int, int] = {}
        self._failed: set[int] = set()
        self._reason = reasons.NO_ANSWER
        self._progress = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket.fileno(), self._read)
        try:
            await asyncio.sleep(_UNTIL_STAMPS_S)
            for sequence in range(1, self._plan.packets + 1):
                if not self._send(sequence) and sequence == 1:
                    self._sent_ns.clear()
                    return
                if sequence < self._plan.packets:
                    await asyncio.sleep(self._plan.interval_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._plan.timeout_s):
                    await self._settled()
        finally:
            loop.remove_reader(self._socket.fileno())

    def result(self) -> Echoes:
        limit_ns = self._plan.timeout_s * 1e9
        in_time = {
            sequence: trip for sequence, trip in self._round_trips_ns.items() if trip <= limit_ns
        }
        return Echoes(
            method=self._method,
            sent=len(self._sent_ns),
            received=len(in_time),
            round_trips_ms=tuple(in_time[sequence] / 1e6 for sequence in sorted(in_time)),
            reason=None if in_time else self._reason,
        )

    async def _settled(self) -> None:
        while len(self._round_trips_ns.keys() | self._failed) < len(self._sent_ns):
            self._progress.clear()
            await self._progress.wait()

    def _send(self, sequence: int) -> bool:
        """Whether it left the box. A packet that didn't counts as sent and lost, as ping has it."""
        packet = request(self._family, self._identifier, sequence, self._token)
        for last_try in (False, True):
            # The wall clock is read last: it is what the kernel stamps answers with.
            self._sent_ns[sequence] = time.monotonic_ns(), time.time_ns()
            try:
                self._socket.sendto(packet, socket_address(self._address))
            except OSError as error:
                # The error of an earlier packet is reported here as well: then send once more.
                if self._read_errors() and not last_try:
                    continue
                if error.errno == errno.EPERM and sequence == 1:
                    raise NotAllowedError from error
                self._reason = reasons.of_errno(error.errno)
                self._failed.add(sequence)
                return False
            return True
        return False

    def _read(self) -> None:
        self._read_errors()
        for _ in range(_MOST_AT_ONCE):
            try:
                data, ancillary, _, _ = self._socket.recvmsg(
                    _RECEIVE_BYTES, socket.CMSG_SPACE(_TIMESPEC.size)
                )
            except BlockingIOError:
                return
            except OSError:
                # An error of the queue, told a second time.
                continue
            self._take(data, _stamp_ns(ancillary))

    def _read_errors(self) -> bool:
        errors = list(queued_errors(self._socket, self._family))
        for error in errors:
            self._take_error(error)
        return bool(errors)

    def _take(self, data: bytes, stamp_ns: int | None) -> None:
        if self._method == "icmp_raw" and self._family == "ipv4":
            data = data[(data[0] & 0x0F) * 4 :]
        sequence = self._sequence_of(data, ECHO_REPLY[self._family])
        if sequence is None or data[HEADER.size :] != self._token:
            return
        sent_monotonic_ns, sent_ns = self._sent_ns[sequence]
        elapsed_ns = time.monotonic_ns() - sent_monotonic_ns
        trip_ns = elapsed_ns if stamp_ns is None else stamp_ns - sent_ns
        if not 0 <= trip_ns <= elapsed_ns:
            # The wall clock was set meanwhile, as it is soon after a start without a battery.
            trip_ns = elapsed_ns
        self._round_trips_ns.setdefault(sequence, trip_ns)
        self._progress.set()

    def _take_error(self, error: QueuedError) -> None:
        sequence = self._sequence_of(error.packet, ECHO_REQUEST[self._family])
        # A router need quote no more than the header (RFC 792), so the token may be cut short.
        quoted = error.packet[HEADER.size : HEADER.size + TOKEN_BYTES]
        if sequence is None or not self._token.startswith(quoted):
            return
        self._reason = error.reason
        self._failed.add(sequence)
        self._progress.set()

    def _sequence_of(self, packet: bytes, kind: int) -> int | None:
        if len(packet) < HEADER.size:
            return None
        its_kind, _, _, identifier, sequence = HEADER.unpack_from(packet)
        # A datagram socket has an identifier of the kernel's, which hands us no other's.
        if self._method == "icmp_raw" and identifier != self._identifier:
            return None
        return sequence if its_kind == kind and sequence in self._sent_ns else None


def _stamp_ns(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    """When the kernel took the packet in, in nanoseconds of CLOCK_REALTIME."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return seconds * 1_000_000_000 + nanoseconds
    return None

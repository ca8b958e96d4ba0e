# SPDX-License-Identifier: Apache-2.0
"""Echoes over TCP: from the SYN to the answer. A refusal is an answer too (RFC 9293 §3.5.2).

What is sent is counted in SYNs: the kernel repeats one after a second (RFC 6298 §2), and that must
not hide a loss. The round trip is the kernel's own (TCP_INFO, tcp(7)); only a refusal, of which the
kernel keeps no time, is timed by the event loop. A connection is ended by a reset: one packet.
"""

import asyncio
import errno
import socket
import time
from typing import NamedTuple

from sansang_agent.net import interfaces, reasons
from sansang_agent.net.addresses import FAMILIES, Address, family_of, socket_address
from sansang_agent.net.echoes import Echoes, Plan
from sansang_agent.net.error_queue import keep_errors, queued_errors
from sansang_agent.net.handshake import RESET_ON_CLOSE, handshake
from sansang_wire.reading import Family


class _Attempt(NamedTuple):
    syns: int
    reason: str | None = None
    round_trip_ms: float | None = None

    @property
    def answered(self) -> bool:
        return self.reason is None


async def tcp_echoes(address: Address, port: int, plan: Plan) -> Echoes:
    """Connect `plan.packets` times; a connection that is slow to come doesn't hold up the next."""
    attempts: list[asyncio.Task[_Attempt]] = []
    async with asyncio.TaskGroup() as group:
        for number in range(plan.packets):
            if number:
                await asyncio.sleep(plan.interval_s)
                if attempts[0].done() and not attempts[0].result().syns:
                    break
            attempts.append(group.create_task(_attempt(address, port, plan)))
    results = [attempt.result() for attempt in attempts]
    answered = [result for result in results if result.answered]
    round_trips = [result.round_trip_ms for result in answered]
    return Echoes(
        method="tcp_connect",
        sent=sum(result.syns for result in results),
        received=len(answered),
        round_trips_ms=tuple(trip for trip in round_trips if trip is not None),
        reason=None if answered else _best_reason([result.reason for result in results]),
    )


def _best_reason(each: list[str | None]) -> str | None:
    """The last that says more than silence: routers ration their errors (RFC 1812 §4.3.2.8)."""
    telling = [reason for reason in each if reason != reasons.NO_ANSWER]
    return telling[-1] if telling else reasons.NO_ANSWER


async def _attempt(address: Address, port: int, plan: Plan) -> _Attempt:
    family = family_of(address)
    try:
        sock = socket.socket(FAMILIES[family], socket.SOCK_STREAM)
    except OSError as error:
        return _Attempt(0, reasons.of_errno(error.errno))
    with sock:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        keep_errors(sock, family)
        begun_ns = time.monotonic_ns()
        try:
            interfaces.bind(sock, plan.interface)
            number = sock.connect_ex(socket_address(address, port))
        except OSError as error:
            number = error.errno or errno.ENXIO
        if number not in {0, errno.EINPROGRESS}:
            return _Attempt(0, reasons.of_errno(number))
        try:
            async with asyncio.timeout(plan.timeout_s):
                await _writable(sock)
        except TimeoutError:
            return _Attempt(1 + handshake(sock).repeated, reasons.NO_ANSWER)
        return _outcome(sock, family, (time.monotonic_ns() - begun_ns) / 1e6)


def _outcome(sock: socket.socket, family: Family, elapsed_ms: float) -> _Attempt:
    round_trip_us, repeated = handshake(sock)
    syns = 1 + repeated
    # In this order: taking an error from the queue clears SO_ERROR.
    failure = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    told = [error.reason for error in queued_errors(sock, family)]
    if failure == errno.ECONNREFUSED:
        return _Attempt(syns, round_trip_ms=None if repeated else elapsed_ms)
    if failure:
        # The queue tells a prohibition from a host that is away; the error number doesn't.
        return _Attempt(syns, told[-1] if told else reasons.of_errno(failure))
    return _Attempt(syns, round_trip_ms=None if repeated else round_trip_us / 1000)


async def _writable(sock: socket.socket) -> None:
    """Until the connection stands or has failed."""
    loop = asyncio.get_running_loop()
    settled = asyncio.Event()
    loop.add_writer(sock.fileno(), settled.set)
    try:
        await settled.wait()
    finally:
        loop.remove_writer(sock.fileno())

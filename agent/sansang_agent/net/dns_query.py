# SPDX-License-Identifier: Apache-2.0
"""One question to one resolver: over UDP, and TCP where the answer is too long, or by TCP alone.

The socket is connected and on a port of its own: only what comes from the resolver's address and
port gets through, and of that only what repeats identifier and question counts (RFC 5452 §9.1).
"""

import asyncio
import secrets
import socket
import time
from typing import Literal, NamedTuple

from sansang_agent.net import reasons
from sansang_agent.net.addresses import FAMILIES, Address, family_of, socket_address
from sansang_agent.net.dns_message import Answer, MalformedAnswerError, Question, parse, query
from sansang_agent.net.error_queue import keep_errors, queued_errors
from sansang_wire.reading import RecordType

Transport = Literal["udp", "tcp"]

PORT = 53
_LARGEST_BYTES = 65_535


class Came(NamedTuple):
    """What came of a question: an answer, whatever it says, or the reason why there is none."""

    answer: Answer | None = None
    response_ms: float | None = None
    transport: Transport | None = None
    reason: str | None = None


async def ask(
    server: Address,
    name: str,
    record_type: RecordType,
    timeout_s: float,
    *,
    unchecked: bool = False,
) -> Came:
    """Over UDP first. Never raises for what the network does.

    After half of the time the question is sent again, for a program's resolver repeats it, too; the
    time counts from the first.
    """
    question = Question(secrets.randbelow(2**16), name, record_type, unchecked)
    return await _ask(server, question, timeout_s, "udp")


async def ask_by_tcp(server: Address, name: str, record_type: RecordType, timeout_s: float) -> Came:
    """Never raises for what the network does."""
    question = Question(secrets.randbelow(2**16), name, record_type)
    return await _ask(server, question, timeout_s, "tcp")


async def _ask(server: Address, question: Question, timeout_s: float, transport: Transport) -> Came:
    begun_ns = time.monotonic_ns()
    try:
        async with asyncio.timeout(timeout_s):
            answer = None
            if transport == "udp":
                answer = await _over_udp(server, question, timeout_s / 2)
            if answer is None or answer.truncated:
                transport = "tcp"
                answer = await _over_tcp(server, question)
    except TimeoutError:
        return Came(reason=reasons.NO_ANSWER)
    except MalformedAnswerError:
        return Came(reason=reasons.MALFORMED_ANSWER)
    except EOFError:
        return Came(reason=reasons.INCOMPLETE_ANSWER)
    except _ToldError as error:
        return Came(reason=error.reason)
    except OSError as error:
        return Came(reason=reasons.of_errno(error.errno))
    return Came(answer, (time.monotonic_ns() - begun_ns) / 1e6, transport)


class _ToldError(Exception):
    """An ICMP error came back, which says more than the number of an error."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def _over_udp(server: Address, question: Question, again_after_s: float) -> Answer:
    message = query(question)
    with _socket(server, socket.SOCK_DGRAM) as sock:
        keep_errors(sock, family_of(server))
        sock.connect(socket_address(server, PORT))
        try:
            sock.send(message)
            try:
                async with asyncio.timeout(again_after_s):
                    return await _answer(sock, question)
            except TimeoutError:
                sock.send(message)
                return await _answer(sock, question)
        except OSError as error:
            for told in queued_errors(sock, family_of(server)):
                raise _ToldError(told.reason) from error
            raise


async def _answer(sock: socket.socket, question: Question) -> Answer:
    loop = asyncio.get_running_loop()
    while True:
        answer = parse(await loop.sock_recv(sock, _LARGEST_BYTES), question)
        if answer is not None:
            return answer


async def _over_tcp(server: Address, question: Question) -> Answer:
    """RFC 7766 §8: two bytes of length before each message."""
    loop = asyncio.get_running_loop()
    message = query(question)
    with _socket(server, socket.SOCK_STREAM) as sock:
        await loop.sock_connect(sock, socket_address(server, PORT))
        await loop.sock_sendall(sock, len(message).to_bytes(2, "big") + message)
        size = int.from_bytes(await _exactly(sock, 2), "big")
        answer = parse(await _exactly(sock, size), question)
    if answer is None or answer.truncated:
        raise MalformedAnswerError("over TCP an answer is whole, and to the question")
    return answer


async def _exactly(sock: socket.socket, size: int) -> bytes:
    """Raises EOFError when the connection ends before."""
    loop = asyncio.get_running_loop()
    received = b""
    while len(received) < size:
        piece = await loop.sock_recv(sock, size - len(received))
        if not piece:
            raise EOFError
        received += piece
    return received


def _socket(server: Address, kind: socket.SocketKind) -> socket.socket:
    sock = socket.socket(FAMILIES[family_of(server)], kind)
    sock.setblocking(False)
    return sock

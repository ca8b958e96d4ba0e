# SPDX-License-Identifier: Apache-2.0
"""One test of NDT7: a WebSocket over one connection, on which nothing is ever waited for."""

import socket
import ssl
import time
from collections import deque
from typing import Literal

import msgspec

from sansang_agent.net import reasons
from sansang_agent.workers.speed_rates import Point
from sansang_agent.workers.speed_turn import refusal
from sansang_agent.workers.speed_way import NoTestError, Way, answer_on, failure
from sansang_wire.ndt7 import (
    DOWNLOAD_PATH,
    MOST_MESSAGE_BYTES,
    SUBPROTOCOL,
    TURN_HEADER,
    UPLOAD_PATH,
    Measurement,
    ServerInfo,
    TcpInfo,
)
from sansang_wire.tcp_info import read_kernel, read_tcp_info
from sansang_wire.websocket import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    Control,
    FrameCounter,
    ProtocolError,
    accept_key,
    frame,
    masked_noise,
    new_key,
)

BUFFER_BYTES = 256 * 1024
LEAST_BITS, MOST_BITS = 13, 20
"""Messages are from 8 KiB to 1 MiB long, and no longer than 1/16 of what was sent already."""
SHARE = 16
MOST_UNSENT_BYTES = 256 * 1024
"""The kernel takes no more than it can send soon, so that the end comes when it should."""
RECORDS_AT_ONCE = 16
"""TLS gives and takes 16 KiB at a time (RFC 8446 §5.1)."""
_NORMAL = (1000).to_bytes(2)
_NOTHING_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def messages() -> list[memoryview]:
    """Of each length one, sent again and again: nobody reads them."""
    return [memoryview(masked_noise(1 << bits)) for bits in range(LEAST_BITS, MOST_BITS + 1)]


def begin(way: Way, connection: socket.socket, *, upload: bool, turn: str | None) -> str:
    """Ask for a test; returns the key that the answer is to be checked with.

    Raises NoTestError.
    """
    key = new_key()
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Protocol": SUBPROTOCOL,
        **({TURN_HEADER: turn} if turn else {}),
    }
    way.ask(connection, "GET", UPLOAD_PATH if upload else DOWNLOAD_PATH, headers)
    return key


class Stream:
    """Begins when the server has agreed. `outgoing` are the messages of an upload, none otherwise.

    `ended`: by the server as it should, or failed, for `reason`. `moved_bytes`: received, of an
    upload handed to the kernel. `told`: the last of what the server's kernel said, `server` of what
    our own server says of itself.
    """

    def __init__(
        self, connection: socket.socket, key: str, buffer: memoryview, outgoing: list[memoryview]
    ) -> None:
        answer = answer_on(connection)
        if answer.status != 101:
            raise refusal(answer.status)
        agreed = answer.headers.get("sec-websocket-protocol") == SUBPROTOCOL
        if not agreed or answer.headers.get("sec-websocket-accept") != accept_key(key):
            raise NoTestError("failed", "not_ndt7")
        self.connection = connection
        self.ended: Literal["server", "failed"] | None = None
        self.reason: str | None = None
        self.moved_bytes = 0
        self.told: TcpInfo | None = None
        self.server: ServerInfo | None = None
        self._buffer = buffer
        self._turns = RECORDS_AT_ONCE if isinstance(connection, ssl.SSLSocket) else 1
        self._counter = FrameCounter(MOST_MESSAGE_BYTES)
        self._outgoing = outgoing
        self._sends_payload = bool(outgoing)
        self._size = 0
        self._controls: deque[memoryview] = deque()
        self._left = memoryview(b"")
        """Of the frame that is being sent."""
        self._begun_s = time.monotonic()
        self._acked_before = read_kernel(connection).bytes_acked
        self._counted: list[Point] = [(0.0, 0)]
        """What we know ourselves: received, of an upload acknowledged."""
        self._received: list[tuple[float, float, int]] = []
        """What the server told of an upload: heard when, at its time, received so much."""
        connection.setblocking(False)
        if outgoing:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MOST_UNSENT_BYTES)
        self._feed(memoryview(answer.rest))

    @property
    def wants_to_send(self) -> bool:
        return self.ended is None and bool(self._sends_payload or self._left or self._controls)

    @property
    def points(self) -> list[Point]:
        """Payload that had arrived, by time since the stream began.

        Of an upload as the server counts it; where it tells nothing, as its kernel acknowledged.
        """
        if len(self._received) < 2:
            return self._counted
        # Reports that were held up on their way are put where they belong.
        offset_s = min(heard_s - its_s for heard_s, its_s, _ in self._received)
        return [(0.0, 0), *((its_s + offset_s, size) for _, its_s, size in self._received)]

    def count(self) -> None:
        """Note what has arrived by now."""
        now_s = time.monotonic() - self._begun_s
        if self._outgoing:
            arrived = read_kernel(self.connection).bytes_acked - self._acked_before
        else:
            arrived = self._counter.payload_bytes
        self._counted.append((now_s, arrived))

    def receive(self) -> None:
        """What is there now."""
        try:
            for _ in range(self._turns):
                size = self.connection.recv_into(self._buffer)
                if not size:
                    self._end("failed" if self._counter.within_a_frame else "server")
                    return
                if not self._outgoing:
                    self.moved_bytes += size
                self._feed(self._buffer[:size])
        except _NOTHING_NOW:
            return
        except OSError as error:
            self._end("failed", failure(error, connected=True).reason)

    def send(self) -> None:
        """What the kernel takes now."""
        try:
            for _ in range(self._turns):
                if not self._left and not self._next_frame():
                    return
                sent = self.connection.send(self._left)
                self._left = self._left[sent:]
                if self._outgoing:
                    self.moved_bytes += sent
        except _NOTHING_NOW:
            return
        except OSError as error:
            self._end("failed", failure(error, connected=True).reason)

    def close(self) -> None:
        """Say that it is enough, after the message that is under way."""
        self._sends_payload = False
        self._controls.append(memoryview(frame(CLOSE, _NORMAL, masked=True)))

    def unsent_bytes(self) -> int:
        """Of an upload, what will go out whatever happens: a message is sent to its end."""
        return read_kernel(self.connection).unsent_bytes + len(self._outgoing[self._size])

    def round_trip_s(self) -> float:
        """As our kernel knows it: mostly that of the handshake in a download."""
        return read_kernel(self.connection).rtt_us / 1e6

    def kernel(self) -> TcpInfo | None:
        """Of the sender's side: ours of an upload, of a download what the server told."""
        return read_tcp_info(self.connection) if self._outgoing else self.told

    def _next_frame(self) -> bool:
        if self._controls:
            self._left = self._controls.popleft()
        elif self._sends_payload:
            more = self._size + 1 < len(self._outgoing)
            if more and len(self._outgoing[self._size + 1]) * SHARE <= self.moved_bytes:
                self._size += 1
            self._left = self._outgoing[self._size]
        return bool(self._left)

    def _feed(self, data: memoryview) -> None:
        try:
            for control in self._counter.feed(data):
                self._take(control)
        except ProtocolError:
            self._end("failed", reasons.MALFORMED_ANSWER)

    def _take(self, control: Control) -> None:
        if control.opcode == TEXT:
            self._read(control.payload)
        elif control.opcode == PING:
            self._controls.append(memoryview(frame(PONG, control.payload, masked=True)))
        elif control.opcode == CLOSE:
            self._end("server")

    def _read(self, text: bytes) -> None:
        """Any server's measurement; what can't be read is left out, for others' may be odd."""
        try:
            told = msgspec.json.decode(text, type=Measurement)
        except msgspec.MsgspecError:
            return
        self.told, self.server = told.tcp_info or self.told, told.san_sang or self.server
        if told.app_info is not None:
            self._note(told.app_info.elapsed_time, told.app_info.num_bytes)
        elif told.tcp_info is not None:
            self._note(told.tcp_info.elapsed_time, told.tcp_info.bytes_received)

    def _note(self, elapsed_us: int, size: int) -> None:
        """Only what can be: time goes on, and nobody has received more than was sent."""
        its_s, size = elapsed_us / 1e6, min(size, self.moved_bytes)
        _, before_s, size_before = self._received[-1] if self._received else (0, 0.0, 0)
        if self._outgoing and its_s > before_s and size >= size_before:
            self._received.append((time.monotonic() - self._begun_s, its_s, size))

    def _end(self, how: Literal["server", "failed"], reason: str | None = None) -> None:
        if self.ended is None:
            self.ended = how
            self.reason = reason or (reasons.INCOMPLETE_ANSWER if how == "failed" else None)

# SPDX-License-Identifier: Apache-2.0
"""The WebSocket of one test: its opening, what is said beside the payload, and its end."""

import re
import time
from collections.abc import Callable

import msgspec

from sansang_collector.speed_server.http import Request, answer
from sansang_collector.speed_server.stream import Stream
from sansang_collector.speed_server.tally import RefusedError
from sansang_collector.speed_server.work import Work
from sansang_wire.ndt7 import (
    CLOSE_S,
    MEASURE_EVERY_S,
    MOST_MESSAGE_BYTES,
    SUBPROTOCOL,
    AppInfo,
    Measurement,
    ServerInfo,
)
from sansang_wire.tcp_info import read_tcp_info
from sansang_wire.websocket import CLOSE, PING, PONG, TEXT, FrameCounter, accept_key, frame

RECEIVE_BYTES = 1 << 18
NORMAL = (1000).to_bytes(2)
"""Why it is closed: all was done (RFC 6455 §7.4.1)."""
LINGER_S = 2.0
"""What the peer has sent meanwhile is still taken: an early reset would eat our last words."""
KEY = re.compile(r"[A-Za-z0-9+/]{22}==")


class Conversation:
    """One test. `clock` is time.monotonic()."""

    def __init__(self, stream: Stream, test: str, limit_mbps: float) -> None:
        self.stream = stream
        self.began = time.monotonic()
        self.until = self.began + CLOSE_S
        """Nothing goes on after that."""
        self.counter = FrameCounter(MOST_MESSAGE_BYTES)
        self.peer_closed = False
        self._test = test
        self._limit_mbps = limit_mbps
        self._work = Work()
        self._buffer = memoryview(bytearray(RECEIVE_BYTES))
        self._measure_at = self.began + MEASURE_EVERY_S

    def open(self, request: Request) -> None:
        """Answer the handshake (RFC 6455 §4.2.2). What came behind it is taken in."""
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": accept_key(request.headers["sec-websocket-key"]),
            "Sec-WebSocket-Protocol": SUBPROTOCOL,
        }
        self._send(answer(101, headers))
        self._take_in(memoryview(request.rest))

    def receive(self, most: int = RECEIVE_BYTES) -> int | None:
        """Bytes that were there; 0: the peer has ended; None: nothing yet.

        Raises ProtocolError.
        """
        got = self.stream.receive_into(self._buffer[:most])
        if got:
            self._take_in(self._buffer[:got])
        return got

    def _take_in(self, data: memoryview) -> None:
        for control in self.counter.feed(data):
            if control.opcode == PING:
                self._send(frame(PONG, control.payload[:125], masked=False))
            elif control.opcode == CLOSE:
                self.peer_closed = True

    def measure(self, payload_bytes: int) -> None:
        """Tell where we are, when it is time to."""
        if (now := time.monotonic()) >= self._measure_at:
            self._measure_at = now + MEASURE_EVERY_S
            self._tell(payload_bytes, None)

    def wait_to_receive(self) -> None:
        """Until there may be something, or until the next measurement is due."""
        self.stream.wait_to_receive(min(self._measure_at, self.until))

    def end(self, payload_bytes: int, before_closing: Callable[[], object]) -> None:
        """The last measurement, with what may have been the server's fault, and good-bye."""
        work_pct = self._work.share_pct()
        self._tell(payload_bytes, ServerInfo(limit_mbps=self._limit_mbps, work_pct=work_pct))
        before_closing()
        self._send(frame(CLOSE, NORMAL, masked=False))
        until = min(self.until, time.monotonic() + LINGER_S)
        while not self.peer_closed and time.monotonic() < until and (got := self.receive()) != 0:
            if got is None:
                self.stream.wait_to_receive(until)

    def _tell(self, payload_bytes: int, server: ServerInfo | None) -> None:
        elapsed_us = int((time.monotonic() - self.began) * 1e6)
        said = Measurement(
            app_info=AppInfo(elapsed_us, payload_bytes),
            tcp_info=read_tcp_info(self.stream.socket, elapsed_us),
            san_sang=server,
            test=self._test,
            origin="server",
        )
        self._send(frame(TEXT, msgspec.json.encode(said), masked=False))

    def _send(self, data: bytes) -> None:
        self.stream.send_all(memoryview(data), self.until)


def check_handshake(request: Request) -> None:
    """Whether it asks for NDT7 (RFC 6455 §4.2.1). Raises RefusedError."""
    headers = request.headers
    if (
        request.method != "GET"
        or "websocket" not in request.words("upgrade")
        or "upgrade" not in request.words("connection")
        or headers.get("sec-websocket-version") != "13"
        or not KEY.fullmatch(headers.get("sec-websocket-key", ""))
        or SUBPROTOCOL not in request.words("sec-websocket-protocol")
    ):
        raise RefusedError(400, "bad_request", f"here is a WebSocket 13 with {SUBPROTOCOL} alone")

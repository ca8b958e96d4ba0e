# SPDX-License-Identifier: Apache-2.0
"""A connection, plain or TLS, that never waits longer than it was told."""

import select
import socket
import ssl
import time
from contextlib import suppress

from sansang_collector.speed_server.pace import WAIT_S, Pace

FINISH_S = 0.5
FINISH_BYTES = 4096


class Stream:
    """Every deadline (`until`) is of time.monotonic(). What the peer breaks raises OSError."""

    def __init__(self, connection: socket.socket) -> None:
        """Of a TLS socket, the handshake is still to be made."""
        self.socket = connection
        self._poll = select.poll()
        self._poll.register(connection)

    def shake_hands(self, until: float) -> None:
        """With TLS; nothing without."""
        if isinstance(self.socket, ssl.SSLSocket):
            self.socket.settimeout(max(0.001, until - time.monotonic()))
            self.socket.do_handshake()
        self.socket.setblocking(False)

    def send_all(self, data: memoryview, until: float, pace: Pace | None = None) -> None:
        """All of it, no faster than `pace`. Raises TimeoutError, an OSError, past the deadline."""
        while data:
            granted = len(data) if pace is None else pace.take(len(data))
            if granted:
                self._send_piece(data[:granted], until)
                data = data[granted:]
            else:
                check(until)
                time.sleep(WAIT_S)

    def _send_piece(self, piece: memoryview, until: float) -> None:
        """TLS takes up again only the very piece that it could not send whole."""
        while piece:
            try:
                piece = piece[self.socket.send(piece) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                check(until)
                self._wait(select.POLLOUT, until)
            except ssl.SSLWantReadError:
                check(until)
                self._wait(select.POLLIN, until)

    def receive_into(self, buffer: memoryview) -> int | None:
        """How much is there now; 0: the peer has ended; None: nothing yet."""
        try:
            return self.socket.recv_into(buffer)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None

    def wait_to_receive(self, until: float) -> None:
        """Until there may be something to receive, or until then."""
        self._wait(select.POLLIN, until)

    def _wait(self, event: int, until: float) -> None:
        self._poll.modify(self.socket, event)
        self._poll.poll(max(0.0, until - time.monotonic()) * 1000)

    def finish(self) -> None:
        """Nothing more is sent. What still comes is taken in for a moment: unread, it would make
        the kernel answer with a reset, which overtakes our last words.
        """
        until = time.monotonic() + FINISH_S
        buffer = memoryview(bytearray(FINISH_BYTES))
        if isinstance(self.socket, ssl.SSLSocket):
            with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self.socket.unwrap()
        # That of a TLS socket would forget the state that the reading below needs.
        socket.socket.shutdown(self.socket, socket.SHUT_WR)
        while time.monotonic() < until and (got := self.receive_into(buffer)) != 0:
            if got is None:
                self.wait_to_receive(until)


def check(until: float) -> None:
    """Raises TimeoutError past that deadline."""
    if time.monotonic() >= until:
        raise TimeoutError

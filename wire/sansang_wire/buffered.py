# SPDX-License-Identifier: Apache-2.0
"""A connected socket that is read and written in large pieces.

paho reads a packet in five calls and writes each packet by itself. Each would be a system call
that lets go of the interpreter, and a thread that computes gives it back only milliseconds later.
"""

import io
import socket
import ssl

PIECE_BYTES = 64 * 1024
WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedSocket:
    """What paho asks of a socket, between a `fill` before it reads and a `flush` after it wrote."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._ahead = io.BytesIO()
        self._left = 0
        self._ended = False
        self._waiting = bytearray()

    @property
    def has_more(self) -> bool:
        """Whether something that was read is still to be given out."""
        return self._left > 0

    def fill(self) -> None:
        """Read one piece, once what was read before is given out."""
        if self._left:
            return
        try:
            piece = self._socket.recv(PIECE_BYTES)
        except WOULD_BLOCK:
            return
        except OSError:
            piece = b""
        self._ended = not piece
        self._ahead, self._left = io.BytesIO(piece), len(piece)

    def recv(self, size: int) -> bytes:
        """Of what was read; nothing at the end of the connection. Raises BlockingIOError."""
        if not self._left and not self._ended:
            raise BlockingIOError
        some = self._ahead.read(size)
        self._left -= len(some)
        return some

    def send(self, data: bytes | bytearray) -> int:
        """Take it all. Raises BlockingIOError when much waits already, OSError."""
        if len(self._waiting) >= PIECE_BYTES and not self.flush():
            raise BlockingIOError
        self._waiting += data
        return len(data)

    def flush(self) -> bool:
        """Write what waits; False when the connection takes no more of it now. Raises OSError."""
        while self._waiting:
            try:
                sent = self._socket.send(self._waiting)
            except WOULD_BLOCK:
                return False
            del self._waiting[:sent]
        return True

    def close(self) -> None:
        """What waits is written as far as it goes without waiting."""
        try:
            self.flush()
        except OSError:
            pass
        finally:
            self._socket.close()

    def fileno(self) -> int:
        """To wait for it."""
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:
        """As of any socket."""
        self._socket.setblocking(flag)

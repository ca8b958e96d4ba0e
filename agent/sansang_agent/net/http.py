# SPDX-License-Identifier: Apache-2.0
"""One answer of a web server (RFC 9112), read from a stream; only as much as tells how it went.

Whatever the server sends, no more than a bounded number of bytes is read: the deadline is the
caller's.
"""

import asyncio
import re
from typing import NamedTuple

MOST_HEAD_BYTES = 16 * 1024
MOST_BODY_BYTES = 16 * 1024

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: |\r?\n)")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n")
_WITHOUT_BODY = {204, 304}


class MalformedHttpError(ValueError):
    """This is no HTTP/1.1."""


class Head(NamedTuple):
    """`length` and `location` (RFC 9110 §10.2.2) are None when the server doesn't say them."""

    status: int
    length: int | None
    chunked: bool
    location: str | None


class Answer:
    """What a server sends, as far as it was read: `received_bytes` with its framing, `content`
    without.
    """

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._begun = b""
        self.received_bytes = 0
        self.content = bytearray()

    async def first_byte(self) -> None:
        """Raises EOFError when the connection ends without one."""
        self._begun = await self._some(1)

    async def head(self) -> Head:
        """Of the final answer: interim ones (1xx) are passed over.

        Raises MalformedHttpError, or EOFError when the connection ends before it does.
        """
        while True:
            head = await self._one_head()
            if head.status >= 200:
                return head

    async def body(self, head: Head) -> None:
        """To its end or for MOST_BODY_BYTES. Raises as `head` does."""
        stop = self.received_bytes + MOST_BODY_BYTES
        if head.status in _WITHOUT_BODY:
            return
        if head.chunked:
            await self._chunks(stop)
        elif head.length is not None:
            await self._exactly(min(head.length, MOST_BODY_BYTES))
        else:
            while self.received_bytes < stop:
                piece = await self._piece(stop - self.received_bytes)
                if not piece:
                    break
                self.content += piece

    async def _one_head(self) -> Head:
        match = _STATUS.match(await self._head_line())
        if match is None:
            raise MalformedHttpError("it does not begin with a status")
        length, chunked, location = None, False, None
        while (line := await self._head_line()).strip():
            name, _, value = line.partition(b":")
            value = value.strip()
            if name.lower() == b"location":
                location = value.decode(errors="replace")
            if name.lower() == b"content-length":
                if not _LENGTH.fullmatch(value):
                    raise MalformedHttpError("the length of the body is no number")
                length = int(value)
            chunked |= name.lower() == b"transfer-encoding" and value.lower().endswith(b"chunked")
        return Head(int(match[1]), length, chunked, location)

    async def _head_line(self) -> bytes:
        line = await self._line()
        if self.received_bytes > MOST_HEAD_BYTES:
            raise MalformedHttpError("its head has no end")
        return line

    async def _chunks(self, stop: int) -> None:
        """RFC 9112 §7.1."""
        while self.received_bytes < stop:
            match = _CHUNK.fullmatch(await self._line())
            if match is None:
                raise MalformedHttpError("a chunk has no size")
            size = int(match[1], 16)
            if not size:
                break
            await self._exactly(min(size, stop - self.received_bytes))
            if self.received_bytes < stop and (await self._line()).strip():
                raise MalformedHttpError("a chunk is longer than it says")
        while self.received_bytes < stop and (await self._line()).strip():
            pass  # trailers

    async def _line(self) -> bytes:
        begun, self._begun = self._begun, b""
        if begun == b"\n":
            return begun
        try:
            line = await self._reader.readline()
        except ValueError as error:  # longer than the reader's limit
            raise MalformedHttpError("a line has no end") from error
        self.received_bytes += len(line)
        if not line.endswith(b"\n"):
            raise EOFError
        return begun + line

    async def _exactly(self, size: int) -> None:
        while size > 0:
            piece = await self._some(size)
            self.content += piece
            size -= len(piece)

    async def _some(self, most: int) -> bytes:
        """Raises EOFError when there is nothing more."""
        piece = await self._piece(most)
        if not piece:
            raise EOFError
        return piece

    async def _piece(self, most: int) -> bytes:
        piece = await self._reader.read(most)
        self.received_bytes += len(piece)
        return piece

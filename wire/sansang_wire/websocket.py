# SPDX-License-Identifier: Apache-2.0
"""WebSocket frames (RFC 6455) for speed tests, where any library's copying would be what is timed.

A sender makes one frame and sends it again and again; a receiver reads into one buffer and never
looks at payload: `FrameCounter` only finds where frames begin, and hands out text messages.
"""

import base64
import hashlib
import os
from collections.abc import Iterator
from typing import NamedTuple

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
CONTINUATION = 0x0
FINAL, MASKED = 0x80, 0x80
MOST_TEXT_BYTES = 1 << 16
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class ProtocolError(Exception):
    """The peer broke RFC 6455; the message is a sentence."""


class Control(NamedTuple):
    """A whole text message or control frame."""

    opcode: int
    payload: bytes


def new_key() -> str:
    """`Sec-WebSocket-Key` of a client (§4.1)."""
    return base64.b64encode(os.urandom(16)).decode()


def accept_key(key: str) -> str:
    """`Sec-WebSocket-Accept` that answers it (§4.2.2)."""
    return base64.b64encode(
        hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    ).decode()


def frame(opcode: int, payload: bytes, *, masked: bool) -> bytes:
    """A whole message as one frame; a client's is masked (§5.3)."""
    head = _head(opcode, len(payload), masked=masked)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + _masked(payload, mask)


def masked_noise(size: int) -> bytes:
    """A client's binary message of noise: masking noise would make nothing but noise of it."""
    return _head(BINARY, size, masked=True) + os.urandom(4 + size)


def _head(opcode: int, size: int, *, masked: bool) -> bytes:
    bit = MASKED if masked else 0
    if size < 126:
        return bytes((FINAL | opcode, bit | size))
    if size < 1 << 16:
        return bytes((FINAL | opcode, bit | 126)) + size.to_bytes(2)
    return bytes((FINAL | opcode, bit | 127)) + size.to_bytes(8)


def _masked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    key = int.from_bytes((mask * (size // 4 + 1))[:size])
    return (int.from_bytes(payload) ^ key).to_bytes(size)


class FrameCounter:
    """Follows the frames of one direction through whatever pieces arrive."""

    def __init__(self, most_message_bytes: int) -> None:
        self._most = most_message_bytes
        self._head = bytearray()
        self._left = 0
        """Bytes of the present frame's payload that are still to come."""
        self._opcode = CONTINUATION
        self._mask = b""
        self._kept = bytearray()
        self.payload_bytes = 0
        """Of binary messages."""

    @property
    def within_a_frame(self) -> bool:
        """Whether more of one is still to come."""
        return bool(self._left or self._head)

    def feed(self, data: memoryview) -> Iterator[Control]:
        """What comes to its end in `data`. Raises ProtocolError."""
        at = 0
        while at < len(data):
            if self._left == 0:
                at = self._read_head(data, at)
                if self._left:
                    continue
            else:
                taken = min(self._left, len(data) - at)
                self._left -= taken
                if self._opcode in {BINARY, CONTINUATION}:
                    self.payload_bytes += taken
                else:
                    self._kept += data[at : at + taken]
                at += taken
            if self._left == 0 and not self._head and self._opcode not in {BINARY, CONTINUATION}:
                payload = bytes(self._kept)
                self._kept.clear()
                yield Control(self._opcode, _masked(payload, self._mask) if self._mask else payload)
                self._opcode = CONTINUATION

    def _read_head(self, data: memoryview, at: int) -> int:
        """Where the payload begins, or the end of `data` while the head is not whole."""
        while at < len(data):
            self._head.append(data[at])
            at += 1
            if len(self._head) == _head_bytes(self._head):
                self._begin()
                break
        return at

    def _begin(self) -> None:
        head = self._head
        size = head[1] & 0x7F
        if size == 126:
            size = int.from_bytes(head[2:4])
        elif size == 127:
            size = int.from_bytes(head[2:10])
        self._opcode = head[0] & 0x0F
        self._mask = bytes(head[-4:]) if head[1] & MASKED else b""
        self._head = bytearray()
        small = self._opcode not in {BINARY, CONTINUATION}
        if size > (MOST_TEXT_BYTES if small else self._most):
            raise ProtocolError(f"a frame of {size:,} bytes is more than can be taken")
        self._left = size


def _head_bytes(head: bytearray) -> int:
    if len(head) < 2:
        return 2
    size = head[1] & 0x7F
    return 2 + {126: 2, 127: 8}.get(size, 0) + (4 if head[1] & MASKED else 0)

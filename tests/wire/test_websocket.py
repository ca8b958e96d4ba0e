# SPDX-License-Identifier: Apache-2.0
"""Frames in any pieces, beside RFC 6455's own examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_wire.websocket import (
    BINARY,
    CLOSE,
    MOST_TEXT_BYTES,
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

MOST = 1 << 20
SIZES = st.integers(0, 300) | st.integers(0, MOST_TEXT_BYTES)
FRAMES = st.lists(st.tuples(st.sampled_from([TEXT, BINARY, CLOSE, PING, PONG]), SIZES))
"""Kind and length of each."""


def payload(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def told(counter: FrameCounter, data: bytes) -> list[Control]:
    return list(counter.feed(memoryview(data)))


@given(sent=FRAMES, masked=st.booleans(), cuts=st.lists(st.integers(1, 5000)))
def test_frames_come_out_whole_however_they_are_cut(
    sent: list[tuple[int, int]], masked: bool, cuts: list[int]
) -> None:
    """Texts and control frames as they were sent; of payload its length."""
    data = b"".join(frame(opcode, payload(size), masked=masked) for opcode, size in sent)
    counter = FrameCounter(MOST)
    came: list[Control] = []
    for cut in cuts:
        came += told(counter, data[:cut])
        data = data[cut:]
    came += told(counter, data)
    assert came == [Control(opcode, payload(size)) for opcode, size in sent if opcode != BINARY]
    assert counter.payload_bytes == sum(size for opcode, size in sent if opcode == BINARY)


@given(sent=FRAMES.filter(bool))
def test_frames_come_out_byte_by_byte(sent: list[tuple[int, int]]) -> None:
    """The worst that a network can do."""
    short = [(opcode, payload(size % 130)) for opcode, size in sent]
    counter = FrameCounter(MOST)
    came = [
        each
        for opcode, content in short
        for byte in frame(opcode, content, masked=True)
        for each in told(counter, bytes([byte]))
    ]
    assert came == [Control(*each) for each in short if each[0] != BINARY]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (bytes.fromhex("810548656c6c6f"), Control(TEXT, b"Hello")),
        (bytes.fromhex("818537fa213d7f9f4d5158"), Control(TEXT, b"Hello")),
        (bytes.fromhex("890548656c6c6f"), Control(PING, b"Hello")),
        (bytes.fromhex("8a8537fa213d7f9f4d5158"), Control(PONG, b"Hello")),
    ],
    ids=["text", "masked text", "ping", "masked pong"],
)
def test_the_examples_of_the_specification_are_read(data: bytes, expected: Control) -> None:
    """RFC 6455 §5.7."""
    assert told(FrameCounter(MOST), data) == [expected]


def test_frames_are_made_as_the_specification_shows() -> None:
    """RFC 6455 §5.7, and the answer to a key of §1.3."""
    assert frame(TEXT, b"Hello", masked=False) == bytes.fromhex("810548656c6c6f")
    assert frame(BINARY, bytes(256), masked=False)[:4] == bytes.fromhex("827e0100")
    assert frame(BINARY, bytes(65536), masked=False)[:10] == bytes.fromhex("827f0000000000010000")
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert len(new_key()) == 24


def test_two_frames_are_not_masked_alike() -> None:
    """RFC 6455 §5.3: nobody may guess the mask."""
    assert len({frame(BINARY, bytes(64), masked=True) for _ in range(4)}) == 4


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_noise_is_a_message_of_a_client(size: int) -> None:
    """As long as it should be, and followed by the next one."""
    counter = FrameCounter(MOST)
    ping = frame(PING, b"?", masked=True)
    assert told(counter, masked_noise(size) + ping) == [Control(PING, b"?")]
    assert counter.payload_bytes == size


@pytest.mark.parametrize(
    ("opcode", "size"), [(BINARY, MOST), (TEXT, MOST_TEXT_BYTES), (PING, MOST_TEXT_BYTES)]
)
def test_what_is_too_large_is_refused_by_its_head(opcode: int, size: int) -> None:
    """Before any of it is kept; one byte less is taken."""
    told(FrameCounter(MOST), frame(opcode, bytes(size), masked=False))
    with pytest.raises(ProtocolError, match="more than can be taken"):
        told(FrameCounter(MOST), frame(opcode, bytes(size + 1), masked=False)[:10])

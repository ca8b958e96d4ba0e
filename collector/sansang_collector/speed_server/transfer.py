# SPDX-License-Identifier: Apache-2.0
"""The two tests of NDT7, as the server plays them. Payload is sent again and again, never read."""

import os
import time
from collections.abc import Callable

from sansang_collector.speed_server.conversation import LINGER_S, RECEIVE_BYTES, Conversation
from sansang_collector.speed_server.pace import WAIT_S, Pace
from sansang_wire.ndt7 import TEST_S
from sansang_wire.websocket import BINARY, frame

LEAST_BITS, MOST_BITS = 13, 20
"""Messages grow from 8 KiB to 1 MiB, and are never more than 1/16 of what was sent already."""
SHARE = 16


class Messages:
    """Ready to be sent, and made once: copying is what a test would otherwise measure."""

    def __init__(self) -> None:
        noise = os.urandom(1 << MOST_BITS)
        sizes = [1 << bits for bits in range(LEAST_BITS, MOST_BITS + 1)]
        self._made = [
            (size, memoryview(frame(BINARY, noise[:size], masked=False))) for size in sizes
        ]

    def fitting(self, sent: int) -> tuple[int, memoryview]:
        """Payload and frame of the message to follow so many bytes."""
        return next(
            (each for each in reversed(self._made) if each[0] <= sent // SHARE), self._made[0]
        )


def download(
    conversation: Conversation, messages: Messages, pace: Pace, may_go_on: Callable[[int], bool]
) -> int:
    """Send until time is up, the peer has enough, or `may_go_on(bytes)` denies; returns payload."""
    end = conversation.began + TEST_S
    sent = 0
    while time.monotonic() < end and not conversation.peer_closed:
        size, message = messages.fitting(sent)
        conversation.stream.send_all(message, conversation.until, pace)
        sent += size
        conversation.measure(sent)
        if conversation.receive() == 0 or not may_go_on(size):
            break
    return sent


def upload(conversation: Conversation, pace: Pace, may_go_on: Callable[[int], bool]) -> int:
    """Receive until the peer closes, time is up or `may_go_on(bytes)` denies; returns payload."""
    end = conversation.until - LINGER_S
    while time.monotonic() < end and not conversation.peer_closed:
        if not (granted := pace.take(RECEIVE_BYTES)):
            time.sleep(WAIT_S)
            continue
        got = conversation.receive(granted)
        pace.give_back(granted - (got or 0))
        conversation.measure(conversation.counter.payload_bytes)
        if got is None:
            conversation.wait_to_receive()
        elif got == 0 or not may_go_on(got):
            break
    return conversation.counter.payload_bytes

# SPDX-License-Identifier: Apache-2.0
"""Messages that wait to be stored, by agent, as in fair queueing (RFC 970): a lot takes all that an
agent has, then all that the next one has, beginning with who has waited longest.

Several batches of one agent cost the series store, the record and the broker little more than one;
and a backlog of one agent keeps no other agent waiting for longer than a lot.
"""

from collections import OrderedDict, deque
from typing import NamedTuple

from sansang_wire.topics import Topic

QUEUE_MESSAGES = 20_000
QUEUE_BYTES = 64 * 1024 * 1024


class Queued(NamedTuple):
    """A message as the broker gave it."""

    topic: Topic
    payload: bytes
    retained: bool


class FairQueue:
    """Bounded; its length is that of all messages."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[Queued]] = OrderedDict()
        """By agent; who comes first is served first."""
        self._messages = 0
        self._bytes = 0

    def __len__(self) -> int:
        return self._messages

    def put(self, message: Queued) -> bool:
        """False when there is no room for it."""
        size = len(message.payload)
        if self._messages >= QUEUE_MESSAGES or self._bytes + size > QUEUE_BYTES:
            return False
        self._waiting.setdefault(message.topic.agent, deque()).append(message)
        self._messages += 1
        self._bytes += size
        return True

    def take(self, most: int) -> list[Queued]:
        """The next messages, those of an agent in the order in which they came."""
        lot: list[Queued] = []
        while self._waiting and len(lot) < most:
            agent, waiting = self._waiting.popitem(last=False)
            while waiting and len(lot) < most:
                lot.append(waiting.popleft())
            if waiting:
                self._waiting[agent] = waiting
        self._messages -= len(lot)
        self._bytes -= sum(len(each.payload) for each in lot)
        return lot

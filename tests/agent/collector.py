# SPDX-License-Identifier: Apache-2.0
"""A collector that only remembers: what arrived, in order. It receipts when it is told to.

As a program (`python -m tests.agent.collector HOST PORT`) it prints `ready`, then one line of JSON
for each batch: agent, sequence number, kinds of the readings.
"""

import asyncio
import contextlib
import json
import secrets
import sys
import time
from collections.abc import AsyncGenerator, Callable

from sansang_wire import topics
from sansang_wire.batch import (
    Batch,
    CollectorStatus,
    Config,
    Hello,
    Receipt,
    Status,
    decode,
    decode_batch,
    encode,
)
from sansang_wire.ranges import Ranges
from sansang_wire.session import Broker, Message, Session, connect

Arrival = Batch | Hello | Status


class FakeCollector:
    """`arrivals` holds every message as it came. With `answering` each batch is receipted at once,
    each hello with its echo; without, nothing is said.
    """

    def __init__(self, session_of: Callable[[], Session], *, answering: bool) -> None:
        self._session_of = session_of
        self.answering = answering
        self.arrivals: list[Arrival] = []
        self.misses: set[int] = set()
        """Numbers that are lost on the way the first time they come."""
        self._stored: dict[str, Ranges] = {}

    @property
    def batches(self) -> list[Batch]:
        return [each for each in self.arrivals if isinstance(each, Batch)]

    @property
    def hellos(self) -> list[Hello]:
        return [each for each in self.arrivals if isinstance(each, Hello)]

    @property
    def states(self) -> list[str]:
        return [each.state for each in self.arrivals if isinstance(each, Status)]

    def holds(self, epoch: str) -> str:
        """The numbers that arrived, as `1-5,7`."""
        return str(self._stored.get(epoch, ""))

    def on_message(self, message: Message) -> None:
        if message.topic == topics.COLLECTOR_STATUS:
            return  # our own; every agent's `status` matches it
        topic = topics.parse(message.topic)
        match topic.channel:
            case "batch":
                batch = decode_batch(message.payload).batch
                self.arrivals.append(batch)
                if batch.seq in self.misses:
                    self.misses.discard(batch.seq)
                    return
                self._stored.setdefault(batch.epoch, Ranges()).add(batch.seq)
                if self.answering:
                    self.receipt(topic.agent, batch.epoch, first=batch.first)
            case "hello":
                hello = decode(message.payload, Hello)
                self.arrivals.append(hello)
                if self.answering:
                    self.receipt(topic.agent, hello.epoch, echo=hello.sent)
            case "status":
                self.arrivals.append(decode(message.payload, Status))
            case other:
                raise AssertionError(other)

    def receipt(
        self, agent: str, epoch: str, *, first: int = 1, echo: int | None = None, time_us: int = 0
    ) -> None:
        """Say what is here of an epoch."""
        done = Ranges(self._stored.get(epoch, Ranges()))
        done.add(1, first - 1)
        receipt = Receipt(
            epoch=epoch,
            upto=done.end_of_run(1),
            also=list(done)[-16:],
            time=time_us or time.time_ns() // 1000,
            echo=echo,
        )
        self._say(str(topics.Topic(agent, "receipt")), encode(receipt), retain=False)

    def begin_instance(self) -> None:
        """As after a restart."""
        status = CollectorStatus(
            state="online", instance=secrets.token_hex(8), version="fake", time=time.time_ns()
        )
        self._say(topics.COLLECTOR_STATUS, encode(status), retain=True)

    def configure(self, agent: str, config: Config | None) -> None:
        """Retained settings for an agent; None takes them back."""
        payload = b"" if config is None else encode(config)
        self._say(str(topics.Topic(agent, "config")), payload, retain=True)

    def _say(self, topic: str, payload: bytes, *, retain: bool) -> None:
        self._session_of().publish(topic, payload, retain=retain)


@contextlib.asynccontextmanager
async def collecting(
    port: int, host: str = "127.0.0.1", *, answering: bool = True
) -> AsyncGenerator[FakeCollector]:
    """Connected and subscribed while the block runs."""
    sessions: list[Session] = []
    collector = FakeCollector(lambda: sessions[0], answering=answering)
    async with connect(Broker(host, port, "fake-collector"), collector.on_message) as session:
        sessions.append(session)
        await session.subscribe([topics.every_agent(each) for each in ("batch", "hello", "status")])
        collector.begin_instance()
        yield collector


async def _print_batches(host: str, port: int) -> None:
    printed = 0
    async with collecting(port, host) as collector:
        print("ready", flush=True)  # noqa: T201 - the answer
        while True:
            for batch in collector.batches[printed:]:
                kinds = sorted({type(each).__name__ for each in batch.readings})
                print(json.dumps([batch.agent, batch.seq, kinds]), flush=True)  # noqa: T201
                printed += 1
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(_print_batches(sys.argv[1], int(sys.argv[2])))

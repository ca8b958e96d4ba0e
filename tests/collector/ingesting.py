# SPDX-License-Identifier: Apache-2.0
"""What the tests of the collector's core share: messages as boxes send them, and an ingest over the
real record and a real store.
"""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sansang_collector.agent_record import AgentRecord
from sansang_collector.change import Answer
from sansang_collector.config import HOLD
from sansang_collector.ingest import Ingest
from sansang_collector.record import Record
from sansang_collector.registry import Agent, Registry, Site
from sansang_collector.store.base import SeriesStore
from sansang_collector.store.embedded import EmbeddedStore
from sansang_collector.telling import Teller
from sansang_collector.watching import Watching
from sansang_wire import topics
from sansang_wire.batch import Batch, EpochClaim, Hello, Machine, encode
from sansang_wire.reading import Clock
from sansang_wire.readings import AnyReading, LinkReading

EPOCH = "0123456789abcdef"
SITE = "nvh-dong"
START = time.time_ns() // 1000 - 3_600_000_000
"""When the readings of these tests begin: an hour ago."""


def link(number: float, rx_bytes: int = 1) -> LinkReading:
    """Reading `number` of a box: one second after the one before."""
    return LinkReading(
        at=START + int(number * 1_000_000),
        outcome="ok",
        interface="eth0",
        technology="wired",
        up=True,
        rx_bytes=rx_bytes,
    )


def batch(  # noqa: PLR0917 - a message has these parts
    agent: str,
    seq: int,
    readings: Sequence[AnyReading] | None = None,
    first: int = 1,
    epoch: str = EPOCH,
    clock: Clock = "kernel",
) -> bytes:
    """Batch `seq`, with reading `seq` unless told otherwise."""
    return encode(
        Batch(
            v=1,
            agent=agent,
            epoch=epoch,
            seq=seq,
            first=first,
            boot="boot",
            clock=clock,
            readings=[link(seq)] if readings is None else list(readings),
        )
    )


def make_hello(
    agent: str, epoch: str = EPOCH, claims: dict[str, tuple[int, int]] | None = None, **more: Any
) -> Hello:
    """A box in `epoch` that holds `claims` (first and next by epoch)."""
    return Hello(
        agent=agent,
        epoch=epoch,
        boot="boot",
        sent=1,
        version="0.1.0",
        machine=Machine(system="-", architecture="-", python="-", processors=1, memory_bytes=1),
        clock="kernel",
        epochs=[
            EpochClaim(epoch=name, first=first, next=following)
            for name, (first, following) in (claims or {}).items()
        ],
        **more,
    )


def commune(*agents: str, site: str = SITE) -> Registry:
    """A registry of one site with these agents."""
    place = Site(id=site, name=site, commune="00000", commune_name="Lab", kind="other")
    return Registry((place,), tuple(Agent(id=each, site=site) for each in agents))


@dataclass
class Desk:
    """An ingest at work, and what it answered."""

    record: Record
    store: SeriesStore
    registry: Registry = field(default_factory=lambda: commune("dong-1", "doai-1"))
    answers: list[Answer] = field(default_factory=list[Answer])
    told: list[bool] = field(default_factory=list[bool])
    """One for each time that there was something to tell."""

    def __post_init__(self) -> None:
        self.watching = Watching(self.record, lambda: self.registry, HOLD, time.time_ns() // 1000)
        teller = Teller(
            self.record,
            lambda: self.registry,
            self.watching,
            HOLD,
            lambda _: False,
            self.record.outstanding,
        )
        self.ingest = Ingest(
            lambda: self.registry,
            self.record,
            self.store,
            self.answers.extend,
            self.watching,
            teller,
            lambda: self.told.append(True),
        )

    def offer(self, agent: str, payload: bytes, channel: topics.Channel = "batch") -> None:
        """A message arrives."""
        self.ingest.offer(topics.Topic(agent, channel), payload)

    async def take(self, agent: str, *payloads: bytes) -> None:
        """These batches arrive and are stored as one lot."""
        for payload in payloads:
            self.offer(agent, payload)
        await self.ingest.store_lot()
        await self.ingest.settle()

    async def greet(self, hello: Hello) -> None:
        """A hello arrives and is stored."""
        self.offer(hello.agent, encode(hello), "hello")
        await self.ingest.store_lot()

    def receipted(self, agent: str, epoch: str = EPOCH) -> set[int]:
        """Numbers that the agent may forget, by all that it was told."""
        return {
            number
            for answer in self.answers
            if (answer.agent, answer.receipt.epoch) == (agent, epoch)
            for low, high in [(1, answer.receipt.upto), *answer.receipt.also]
            for number in range(low, high + 1)
        }

    def stored(self, agent: str) -> set[int]:
        """Numbers of the readings that the series store has."""
        return {
            (at - START) // 1_000_000
            for series in self.store.series("link", "rx_bytes", SITE, START, START + 10**12)
            if series.agent == agent
            for at, _ in series.points
        }

    def of(self, agent: str) -> AgentRecord:
        """The record in memory."""
        return self.record.agents[agent]


@contextmanager
def desk(folder: Path, store: SeriesStore | None = None) -> Generator[Desk]:
    """An ingest over a record in `folder`, and the embedded store when no other is given."""
    record = Record(folder / "record.db")
    series = store or EmbeddedStore(folder / "series.db")
    try:
        yield Desk(record, series)
    finally:
        series.close()
        record.close()


def shown(agents: dict[str, AgentRecord]) -> dict[str, object]:
    """A record as something that can be compared."""
    return {
        name: (
            each.batches,
            each.readings,
            each.duplicates,
            each.undated,
            each.last_seen,
            each.last_reading,
            each.cloned_at,
            each.lost_before,
            each.hello,
            each.rejected,
            {
                epoch: (of.first, of.next, str(of.received), of.last_received, of.declared)
                for epoch, of in each.epochs.items()
            },
        )
        for name, each in agents.items()
    }

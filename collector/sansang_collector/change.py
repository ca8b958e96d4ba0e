# SPDX-License-Identifier: Apache-2.0
"""What one lot of messages changes of the record, and what agents are told once that is saved."""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from sansang_collector.agent_record import AgentRecord
from sansang_collector.events import Arrival, Greeting
from sansang_collector.record import Record, Saving
from sansang_collector.saving import Correction
from sansang_collector.speed_sql import SpeedTest
from sansang_collector.watching import Watching
from sansang_wire.batch import Batch, Hello, Receipt, Rejection
from sansang_wire.speed_readings import ThroughputReading

_AT = attrgetter("at")


class Answer(NamedTuple):
    """A receipt and whom it is for."""

    agent: str
    receipt: Receipt


class Change:
    """What one lot changes of the record."""

    def __init__(self, record: Record, watching: Watching) -> None:
        self._record = record
        self._watching = watching
        self._witnesses: list[Arrival] = []
        self._agents: dict[str, AgentRecord] = {}
        self._epochs: dict[str, set[str]] = {}
        self._echoes: dict[str, Hello] = {}
        self.undated: list[tuple[Batch, int]] = []
        self._tests: list[SpeedTest] = []
        self.corrections: Sequence[Correction] = ()
        """Of the ledger."""
        self.batches = 0
        self.readings = 0

    def touch(self, agent: str, epoch: str | None = None) -> AgentRecord:
        record = self._record.agent(agent)
        self._agents[agent] = record
        if epoch is not None:
            record.epoch(epoch)
            self._epochs.setdefault(agent, set()).add(epoch)
        return record

    def greet(self, greeting: Greeting, now: int) -> None:
        hello = greeting.hello
        record = self.touch(hello.agent, hello.epoch)
        self._epochs[hello.agent] |= record.greet(hello, now, live=greeting.live)
        self._watching.greet(hello.agent)
        self._echoes[hello.agent] = hello

    def take(self, arrival: Arrival, now: int) -> bool:
        """A batch came in at `now` (µs); false when its number was here already."""
        batch = arrival.batch
        record = self.touch(arrival.agent, batch.epoch)
        record.last_seen = now
        if not record.epoch(batch.epoch).receive(batch.seq, batch.first, now):
            record.duplicates += 1
            return False
        record.batches += 1
        self.batches += 1
        if batch.clock == "none":
            record.undated += len(arrival.good)
            self.undated.append((batch, now))
            return True
        record.readings += len(arrival.good)
        self.readings += len(arrival.good)
        self._tests += (
            SpeedTest(arrival.site, arrival.agent, each)
            for each in arrival.good
            if isinstance(each, ThroughputReading)
        )
        newest = max(map(_AT, arrival.good), default=0)
        record.last_reading = max(record.last_reading or 0, newest) or None
        return True

    def witness(self, arrival: Arrival) -> None:
        """What its readings say of services counts, whether or not they could be stored."""
        if arrival.batch.clock != "none" and arrival.good:
            self._witnesses.append(arrival)

    def reject(self, agent: str, rejection: Rejection) -> None:
        """Count what was left out."""
        rejected = self.touch(agent).rejected
        rejected[rejection.reason] = rejected.get(rejection.reason, 0) + 1

    def save(self, now: int) -> None:
        forgotten: list[tuple[str, str]] = []
        for name, record in self._agents.items():
            gone = record.forget(now)
            self._epochs.get(name, set()).difference_update(gone)
            forgotten += [(name, epoch) for epoch in gone]
        # In time order: a backlog comes in one lot with the newest batch before it.
        for arrival in sorted(self._witnesses, key=lambda each: each.good[0].at):
            self._watching.hear(arrival.site, arrival.agent, arrival.good, now)
        watched = self._watching.pending(now)
        self.corrections = watched.corrections
        self._record.save(
            Saving(
                agents=list(self._agents.values()),
                hellos=self._echoes.values(),
                epochs=self._epochs,
                undated=self.undated,
                tests=self._tests,
                forgotten=forgotten,
                watched=watched,
                at=now,
            )
        )

    def answers(self, time_us: int) -> list[Answer]:
        found: list[Answer] = []
        for agent, epochs in self._epochs.items():
            hello = self._echoes.get(agent)
            claimed = {hello.epoch, *(claim.epoch for claim in hello.epochs)} if hello else epochs
            for epoch in epochs & claimed:
                echo = hello.sent if hello and epoch == hello.epoch else None
                numbers = self._agents[agent].epochs[epoch]
                found.append(Answer(agent, numbers.receipt(time_us, echo)))
        return found

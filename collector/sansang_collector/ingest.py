# SPDX-License-Identifier: Apache-2.0
"""What agents send becomes series and a receipt: decode, store, record, and only then answer.

Messages wait in a bounded queue; a lot of them is stored in a worker thread, series first, then one
transaction of the record. What does not fit into the queue is dropped and counted: the agents' own
outboxes send it again. Whatever is wrong with a message costs that message and is counted by agent
and reason.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from sansang_collector.record import AgentRecord, Record, RecordUnavailableError
from sansang_collector.registry import Registry
from sansang_collector.store.base import Point, SeriesStore, StoreUnavailableError
from sansang_wire import topics
from sansang_wire.batch import (
    MAX_MESSAGE_BYTES,
    BadMessageError,
    Batch,
    Hello,
    Receipt,
    Rejection,
    decode,
    decode_batch,
)
from sansang_wire.readings import AnyReading
from sansang_wire.threads import in_daemon_thread

log = logging.getLogger(__name__)

QUEUE_MESSAGES = 20_000
QUEUE_BYTES = 64 * 1024 * 1024
LOT_MESSAGES = 1_000
COALESCE_S = 0.2
"""How long a lot gathers: each lot costs two disk flushes."""
FUTURE_US = 600 * 1_000_000
ANCIENT_US = 400 * 86_400 * 1_000_000
STRANGERS_AT_MOST = 1_000
CLAIMS_AT_MOST = 256
"""Epochs in one hello; agents name 64 at most."""


class Answer(NamedTuple):
    """A receipt and whom it is for."""

    agent: str
    receipt: Receipt


class _Arrival(NamedTuple):
    """A batch that belongs to a registered agent."""

    agent: str
    site: str
    batch: Batch
    rejected: tuple[Rejection, ...]
    good: tuple[AnyReading, ...]


class _Refused(NamedTuple):
    """A message of which nothing can be used."""

    agent: str
    rejection: Rejection


class _Greeting(NamedTuple):
    """A hello; one that is not `live` had been kept by the broker."""

    hello: Hello
    live: bool


class _Waiting(NamedTuple):
    """A message in the queue."""

    topic: topics.Topic
    payload: bytes
    retained: bool


_Event = _Arrival | _Refused | _Greeting


class Ingest:
    """Takes messages with `offer`, stores them in `run`, answers through `send`."""

    def __init__(
        self,
        registry: Callable[[], Registry],
        record: Record,
        store: SeriesStore,
        send: Callable[[list[Answer]], None],
    ) -> None:
        self._registry = registry
        self._record = record
        self._store = store
        self._send = send
        self._queue: deque[_Waiting] = deque()
        self._queued_bytes = 0
        self._working = threading.Lock()
        """One thread stores at a time, also when the task that waits for it was cancelled."""
        self._unwritten: list[Point] = []
        """What the store did not take when it last failed."""
        self._filled = asyncio.Event()
        self._told: set[tuple[str, str]] = set()
        self.queue_dropped = 0
        self.batches = 0
        self.readings = 0
        self.points_refused = 0
        self.failed = 0
        """Messages that could not be stored through a mistake of ours."""
        self.strangers: dict[str, int] = {}
        """Messages by agent id that the registry does not know."""
        self.store_problem: str | None = None
        self.record_problem: str | None = None

    @property
    def queued(self) -> int:
        """How many messages wait."""
        return len(self._queue)

    def offer(self, topic: topics.Topic, payload: bytes, *, retained: bool = False) -> None:
        """Queue a batch or hello; dropped and counted when the queue is full."""
        # Of a message that is too large anyway, enough is kept to say so.
        payload = payload[: MAX_MESSAGE_BYTES + 1]
        full = self._queued_bytes + len(payload) > QUEUE_BYTES
        if full or len(self._queue) >= QUEUE_MESSAGES:
            self.queue_dropped += 1
            return
        self._queue.append(_Waiting(topic, payload, retained))
        self._queued_bytes += len(payload)
        self._filled.set()

    def forgive_strangers(self) -> None:
        """Begin counting unknown agents anew: the registry may know them now."""
        self._told -= {(agent, "unregistered") for agent in self.strangers}
        self.strangers.clear()

    async def recovered(self) -> bool:
        """Whether a fault of the store or the record has ended since it was last looked at."""
        if not (self.store_problem or self.record_problem):
            return False
        return await in_daemon_thread(self._recovered)

    def _recovered(self) -> bool:
        """A store that can be read may still take nothing: it must take what it did not."""
        with self._working:
            if self.store_problem:
                self.store_problem = self._store.healthy()
                if not self.store_problem and self._write(self._unwritten):
                    self._unwritten = []
            self.record_problem = self._record.problem()
            return not (self.store_problem or self.record_problem)

    async def run(self) -> None:
        """Store lot after lot, until cancelled."""
        while True:
            await self._filled.wait()
            if len(self._queue) < LOT_MESSAGES:
                await asyncio.sleep(COALESCE_S)
            await self.store_lot()

    async def store_lot(self) -> None:
        """Store what is queued, one lot at most, and answer."""
        self._filled.clear()
        lot = [self._queue.popleft() for _ in range(min(len(self._queue), LOT_MESSAGES))]
        self._queued_bytes -= sum(len(each.payload) for each in lot)
        if self._queue:
            self._filled.set()
        self._send(await in_daemon_thread(self._store_safely, lot))

    def _store_safely(self, lot: list[_Waiting]) -> list[Answer]:
        """Whatever a message does, it costs that message: a lot that fails is stored in halves."""
        with self._working:
            answers: list[Answer] = []
            parts = [lot]
            while parts:
                part = parts.pop()
                try:
                    self._record.refresh()
                    answers += self._store_lot(part)
                except RecordUnavailableError as error:
                    self._tell_problem("record", str(error))
                    self.record_problem = str(error)
                except Exception as error:  # noqa: BLE001 - see above
                    self._record.reload()
                    if len(part) > 1:
                        middle = len(part) // 2
                        parts += [part[middle:], part[:middle]]
                    else:
                        self._give_up(part, error)
            return answers

    def _give_up(self, part: list[_Waiting], error: Exception) -> None:
        """A message that no check stopped and that can't be stored: a mistake of ours."""
        self.failed += len(part)
        for topic, payload, _ in part:
            log.error("a message on %s can't be stored: %.200r", topic, payload, exc_info=error)

    def _store_lot(self, lot: list[_Waiting]) -> list[Answer]:
        now = time.time_ns() // 1000
        events = self._read(lot, now)
        arrivals = [each for each in events if isinstance(each, _Arrival)]
        with self._record.lock:
            new = self._new(arrivals)
        stored = self._write_series(new)
        change = _Change(self._record)
        with self._record.lock:
            # In the order of arrival: a hello corrects what the batches before it claimed.
            for event in events:
                match event:
                    case _Greeting():
                        change.greet(event, now)
                    case _Refused():
                        self._reject(change, event.agent, event.rejection)
                    case _Arrival() if stored:
                        self._take(change, event, now)
                    case _:
                        pass
            change.save(now)
        self.batches += change.batches
        self.readings += change.readings
        return change.answers(time.time_ns() // 1000)

    def _read(self, lot: list[_Waiting], now: int) -> list[_Event]:
        registry = self._registry()
        events: list[_Event] = []
        for topic, payload, retained in lot:
            entry = registry.agent(topic.agent)
            if entry is None:
                self._count_stranger(topic.agent)
                continue
            try:
                if topic.channel == "batch":
                    events.append(_arrival(topic.agent, entry.site, payload, now))
                else:
                    events.append(_Greeting(_hello(topic.agent, payload), live=not retained))
            except BadMessageError as error:
                events.append(_Refused(topic.agent, Rejection(error.reason, str(error))))
            except RecursionError as error:
                events.append(_Refused(topic.agent, Rejection("malformed", str(error))))
        return events

    def _new(self, arrivals: list[_Arrival]) -> list[_Arrival]:
        """Those whose number is not here yet, each once."""
        seen: set[tuple[str, str, int]] = set()
        new: list[_Arrival] = []
        for arrival in arrivals:
            batch = arrival.batch
            key = (arrival.agent, batch.epoch, batch.seq)
            record = self._record.agents.get(arrival.agent)
            known = record.epochs.get(batch.epoch) if record else None
            if key not in seen and (known is None or batch.seq not in known.received):
                seen.add(key)
                new.append(arrival)
        return new

    def _write_series(self, new: list[_Arrival]) -> bool:
        points = [
            Point(arrival.site, arrival.agent, reading)
            for arrival in new
            if arrival.batch.clock != "none"
            for reading in arrival.good
        ]
        stored = self._write(points)
        if stored and points:
            self._unwritten = []
        elif not stored:
            self._unwritten = points
        return stored

    def _write(self, points: list[Point]) -> bool:
        try:
            self.points_refused += self._store.write(points) if points else 0
        except StoreUnavailableError as error:
            self._tell_problem("store", str(error))
            self.store_problem = str(error)
            return False
        return True

    def _take(self, change: "_Change", arrival: _Arrival, now: int) -> None:
        batch = arrival.batch
        record = change.touch(arrival.agent, batch.epoch)
        record.last_seen = now
        if not record.epoch(batch.epoch).receive(batch.seq, batch.first, now):
            record.duplicates += 1
            return
        record.batches += 1
        change.batches += 1
        for rejection in arrival.rejected:
            self._reject(change, arrival.agent, rejection)
        if batch.clock == "none":
            record.undated += len(arrival.good)
            change.undated.append((batch, now))
            return
        record.readings += len(arrival.good)
        change.readings += len(arrival.good)
        newest = max((reading.at for reading in arrival.good), default=0)
        record.last_reading = max(record.last_reading or 0, newest) or None

    def _reject(self, change: "_Change", agent: str, rejection: Rejection) -> None:
        rejected = change.touch(agent).rejected
        rejected[rejection.reason] = rejected.get(rejection.reason, 0) + 1
        self._tell_once(agent, rejection.reason, rejection.detail)

    def _count_stranger(self, agent: str) -> None:
        if agent not in self.strangers and len(self.strangers) >= STRANGERS_AT_MOST:
            agent = "(others)"
        self.strangers[agent] = self.strangers.get(agent, 0) + 1
        self._tell_once(agent, "unregistered", "the registry does not know this agent: add it")

    def _tell_once(self, agent: str, reason: str, detail: str) -> None:
        if (agent, reason) not in self._told:
            self._told.add((agent, reason))
            log.warning("from %s, told once: %s (%s)", agent, detail, reason)

    def _tell_problem(self, what: str, problem: str) -> None:
        if problem not in {self.store_problem, self.record_problem}:
            log.error("the %s takes nothing now, agents keep their readings: %s", what, problem)


class _Change:
    """What one lot changes of the record."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._agents: dict[str, AgentRecord] = {}
        self._epochs: dict[str, set[str]] = {}
        self._echoes: dict[str, Hello] = {}
        self.undated: list[tuple[Batch, int]] = []
        self.batches = 0
        self.readings = 0

    def touch(self, agent: str, epoch: str | None = None) -> AgentRecord:
        record = self._record.agent(agent)
        self._agents[agent] = record
        if epoch is not None:
            record.epoch(epoch)
            self._epochs.setdefault(agent, set()).add(epoch)
        return record

    def greet(self, greeting: _Greeting, now: int) -> None:
        hello = greeting.hello
        record = self.touch(hello.agent, hello.epoch)
        self._epochs[hello.agent] |= record.greet(hello, now, live=greeting.live)
        self._echoes[hello.agent] = hello

    def save(self, now: int) -> None:
        forgotten: list[tuple[str, str]] = []
        for name, record in self._agents.items():
            gone = record.forget(now)
            self._epochs.get(name, set()).difference_update(gone)
            forgotten += [(name, epoch) for epoch in gone]
        self._record.save(self._agents.values(), self._epochs, self.undated, forgotten)

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


def _arrival(agent: str, site: str, payload: bytes, now: int) -> _Arrival:
    """Raises BadMessageError for a batch of which nothing can be used."""
    decoded = decode_batch(payload)
    batch = decoded.batch
    if batch.agent != agent:
        raise BadMessageError("wrong_agent", f"the batch says it is from {batch.agent[:80]!r}")
    if batch.first > batch.seq:
        raise BadMessageError("bad_envelope", f"first {batch.first} is beyond seq {batch.seq}")
    rejected = list(decoded.rejected)
    good: list[AnyReading] = []
    for reading in batch.readings:
        if batch.clock == "none" or now - ANCIENT_US <= reading.at <= now + FUTURE_US:
            good.append(reading)
        else:
            word = "future" if reading.at > now else "ancient"
            rejected.append(Rejection(word, f"a reading is dated {reading.at} µs"))
    return _Arrival(agent, site, batch, tuple(rejected), tuple(good))


def _hello(agent: str, payload: bytes) -> Hello:
    hello = decode(payload, Hello)
    if hello.agent != agent:
        raise BadMessageError("wrong_agent", f"the hello says it is from {hello.agent[:80]!r}")
    if len(hello.epochs) > CLAIMS_AT_MOST:
        raise BadMessageError("bad_hello", f"{len(hello.epochs)} epochs, at most {CLAIMS_AT_MOST}")
    for claim in hello.epochs:
        if claim.first > claim.next:
            what = f"epoch {claim.epoch}: first {claim.first} is beyond next {claim.next}"
            raise BadMessageError("bad_hello", what)
    return hello

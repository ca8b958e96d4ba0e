# SPDX-License-Identifier: Apache-2.0
"""What agents send becomes series and a receipt: decode, store, record, and only then answer.

Messages wait in a bounded queue, by agent; a lot of them is stored in worker threads, series first,
then one transaction of the record; while that runs, the series of the next lot are written. What
does not fit into the queue is dropped and counted: the agents' own outboxes send it again. Whatever
is wrong with a message costs that message and is counted by agent and reason.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import NamedTuple

from sansang_collector import state_series
from sansang_collector.change import Answer, Change
from sansang_collector.events import Arrival, Event, Greeting, Refused, read
from sansang_collector.evidence_sql import forget_boots, forget_pages
from sansang_collector.fair_queue import FairQueue, Queued
from sansang_collector.record import Record, RecordUnavailableError, Saving
from sansang_collector.registry import Registry
from sansang_collector.saving import Watched
from sansang_collector.store.base import Point, SeriesStore, StoreUnavailableError
from sansang_collector.telling import Teller
from sansang_collector.watching import Blindness, Watching
from sansang_wire import topics
from sansang_wire.batch import MAX_MESSAGE_BYTES, Rejection
from sansang_wire.threads import in_daemon_thread

log = logging.getLogger(__name__)

LOT_MESSAGES = 600
"""A lot of 1,000 is no quicker and takes 6 MiB more."""
LOTS_AT_ONCE = 2
"""One is written while one is recorded."""
COALESCE_S = 0.2
"""How long a lot gathers: each lot costs two disk flushes."""
FORGET_EVERY_US = 6 * 3600 * 1_000_000
JUMP_US, STALLED_US = 5_000_000, 30_000_000
STRANGERS_AT_MOST = 1_000


class _Written(NamedTuple):
    """What a lot of messages says, once the store was asked to take its readings."""

    events: list[Event]
    stored: bool


class Ingest:
    """Takes messages with `offer`, stores them in `run`, answers through `send`, and looks after
    what time alone changes with `settle`; `on_alert` is called, from any thread, when the record
    holds something new to tell.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what it stands between
        self,
        registry: Callable[[], Registry],
        record: Record,
        store: SeriesStore,
        send: Callable[[list[Answer]], None],
        watching: Watching,
        teller: Teller,
        on_alert: Callable[[], None],
    ) -> None:
        self._registry = registry
        self._record = record
        self._store = store
        self._send = send
        self._watching = watching
        self._teller = teller
        self._on_alert = on_alert
        self._queue = FairQueue()
        self._recording = threading.Lock()
        """One thread changes the record at a time, also when the task that waits was cancelled."""
        self._numbering = threading.Lock()
        """What several threads read and change: which numbers are here, and what was refused."""
        self._unwritten: list[Point] = []
        """What the store did not take when it last failed."""
        self._filled = asyncio.Event()
        self._states_due = 0
        self._forgotten = 0
        self._settled: tuple[int, int] | None = None
        """The time of day and the steady time, in µs, when time was last let pass."""
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

    @property
    def behind(self) -> bool:
        """Whether more waits than a lot takes: what can wait leaves it the processor."""
        return len(self._queue) > LOT_MESSAGES

    def offer(self, topic: topics.Topic, payload: bytes, *, retained: bool = False) -> None:
        """Queue a batch or hello; dropped and counted when the queue is full."""
        # Of a message that is too large anyway, enough is kept to say so.
        payload = payload[: MAX_MESSAGE_BYTES + 1]
        if self._queue.put(Queued(topic, payload, retained)):
            self._filled.set()
        else:
            self.queue_dropped += 1

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
        with self._recording:
            if self.store_problem:
                self.store_problem = self._store.healthy()
                if not self.store_problem and self._write(self._unwritten):
                    self._unwritten = []
            self.record_problem = self._record.problem()
            return not (self.store_problem or self.record_problem)

    async def run(self) -> None:
        """Store lot after lot, until cancelled; some are written while one is recorded."""
        recorded = asyncio.get_running_loop().create_future()
        recorded.set_result(None)
        room = asyncio.Semaphore(LOTS_AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._filled.wait()
                if len(self._queue) < LOT_MESSAGES:
                    await asyncio.sleep(COALESCE_S)
                await room.acquire()
                recorded = tasks.create_task(self._carry(self._next_lot(), recorded))
                recorded.add_done_callback(lambda _: room.release())

    async def store_lot(self) -> None:
        """Store what is queued, one lot at most, and answer."""
        await self._carry(self._next_lot())

    def _next_lot(self) -> list[Queued]:
        self._filled.clear()
        lot = self._queue.take(LOT_MESSAGES)
        if self._queue:
            self._filled.set()
        return lot

    async def _carry(self, lot: list[Queued], before: asyncio.Future[None] | None = None) -> None:
        """Store a lot and answer, after the one `before` it."""
        written = await in_daemon_thread(self._write_safely, lot)
        if before is not None:
            await before
        self._send(await in_daemon_thread(self._record_safely, lot, written))

    def _write_safely(self, lot: list[Queued]) -> _Written | None:
        """None when something in it can't be written: it is looked for when it is recorded."""
        try:
            return self._write_lot(lot)
        except Exception:  # noqa: BLE001 - it is met, and told, a second time
            return None

    def _record_safely(self, lot: list[Queued], written: _Written | None) -> list[Answer]:
        """Whatever a message does, it costs that message: a lot that fails is stored in halves."""
        with self._recording:
            answers: list[Answer] = []
            parts = [(lot, written)]
            while parts:
                part, written = parts.pop()
                try:
                    self._record.refresh()
                    answers += self._record_lot(written or self._write_lot(part))
                except RecordUnavailableError as error:
                    self._fail(error)
                except Exception as error:  # noqa: BLE001 - see above
                    self._record.reload()
                    self._begin_watch_anew()
                    if len(part) > 1:
                        middle = len(part) // 2
                        parts += [(part[middle:], None), (part[:middle], None)]
                    else:
                        self._give_up(part, error)
            return answers

    def _fail(self, error: RecordUnavailableError) -> None:
        self._tell_problem("record", str(error))
        self.record_problem = str(error)
        self._begin_watch_anew()

    def _begin_watch_anew(self) -> None:
        """What was judged and could not be saved is judged again from what is kept."""
        with contextlib.suppress(RecordUnavailableError):
            self._watching.reset(time.time_ns() // 1000)
            self._teller.reset()

    async def keep(self, points: list[Point]) -> None:
        """Write what the collector itself says; what the store does not take now is left out."""
        await in_daemon_thread(self._keep, points)

    def _keep(self, points: list[Point]) -> None:
        with self._recording:
            self._write(points)

    async def settle(self, blindness: Collection[Blindness] = ()) -> None:
        """Judge what came late, let time pass, and tell what is to be told; once a second.

        `blindness`: why nobody can be heard now.
        """
        await in_daemon_thread(self._settle, blindness)

    def _settle(self, blindness: Collection[Blindness]) -> None:
        with self._recording, self._record.lock:
            now = time.time_ns() // 1000
            try:
                self._record.refresh()
                self._forget_old(now)
                self._note_gap(now)
                self._watching.settle(now, blindness)
                telling = self._teller.look(now)
                watched = self._watching.pending(now)
                if any(watched) or any(telling):
                    self._record.save(Saving(watched=watched, telling=telling, at=now))
            except RecordUnavailableError as error:
                self._fail(error)
            except Exception:
                # A mistake of ours must not end the collector; what is kept is judged again.
                self.failed += 1
                log.exception("what was heard can't be judged")
                self._begin_watch_anew()
            else:
                self._write_states(watched, now)
                if telling.messages:
                    self._on_alert()

    def _write_states(self, watched: Watched, now: int) -> None:
        """What a store does not take now the ledger has; how things stand comes again soon."""
        points = state_series.changes(watched.corrections, now)
        due = now >= self._states_due
        if due:
            # At once after a start, then at instants that can be written over.
            at = now // state_series.EVERY_US * state_series.EVERY_US if self._states_due else now
            points += state_series.all_of(self._watching.standing(), at)
        if points and self._write(points) and due:
            self._states_due = (now // state_series.EVERY_US + 1) * state_series.EVERY_US

    def _forget_old(self, now: int) -> None:
        """Evidence is kept for 35 days."""
        if now - self._forgotten >= FORGET_EVERY_US:
            agents = [agent.id for agent in self._registry().agents]
            with self._record.writing() as connection:
                forget_pages(connection, agents, now)
                forget_boots(connection)
            self._forgotten = now

    def _note_gap(self, now: int) -> None:
        """A clock that was set, a machine that slept or that had no time for this for long."""
        steady = time.monotonic_ns() // 1000
        before, self._settled = self._settled, (now, steady)
        if before is None:
            return
        passed, steadily = now - before[0], steady - before[1]
        if abs(passed - steadily) > JUMP_US:
            self._watching.was_blind(min(before[0], now - 1), now, "clock")
        elif steadily > STALLED_US:
            self._watching.was_blind(before[0], now, "stopped")

    def _give_up(self, part: list[Queued], error: Exception) -> None:
        """A message that no check stopped and that can't be stored: a mistake of ours."""
        self.failed += len(part)
        for topic, payload, _ in part:
            log.error("a message on %s can't be stored: %.200r", topic, payload, exc_info=error)

    def _write_lot(self, lot: list[Queued]) -> _Written:
        events = self._read(lot, time.time_ns() // 1000)
        new = self._new([each for each in events if isinstance(each, Arrival)])
        return _Written(events, self._write_series(new))

    def _record_lot(self, written: _Written) -> list[Answer]:
        now = time.time_ns() // 1000
        change = Change(self._record, self._watching)
        with self._record.lock:
            with self._numbering:
                self._take(written, change, now)
            change.save(now)
        if written.stored and (states := state_series.changes(change.corrections, now)):
            self._write(states)
        self.batches += change.batches
        self.readings += change.readings
        return change.answers(time.time_ns() // 1000)

    def _take(self, written: _Written, change: Change, now: int) -> None:
        # In the order of arrival: a hello corrects what the batches before it claimed.
        for event in written.events:
            match event:
                case Greeting():
                    change.greet(event, now)
                case Refused():
                    self._reject(change, event.agent, event.rejection)
                case Arrival():
                    change.witness(event)
                    if written.stored and change.take(event, now):
                        for rejection in event.rejected:
                            self._reject(change, event.agent, rejection)

    def _read(self, lot: list[Queued], now: int) -> list[Event]:
        registry = self._registry()
        events: list[Event] = []
        for topic, payload, retained in lot:
            entry = registry.agent(topic.agent)
            if entry is None:
                self._count_stranger(topic.agent)
            else:
                events.append(read(topic, payload, entry.site, now, retained=retained))
        return events

    def _new(self, arrivals: list[Arrival]) -> list[Arrival]:
        """Those whose number is not here yet, each once. Those of the lot that is being recorded
        may be among them: written twice is written once.
        """
        seen: set[tuple[str, str, int]] = set()
        new: list[Arrival] = []
        with self._numbering:
            for arrival in arrivals:
                batch = arrival.batch
                key = (arrival.agent, batch.epoch, batch.seq)
                record = self._record.agents.get(arrival.agent)
                known = record.epochs.get(batch.epoch) if record else None
                if key not in seen and (known is None or batch.seq not in known.received):
                    seen.add(key)
                    new.append(arrival)
        return new

    def _write_series(self, new: list[Arrival]) -> bool:
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
            refused = self._store.write(points) if points else 0
        except StoreUnavailableError as error:
            self._tell_problem("store", str(error))
            self.store_problem = str(error)
            return False
        with self._numbering:
            self.points_refused += refused
        return True

    def _reject(self, change: Change, agent: str, rejection: Rejection) -> None:
        change.reject(agent, rejection)
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

# SPDX-License-Identifier: Apache-2.0
"""A house and a centre that live through a history, step by step; the centre may be killed between
any two transactions.
"""

import random
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from sansang_collector import ledger_sql
from sansang_collector.config import HOLD
from sansang_collector.hours import Span
from sansang_collector.ledger_sql import ledger_table
from sansang_collector.maintenance_sql import Maintenance, declare
from sansang_collector.message_sql import NewMessage
from sansang_collector.record import Record, Saving
from sansang_collector.registry import Registry, check_registry
from sansang_collector.telling import Teller
from sansang_collector.watch.entry import Entry, Thing
from sansang_collector.watching import Watching
from tests.collector.ingesting import make_hello
from tests.collector.watch.histories import START, Arrival, History
from tests.collector.watch.houses import SSID, Batch, Box, S
from tests.collector.watch.scenario import IN_MEMORY

STEP_S = 10


def registry_of(boxes: list[Box], **more: object) -> Registry:
    """One house with these boxes."""
    site = {
        "id": "dong", "name": "dong", "commune": "11824", "commune_name": "Xã Vĩnh Bảo",
        "kind": "cultural_house", "ssids": [SSID], **more,
    }  # fmt: skip
    agents = [{"id": box.id, "site": "dong"} for box in boxes]
    return check_registry({"sites": [site], "agents": agents}, Path())


@dataclass
class Centre:
    """The real judge and teller over a record, in made-up time."""

    folder: Path
    boxes: list[Box]
    registry: Registry
    messages: list[NewMessage] = field(default_factory=list[NewMessage])

    def begin(self, now: int) -> None:
        """Open, or open again, what is on the disk."""
        self.record = Record(self.folder / "record.db")
        for box in self.boxes:
            hello = make_hello(box.id, batch_every_s=float(box.round_s))
            self.record.agent(box.id).hello = hello
        self.watching = Watching(self.record, lambda: self.registry, HOLD, now)
        held = {box.id: box.held for box in self.boxes}
        self.teller = Teller(
            self.record,
            lambda: self.registry,
            self.watching,
            HOLD,
            lambda _: False,
            lambda agent: len(held[agent]),
        )

    def hear(self, box: str, batch: Arrival | Batch, now: int) -> None:
        """One transaction."""
        self.watching.hear("dong", box, batch.readings, now)
        self.record.save(Saving(watched=self.watching.pending(now), at=now))

    def settle(self, now: int) -> None:
        """Another."""
        self.watching.settle(now)
        telling = self.teller.look(now)
        watched = self.watching.pending(now)
        if any(watched) or any(telling):
            self.record.save(Saving(watched=watched, telling=telling, at=now))
        self.messages += telling.messages

    def ledger(self) -> list[Entry]:
        """What it says now."""
        with self.record.reading() as connection:
            found = [each.entry for each in ledger_sql.load(connection, 0, None, "dong")]
        return sorted(found, key=lambda each: each.key)

    def ever(self) -> set[tuple[str, str, int]]:
        """Service, subject and beginning of all that the ledger ever said."""
        table = ledger_table.c
        with self.record.reading() as connection:
            rows = connection.execute(sa.select(table.service, table.subject, table.start))
            return {(service, subject, start) for service, subject, start in rows}


@contextmanager
def centre(boxes: list[Box], **more: object) -> Generator[Centre]:
    """One that is open. `more`: of the site's entry in the registry."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        found = Centre(Path(folder), boxes, registry_of(boxes, **more))
        found.begin(START)
        try:
            yield found
        finally:
            found.record.close()


@dataclass
class Life:
    """A history as it is lived. `deaths`: how often, of a thousand transactions, the centre dies
    before one.
    """

    history: History
    it: Centre
    chance: random.Random
    deaths: int = 0
    muted: set[Thing] = field(default_factory=set[Thing])
    """Whatever was, at any time."""

    def live(self) -> int:
        """All of it; returns its end."""
        rounds = self.history.rounds(self.chance)
        upcoming = next(rounds, None)
        now = START
        while upcoming is not None:
            while upcoming is not None and upcoming[0] <= now:
                at, box = upcoming
                box.measure(at)
                self.history.arrivals += [
                    Arrival(at, each.at, box.id, each.readings) for each in box.held[-1:]
                ]
                upcoming = next(rounds, None)
            self._send(now)
            self._perhaps_die(now)
            self.it.settle(now)
            self.muted |= set((self.it.teller._muted or {}).get("dong", ()))
            now += STEP_S * S
        for _ in range(60):
            now += 60 * S
            self._send(now)
            self.it.settle(now)
        return now

    def maintain(self, span: Span) -> None:
        """Declare it."""
        with self.it.record.writing() as connection:
            declare(connection, Maintenance("dong", span, "", span.start - 1))

    def _send(self, now: int) -> None:
        """What dies with the centre was not receipted: it is sent again."""
        for box in self.history.boxes:
            for batch in list(box.send(50)):
                if self._perhaps_die(now):
                    box.held.append(batch)
                else:
                    self.it.hear(box.id, batch, now)

    def _perhaps_die(self, now: int) -> bool:
        if self.chance.randrange(1000) >= self.deaths:
            return False
        self.it.record.close()
        self.it.begin(now)
        return True

# SPDX-License-Identifier: Apache-2.0
"""The ledger of random histories: the same whatever the order in which they arrive."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sansang_collector import ledger_sql
from sansang_collector.config import HOLD
from sansang_collector.record import Record, Saving
from sansang_collector.registry import Registry, check_registry
from sansang_collector.watch.entry import Entry
from sansang_collector.watch.evidence import boots_of, facts_of
from sansang_collector.watch.site import BoxPlan, judge
from sansang_collector.watching import LAG_US, Watching
from tests.collector.ingesting import make_hello
from tests.collector.watch.histories import MINUTE, START, History, histories
from tests.collector.watch.houses import SSID, Box, S
from tests.collector.watch.scenario import IN_MEMORY

quick = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))


def registry_of(boxes: list[Box]) -> Registry:
    """One house with these boxes."""
    data = {
        "sites": [
            {
                "id": "dong", "name": "dong", "commune": "11824", "commune_name": "Xã Vĩnh Bảo",
                "kind": "cultural_house", "ssids": [SSID],
            }
        ],
        "agents": [{"id": box.id, "site": "dong"} for box in boxes],
    }  # fmt: skip
    return check_registry(data, Path())


class Centre:
    """The real judge over a record, in made-up time."""

    def __init__(self, folder: Path, boxes: list[Box]) -> None:
        self._folder, self._boxes = folder, boxes
        self.registry = registry_of(boxes)

    def begin(self, now: int) -> None:
        """Open, or open again, what is on the disk."""
        self.record = Record(self._folder / "record.db")
        for box in self._boxes:
            hello = make_hello(box.id, batch_every_s=float(max(60, box.round_s)))
            self.record.agent(box.id).hello = hello
        self.watching = Watching(self.record, lambda: self.registry, HOLD, now)

    def save(self, now: int) -> None:
        self.record.save(Saving(watched=self.watching.pending(now), at=now))

    def settle(self, now: int) -> None:
        self.watching.settle(now)
        self.save(now)

    def ledger(self) -> list[Entry]:
        with self.record.reading() as connection:
            found = [each.entry for each in ledger_sql.load(connection, 0, None, "dong")]
        return sorted(found, key=lambda each: each.key)


@contextmanager
def centre(history: History) -> Iterator[Centre]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        found = Centre(Path(folder), history.boxes)
        found.begin(START)
        try:
            yield found
        finally:
            found.record.close()


def judged(history: History, now: int, plans: dict[str, BoxPlan]) -> list[Entry]:
    """By the pure judge, who has everything at once."""
    facts = [(each.box, fact) for each in history.arrivals for fact in facts_of(each.readings)]
    boots = {
        (each.box, boot.id): (each.box, boot)
        for each in history.arrivals
        for boot in boots_of(each.readings)
    }
    return judge(facts, boots.values(), plans, HOLD, now)


def compare(history: History, chance: random.Random, seldom_s: int) -> None:
    """What arrives, judged as it comes, is as if all had been there at once."""
    with centre(history) as it:
        settles = START
        for each in history.arrivals:
            while settles < each.here:
                it.settle(settles)
                settles += chance.randrange(1, 2 * seldom_s) * S
            it.watching.hear("dong", each.box, each.readings, each.here)
            it.save(each.here)
        end = max(history.end, settles) + 30 * MINUTE
        it.settle(end)
        it.settle(end + MINUTE)
        plans = {
            agent.id: BoxPlan(agent.line, it.watching.patience(agent.id))
            for agent in it.registry.agents
        }
        assert it.ledger() == judged(history, end + MINUTE - LAG_US, plans)


@quick
@given(histories(), st.integers(0, 2**32), st.sampled_from([20, 120, 1200]))
def test_the_ledger_does_not_depend_on_the_order_of_arrival(
    history: History, seed: int, seldom_s: int
) -> None:
    """Batches in any order, some twice, time passing in between: the same as all at once."""
    compare(history, random.Random(seed), seldom_s)

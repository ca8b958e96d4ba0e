# SPDX-License-Identifier: Apache-2.0
"""A commune whose truth is known: 60 houses, a reading a minute, everything that can fail failing
at random, against what the ledger makes of it.

    python -m tests.collector.watch.simulation --days 365

Most houses are judged from their facts in time order; where all is well for long, only the newest
are taken, as the collector does when it starts. Every thirtieth goes the whole way, each minute of
it, through the real watching and record, with 2 % of its batches up to two hours late.
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sansang_collector import ledger_sql
from sansang_collector.config import HOLD
from sansang_collector.hours import Span
from sansang_collector.outages import Ledger
from sansang_collector.record import Record, Saving
from sansang_collector.registry import Registry, check_registry
from sansang_collector.watch.box import BoxPlan
from sansang_collector.watch.entry import Entry, Key, Thing
from sansang_collector.watch.evidence import Fact
from sansang_collector.watch.site import SiteJudge
from sansang_collector.watching import Watching
from tests.collector.watch.houses import SSID
from tests.collector.watch.measured import boots, readings, rounds, well
from tests.collector.watch.reckoning import Reckoning, reckon, shares
from tests.collector.watch.scenario import IN_MEMORY
from tests.collector.watch.truth import DAY, MINUTE, START, House, houses

HOUSES = 60
WHOLE_WAY = 30
LATE, LATE_BY = 0.02, 120 * MINUTE
TAKEN = 20 * MINUTE
"""So often the whole way is saved and settled."""
SEED = 2026
SETTLED = 40
"""After so many good rounds on end nothing is in doubt, and nothing that was said before counts."""


@dataclass(frozen=True)
class Judged:
    """What a house's evidence came to."""

    house: House
    entries: list[Entry]
    worked: Mapping[Thing, int]


@dataclass
class Found:
    """What the ledger is worth, of all houses."""

    reckoning: Reckoning = field(default_factory=Reckoning)
    apart_pct: list[tuple[float, str, str]] = field(default_factory=list[tuple[float, str, str]])
    """How far its availability is from the truth: percentage points, house, service."""

    def __str__(self) -> str:
        of = self.reckoning
        apart, *where = max(self.apart_pct)
        return (
            f"{of.faults:,} faults, {of.noticeable:,} of them to be noticed:"
            f" cause right {of.right_pct:.2f} % (bound 99),"
            f" missed {len(of.missed)} (0), false {len(of.false)} (0);\n"
            f"availability of {len(self.apart_pct)} services at most {apart:.4f} percentage points"
            f" from the truth (0.01), at {' '.join(where)}\n"
            + "".join(f"  wrong: {each}\n" for each in [*of.missed, *of.false, *of.wrong])
            + "\n".join(f"  {what}: {count}" for what, count in sorted(of.kinds.items()))
        )


def simulate(days: int, seed: int = SEED) -> Found:
    """All of it, on two processors."""
    tasks = [(each, days, seed) for each in houses(HOUSES, days, seed)]
    # The whole way takes longest: first.
    tasks.sort(key=lambda each: not _goes_whole_way(each[0]))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = list(pool.imap_unordered(_judge, tasks))
    of_all = Found()
    for each in found:
        of_all.reckoning.add(reckon(each.house, each.entries, START + days * DAY))
    of_all.apart_pct = _apart(found, days)
    return of_all


def _goes_whole_way(house: House) -> bool:
    return int(house.name.rpartition("-")[2]) % WHOLE_WAY == 0


def _judge(task: tuple[House, int, int]) -> Judged:
    return _whole_way(*task) if _goes_whole_way(task[0]) else _at_once(*task)


def _at_once(house: House, days: int, seed: int) -> Judged:
    site = SiteJudge({house.name: BoxPlan("main", HOLD.silent_us)}, HOLD)
    for boot in boots(house):
        site.boot(house.name, boot)
    found: dict[Key, Entry | None] = {}
    good, before = 0, START
    for at, facts in rounds(house, days, seed):
        calm = good > SETTLED
        good = good + 1 if facts is None and at - before == MINUTE else 0
        if calm and good == 0:
            for fact in (*well(before - MINUTE), *well(before)):
                site.recall(house.name, fact)
        before = at
        if good > SETTLED:
            continue
        for fact in facts or well(at):
            site.hear(house.name, fact)
        if site.changed:
            found |= site.take()
    worked = {on: each.first_up for on, each in site.services.items() if each.first_up is not None}
    return Judged(house, [each for each in found.values() if each is not None], worked)


def _whole_way(house: House, days: int, seed: int) -> Judged:
    registry = _registry([house])
    starts = boots(house)
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        record = Record(Path(folder) / "record.db")
        watching = Watching(record, lambda: registry, HOLD, START)
        for now, arrived in _arrivals(house, days, seed):
            for facts in arrived:
                some = readings(facts, house, starts)
                watching.hear(house.name, house.name, some, now)
            record.save(Saving(watched=watching.pending(now), at=now))
            for later in (now, now + 4_000_000):
                watching.settle(later)
            record.save(Saving(watched=watching.pending(now), at=now))
        with record.reading() as connection:
            entries = [each.entry for each in ledger_sql.load(connection, 0, None, house.name)]
            worked = ledger_sql.load_worked(connection)[house.name]
        record.close()
    return Judged(house, entries, worked)


def _arrivals(house: House, days: int, seed: int) -> Iterator[tuple[int, list[list[Fact]]]]:
    """What arrives in each twenty minutes, most of it in its order."""
    chance = random.Random(f"{seed} late {house.name}")
    late: list[tuple[int, list[Fact]]] = []
    here: list[list[Fact]] = []
    now = START + TAKEN
    facts: list[Fact] = []
    for at, said in rounds(house, days, seed):
        facts = said or well(at)
        while facts[0].at >= now:
            here += [some for due, some in late if due < now]
            late = [each for each in late if each[0] >= now]
            yield now, here
            here, now = [], now + TAKEN
        if chance.random() < LATE:
            late.append((facts[0].at + chance.randrange(LATE_BY), facts))
        else:
            here.append(facts)
    yield facts[0].at, [*here, *(some for _, some in late)]


def _registry(some: Sequence[House]) -> Registry:
    sites = [
        {
            "id": each.name, "name": each.name, "commune": f"{each.commune:05}",
            "commune_name": "Xã", "kind": "cultural_house", "ssids": [SSID],
        }
        for each in some
    ]  # fmt: skip
    agents = [{"id": each.name, "site": each.name} for each in some]
    return check_registry({"sites": sites, "agents": agents}, Path())


def _apart(found: Sequence[Judged], days: int) -> list[tuple[float, str, str]]:
    """By what the page shows."""
    span = Span(START + 60 * MINUTE, START + days * DAY)
    registry = _registry([each.house for each in found])
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        record = Record(Path(folder) / "record.db")
        with record.writing() as connection:
            for each in found:
                changes = [ledger_sql.Revised(one.key, one) for one in each.entries]
                ledger_sql.write(connection, each.house.name, changes, 0, late=False)
                worked = [(each.house.name, *item) for item in each.worked.items()]
                ledger_sql.save_worked(connection, worked)
        views = Ledger(record, lambda: registry, lambda _: []).availability(span, "site", span.end)
        record.close()
    true = {each.house.name: shares(each.house, span) for each in found}
    return [
        (100 * abs((each.share or 0) - true[each.group][each.service]), each.group, each.service)
        for each in views
    ]


def main() -> None:
    """Print what the ledger is worth; exit with 1 when it is worth less than it promises."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    began = time.monotonic()
    found = simulate(arguments.days, arguments.seed)
    took = time.monotonic() - began
    what = f"{HOUSES} houses, {arguments.days} days, seed {arguments.seed}"
    sys.stdout.write(f"{what}, in {took:.0f} s\n{found}\n")
    of = found.reckoning
    if of.right_pct < 99 or of.missed or of.false or max(found.apart_pct)[0] > 0.01:
        raise SystemExit("the ledger is worth less than it promises")


if __name__ == "__main__":
    main()

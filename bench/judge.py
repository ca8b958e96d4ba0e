# SPDX-License-Identifier: Apache-2.0
"""How fast evidence is judged, and how soon after a restart all of it is: `python -m bench.judge`.

A house's box says a dozen readings every 30 s. The scale of the first figure is a bare loop over
the same readings in the same run. The restart is that of a collector of 5,000 sites with an hour of
evidence each, in a process of its own.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from bench.machine import describe
from sansang_collector import evidence_sql, ledger_sql
from sansang_collector.config import HOLD
from sansang_collector.evidence_sql import Page, PageName
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Agent, Site
from sansang_collector.watch.box import BoxPlan
from sansang_collector.watch.evidence import boots_of, facts_of
from sansang_collector.watch.site import SiteJudge
from sansang_collector.watching import Watching
from sansang_wire.readings import AnyReading
from tests.collector.watch.houses import ROUND_S, SSID, Box, S

SITES = 5000
HOURS = 24
START = 1_780_012_800_000_000
LEAST_READINGS_S = 50_000
LONGEST_RESTART_S = 5.0


class Restart(NamedTuple):
    """Seconds until the record is open, until the watching is there, and until every site was
    judged; MiB that this took.
    """

    open_s: float
    watching_s: float
    judged_s: float
    resident_mib: float


def batches(hours: int) -> list[list[AnyReading]]:
    """What a box says, a batch a round; when it is a day, half an hour without its access point."""
    box = Box("dong-1", "dong")
    box.boot(START - 86_400 * S, clean=None)
    for at in range(START, START + hours * 3600 * S, ROUND_S * S):
        if at == START + 4800 * S:
            box.change("access point dead", at)
        if at == START + 6600 * S:
            box.change("well", at)
        box.measure(at)
    return [each.readings for each in box.held]


def judged_a_second(some: Sequence[Sequence[AnyReading]]) -> tuple[float, float]:
    """Readings a second through facts and judge, and through a bare loop."""
    count = sum(map(len, some))
    judge = SiteJudge({"dong-1": BoxPlan("main", HOLD.silent_us)}, HOLD)
    began = time.perf_counter()
    for each in some:
        for fact in sorted(facts_of(each)):
            judge.hear("dong-1", fact)
    took = time.perf_counter() - began
    assert len(judge.entries) == 1, judge.entries
    began = time.perf_counter()
    newest = 0
    for each in some:
        for reading in each:
            newest = max(newest, reading.at)
    return count / took, count / (time.perf_counter() - began)


def registry(sites: int) -> Registry:
    """So many, a box each."""
    names = [f"site-{number}" for number in range(sites)]
    return Registry(
        tuple(
            Site(id=name, name=name, commune="00000", commune_name="-", kind="other", ssids=[SSID])
            for name in names
        ),
        tuple(Agent(id=f"{name}-1", site=name) for name in names),
    )


def fill(path: Path, sites: int) -> None:
    """A record in which each site has an hour of evidence."""
    said = [reading for each in batches(1) for reading in each]
    pages: dict[int, Page] = {}
    for number, facts in evidence_sql.pages_of(sorted(facts_of(said))):
        evidence_sql.add(pages.setdefault(number, {}), facts)
    boot = boots_of(said)[0]
    things = [(name, "main") for name in ("internet", "ipv6", "dns")]
    things += [("wifi", SSID), ("power", "mains")]
    record = Record(path)
    with record.writing() as connection:
        for number in range(sites):
            name, agent = f"site-{number}", f"site-{number}-1"
            its = {PageName(agent, at): page for at, page in pages.items()}
            evidence_sql.save_pages(connection, its)
            evidence_sql.save_boots(connection, [(agent, boot)])
            ledger_sql.save_worked(connection, [(name, thing, START) for thing in things])
    record.close()


def restart(path: Path, sites: int) -> Restart:
    """Begin with what is kept, as a collector does."""
    before = psutil.Process().memory_info().rss
    known = registry(sites)
    now = START + 3600 * S
    began = time.perf_counter()
    record = Record(path)
    opened = time.perf_counter()
    watching = Watching(record, lambda: known, HOLD, now)
    made = time.perf_counter()
    while watching.unjudged:
        watching.settle(now)
        watching.pending(now)
    judged = time.perf_counter()
    resident = (psutil.Process().memory_info().rss - before) / 2**20
    assert len(list(watching.sites)) == sites
    record.close()
    return Restart(opened - began, made - opened, judged - made, resident)


def main() -> None:
    """Print both figures; exit with 1 beyond a bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=SITES)
    sites = parser.parse_args().sites
    print(describe())
    some = batches(HOURS)
    judged, bare = map(max, zip(*(judged_a_second(some) for _ in range(3)), strict=True))
    print(
        f"judged: {judged:,.0f} readings/s on one core (bound {LEAST_READINGS_S:,}),"
        f" {judged / bare:.3f} of a bare loop ({bare:,.0f})"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.db"
        fill(path, sites)
        size = path.stat().st_size / 1e6
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(restart, (path, sites))
    took = found.watching_s + found.judged_s
    print(
        f"restart with {sites:,} sites, {size:.0f} MB: record open after {found.open_s:.2f} s,"
        f" begun {found.watching_s:.2f} s later, every site judged {found.judged_s:.2f} s later"
        f" (both: bound {LONGEST_RESTART_S:.0f} s), {found.resident_mib:.0f} MiB"
    )
    if judged < LEAST_READINGS_S or took > LONGEST_RESTART_S:
        raise SystemExit("beyond a bound")


if __name__ == "__main__":
    main()

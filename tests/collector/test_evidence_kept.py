# SPDX-License-Identifier: Apache-2.0
"""Evidence is kept for 35 days, and no longer."""

import time
from pathlib import Path

from sansang_collector.evidence_sql import load_boots, load_facts
from sansang_wire.readings import HostReading, WifiReading
from tests.collector.ingesting import batch, desk

DAY = 86_400_000_000


async def test_what_is_older_than_35_days_is_let_go_of(tmp_path: Path) -> None:
    """What is younger can still correct the ledger."""
    now = time.time_ns() // 100_000_000 * 100_000
    instants = [now - 36 * DAY, now - 34 * DAY, now]
    with desk(tmp_path) as at_work:
        for seq, at in enumerate(instants, 1):
            look = WifiReading(at=at, outcome="ok", ssid="NVH", on_air=True)
            at_work.offer("dong-1", batch("dong-1", seq, [look]))
        await at_work.ingest.store_lot()
        await at_work.ingest.settle()
        with at_work.record.reading() as connection:
            kept = [fact.at for fact in load_facts(connection, "dong-1", 0)]
    assert sorted(kept) == instants[1:]


async def test_starts_are_forgotten_but_for_the_last_and_those_of_35_days_before_it(
    tmp_path: Path,
) -> None:
    """A box that has been up for months still names its start, which is no new one each time."""
    now = time.time_ns() // 100_000_000 * 100_000
    starts = {"old": now - 90 * DAY, "before": now - 70 * DAY, "last": now - 50 * DAY}
    with desk(tmp_path) as at_work:
        for seq, (boot, started) in enumerate(starts.items(), 1):
            host = HostReading(
                at=now - (4 - seq) * 1_000_000, outcome="ok", boot=boot, clock="kernel",
                uptime_s=(now - (4 - seq) * 1_000_000 - started) / 1e6,
            )  # fmt: skip
            at_work.offer("dong-1", batch("dong-1", seq, [host]))
        await at_work.ingest.store_lot()
        await at_work.ingest.settle()
        with at_work.record.reading() as connection:
            kept = load_boots(connection)["dong-1"]
    assert kept.keys() == {"before", "last"}

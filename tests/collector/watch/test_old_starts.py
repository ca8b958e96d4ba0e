# SPDX-License-Identifier: Apache-2.0
"""A box that is up for longer than evidence is kept: its start is forgotten with the next one."""

from pathlib import Path

from sansang_collector import ledger_sql
from sansang_collector.config import HOLD
from sansang_collector.record import Record, Saving
from sansang_collector.registry import check_registry
from sansang_collector.watching import Watching
from sansang_wire.readings import HostReading

MINUTE, DAY = 60_000_000, 86_400_000_000
CUT = 1_795_000_020_000_000
BACK = CUT + 20 * MINUTE
AGAIN = BACK + 35 * DAY + 1000 * MINUTE
STARTED = {"first": CUT - DAY, "second": BACK, "third": AGAIN}


def says(at: int, boot: str) -> HostReading:
    uptime_s = (at - STARTED[boot]) / 1e6
    return HostReading(at=at, outcome="ok", boot=boot, uptime_s=uptime_s, clock="kernel")


def test_a_late_batch_that_names_a_forgotten_start_changes_no_cause(tmp_path: Path) -> None:
    """The power was cut, and that stays so when much later something is late once more."""
    place = {"commune": "11824", "commune_name": "Vĩnh Bảo", "kind": "office"}
    sites = [{"id": "dong", "name": "Đông", **place}]
    registry = check_registry({"sites": sites, "agents": [{"id": "box", "site": "dong"}]}, tmp_path)
    readings = [
        *(says(CUT - number * MINUTE, "first") for number in range(10, 0, -1)),
        *(says(BACK + number * MINUTE, "second") for number in range(1, 11)),
        *(says(AGAIN - number * MINUTE, "second") for number in range(20, 10, -1)),
        *(says(AGAIN + number * MINUTE, "third") for number in range(1, 11)),
        says(AGAIN - 10 * MINUTE, "second"),
    ]
    record = Record(tmp_path / "record.db")
    watching = Watching(record, lambda: registry, HOLD, CUT - DAY)
    now = 0
    for reading in readings:
        now = max(now, reading.at)
        watching.hear("dong", "box", [reading], now)
        for at in (now, now + 40_000_000):
            watching.settle(at)
        record.save(Saving(watched=watching.pending(now), at=now))
    with record.reading() as connection:
        entries = [each.entry for each in ledger_sql.load(connection, 0, None, "dong")]
    record.close()
    causes = {each.cause for each in entries if each.overlaps(CUT, BACK)}
    assert causes == {"power_cut"}

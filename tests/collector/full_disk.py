# SPDX-License-Identifier: Apache-2.0
"""A disk that runs full under an ingest; prints as JSON what was seen.

`python -m tests.collector.full_disk DISK ELSEWHERE record|series`: which of the two is on the disk.
"""

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

from sansang_collector.record import Record
from sansang_collector.store.embedded import EmbeddedStore
from tests.collector.ingesting import Desk, batch, link, shown

AGENT = "dong-1"
ROOM_BYTES = 200_000


def fill(ballast: Path) -> None:
    """Leave a little room on the disk."""
    size = 0
    handle = os.open(ballast, os.O_CREAT | os.O_WRONLY)
    with contextlib.suppress(OSError):
        while True:
            size += os.write(handle, bytes(4096))
    os.ftruncate(handle, max(0, size - ROOM_BYTES))
    os.close(handle)


def lot(number: int) -> bytes:
    """A large batch. Every number has a hole before it, so that the record grows, too."""
    return batch(AGENT, 2 * number, [link(number + each / 1000) for each in range(100)])


async def run_full(disk: Path, record: Path, series: Path) -> dict[str, object]:
    """Fill the disk but for a little, and go on until nothing is taken any more; make room."""
    at_work = Desk(Record(record / "record.db"), EmbeddedStore(series / "series.db"))
    ingest = at_work.ingest
    await at_work.take(AGENT, batch(AGENT, 1))
    ballast = disk / "ballast"
    fill(ballast)
    number = 1
    while not (ingest.store_problem or ingest.record_problem):
        number += 1
        await at_work.take(AGENT, lot(number))
    before = len(at_work.answers)
    await at_work.take(AGENT, lot(number))
    seen: dict[str, object] = {
        "problems": [ingest.store_problem, ingest.record_problem],
        "receipts while full": len(at_work.answers) - before,
        "receipted is recorded": all(
            each in at_work.of(AGENT).epochs[epoch].received
            for epoch in at_work.of(AGENT).epochs
            for each in at_work.receipted(AGENT, epoch)
        ),
        "memory is as the database": shown(at_work.record._load()) == shown(at_work.record.agents),
        "recovered while full": await ingest.recovered(),
    }
    ballast.unlink()
    seen["recovered with room"] = await ingest.recovered()
    await at_work.take(AGENT, lot(number))
    seen["receipted with room"] = 2 * number in at_work.receipted(AGENT)
    seen["memory is as the database at the end"] = shown(at_work.record._load()) == shown(
        at_work.record.agents
    )
    at_work.store.close()
    at_work.record.close()
    return seen


if __name__ == "__main__":
    small, large, which = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    places = (small, large) if which == "record" else (large, small)
    sys.stdout.write(json.dumps(asyncio.run(run_full(small, *places))))

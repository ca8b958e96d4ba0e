# SPDX-License-Identifier: Apache-2.0
"""When the store or the record takes nothing: no receipt, and everything again when it is over."""

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sansang_collector.ingest import Point
from sansang_collector.record import Saving
from sansang_collector.store.base import StoreUnavailableError
from sansang_collector.store.influx import InfluxStore
from tests.capabilities import missing, program
from tests.collector.ingesting import EPOCH, batch, desk, make_hello, shown
from tests.lab.netns import ROOT
from tests.servers import InfluxDB
from tests.waiting import until


async def test_nothing_is_receipted_while_influxdb_is_down(tmp_path: Path) -> None:
    """The fault is told; hellos are still answered; its end is told once, and all is taken."""
    with InfluxDB(tmp_path / "influxdb") as influxdb:
        store = InfluxStore.version_1(influxdb.url, "sansang")
        with desk(tmp_path, store) as at_work:
            await at_work.take("dong-1", batch("dong-1", 1))
            assert at_work.receipted("dong-1") == {1}
            influxdb.kill()
            await at_work.take("dong-1", batch("dong-1", 2), batch("dong-1", 3))
            assert at_work.ingest.store_problem is not None
            assert "does not answer" in at_work.ingest.store_problem
            await at_work.greet(make_hello("dong-1", claims={EPOCH: (1, 4)}))
            assert at_work.answers[-1].receipt.echo == 1
            assert at_work.receipted("dong-1") == {1}
            assert at_work.of("dong-1").epochs[EPOCH].outstanding == 2
            assert not await at_work.ingest.recovered()
            influxdb.start()
            assert await at_work.ingest.recovered()
            assert not await at_work.ingest.recovered(), "told once"
            assert at_work.ingest.store_problem is None
            await at_work.take("dong-1", batch("dong-1", 2), batch("dong-1", 3))
            assert at_work.receipted("dong-1") == at_work.stored("dong-1") == {1, 2, 3}


async def test_a_store_that_can_be_read_and_not_written_has_not_recovered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the agents would be told every five seconds to send again to a full disk."""
    with desk(tmp_path) as at_work:
        write = at_work.store.write

        def full(_points: list[Point]) -> int:
            raise StoreUnavailableError("no room")

        monkeypatch.setattr(at_work.store, "write", full)
        await at_work.take("dong-1", batch("dong-1", 1))
        assert at_work.store.healthy() is None
        assert not await at_work.ingest.recovered()
        assert at_work.ingest.store_problem == "no room"
        monkeypatch.setattr(at_work.store, "write", write)
        assert await at_work.ingest.recovered()


@pytest.mark.parametrize("full", ["record", "series"])
def test_a_full_disk_costs_nothing_that_was_receipted(tmp_path: Path, full: str) -> None:
    """Under the record or under the embedded store: no receipt, the memory is what the database
    has, and with room again all goes on.
    """
    unshare = [program("unshare", "unshare"), "-Urm"]
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
        missing("mount namespace", "unshare -Urm is not allowed here")
    small, large = tmp_path / "small", tmp_path / "large"
    small.mkdir()
    large.mkdir()
    mount = 'mount -t tmpfs -o size=6m tmpfs "$0" && exec "$@"'
    inside = [sys.executable, "-m", "tests.collector.full_disk", str(small), str(large), full]
    done = subprocess.run(
        [*unshare, "sh", "-c", mount, str(small), *inside],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )
    assert done.stdout, done.stderr
    seen = json.loads(done.stdout)
    [told] = [each for each in seen.pop("problems") if each is not None]
    assert "no room" in told
    assert "INSERT" not in told
    assert seen == {
        "receipts while full": 0,
        "receipted is recorded": True,
        "memory is as the database": True,
        "recovered while full": False,
        "recovered with room": True,
        "receipted with room": True,
        "memory is as the database at the end": True,
    }


async def test_one_lot_is_recorded_at_a_time_while_the_next_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the task that waited for one is cancelled, as at the end of the collector."""
    with desk(tmp_path) as at_work:
        save, at_once, most = at_work.record.save, 0, 0
        write, writes = at_work.store.write, 0
        inside, go_on = threading.Event(), threading.Event()

        def slow(saving: Saving) -> None:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            inside.set()
            assert go_on.wait(10)
            at_once -= 1
            save(saving)

        def counted(points: list[Point]) -> int:
            nonlocal writes
            writes += 1
            return write(points)

        monkeypatch.setattr(at_work.record, "save", slow)
        monkeypatch.setattr(at_work.store, "write", counted)
        running = asyncio.create_task(at_work.ingest.run())
        at_work.offer("dong-1", batch("dong-1", 1))
        await until(inside.is_set, "the first lot is being recorded")
        at_work.offer("dong-1", batch("dong-1", 2))
        await until(lambda: writes == 2, "the second lot was written")
        running.cancel()
        await asyncio.wait({running})
        last = asyncio.create_task(at_work.take("dong-1", batch("dong-1", 3)))
        await until(lambda: writes == 3, "the last lot was written")
        go_on.set()
        await last
        assert most == 1
        recorded = list(at_work.of("dong-1").epochs[EPOCH].received)
        assert recorded == [(1, 1), (3, 3)], "the second was cancelled: it is sent again"
        assert shown(at_work.record._load()) == shown(at_work.record.agents)

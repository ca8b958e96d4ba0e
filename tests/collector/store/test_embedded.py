# SPDX-License-Identifier: Apache-2.0
"""What only the embedded store has: files, their damage, their growth and their disk."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sansang_collector.store import embedded
from sansang_collector.store.base import Point, StoreBrokenError, StoreUnavailableError
from sansang_collector.store.embedded import EmbeddedStore
from sansang_wire.readings import HostReading
from tests.capabilities import missing, program

BASE = 1_780_000_000_000_000


def host(at: int, cpu_pct: float | None = None) -> HostReading:
    return HostReading(at=at, outcome="ok", boot="b", uptime_s=1.0, clock="kernel", cpu_pct=cpu_pct)


def test_reads_see_the_same_before_and_after_sorting_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An overwritten point counts once wherever its two rows are; nothing is lost in between."""
    monkeypatch.setattr(embedded, "MERGE_ROWS", 250)
    monkeypatch.setattr(embedded, "MERGE_SLICES", 3)
    store = EmbeddedStore(tmp_path / "s.sqlite")
    for round_ in range(11):
        store.write([Point("s", "a", host(BASE + at, float(round_))) for at in range(90)])
        store.write([Point("s", "a", host(BASE + 90 + round_, 0.5))])
        [series] = store.series("host", "cpu_pct", "s", BASE, BASE + 1000)
        assert list(series.points) == [
            *((BASE + at, float(round_)) for at in range(90)),
            *((BASE + 90 + at, 0.5) for at in range(round_ + 1)),
        ]
        [mean] = store.series("host", "cpu_pct", "s", BASE, BASE + 90, 10**12)
        assert mean.points[0][1] == pytest.approx(round_)
        [latest] = store.latest("host", "s", 0)
        assert (latest.at, latest.fields["cpu_pct"]) == (BASE + 90 + round_, 0.5)
        [again] = store.latest("host", "s", BASE + 90 + round_)
        assert again == latest
        assert store.latest("host", "s", BASE + 91 + round_) == []
    store.write([Point("s", "a", host(BASE + at, 9.5)) for at in range(50, 101)])
    [overwritten] = store.latest("host", "s", 0)
    assert (overwritten.at, overwritten.fields["cpu_pct"]) == (BASE + 100, 9.5)
    store.close()
    with sqlite3.connect(tmp_path / "s.sqlite") as rows:
        counts = [rows.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
                  for table in ("host", "host_new")]  # fmt: skip
    assert counts[0] > 0
    assert counts[1] < 2 * 250


def test_a_database_of_an_older_version_gains_the_columns_it_lacks(tmp_path: Path) -> None:
    """Old rows stay and lack the value; columns of a newer version are left alone."""
    path = tmp_path / "s.sqlite"
    store = EmbeddedStore(path)
    store.write([Point("s", "a", host(BASE, 1.0))])
    store.close()
    with sqlite3.connect(path) as old:
        for table in ("host", "host_new"):
            old.execute(f"ALTER TABLE {table} DROP COLUMN load_1")
            old.execute(f"ALTER TABLE {table} ADD COLUMN from_the_future TEXT")
    old.close()
    store = EmbeddedStore(path)
    store.write([
        Point("s", "a", HostReading(at=BASE + 1, outcome="ok", boot="b", uptime_s=1.0,
                                    clock="kernel", cpu_pct=2.0, load_1=0.5)),
    ])  # fmt: skip
    [cpu] = store.series("host", "cpu_pct", "s", BASE, BASE + 2)
    [load] = store.series("host", "load_1", "s", BASE, BASE + 2)
    assert list(cpu.points) == [(BASE, 1.0), (BASE + 1, 2.0)]
    assert list(load.points) == [(BASE + 1, 0.5)]
    assert "from_the_future" not in store.latest("host", "s", 0)[0].fields
    store.close()


@pytest.mark.parametrize("content", [b"not a database, but long enough " * 100, b"SQLite format 3"])
def test_a_damaged_file_is_said_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreBrokenError, match="is damaged or not a database") as told:
        EmbeddedStore(path)
    assert str(path) in str(told.value)
    assert "restore it from a backup" in str(told.value)


def test_damage_that_shows_later_makes_the_store_unavailable(tmp_path: Path) -> None:
    """The receipts stop, the sentence says why: nothing is pretended."""
    path = tmp_path / "s.sqlite"
    store = EmbeddedStore(path)
    points = [Point(f"s{at}", "a", host(BASE + at, 1.0)) for at in range(5000)]
    store.write(points)
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + b"\xff" * (len(whole) - len(whole) // 2))
    store = EmbeddedStore(path)
    with pytest.raises(StoreUnavailableError, match="is damaged"):
        store.write(points)
    store.close()


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="can't be used"):
        EmbeddedStore(tmp_path / "file" / "s.sqlite")


def test_a_second_collector_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another holds the file for writing, the store is unavailable, and later it is not."""
    monkeypatch.setattr(embedded, "BUSY_S", 0.05)
    path = tmp_path / "s.sqlite"
    store = EmbeddedStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="only one collector"):
        store.write([Point("s", "a", host(BASE, 1.0))])
    other.execute("ROLLBACK")
    other.close()
    assert store.write([Point("s", "a", host(BASE, 1.0))]) == 0
    assert len(store.series("host", "cpu_pct", "s", 0, 2**62)) == 1
    store.close()


def test_a_write_that_fails_half_way_leaves_no_trace(tmp_path: Path) -> None:
    """Neither its rows nor the series it was the first to name; the next write works."""
    store = EmbeddedStore(tmp_path / "s.sqlite")
    unwritable = HostReading(at=BASE, outcome="ok", boot="\ud800", uptime_s=1.0, clock="kernel")
    with pytest.raises(UnicodeEncodeError):
        store.write([Point("s", "a", host(BASE, 1.0)), Point("s", "a", unwritable)])
    assert store.series("host", "cpu_pct", "s", 0, 2**62) == []
    store.write([Point("s", "b", host(BASE, 2.0)), Point("s", "a", host(BASE, 3.0))])
    found = store.series("host", "cpu_pct", "s", 0, 2**62)
    assert [(each.agent, list(each.points)) for each in found] == [
        ("a", [(BASE, 3.0)]),
        ("b", [(BASE, 2.0)]),
    ]
    store.close()


def test_close_waits_for_a_write(tmp_path: Path) -> None:
    """What `write` was given is whole in the file, also when the end comes meanwhile."""
    path = tmp_path / "s.sqlite"
    store = EmbeddedStore(path)
    points = [Point("s", "a", host(BASE + at, 1.0)) for at in range(20_000)]
    writer = threading.Thread(target=store.write, args=(points,))
    writer.start()
    while not store._write_lock.locked() and writer.is_alive():
        pass
    store.close()
    writer.join()
    store = EmbeddedStore(path)
    [series] = store.series("host", "cpu_pct", "s", 0, 2**62)
    assert len(series.points) == len(points)
    store.close()


FULL_DISK = f"""
import sys
from pathlib import Path
from sansang_collector.store.base import Point, StoreUnavailableError
from sansang_collector.store.embedded import EmbeddedStore
from sansang_wire.readings import HostReading

def points(at, count):
    return [
        Point("s", f"a{{number}}", HostReading(at={BASE} + at, outcome="ok", boot="b" * 100,
              uptime_s=1.0, clock="kernel", cpu_pct=1.0))
        for number in range(count)
    ]

folder = Path(sys.argv[1])
ballast = folder / "ballast"
store = EmbeddedStore(folder / "s.sqlite")
store.write(points(0, 10))
ballast.write_bytes(bytes(4 << 20))
stored, told = 0, ""
for at in range(1, 1000):
    try:
        store.write(points(at, 500))
    except StoreUnavailableError as error:
        told = str(error)
        break
    stored += 1
print(told)
found = store.series("host", "cpu_pct", "s", 0, 2**62)
print({{len(each.points) for each in found[:500]}} <= {{stored, stored + 1}}, stored > 0)
print(store.healthy())
ballast.unlink()
store.write(points(at, 500))
print(len(store.series("host", "cpu_pct", "s", {BASE} + at, 2**62)))
store.close()
"""


def test_a_full_disk_loses_nothing_and_is_survived(tmp_path: Path) -> None:
    """The write that did not fit is undone as a whole, said, and works once there is room."""
    unshare = [program("unshare", "unshare"), "-Urm"]
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
        missing("mount namespace", "unshare -Urm is not allowed here")
    mount = 'mount -t tmpfs -o size=10m tmpfs "$0" && exec "$@"'
    script = tmp_path / "full.py"
    script.write_text(FULL_DISK)
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        [*unshare, "sh", "-c", mount, str(folder), sys.executable, str(script), str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == [
        f"the series database {folder}/s.sqlite has no room left on its disk: make some",
        "True True",
        "None",
        "500",
    ], done.stderr


KILLED = f"""
import sys
from pathlib import Path
from sansang_collector.store.base import Point
from sansang_collector.store.embedded import EmbeddedStore
from sansang_wire.readings import HostReading

store = EmbeddedStore(Path(sys.argv[1]))
for at in range(10**6):
    reading = HostReading(at={BASE} + at, outcome="ok", boot="b", uptime_s=1.0, clock="kernel",
                          cpu_pct=1.0)
    store.write([Point("s", f"a{{number}}", reading) for number in range(20)])
    print(at, flush=True)
"""


def test_what_write_returned_for_is_there_after_a_kill(tmp_path: Path) -> None:
    """SIGKILL at any moment: every write that had returned is whole, the next one whole or not."""
    path = tmp_path / "s.sqlite"
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 200:
                break
        process.kill()
        told = [int(line) for line in process.stdout.read().split()[:-1]] or [200]
    store = EmbeddedStore(path)
    found = store.series("host", "cpu_pct", "s", 0, 2**62)
    lengths = {len(each.points) for each in found}
    assert len(found) == 20
    assert len(lengths) == 1
    assert lengths.pop() > told[-1]
    store.close()

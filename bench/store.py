# SPDX-License-Identifier: Apache-2.0
"""How quick and how large the series stores are: `python -m bench.store [--gigabytes 0.5]`.

1,000 made-up agents send one host, two link and seven reachability readings every 30 s, in lots of
the size in which the collector commits. A bare sqlite3 `executemany` in the same run is the scale:
figures of different machines compare only against it.
"""

import argparse
import os
import platform
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import psutil

from sansang_collector.store.base import Point, SeriesStore
from sansang_collector.store.embedded import EmbeddedStore
from sansang_collector.store.influx import InfluxStore
from sansang_wire.readings import AnyReading, HostReading, LinkReading, ReachabilityReading
from tests.servers import InfluxDB

AGENTS = 1000
LOT = 3000
ROUND_US = 30_000_000
DAY_US = 86_400_000_000
START = 1_780_012_800_000_000


class Figures(NamedTuple):
    """What was seen: points, seconds of `write` and of processor time, bytes on disk."""

    points: int
    wall_s: float
    cpu_s: float
    slowest_s: float
    size: int

    def __str__(self) -> str:
        points_s, share = self.points / self.wall_s, self.cpu_s / self.wall_s
        return (
            f"{self.points:>11,} points  {self.size / 1e6:7.0f} MB"
            f"  {self.size / self.points:4.0f} B a point  {points_s:>9,.0f} points/s"
            f"  {share:4.0%} of a core  slowest {self.slowest_s:.2f} s"
        )


def readings(agent: int, at: int, random_: random.Random) -> Iterator[AnyReading]:
    """What one agent sends in one round: ten readings, as finely as its probes round them."""
    noise = random_.random()
    yield HostReading(
        at=at, outcome="ok", boot="0b9d3c1e-5f6a-4c1d-9a55-2f0a4c1e7d10", uptime_s=at / 1e6,
        clock="kernel", clock_error_ms=round(noise, 3), cpu_pct=round(10 * noise, 2),
        load_1=round(noise, 2), memory_total_bytes=1 << 30,
        memory_available_bytes=int(noise * (1 << 29)), disk_total_bytes=1 << 34,
        disk_free_bytes=int(noise * (1 << 33)), temperature_celsius=40.0 + round(noise),
    )  # fmt: skip
    for interface in ("eth0", "wlan0"):
        yield LinkReading(
            at=at, outcome="ok", interface=interface, technology="wired", up=True, carrier=True,
            carrier_changes=2, speed_mbps=1000.0, duplex="full", mtu_bytes=1500,
            rx_bytes=at >> 10, tx_bytes=at >> 12, rx_mbps=round(noise, 6),
            tx_mbps=round(noise / 3, 6), rx_errors=0, tx_errors=0, rx_drops=agent, tx_drops=0,
        )  # fmt: skip
    for number in range(7):
        rtt = number + noise
        yield ReachabilityReading(
            at=at, outcome="ok", target=f"target-{number // 2}",
            family="ipv6" if number % 2 else "ipv4", scope="domestic", method="icmp_datagram",
            address=f"2001:db8::{number}", lookup_ms=round(noise, 3), sent=5, received=5,
            loss_pct=0.0, rtt_min_ms=round(rtt, 3), rtt_avg_ms=round(rtt + 0.1, 3),
            rtt_max_ms=round(rtt + 0.3, 3), jitter_ms=round(noise / 10, 3),
        )  # fmt: skip


def points() -> Iterator[Point]:
    """Round after round, agents in another order each time, as they would come."""
    random_ = random.Random(1)
    agents = list(range(AGENTS))
    at = START
    while True:
        random_.shuffle(agents)
        for agent in agents:
            for reading in readings(agent, at + agent, random_):
                yield Point(f"site-{agent}", f"agent-{agent}", reading)
        at += ROUND_US


def size(folder: Path) -> int:
    """Bytes that the files below `folder` take."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def fill(store: SeriesStore, folder: Path, source: Iterator[Point], until_bytes: int) -> Figures:
    """Write until the files have `until_bytes`; making the points is not timed."""
    count, wall, cpu, slowest = 0, 0.0, 0.0, 0.0
    while size(folder) < until_bytes:
        for _ in range(10):
            lot = list(islice(source, LOT))
            began, cpu_began = time.perf_counter(), time.process_time()
            store.write(lot)
            took = time.perf_counter() - began
            wall += took
            cpu += time.process_time() - cpu_began
            slowest = max(slowest, took)
            count += len(lot)
    return Figures(count, wall, cpu, slowest, size(folder))


def read_ms(store: SeriesStore, begin: int) -> tuple[float, float, int]:
    """Median and longest ms to read 24 h of one value of one series, and its points.

    The day, of ten sites, is written first: what `fill` writes is rarely as long.
    """
    sites = [f"read-{number}" for number in range(10)]
    for at in range(begin, begin + DAY_US, ROUND_US * 30):
        store.write([
            Point(site, site, next(readings(0, at + ROUND_US * step, random.Random(step))))
            for step in range(30)
            for site in sites
        ])  # fmt: skip
    took: list[float] = []
    found = 0
    for site in sites * 2:
        began = time.perf_counter()
        [series] = store.series("host", "cpu_pct", site, begin, begin + DAY_US)
        took.append(1000 * (time.perf_counter() - began))
        found = len(series.points)
    return statistics.median(took), max(took), found


def bare_sqlite(folder: Path, rows: int = 200_000) -> float:
    """Rows/s of `executemany` into one table as wide as a reachability reading, in one go."""
    connection = sqlite3.connect(folder / "bare.sqlite")
    columns = [f"c{number}" for number in range(16)]
    connection.execute(f"CREATE TABLE bare ({', '.join(columns)})")
    row = (
        1,
        START,
        0,
        None,
        "icmp_datagram",
        "2001:db8::1",
        5,
        5,
        *(number / 7 for number in range(8)),
    )
    lots = [[row] * LOT] * (rows // LOT)
    began = time.perf_counter()
    for lot in lots:
        with connection:
            connection.executemany(f"INSERT INTO bare VALUES ({', '.join('?' * 16)})", lot)  # noqa: S608
    took = time.perf_counter() - began
    connection.close()
    return len(lots) * LOT / took


def measure(name: str, store: SeriesStore, folder: Path, sizes: list[int]) -> float:
    """Fill a store to each of `sizes` bytes, print what was seen, return the last points/s."""
    print(f"\n{name}")
    source, last = points(), 0.0
    for number, until in enumerate(sizes):
        figures = fill(store, folder, source, until)
        last = figures.points / figures.wall_s
        print(f"  {figures}")
        median, longest, count = read_ms(store, START - (number + 1) * DAY_US)
        print(f"    24 h of a series: {count:,} points in {median:.1f} ms (longest {longest:.1f})")
    resident = psutil.Process().memory_info().rss / 2**20
    print(f"  resident: {resident:.0f} MiB")
    return last


def main() -> None:
    """Print machine, versions and the figures of every store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=0.5)
    parser.add_argument("--store", choices=["embedded", "influx"], action="append")
    arguments = parser.parse_args()
    chosen = arguments.store or ["embedded", "influx"]
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors,"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = bare_sqlite(folder)
        print(f"bare executemany: {bare:,.0f} rows/s")
        sizes = [int(share * arguments.gigabytes * 1e9) for share in (0.1, 0.5, 1.0)]
        if "embedded" in chosen:
            within = folder / "embedded"
            store = EmbeddedStore(within / "series.sqlite")
            last = measure("embedded (SQLite)", store, within, sizes)
            print(f"  {last / bare:.2f} of the bare loop")
            store.close()
        if "influx" in chosen and shutil.which("influxd") is None:
            print("\nInfluxDB: not measured, no program influxd")
        elif "influx" in chosen:
            with InfluxDB(folder / "influx") as server:
                store = InfluxStore.version_1(server.url, "bench")
                last = measure(f"InfluxDB {server.version}", store, server.folder, sizes[:1])
                print(f"  {last / bare:.2f} of the bare loop")
                store.close()


if __name__ == "__main__":
    main()

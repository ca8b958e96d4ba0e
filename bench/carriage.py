# SPDX-License-Identifier: Apache-2.0
"""How many batches a second one core of the collector stores: `python -m bench.carriage`.

Mosquitto, QoS 1, batches of ten readings, a house for each agent, receipts on. The collector is
bound to processor 0, the load and Mosquitto to the others; InfluxDB has what is left. The scale is
a bare paho loop that only receives, on the same processor in the same run: figures of different
machines compare only against it. For InfluxDB there is a second one: what it takes when it has all
processors but for four clients whose requests were made beforehand.

All is measured in three rounds, each of which is printed. A bound holds when it held in one: what
else the machine does can only make a figure worse.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import psutil
import urllib3

from bench.load import AT, ROUND_US, agent_name
from bench.machine import describe
from bench.store import readings
from sansang_collector.record import Record
from sansang_collector.store.base import Point
from sansang_collector.store.embedded import EmbeddedStore
from sansang_collector.store.influx import LOT_LINES, POSTS_AT_ONCE
from sansang_collector.store.influx_http import Http
from sansang_collector.store.line_protocol import LineWriter
from tests.servers import InfluxDB, Mosquitto, Server

WINDOW = 5000
QUEUES = {"max_queued_messages": 100_000, "max_inflight_messages": 1000}
BATCHES_AT_ONCE = 3
"""Of an agent, in a lot of the collector: of a window of 5,000 some 3,000 wait at any time."""
BOUND_BATCHES, BOUND_MIB = 3000, 160
HOUSE = """
[[sites]]
id = "{0}"
name = "{0}"
kind = "other"
commune = "00000"
commune_name = "Bench"

[[agents]]
id = "{0}"
site = "{0}"
"""
BARE = """
import sys, time
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
client = Client(CallbackAPIVersion.VERSION2, client_id="bare")
times = []
client.on_message = lambda *_: times.append(time.monotonic())
client.connect("127.0.0.1", int(sys.argv[1]))
client.subscribe("sansang/1/+/batch", qos=1)
client.loop_start()
sys.stdout.write("ready\\n"); sys.stdout.flush()
sys.stdin.readline()
half = times[len(times) // 4:]
sys.stdout.write(str((len(half) - 1) / (half[-1] - half[0])))
"""


class Row(NamedTuple):
    """One measured point."""

    batches_per_s: float
    cpu_pct: float
    resident_mib: float
    series_mb: float


def alone(influxdb: InfluxDB, agents: int, seconds: int) -> float:
    """Batches a second that InfluxDB takes in requests like the collector's."""
    points = [
        Point(agent_name(number), agent_name(number), reading)
        for number in range(agents)
        for later in range(BATCHES_AT_ONCE)
        for reading in readings(number, AT + later, random.Random(number))
    ]
    lines = LineWriter().lines(points)
    bodies = [b"\n".join(lines[at : at + LOT_LINES]) for at in range(0, len(lines), LOT_LINES)]
    http = Http(influxdb.url, "alone", None)
    at = time.time_ns() // 1000 - 86_400_000_000
    begun = time.monotonic()
    rounds = 0
    with ThreadPoolExecutor(POSTS_AT_ONCE) as clients:
        while time.monotonic() < begun + seconds:
            requests: list[bytes] = bodies
            for later in range(BATCHES_AT_ONCE):
                rounds += 1
                now = b"%d" % (at + rounds * ROUND_US)
                requests = [body.replace(b"%d" % (AT + later), now) for body in requests]
            assert all(answer.status == 204 for answer in clients.map(http.write, requests))
    took = time.monotonic() - begun
    http.close()
    return rounds * agents / took


class Collector(Server):
    """`sansang up` on processor 0, with a record that was there before: a start that has to make or
    change its tables keeps 11 MiB of Alembic.
    """

    def __init__(self, folder: Path, broker: Mosquitto, store: str, agents: int) -> None:
        super().__init__(folder)
        registry = [HOUSE.format(agent_name(number)) for number in range(agents)]
        (folder / "registry.toml").write_text("\n".join(registry))
        Record(folder / "data" / "record.db").close()
        (folder / "collector.toml").write_text(
            f'data_dir = "data"\n[broker]\nurl = "{broker.url}"\n[store]\n{store}\n'
            f'[web]\nlisten = "127.0.0.1:{self.port}"\n'
        )

    def command(self) -> list[str]:
        sansang = str(Path(sys.executable).with_name("sansang"))
        return [
            "taskset",
            "-c",
            "0",
            sansang,
            "up",
            "--config",
            str(self.folder / "collector.toml"),
        ]

    def ready(self) -> bool:
        """Whether it is connected and its stores take readings."""
        try:
            answer = urllib3.request("GET", f"http://127.0.0.1:{self.port}/healthz", retries=False)
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    @property
    def process(self) -> psutil.Process:
        """To ask what it costs."""
        assert self._process is not None
        return psutil.Process(self._process.pid)


def bare(broker: Mosquitto, seconds: int) -> float:
    """Messages a second that paho receives when nothing is done with them."""
    command = ["taskset", "-c", "0", sys.executable, "-c", BARE, str(broker.port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as receiver:
        assert receiver.stdout is not None
        receiver.stdout.readline()
        load(broker, 1000, seconds, 0)
        return float(receiver.communicate(b"\n")[0])


def load(broker: Mosquitto, agents: int, seconds: int, window: int) -> dict[str, float]:
    """Run the load on the other processors."""
    others = ",".join(map(str, range(1, os.cpu_count() or 2)))
    command = ["taskset", "-c", others, sys.executable, "-m", "bench.load"]
    arguments = [str(each) for each in (broker.port, agents, seconds, window)]
    done = subprocess.run([*command, *arguments], check=True, capture_output=True)
    return json.loads(done.stdout)


def stored(folder: Path, broker: Mosquitto, store: str, agents: int, seconds: int) -> Row:
    """Batches a second into a store, and what the collector costs meanwhile."""
    with Collector(folder, broker, store, agents) as collector:
        before = sum(collector.process.cpu_times()[:2])
        found = load(broker, agents, seconds, WINDOW)
        cpu_s = sum(collector.process.cpu_times()[:2]) - before
        resident = collector.process.memory_info().rss / 2**20
        size = sum(file.stat().st_size for file in (folder / "data").glob("series.db*"))
    return Row(found["receipted_per_s"], 100 * cpu_s / seconds, resident, size / 1e6)


def fill(folder: Path, agents: int, megabytes: int) -> None:
    """Let the embedded store's past grow to this size, with readings of so many agents."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    store = EmbeddedStore(folder / "data" / "series.db")
    random_ = random.Random(megabytes)
    at = time.time_ns() // 1000 - random_.randrange(100, 300) * 86_400_000_000
    while sum(file.stat().st_size for file in (folder / "data").glob("*")) < megabytes * 1e6:
        at += ROUND_US
        store.write(
            [
                Point(agent_name(number), agent_name(number), reading)
                for number in range(agents)
                for reading in readings(number, at, random_)
            ]
        )
    store.close()


class Table:
    """Prints what was measured, and keeps which lines held their bound in any round."""

    def __init__(self) -> None:
        self._held: dict[str, bool] = {}

    @property
    def holds(self) -> bool:
        """Whether each line did, at least once."""
        return all(self._held.values())

    def add(self, what: str, row: Row, scale: float) -> None:
        """`scale`: of the bare loop, in the same round."""
        holds = row.batches_per_s >= BOUND_BATCHES and row.resident_mib <= BOUND_MIB
        self._held[what] = holds or self._held.get(what, False)
        print(
            f"{what:42} {row.batches_per_s:8,.0f} batches/s  {row.batches_per_s / scale:5.2f} of"
            f" bare  {row.cpu_pct:4.0f} % of a core  {row.resident_mib:4.0f} MiB"
            f"  {'holds' if holds else f'below {BOUND_BATCHES} or above {BOUND_MIB} MiB'}"
        )


def measure(folder: Path, table: Table, points: Sequence[tuple[int, int]], seconds: int) -> None:
    """One round: all stores, with so many agents and megabytes."""
    with Mosquitto(folder / "mosquitto", options=QUEUES) as broker:
        scale = bare(broker, seconds)
        print(f"{'bare paho receive loop':42} {scale:8,.0f} messages/s")
        most = max(agents for agents, _ in points)
        for agents, megabytes in points:
            fill(folder / "embedded", most, megabytes)
            row = stored(folder / "embedded", broker, 'kind = "embedded"', agents, seconds)
            table.add(f"embedded, {agents:,} of {most:,} agents, {megabytes:,} MB", row, scale)
        with InfluxDB(folder / "influxdb") as influxdb:
            most_of_it = alone(influxdb, 1000, seconds)
            print(f"{f'InfluxDB {influxdb.version} alone':42} {most_of_it:8,.0f} batches/s")
            for agents in {agents: None for agents, _ in points}:
                store = f'kind = "influxdb1"\nurl = "{influxdb.url}"\ndatabase = "bench"'
                row = stored(folder / f"influxdb-{agents}", broker, store, agents, seconds)
                table.add(f"InfluxDB {influxdb.version}, {agents:,} agents", row, scale)


def main() -> int:
    """Print the table; exit status 1 when a bound did not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=30, help="for each line")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--curve", action="store_true", help="also 10,000 agents, 5 GB (18 minutes a round)"
    )
    options = parser.parse_args()
    points = [(1000, 500)]
    if options.curve:
        points += [(3000, 500), (10_000, 500), (1000, 5000), (10_000, 5000)]
    print(describe())
    table = Table()
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as name:
            measure(Path(name), table, points, options.seconds)
    return 0 if table.holds else 1


if __name__ == "__main__":
    sys.exit(main())

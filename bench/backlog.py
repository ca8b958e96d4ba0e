# SPDX-License-Identifier: Apache-2.0
"""Does history hide what happens now? `python -m bench.backlog [--agents 200] [--hours 8]`.

So many agents come back at once after an outage, each with its hours of batches in its real outbox,
and go on measuring. Printed: how long the backlog took, and how long each new batch took from the
box's disk to its receipt, while the backlog drained and after it.
"""

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bench.carriage import QUEUES, Collector
from bench.load import agent_name
from bench.machine import describe
from bench.store import readings
from sansang_agent.clock import AgentClock, Offset
from sansang_agent.net.boot import boottime_us
from sansang_agent.outbox import Outbox
from sansang_agent.uplink import Uplink
from sansang_wire.batch import Config, Hello, Machine
from sansang_wire.session import Broker
from tests.servers import Mosquitto

BATCH_EVERY_S = 30
LIVE_EVERY_S = 10
BOUND_S = 2.0
AFTER_S = 20


class Box:
    """The real outbox and uplink of one agent."""

    def __init__(self, number: int, folder: Path, port: int) -> None:
        self._name = agent_name(number)
        self._number = number
        self._outbox = Outbox(
            folder / f"{self._name}.db",
            agent=self._name,
            boot="bench",
            max_bytes=2**30,
            max_age_s=10**7,
        )
        self._clock = AgentClock()
        broker = Broker("127.0.0.1", port, self._name)
        self._uplink = Uplink(lambda: broker, self._outbox, self._clock, self._hello, self._ignore)
        self.latencies: list[tuple[float, float]] = []
        """When a live batch was committed, and seconds until its receipt."""
        self._random = random.Random(number)

    async def run(self) -> None:
        sending = asyncio.create_task(self._uplink.run())
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(self._random.uniform(0, LIVE_EVERY_S))
            while True:
                await self._live_batch()
                await asyncio.sleep(LIVE_EVERY_S)
        sending.cancel()

    async def _live_batch(self) -> None:
        real = Offset(time.time_ns() // 1000 - boottime_us(), "kernel", 0)
        batch = list(readings(self._number, boottime_us(), self._random))
        committed = time.monotonic()
        self._outbox.commit(batch, real)
        number = self._outbox._epoch.number(self._outbox._epoch.next - 1)  # noqa: SLF001
        self._uplink.wake()
        while self._outbox.holds(number):  # noqa: ASYNC110 - a receipt wakes nobody but the uplink
            await asyncio.sleep(0.02)
        self.latencies.append((committed, time.monotonic() - committed))

    def waiting(self) -> int:
        """Batches without a receipt."""
        return self._outbox.waiting_count()

    def _hello(self, sent: int) -> Hello:
        machine = Machine(system="-", architecture="-", python="-", processors=1, memory_bytes=0)
        return Hello(
            agent=self._name,
            epoch=self._outbox.epoch,
            boot="bench",
            sent=sent,
            version="bench",
            machine=machine,
            clock="kernel",
            epochs=self._outbox.claims(),
        )

    def _ignore(self, _config: Config) -> None:
        """The bench has no probes."""


def past(file: Path, hours: float) -> int:
    """Fill an outbox with an outage's batches; returns how many."""
    outbox = Outbox(file, agent="past", boot="past", max_bytes=2**30, max_age_s=10**7)
    count = int(hours * 3600 / BATCH_EVERY_S)
    begin = time.time_ns() // 1000 - boottime_us() - count * BATCH_EVERY_S * 1_000_000
    random_ = random.Random(0)
    for number in range(count):
        offset = Offset(begin + number * BATCH_EVERY_S * 1_000_000, "kernel", 0)
        outbox.commit(list(readings(0, boottime_us(), random_)), offset)
    outbox.close()
    return count


async def drain(boxes: list[Box]) -> tuple[float, float]:
    """Run all boxes; returns when the backlog was gone and how long it took."""
    started = time.monotonic()
    tasks = [asyncio.create_task(box.run()) for box in boxes]
    while sum(box.waiting() for box in boxes) > len(boxes):  # noqa: ASYNC110 - other tasks do it
        await asyncio.sleep(0.2)
    drained = time.monotonic()
    await asyncio.sleep(AFTER_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks)
    return drained, drained - started


def main() -> int:
    """Print the figures; exit status 1 when a live batch was held up."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--hours", type=float, default=8)
    options = parser.parse_args()
    print(describe())
    with (
        tempfile.TemporaryDirectory() as name,
        Mosquitto(Path(name) / "mosquitto", options=QUEUES) as broker,
        Collector(
            Path(name) / "collector", broker, 'kind = "embedded"', options.agents
        ) as collector,
    ):
        psutil.Process().cpu_affinity(list(range(1, os.cpu_count() or 2)) or [0])
        one = Path(name) / "past.db"
        count = past(one, options.hours)
        for number in range(options.agents):
            shutil.copy(one, Path(name) / f"{agent_name(number)}.db")
        boxes = [Box(number, Path(name), broker.port) for number in range(options.agents)]
        drained, took_s = asyncio.run(drain(boxes))
        resident = collector.process.memory_info().rss / 2**20
    total = count * options.agents
    print(f"{total:,} batches of {options.agents} agents drained in {took_s:.0f} s,", end=" ")
    print(f"{total / took_s:,.0f} batches/s; collector {resident:.0f} MiB")
    live = [each for box in boxes for each in box.latencies]
    during = [seconds for at, seconds in live if at < drained]
    after = [seconds for at, seconds in live if at >= drained]
    _print("live batches meanwhile", during)
    _print("live batches afterwards", after)
    return 0 if max(during) <= BOUND_S + statistics.median(after) else 1


def _print(what: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    print(
        f"{what:24} {len(ordered):5}  median {statistics.median(ordered):.2f} s"
        f"  99 % {ordered[int(len(ordered) * 0.99)]:.2f} s  longest {ordered[-1]:.2f} s"
    )


if __name__ == "__main__":
    sys.exit(main())

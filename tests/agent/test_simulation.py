# SPDX-License-Identifier: Apache-2.0
"""Simulated agents never pass for real ones, and have a past that travels like any backlog."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sansang_wire.batch import Batch
from sansang_wire.readings import KINDS, ReachabilityReading, WifiReading
from tests.agent.collector import collecting
from tests.servers import Mosquitto
from tests.waiting import until

BOXES = {"sim-1": {"ipv6": True, "loss": 0.0}, "sim-2": {"ipv6": False, "loss": 0.2}}
HALF_HOUR_US = 1_800_000_000
DAY_US = 48 * HALF_HOUR_US


@contextmanager
def simulating(server: Mosquitto, folder: Path, days: int) -> Generator["subprocess.Popen[str]"]:
    """The program; killed at the end if it still runs."""
    sites = [{"agent": name, "ssid": "NVH", "dark": False, **box} for name, box in BOXES.items()]
    settings: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "folder": str(folder),
        "every_s": 0.2,
        "days": days,
        "agents": [{"site": site, "password": "", "failing": False} for site in sites],
    }
    with subprocess.Popen(
        (sys.executable, "-m", "sansang_agent.simulation"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as simulation:
        assert simulation.stdin is not None
        simulation.stdin.write(json.dumps(settings))
        simulation.stdin.close()
        try:
            yield simulation
        finally:
            simulation.kill()


def end(simulation: "subprocess.Popen[str]") -> list[dict[str, int]]:
    """Told to stop it ends in good order; what it said of its progress."""
    simulation.send_signal(signal.SIGTERM)
    assert simulation.wait(30) == 0
    assert simulation.stdout is not None
    return [json.loads(line) for line in simulation.stdout]


async def test_every_hello_says_that_it_is_simulated(tmp_path: Path) -> None:
    """Their readings are like real ones, a family that a box lacks is unreachable, and they end in
    good order.
    """
    with Mosquitto(tmp_path / "mosquitto") as server:
        async with collecting(server.port) as collector:
            with simulating(server, tmp_path, days=0) as simulation:
                await until(lambda: len(collector.batches) >= 6, "batches", 30)
                await until(lambda: len(collector.hellos) >= 2, "hellos")
                end(simulation)
            await until(lambda: collector.states.count("leaving") == 2, "two goodbyes")
    assert {hello.agent for hello in collector.hellos} == set(BOXES)
    assert all(hello.simulated for hello in collector.hellos)
    kinds = {type(reading) for batch in collector.batches for reading in batch.readings}
    real_only = {"path", "route", "power", "backup_line", "ipv6_only"}
    later = {"throughput"}
    assert kinds == {KINDS[kind] for kind in KINDS.keys() - real_only - later}
    for batch in collector.batches:
        outcomes = {
            reading.outcome
            for reading in batch.readings
            if isinstance(reading, ReachabilityReading) and reading.family == "ipv6"
        }
        assert outcomes == ({"ok"} if batch.agent == "sim-1" else {"unreachable"})


def read_until_done(simulation: "subprocess.Popen[str]") -> None:
    assert simulation.stdout is not None
    for line in simulation.stdout:
        progress = json.loads(line)
        if progress["done"] == progress["of"]:
            return
    raise AssertionError("it ended before its past had arrived")


def span(batch: Batch) -> int:
    times = [reading.at for reading in batch.readings]
    return max(times) - min(times)


def is_past(batch: Batch) -> bool:
    return span(batch) > 0


async def test_the_past_comes_in_half_hours_the_newest_day_first(tmp_path: Path) -> None:
    """Without holes, and once: whoever starts again has the past already."""
    with Mosquitto(tmp_path / "mosquitto") as server:
        async with collecting(server.port) as collector:
            with simulating(server, tmp_path, days=2) as simulation:
                await asyncio.to_thread(read_until_done, simulation)
                end(simulation)
            past = [each for each in collector.batches if is_past(each) and each.agent == "sim-1"]
            assert all(span(batch) < HALF_HOUR_US for batch in past)
            starts = [min(reading.at for reading in batch.readings) for batch in past]
            assert len(set(starts)) >= 2 * 48 - 6, "the power fails at times"
            newest = max(starts)
            firsts, lasts = starts[: len(starts) // 2], starts[len(starts) // 2 :]
            assert sum(each > newest - DAY_US for each in firsts) > 0.8 * len(firsts)
            assert sum(each <= newest - DAY_US for each in lasts) > 0.8 * len(lasts)
            wifi = {
                reading.at
                for batch in past
                for reading in batch.readings
                if isinstance(reading, WifiReading)
            }
            steps = [b - a for a, b in zip(sorted(wifi), sorted(wifi)[1:], strict=False)]
            assert steps.count(300_000_000) > 0.95 * len(steps)
            before = len([each for each in collector.batches if is_past(each)])
            with simulating(server, tmp_path, days=2) as simulation:
                seen = len(collector.batches)
                await until(lambda: len(collector.batches) >= seen + 6, "batches of now", 30)
                end(simulation)
            again = len([each for each in collector.batches if is_past(each)])
    assert again - before <= 2 * len(BOXES)

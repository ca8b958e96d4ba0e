# SPDX-License-Identifier: Apache-2.0
"""Simulated agents never pass for real ones."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from sansang_wire.readings import HostReading, LinkReading, ReachabilityReading
from tests.agent.collector import collecting
from tests.servers import Mosquitto
from tests.waiting import until

BOXES = {"sim-1": {"ipv6": True, "loss": 0.0}, "sim-2": {"ipv6": False, "loss": 0.2}}


def simulating(settings: str) -> "subprocess.Popen[str]":
    command = (sys.executable, "-m", "sansang_agent.simulation")
    simulation = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
    assert simulation.stdin is not None
    simulation.stdin.write(settings)
    simulation.stdin.close()
    return simulation


async def test_every_hello_says_that_it_is_simulated(tmp_path: Path) -> None:
    """Their readings are like real ones, a family that a box lacks is unreachable, and they end in
    good order.
    """
    agents = [{"agent": name, "password": "", **box} for name, box in BOXES.items()]
    with Mosquitto(tmp_path / "mosquitto") as server:
        settings = {"host": "127.0.0.1", "port": server.port, "folder": str(tmp_path)}
        whole = json.dumps({**settings, "every_s": 0.2, "agents": agents})
        async with collecting(server.port) as collector:
            with simulating(whole) as simulation:
                try:
                    await until(lambda: len(collector.batches) >= 6, "batches", 30)
                    await until(lambda: len(collector.hellos) >= 2, "hellos")
                    simulation.send_signal(signal.SIGTERM)
                    assert simulation.wait(30) == 0
                finally:
                    simulation.kill()
            await until(lambda: collector.states.count("leaving") == 2, "two goodbyes")
    assert {hello.agent for hello in collector.hellos} == set(BOXES)
    assert all(hello.simulated for hello in collector.hellos)
    kinds = {type(reading) for batch in collector.batches for reading in batch.readings}
    assert kinds == {HostReading, LinkReading, ReachabilityReading}
    for batch in collector.batches:
        outcomes = {
            reading.outcome
            for reading in batch.readings
            if isinstance(reading, ReachabilityReading) and reading.family == "ipv6"
        }
        assert outcomes == ({"ok"} if batch.agent == "sim-1" else {"unreachable"})

# SPDX-License-Identifier: Apache-2.0
"""The box's own values, compared with what /proc says in the same moment."""

import asyncio
import math
import os
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
import pytest

from sansang_agent.probes.base import ClockState, Surroundings
from sansang_agent.probes.host import HostProbe, HostSettings
from sansang_wire.readings import HostReading
from tests.waiting import wait_until

MANY_TICKS = 20


class Sensor(NamedTuple):
    """Of what psutil tells about a sensor, what the probe looks at."""

    current: float


def surroundings(
    disk: Path, clock: ClockState | None = None, *, clean: bool | None = None
) -> Surroundings:
    return Surroundings(disk, clean, lambda: clock or ClockState("none", None))


def kernel_boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def meminfo_bytes(name: str) -> int:
    (line,) = (
        line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith(name)
    )
    return int(line.split()[1]) * 1024


async def read(probe: HostProbe) -> HostReading:
    (reading,) = await probe.run()
    assert isinstance(reading, HostReading)
    return reading


def busy_and_all() -> tuple[int, int]:
    """Ticks since boot from proc_stat(5)."""
    first = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, idle, iowait, irq, softirq, steal = map(int, first[:8])
    busy = user + nice + system + irq + softirq + steal
    return busy, busy + idle + iowait


async def test_processor_use_is_that_of_the_time_between_two_runs(tmp_path: Path) -> None:
    """The first run has none; psutil's own first answer would be a meaningless 0."""
    probe = HostProbe(HostSettings(), surroundings(tmp_path))
    before = busy_and_all()
    assert (await read(probe)).cpu_pct is None
    after_first = busy_and_all()
    while busy_and_all()[1] < after_first[1] + MANY_TICKS:
        math.sqrt(2)
    before_second = busy_and_all()
    use = (await read(probe)).cpu_pct
    after = busy_and_all()
    assert use is not None
    # The probe read /proc/stat within [before, after_first] and [before_second, after].
    least = (before_second[0] - after_first[0]) / (after[1] - before[1])
    most = (after[0] - before[0]) / (before_second[1] - after_first[1])
    assert 100 * least - 0.01 <= use <= 100 * most + 0.01
    assert use > 0


async def test_processor_use_is_never_that_of_the_time_since_the_start(tmp_path: Path) -> None:
    """Each run compares with the run before, not with the first."""
    probe = HostProbe(HostSettings(), surroundings(tmp_path))
    await read(probe)
    first, start = probe._before, busy_and_all()[1]
    wait_until(lambda: busy_and_all()[1] > start + MANY_TICKS, "time passes")
    await read(probe)
    assert probe._before != first


async def test_two_probes_do_not_share_their_last_run(tmp_path: Path) -> None:
    one, other = (HostProbe(HostSettings(), surroundings(tmp_path)) for _ in range(2))
    await read(one)
    assert (await read(other)).cpu_pct is None


async def test_boot_and_uptime_are_those_of_the_kernel(tmp_path: Path) -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    reading = await read(HostProbe(HostSettings(), surroundings(tmp_path)))
    after = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert reading.boot == kernel_boot_id()
    assert before - 1e-6 <= reading.uptime_s <= after
    assert reading.at == round(reading.uptime_s * 1e6)


async def test_memory_equals_that_of_meminfo(tmp_path: Path) -> None:
    reading = await read(HostProbe(HostSettings(), surroundings(tmp_path)))
    assert reading.memory_total_bytes == meminfo_bytes("MemTotal:")
    assert reading.memory_available_bytes == pytest.approx(meminfo_bytes("MemAvailable:"), rel=0.1)


async def test_disk_is_the_one_of_the_outbox(tmp_path: Path) -> None:
    """Not the root file system, unless the outbox is on it."""
    shared_memory = Path("/dev/shm")  # noqa: S108 - a file system of its own, nothing is written
    for folder in (tmp_path, shared_memory):
        reading = await read(HostProbe(HostSettings(), surroundings(folder)))
        said = os.statvfs(folder)
        assert reading.disk_total_bytes == said.f_frsize * said.f_blocks
        assert reading.disk_free_bytes == pytest.approx(said.f_frsize * said.f_bavail, rel=0.1)


async def test_missing_folder_costs_only_its_values(tmp_path: Path) -> None:
    reading = await read(HostProbe(HostSettings(), surroundings(tmp_path / "gone")))
    assert reading.outcome == "ok"
    assert (reading.disk_total_bytes, reading.disk_free_bytes) == (None, None)
    assert reading.memory_total_bytes


async def test_clock_and_last_shutdown_are_told(tmp_path: Path) -> None:
    clock = ClockState("collector", 12.5)
    reading = await read(HostProbe(HostSettings(), surroundings(tmp_path, clock, clean=False)))
    assert (reading.clock, reading.clock_error_ms) == ("collector", 12.5)
    assert reading.clean_shutdown is False


async def test_huge_clock_error_still_travels(tmp_path: Path) -> None:
    """The error grows without end; a value out of range would cost the whole reading."""
    clock = ClockState("collector", 1e12)
    reading = await read(HostProbe(HostSettings(), surroundings(tmp_path, clock)))
    assert msgspec.json.decode(msgspec.json.encode(reading), type=HostReading) == reading


async def test_temperature_is_the_hottest_believable_sensor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sensors that are not wired up say absurd things."""
    sensors = {
        "cpu": [Sensor(41.0), Sensor(58.5)],
        "unwired": [Sensor(-273.0), Sensor(255.0), Sensor(math.nan)],
    }
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: sensors)
    reading = await read(HostProbe(HostSettings(), surroundings(tmp_path)))
    assert reading.temperature_celsius == 58.5


async def test_machine_without_sensors_has_no_temperature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "sensors_temperatures", dict)
    reading = await read(HostProbe(HostSettings(), surroundings(tmp_path)))
    assert reading.temperature_celsius is None


async def test_every_run_is_an_instant_of_its_own(tmp_path: Path) -> None:
    probe = HostProbe(HostSettings(), surroundings(tmp_path))
    first = await read(probe)
    await asyncio.sleep(0)
    assert (await read(probe)).at > first.at

# SPDX-License-Identifier: Apache-2.0
"""The box itself: is it up since when, and has it room left.

Method: counters of the kernel, read once a run. Processor use is the share of processor time that
was neither idle nor waiting for a disk since the run before; the first run has none.
Source: psutil (/proc/stat, /proc/meminfo, statvfs(3), /sys/class/hwmon, /sys/class/thermal),
CLOCK_BOOTTIME, /proc/sys/kernel/random/boot_id.
Privileges: none. Data: nothing but its readings.
"""

import contextlib
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

import psutil

from sansang_agent.net.boot import boot_id, boottime_us
from sansang_agent.probes.base import Probe, ProbeSettings, Surroundings
from sansang_wire.readings import AnyReading, HostReading

LARGEST_CLOCK_ERROR_MS = 3_600_000
COLDEST, HOTTEST = -50, 200
"""Sensors that are not wired up say −128, −273 or 255 °C."""


class HostSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing of its own."""


class HostProbe(Probe[HostSettings]):
    """One reading a run."""

    kind = "host"
    settings_type = HostSettings
    every_s: ClassVar = {"default": 60, "metered": 300}

    def __init__(self, settings: HostSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._before: _ProcessorTime | None = None

    async def run(self) -> Sequence[AnyReading]:
        at = boottime_us()
        memory = psutil.virtual_memory()
        disk = _room(self.surroundings.disk)
        clock, error_ms, _ = self.surroundings.clock()
        return [
            HostReading(
                at=at,
                outcome="ok",
                boot=boot_id(),
                uptime_s=at / 1e6,
                clock=clock,
                clock_error_ms=None if error_ms is None else min(error_ms, LARGEST_CLOCK_ERROR_MS),
                clean_shutdown=self.surroundings.clean_shutdown,
                cpu_pct=self._processor_use(),
                load_1=round(os.getloadavg()[0], 2),
                memory_total_bytes=memory.total,
                memory_available_bytes=memory.available,
                disk_total_bytes=disk.total if disk else None,
                disk_free_bytes=disk.free if disk else None,
                temperature_celsius=_hottest(),
            )
        ]

    def _processor_use(self) -> float | None:
        """Per cent since the run before. psutil's own is shared by all who ask in the process."""
        before, now = self._before, _processor_time()
        self._before = now
        if before is None or now.total <= before.total:
            return None
        idle = (now.idle - before.idle) / (now.total - before.total)
        return round(min(100.0, max(0.0, 100 * (1 - idle))), 2)


class _ProcessorTime(NamedTuple):
    """Seconds over all processors."""

    total: float
    idle: float


def _processor_time() -> _ProcessorTime:
    times: dict[str, float] = psutil.cpu_times()._asdict()
    # Time of guests is counted in user and nice already (proc_stat(5)).
    total = sum(times.values()) - times.get("guest", 0) - times.get("guest_nice", 0)
    return _ProcessorTime(total, times["idle"] + times.get("iowait", 0))


class _Room(NamedTuple):
    total: int
    free: int


def _room(folder: Path) -> _Room | None:
    """Of the folder's file system, in bytes; what only root may still use is not free."""
    with contextlib.suppress(OSError):
        usage = psutil.disk_usage(str(folder))
        return _Room(usage.total, usage.free)
    return None


def _hottest() -> float | None:
    """In °C; None on a machine without sensors, which most virtual ones are."""
    return max(
        (
            sensor.current
            for sensors in psutil.sensors_temperatures().values()
            for sensor in sensors
            if math.isfinite(sensor.current) and COLDEST < sensor.current < HOTTEST
        ),
        default=None,
    )

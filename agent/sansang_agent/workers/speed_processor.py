# SPDX-License-Identifier: Apache-2.0
"""Was it the processor? What the cores did, and how long this program waited for one of them.

Source: psutil (/proc/stat), /proc/self/task/*/schedstat (Documentation/scheduler/sched-stats.rst),
cpu.stat of the control groups that this program is in (cgroup-v2.rst, sched-bwc.rst). No privilege.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import psutil

CONTROL_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")
_OWN_TASKS = Path("/proc/self/task")
_THROTTLED = {"throttled_usec": 1e-6, "throttled_time": 1e-9}
"""Seconds for each, in version 2 and in version 1."""


class Core(NamedTuple):
    """Seconds since the machine started."""

    total: float
    in_use: float
    """Neither idle nor waiting for a disk. What the host of a virtual machine took is in use."""
    stolen: float
    packets: float
    """Handled in softirq, which is mostly the network's; no program is charged for it."""


class Task(NamedTuple):
    """Seconds of one thread."""

    ran: float
    waited: float


class Processors(NamedTuple):
    """All of it at one instant; only grows."""

    at_s: float
    cores: tuple[Core, ...]
    tasks: Mapping[str, Task]
    """Empty when the kernel keeps no such account."""
    process_s: float
    throttled_s: float


class Use(NamedTuple):
    """Named and meant as in `ThroughputReading`."""

    busiest_core_pct: float
    packets_pct: float
    work_pct: float
    throttled_pct: float


def processors() -> Processors:
    """As they are now."""
    return Processors(
        time.monotonic(),
        _cores(),
        dict(_tasks()),
        time.process_time(),
        max(_throttled(), default=0),
    )


def use(before: Processors, now: Processors) -> Use:
    """Between two looks."""
    elapsed_s = now.at_s - before.at_s
    cores = [_share(*pair) for pair in zip(before.cores, now.cores, strict=False)]
    core = max(cores, key=lambda each: each.in_use)
    quota = (now.throttled_s - before.throttled_s) / elapsed_s
    own = [
        (task.ran + task.waited - earlier.ran - earlier.waited) / elapsed_s
        for name, task in now.tasks.items()
        if (earlier := before.tasks.get(name))
    ]
    # The scheduler counts waiting for the quota, too; what the host took it does not.
    work = max(own, default=(now.process_s - before.process_s) / elapsed_s + quota) + core.stolen
    shares = core.in_use, core.packets, work, max(quota, core.stolen)
    return Use(*(round(100 * min(1, share), 1) for share in shares))


def _share(before: Core, now: Core) -> Core:
    """Of the time between two looks; nothing of a core that was off."""
    total = now.total - before.total
    if total <= 0:
        return Core(0, 0, 0, 0)
    return Core._make((after - first) / total for first, after in zip(before, now, strict=True))


def _cores() -> tuple[Core, ...]:
    cores: list[Core] = []
    for each in psutil.cpu_times(percpu=True):
        times: dict[str, float] = each._asdict()
        # Time of guests is counted in user and nice already (proc_stat(5)).
        total = sum(times.values()) - times.get("guest", 0) - times.get("guest_nice", 0)
        idle = times["idle"] + times["iowait"]
        cores.append(Core(total, total - idle, times.get("steal", 0), times["softirq"]))
    return tuple(cores)


def _tasks() -> Iterator[tuple[str, Task]]:
    for folder in _OWN_TASKS.iterdir():
        # A thread may have ended meanwhile; a kernel without SCHED_INFO has no such file.
        with contextlib.suppress(OSError):
            ran, waited, _ = (folder / "schedstat").read_text().split()
            yield folder.name, Task(int(ran) / 1e9, int(waited) / 1e9)


def _throttled() -> Iterator[float]:
    """Seconds, of each group from the own one upwards: a quota may stand at any of them."""
    # A kernel without control groups has no such file.
    told = _OWN_GROUPS.read_text() if _OWN_GROUPS.exists() else ""
    for line in told.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        own = PurePosixPath(path.lstrip("/"))
        for group in (own, *own.parents):
            # Inside a container its own group is mounted as the topmost.
            with contextlib.suppress(OSError):
                counts = (CONTROL_GROUPS / controllers / group / "cpu.stat").read_text()
                for name, count in (each.split() for each in counts.splitlines()):
                    if name in _THROTTLED:
                        yield int(count) * _THROTTLED[name]

# SPDX-License-Identifier: Apache-2.0
"""Whether the thread that serves a test has time to spare: a server without any measures itself."""

import time
from pathlib import Path

SCHEDSTAT = Path("/proc/thread-self/schedstat")


class Work:
    """Of the thread that makes it, from then on."""

    def __init__(self) -> None:
        self._began_ns, self._before_ns = time.monotonic_ns(), _worked_ns()

    def share_pct(self) -> float:
        """Time in which it ran, or waited for a processor."""
        passed_ns = max(1, time.monotonic_ns() - self._began_ns)
        return round(min(100.0, 100 * (_worked_ns() - self._before_ns) / passed_ns), 1)


def _worked_ns() -> int:
    """Documentation/scheduler/sched-stats.rst: time on a processor, time waiting for one."""
    try:
        ran, waited, _ = SCHEDSTAT.read_text().split()
    except OSError:  # a kernel without scheduler statistics
        return time.thread_time_ns()
    return int(ran) + int(waited)

# SPDX-License-Identifier: Apache-2.0
"""The boot of the box: its id and the time since. Boxes have no clock battery; this they know."""

import time
from pathlib import Path


def boot_id() -> str:
    """The kernel's random id of this boot (Documentation/admin-guide/sysctl/kernel.rst)."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def boottime_us() -> int:
    """CLOCK_BOOTTIME in microseconds: time since boot, sleep included, never set."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000

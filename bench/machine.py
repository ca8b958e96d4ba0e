# SPDX-License-Identifier: Apache-2.0
"""What a figure was measured on."""

import os
import platform
import sqlite3
from pathlib import Path

import sansang_collector


def describe() -> str:
    """One line: versions, processor, kernel."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith(("model name", "Model"))
        ),
        platform.machine(),
    )
    return (
        f"Sẵn Sàng {sansang_collector.__version__}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, Linux {platform.release()},"
        f" {os.cpu_count()} × {model}"
    )

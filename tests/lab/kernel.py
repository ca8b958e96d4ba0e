# SPDX-License-Identifier: Apache-2.0
"""Where the kernel with simulated radios is kept: `python -m tests.lab.kernel` prints the folder.

Its name follows what it is built by: another configuration is another kernel.
"""

import hashlib
import os
from pathlib import Path

TESTS = Path(__file__).parents[1]
RECIPE = (TESTS / "build_kernel.sh", TESTS / "lab" / "kernel.config")


CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
RECIPE_SHA256 = hashlib.sha256(b"".join(each.read_bytes() for each in RECIPE)).hexdigest()
FOLDER = CACHE / "sansang" / f"kernel-{RECIPE_SHA256[:12]}"
LINUX, RADIOS = FOLDER / "linux", FOLDER / "mac80211_hwsim.ko"
"""A program and its module; not there until they are built."""

if __name__ == "__main__":
    print(FOLDER)  # noqa: T201 - for the script that builds it

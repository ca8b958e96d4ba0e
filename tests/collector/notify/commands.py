# SPDX-License-Identifier: Apache-2.0
"""Commands as a person gives them."""

import subprocess
import sys
from pathlib import Path

SANSANG = Path(sys.executable).with_name("sansang")


def sansang(*arguments: object) -> subprocess.CompletedProcess[str]:
    """What `sansang` said."""
    return subprocess.run(
        [SANSANG, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )

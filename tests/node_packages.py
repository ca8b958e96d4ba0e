# SPDX-License-Identifier: Apache-2.0
"""What tests take from npm: a folder `tests/NAME` pins it, `.build/NAME` has it."""

import shutil
import subprocess
from pathlib import Path

from tests.capabilities import missing, program

ROOT = Path(__file__).parent.parent


def node_packages(name: str) -> Path:
    """The folder `node_modules`; the test is skipped when it can't be had."""
    folder = ROOT / ".build" / name
    installed = folder / "node_modules"
    if not installed.exists():
        npm = program("npm", name)
        folder.mkdir(parents=True, exist_ok=True)
        for pin in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / "tests" / name / pin, folder)
        ran = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if ran.returncode != 0:
            missing(name, f"npm could not install it: {ran.stderr[-200:]}")
    return installed

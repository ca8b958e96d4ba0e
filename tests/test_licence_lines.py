# SPDX-License-Identifier: Apache-2.0
"""Every source file says its licence, for the licences differ from file to file."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LICENCES = ("Apache-2.0", "GPL-2.0-only")


def test_every_source_file_begins_with_its_licence() -> None:
    without = [
        str(file.relative_to(ROOT))
        for file in _tracked("*.py")
        if _first_line(file) not in {f"# SPDX-License-Identifier: {name}" for name in LICENCES}
    ]
    assert without == []


def test_only_workers_are_under_another_licence() -> None:
    others = [
        str(file.relative_to(ROOT))
        for file in _tracked("*.py")
        if "Apache" not in _first_line(file)
        and "agent/sansang_agent/workers/" not in str(file)
        and "tests/agent/workers/" not in str(file)
    ]
    assert others == []


def _tracked(pattern: str) -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", pattern], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.exists()]


def _first_line(file: Path) -> str:
    return file.read_text().split("\n", maxsplit=1)[0]

# SPDX-License-Identifier: Apache-2.0
"""How the agent is installed on a box: its unit, its lock, and the scripts of `deploy/`."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.capabilities import program

ROOT = Path(__file__).parents[2]
AGENT = ROOT / "deploy" / "agent"
UNIT = AGENT / "sansang-agent.service"
SCRIPTS = sorted((ROOT / "deploy").rglob("*.sh"))
EXPOSURE_AT_MOST = 20
"""In tenths, as `systemd-analyze security` reckons it from 0 (safe) to 100."""


def pinned(lock: Path) -> dict[str, str]:
    """Name to what is pinned of it, hashes included."""
    blocks = re.split(r"(?m)^(?=[a-z0-9-]+==)", lock.read_text())
    return {block.split("==", 1)[0]: block.split("==", 1)[1] for block in blocks if "==" in block}


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """The programs themselves are not here; everything else is looked at."""
    units = [*AGENT.glob("*.service"), *AGENT.glob("*.socket")]
    for unit in units:
        text = re.sub(r"/opt/sansang/bin/[a-z-]+", "/bin/true", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    analyze = program("systemd-analyze", "systemd")
    copies = [tmp_path / unit.name for unit in units]
    done = subprocess.run([analyze, "verify", *copies], capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if "sansang" in line]
    assert (len(units), done.returncode, told) == (3, 0, [])


def test_the_unit_gives_the_agent_nothing_it_does_not_need() -> None:
    analyze = program("systemd-analyze", "systemd")
    threshold = f"--threshold={EXPOSURE_AT_MOST}"
    done = subprocess.run(
        [analyze, "security", "--offline=yes", "--no-pager", threshold, UNIT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:]


def test_the_unit_lets_the_agent_ask_whether_the_clock_is_synchronised() -> None:
    """`@system-service` leaves out adjtimex(2), and ProtectClock= forbids even to read with it."""
    settings = [line for line in UNIT.read_text().splitlines() if not line.startswith("#")]
    [allowed] = [line for line in settings if line.startswith("SystemCallFilter=")]
    assert {"adjtimex", "clock_adjtime"} <= set(allowed.split())
    assert not any(line.startswith("ProtectClock=") for line in settings)


def test_the_box_gets_the_tested_versions_and_only_what_the_agent_needs() -> None:
    lock, everything = pinned(AGENT / "requirements.lock"), pinned(ROOT / "requirements.lock")
    assert lock.items() <= everything.items(), "make lock"
    wanted = {"hatchling", "babel", "pip"}
    for member in ("wire", "agent"):
        project = tomllib.loads((ROOT / member / "pyproject.toml").read_text())["project"]
        wanted |= {re.split("[<>=]", each)[0] for each in project["dependencies"]}
    wanted -= {"sansang-wire"}
    assert wanted <= set(lock), "make lock"
    assert not {"fastapi", "sqlalchemy", "amqtt"} & set(lock)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    command = [program("shellcheck", "shellcheck"), "-x", "-P", "SCRIPTDIR", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

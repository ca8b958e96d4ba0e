# SPDX-License-Identifier: Apache-2.0
"""How the measuring server is installed: its unit, beside the settings that are read elsewhere."""

import re
import subprocess
from pathlib import Path

from tests.capabilities import program

UNIT = Path(__file__).parents[2] / "deploy" / "speed-server" / "sansang-speed-server.service"
EXPOSURE_AT_MOST = 13
"""In tenths, as `systemd-analyze security` reckons it from 0 (safe) to 100."""


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """The program itself is not here; everything else is looked at."""
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/sansang/bin/sansang", "/bin/true"))
    analyze = program("systemd-analyze", "systemd")
    done = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if "sansang" in line]
    assert (done.returncode, told) == (0, [])


def test_the_unit_gives_the_server_nothing_it_does_not_need() -> None:
    analyze = program("systemd-analyze", "systemd")
    threshold = f"--threshold={EXPOSURE_AT_MOST}"
    done = subprocess.run(
        [analyze, "security", "--offline=yes", "--no-pager", threshold, UNIT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:]


def test_the_settings_name_what_systemd_hands_over() -> None:
    """The certificate lies where systemd puts it for this unit's name; tokens in its own folder."""
    unit, settings = UNIT.read_text(), (UNIT.parent / "speed.toml").read_text()
    handed = re.findall(r"LoadCredential=(\S+?):", unit)
    assert re.findall(rf'"/run/credentials/{re.escape(UNIT.name)}/(.*)"', settings) == handed
    [folder] = re.findall(r"StateDirectory=(\S+)", unit)
    assert f'tokens_file = "/var/lib/{folder}/' in settings

# SPDX-License-Identifier: Apache-2.0
"""Nothing is lost or doubled while everything around the agents is killed, cut and set back."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.capabilities import program
from tests.lab.netns import ROOT, require_namespaces

ROUNDS = 9


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("broker", "store"), [("mosquitto", "influxdb1"), ("embedded", "embedded")]
)
def test_every_number_is_stored_once_or_counted_as_given_up(
    tmp_path: Path, broker: str, store: str
) -> None:
    """A short campaign, other faults in another order in each; `make soak` runs an hour of them."""
    require_namespaces()
    if broker == "mosquitto":
        program("mosquitto", "mosquitto")
    if store == "influxdb1":
        program("influxd", "influxdb")
    alone = ["unshare", "--net", "--mount"]
    if os.geteuid() != 0:
        alone += ["--user", "--map-root-user"]
    campaign = [sys.executable, "-m", "tests.e2e.campaign", "--folder", str(tmp_path)]
    campaign += ["--rounds", str(ROUNDS), "--broker", broker, "--store", store]
    done = subprocess.run(
        [*alone, "setpriv", "--pdeathsig", "KILL", *campaign],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    sys.stdout.write(f"{found}\n")
    assert found["mistakes"] == []
    assert found["lost"] == found["doubled"] == 0
    assert found["received"] > found["rounds"] * 4, "the campaign did carry something"
    assert done.returncode == 0

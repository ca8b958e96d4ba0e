# SPDX-License-Identifier: Apache-2.0
"""M-Lab's own client of NDT7 (npm's @m-lab/ndt7) and our worker say the same of a line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.capabilities import program
from tests.lab import speed_line, speed_worker
from tests.lab.netns import Lab, require_namespaces
from tests.lab.networks import Site
from tests.node_packages import ROOT, node_packages

pytestmark = pytest.mark.lab

RUNS = 4
SAYS_WITHIN_S = 40
"""Its two tests take 10 s each; it waits 2 s more for the end of the upload."""


def foreign(here: Site, host: str) -> dict[str, Any]:
    """What M-Lab's client prints, run on the box."""
    node = program("node", "ndt7")
    modules = f"NODE_PATH={node_packages('ndt7')}"
    script = str(ROOT / "tests" / "ndt7" / "measure.js")
    server = f"[{host}]:{speed_worker.PORT}" if ":" in host else f"{host}:{speed_worker.PORT}"
    command = ("timeout", str(SAYS_WITHIN_S), "env", modules, node, script, server)
    with here.box.start(*command) as process:
        said, _ = process.communicate()
    return json.loads(said)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_foreign_client_and_ours_agree(family: speed_line.Family, tmp_path: Path) -> None:
    """Both directions within 3 %, at 50 Mb/s, against the same server in the same run: in one of
    four runs, for what else a machine does just then parts them by more.

    Of an upload a browser knows only what left it, so M-Lab shows what the server received.
    """
    require_namespaces()
    seen: list[list[tuple[float, float]]] = []
    with Lab() as lab:
        here = speed_line.line(lab)
        speed_line.shape(here, 50)
        with speed_worker.serving(here, tmp_path):
            while not any(map(agree, seen)) and len(seen) < RUNS:
                theirs = foreign(here, speed_line.ADDRESS[family])
                ours = speed_worker.measure(here, family, speed_line.DIRECTIONS)
                assert theirs["status"] == 0
                downloaded = theirs["download"]["LastClientMeasurement"]["MeanClientMbps"]
                received = theirs["upload"]["LastServerMeasurement"]["TCPInfo"]
                uploaded = received["BytesReceived"] * 8 / received["ElapsedTime"]
                rates = [ours.phases[phase]["rate_mbps"] for phase in ("download", "upload")]
                seen.append(list(zip(rates, (downloaded, uploaded), strict=True)))
    assert any(map(agree, seen)), seen


def agree(rates: list[tuple[float, float]]) -> bool:
    """Ours and theirs, of each direction."""
    return all(ours == pytest.approx(theirs, rel=0.03) for ours, theirs in rates)

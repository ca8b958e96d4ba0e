# SPDX-License-Identifier: Apache-2.0
"""What set the limit, said by the real worker to the real server of limits that are really there.

Each limit is far below what the others would be, and so low that a test costs little.
"""

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import speed_line, speed_worker
from tests.lab.netns import Lab, require_namespaces
from tests.lab.networks import Site
from tests.lab.quota import quota
from tests.lab.speed_line import Family

DURATION_S = 1.5
FRAME_BYTES, FRAME_ON_WIRE_BYTES = 1514, 1538
SPEED = "/sys/class/net/eth0/speed"
SPIN = (sys.executable, "-c", "while True: pass")
NOISE = (sys.executable, "-m", "tests.lab.noise")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    """With a server that sets no limit."""
    require_namespaces()
    with Lab() as lab:
        here = speed_line.line(lab)
        speed_line.send_frames(here)
        # Other tests on this machine must not make the server the slower end.
        first = ("nice", "-n", "-15")
        with speed_worker.serving(here, tmp_path_factory.mktemp("server"), before=first):
            yield here


def measured(here: Site, *phases: str, family: Family = "ipv4", **asked: Any) -> dict[str, Any]:
    test = speed_worker.measure(
        here, family, ("idle", *phases), duration_s=DURATION_S, last_mbps=1e6, **asked
    )
    return test.phases


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_line(here: Site, family: Family) -> None:
    speed_line.shape(here, rate_mbps=20)
    phases = measured(here, "download", "upload", family=family)
    assert [phases[each]["limited_by"] for each in ("download", "upload")] == ["line", "line"]


def test_a_quota_of_the_processor(here: Site) -> None:
    """Of three hundredths of one core, on a line of many gigabits."""
    speed_line.unshape(here)
    with quota(here.box, 0.03) as limited:
        download = measured(here, "download", before=limited)["download"]
    assert (download["limited_by"], download["lower_bound"]) == ("cpu", True)


def test_a_processor_that_others_use(here: Site) -> None:
    """A program with three times the weight on the same core, on a line of many gigabits."""
    speed_line.unshape(here)
    with here.box.start("taskset", "--cpu-list", "0", *SPIN) as other:
        try:
            alone = ("taskset", "--cpu-list", "0", "nice", "-n", "5")
            download = measured(here, "download", before=alone)["download"]
        finally:
            other.kill()
    assert download["busiest_core_pct"] > 90
    assert (download["limited_by"], download["lower_bound"]) == ("cpu", True)


def test_a_port(here: Site) -> None:
    """Of 10 Mbit/s, of which each frame takes 24 bytes that no interface counts."""
    speed_line.shape(here, rate_mbps=10 * FRAME_BYTES / FRAME_ON_WIRE_BYTES)
    here.box.file(SPEED, "10\n")
    try:
        download = measured(here, "download")["download"]
    finally:
        here.box.run("umount", SPEED)
    assert download["port_mbps"] == 10
    assert (download["limited_by"], download["lower_bound"]) == ("port", True)


def test_a_server(lab: Lab, tmp_path: Path) -> None:
    """That gives 20 Mbit/s of a line that has more."""
    here = speed_line.line(lab)
    with speed_worker.serving(here, tmp_path, max_mbps=20):
        download = measured(here, "download")["download"]
    assert download["server_limit_mbps"] == 20
    assert (download["limited_by"], download["lower_bound"]) == ("server", True)


@pytest.mark.parametrize("share_pct", [10, 50])
def test_others_on_the_line(here: Site, share_pct: int) -> None:
    """It is the line, but what it can do is more than what was left for us."""
    speed_line.shape(here, rate_mbps=20)
    with here.server.serving(*NOISE, str(20 * share_pct / 100)):
        download = measured(here, "download", is_router=True)["download"]
    assert download["cross_pct"] == pytest.approx(share_pct, rel=0.2)
    assert download["cross_traffic"] is True
    assert (download["limited_by"], download["lower_bound"]) == ("line", True)

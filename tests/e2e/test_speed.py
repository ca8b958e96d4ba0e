# SPDX-License-Identifier: Apache-2.0
"""The real worker and the real measuring server over lines of a known speed: they say what iperf3,
ping and the interface's own counters say. `python -m bench.speed` asks the same of more lines.
"""

from collections.abc import Iterator

import pytest

from tests.capabilities import program
from tests.lab import speed_line, speed_worker
from tests.lab.netns import Lab, require_namespaces
from tests.lab.networks import Site
from tests.lab.speed_line import DIRECTIONS, Family, Way

SECONDS, TRIES = 2, 3


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A line without a shape yet, and the measuring server at its end."""
    require_namespaces()
    program("iperf3", "the reference of a speed test")
    with Lab() as lab:
        here = speed_line.line(lab)
        with speed_worker.serving(here, tmp_path_factory.mktemp("speed")):
            yield here


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_rates_are_those_of_iperf3_and_bytes_those_of_the_interface(
    here: Site, family: Family
) -> None:
    """Both directions within 5 %, what it used within 2 %. A machine that stands still for a moment
    is no line of 50 Mbit/s: rates get three tries.
    """
    speed_line.shape(here, 50)
    speed_line.send_frames(here)
    tries: list[list[float]] = []
    while len(tries) < TRIES:
        before = speed_line.carried(here.box)
        test = speed_worker.measure(here, family, DIRECTIONS, duration_s=SECONDS)
        carried = speed_line.carried(here.box) - before
        assert test.used_bytes == pytest.approx(carried, rel=0.02)
        tries.append([_of_iperf3(here, Way(family, each), test) for each in DIRECTIONS])
        if tries[-1] == pytest.approx([1, 1], rel=0.05):
            return
    pytest.fail(f"downloads and uploads, of what iperf3 had: {tries}")


def _of_iperf3(here: Site, way: Way, test: speed_worker.Test) -> float:
    reference = speed_line.iperf3(here, way, SECONDS)
    return test.phases[way.direction]["rate_mbps"] / reference.mbps


def test_the_delay_of_a_full_buffer_is_that_of_ping(here: Site) -> None:
    """Within 10 %, of a line with a buffer of 100 ms."""
    speed_line.shape(here, 20, buffer_ms=100)
    ours, ping = speed_worker.growth_ms(here, Way("ipv4", "download", streams=4), duration_s=3)
    assert ours == pytest.approx(ping, rel=0.1)

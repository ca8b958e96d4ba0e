# SPDX-License-Identifier: Apache-2.0
"""Round trips to a real server, beside what ping sees of the same line at the same time."""

import json
import re
import statistics
import sys
from collections.abc import Generator

import pytest

from sansang_agent.net.round_trips import percentile_95_ms
from sansang_agent.workers.speed_latency import Summary, summary
from tests.lab.netns import Lab
from tests.lab.networks import ROUTER4, SERVER4, SERVER6, Site
from tests.lab.speed_line import carried, line, shape

TRANSFER = (sys.executable, "-m", "tests.lab.transfer")
LINE_MBPS, BUFFER_MS = 20, 100
NEIGHBOUR_BYTES = 180
"""Of a solicitation and its answer."""


@pytest.fixture
def here(lab: Lab) -> Generator[Site]:
    site_ = line(lab)
    with site_.server.serving(*TRANSFER, "serve"):
        yield site_


def test_figures_of_known_round_trips() -> None:
    assert summary([10, 14, 11, 11.5]) == Summary(11.25, 14, 2.5)
    assert summary([7]) == Summary(7, 7, None)
    assert summary([]) == Summary(None, None, None)


def test_silence_and_refusal_are_losses(here: Site) -> None:
    """Neither is a round trip: only what the kernel could time of a whole handshake counts."""
    here.router.route("blackhole 203.0.113.0/24")
    for address in ("203.0.113.9", ROUTER4):
        with here.box.start(*TRANSFER, address, "1.2", "0") as idle:
            assert idle.stdout is not None
            told = json.loads(idle.stdout.readline())
        assert told["ms"] == []
        assert told["lost"] > 0


@pytest.mark.parametrize("server", [SERVER4, SERVER6])
def test_a_full_queue_is_seen_as_ping_sees_it(here: Site, server: str) -> None:
    """20 Mbit/s with a buffer of 100 ms: what a download adds is within a tenth of what ping has.

    However busy the program is that measures: the kernel keeps the time.
    The 95th of a hundred, because a sender lets the queue run down whenever it was full.
    """
    shape(here, LINE_MBPS, BUFFER_MS)
    with here.box.start(*TRANSFER, server, "0.4", "2") as loading:
        assert loading.stdout is not None
        idle = json.loads(loading.stdout.readline())
        printed = here.box.run("ping", "-n", "-i", "0.05", "-c", "38", server)
        loaded = json.loads(loading.stdout.readline())
    pinged = [float(each) for each in re.findall(r"time=([\d.]+)", printed)]
    idle_ms = statistics.median(idle["ms"])
    seen_ms, ping_ms = (percentile_95_ms(each) or 0 for each in (loaded["ms"], pinged))
    print(f"added: {seen_ms - idle_ms:.1f} ms, by ping {ping_ms - idle_ms:.1f} ms")  # noqa: T201
    assert seen_ms - idle_ms == pytest.approx(ping_ms - idle_ms, rel=0.1)
    assert seen_ms - idle_ms == pytest.approx(BUFFER_MS, rel=0.1)


@pytest.mark.parametrize("server", [SERVER4, SERVER6])
def test_what_it_used_is_what_the_interface_counted(here: Site, server: str) -> None:
    """These are Ethernet frames, and nothing else crosses but what neighbours may ask."""
    here.box.run("ping", "-c", "1", server)
    before = carried(here.box)
    with here.box.start(*TRANSFER, server, "0.4", "0") as idle:
        assert idle.stdout is not None
        told = json.loads(idle.stdout.readline())
    assert told["ms"]
    assert told["lost"] == 0
    assert carried(here.box) - before == pytest.approx(told["used_bytes"], abs=NEIGHBOUR_BYTES)

# SPDX-License-Identifier: Apache-2.0
"""The stories that are played in virtual machines, as many at a time as there are processors.

A test marked `@pytest.mark.story("faults")` takes what was told through the fixture `told`. The
machines of all chosen tests start with the first of them.
"""

import json
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab.vm import ROOT, require_vm, run_inside

TOLD = ROOT / ".build" / "told"
PATIENCE_S = 600
RADIOS = ("hostapd", "hostapd_cli", "wpa_supplicant", "iw")
STORIES: dict[str, tuple[str, ...]] = {
    "no-dhcp": ("tests.lab.wifi_outages", "no-dhcp"),
    "off-air": ("tests.lab.wifi_outages", "off-air"),
    "faults": ("tests.lab.wifi_faults",),
    "loss": ("tests.lab.wifi_loss", "180"),
    "guests": ("tests.lab.wifi_guests", "in_order", "families", "killed"),
    "guest-faults": ("tests.lab.wifi_guests", "faults", "portals", "listening"),
    "compare": ("tests.lab.wifi_house",),
    "speed": ("tests.lab.far_server",),
    "traffic": ("tests.lab.fast_path",),
}
"""The module and its arguments, the longest first."""
OWN_TIME = {"speed"}
"""Of these the machine must not be too slow: it measures rates."""


@pytest.fixture(scope="session")
def machines(request: pytest.FixtureRequest) -> Generator[Callable[[str], list[Any]]]:
    """What each story told."""
    require_vm(*RADIOS, "dnsmasq", "mosquitto", "nft", "iperf3")
    markers = [item.get_closest_marker("story") for item in request.session.items]
    wanted = {marker.args[0] for marker in markers if marker is not None}
    with ThreadPoolExecutor(len(STORIES)) as pool:
        running: dict[str, Future[list[Any]]] = {
            name: pool.submit(_play, name, *story)
            for name, story in STORIES.items()
            if name in wanted
        }
        yield lambda name: running[name].result()


def _play(name: str, *story: str) -> list[Any]:
    """What it told is kept, for `tests.lab.wifi_table`."""
    told = run_inside(*story, patience_s=PATIENCE_S, own_time=name in OWN_TIME)
    TOLD.mkdir(parents=True, exist_ok=True)
    (TOLD / f"{name}.json").write_text(json.dumps(told))
    return told


@pytest.fixture
def told(request: pytest.FixtureRequest, machines: Callable[[str], list[Any]]) -> list[Any]:
    """What the story of the test told."""
    marker = request.node.get_closest_marker("story")
    assert marker is not None
    return machines(marker.args[0])

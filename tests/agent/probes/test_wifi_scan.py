# SPDX-License-Identifier: Apache-2.0
"""What a spare radio hears: by rule, and with real access points in a virtual machine."""

import json
from typing import Any

import pytest

from sansang_agent.net.worker import WorkerError
from sansang_agent.probes import wifi_scan
from sansang_agent.probes.wifi_scan import WifiScanProbe, WifiScanSettings, reading
from tests.lab.probing import SURROUNDINGS
from tests.lab.wifi_town import FAINT_DBM, LOUD_DBM, NEIGHBOUR

SSID = "NVH thôn Đông"
OWN, OTHER = "02:00:00:00:00:00", "02:00:00:00:03:00"


def point(address: str, dbm: float, security: str = "wpa2", mhz: int = 2437) -> dict[str, Any]:
    return {
        "address": address,
        "frequency_mhz": mhz,
        "signal_dbm": dbm,
        "security": security,
    }


def test_a_stranger_is_known_by_its_address_or_by_how_it_encrypts() -> None:
    """One that is louder than the site's own does not become the site's own."""
    heard = [point(OTHER, -30, "open"), point(OWN, -60)]
    listed = reading(1, SSID, heard, [], {OWN})
    assert (listed.unknown_access_points, listed.signal_dbm, listed.security) == (1, -60, "wpa2")
    assert reading(1, SSID, heard, [], set()).unknown_access_points == 1
    alike = [point(OTHER, -30), point(OWN, -60)]
    assert reading(1, SSID, alike, [], set()).unknown_access_points == 0
    assert reading(1, SSID, alike, [], {OWN}).unknown_access_points == 1


def test_the_crowd_is_who_disturbs() -> None:
    """On overlapping channels, and loud enough."""
    others = [[2437, -60], [2427, -84.0], [2427, -86], [2462, -40], [5180, -40], [2437, None]]
    assert reading(1, SSID, [point(OWN, -50)], others, set()).overlapping == 3


def test_no_address_is_told() -> None:
    read = reading(1, SSID, [point(OWN, -50), point(OTHER, -60)], [], {OWN})
    assert OWN not in repr(read)
    assert OTHER not in repr(read)


async def test_without_a_worker_every_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(*_: Any) -> dict[str, Any]:
        raise WorkerError("no_helper")

    monkeypatch.setattr(wifi_scan, "ask", ask)
    read = await WifiScanProbe(WifiScanSettings(ssids=["A", "B"]), SURROUNDINGS).run()
    assert [(each.outcome, each.reason) for each in read] == [("broken", "no_helper")] * 2


@pytest.mark.lab
@pytest.mark.story("guest-faults")
@pytest.mark.timeout(900)
def test_on_air_beside_a_twin_and_far_away(told: list[Any]) -> None:
    """Heard or not, the stranger counted, the signal as it fades; others are a number, no names."""
    sent = json.dumps([each.get("reading") for each in told], ensure_ascii=False)
    assert OWN not in sent
    assert NEIGHBOUR not in sent
    readings = {each["what"]: each["reading"] for each in told if "reading" in each}
    read = {what: each for what, each in readings.items() if each["kind"] == "wifi_scan"}
    assert {what: each["heard"] for what, each in read.items()} == {
        "not on air": False,
        "on air": True,
        "beside another Wi-Fi": True,
        "evil twin": True,
        "evil twin, by address": True,
        "faded": True,
    }
    strangers = [each.get("unknown_access_points") for each in read.values()]
    assert strangers == [None, 0, 0, 1, 1, 0]
    assert [each.get("overlapping") for each in read.values()] == [None, 0, 1, 0, 0, 0]
    signals = (read["on air"]["signal_dbm"], read["faded"]["signal_dbm"])
    assert signals == (LOUD_DBM + 20, FAINT_DBM + 20)

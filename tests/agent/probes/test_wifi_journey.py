# SPDX-License-Identifier: Apache-2.0
"""A guest's way into the Wi-Fi: its settings, and played with real access points, DHCP servers,
routers, name servers and login pages in virtual machines.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sansang_agent.net.worker import WorkerError
from sansang_agent.probes import wifi_journey
from sansang_agent.probes.wifi_journey import WifiJourneyProbe, WifiJourneySettings, reading
from sansang_wire.checking import InvalidSettingsError, check
from tests.lab.probing import SURROUNDINGS
from tests.lab.wifi_town import FAINT_DBM, LOUD_DBM

SSID = "NVH thôn Đông"
HARDWARE_ADDRESS = re.compile(r"(?i)\b([0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b")
PASSED = {"scan_ms", "associate_ms", "authenticate_ms", "address_ms", "gateway_ms", "dns_ms"}


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"internet": "http://vnnic.vn/"}, "proves nothing without https"),
        ({"portal_check": "https://check.test/"}, "must be http"),
        ({"interface": "wlan1", "second_interface": "wlan1"}, "two guests need two radios"),
        ({"ssids": ["NVH", "NVH"]}, "named twice"),
    ],
)
def test_what_can_not_be_gone_is_refused(settings: dict[str, Any], mistake: str) -> None:
    """With the settings, not at every run."""
    with pytest.raises(InvalidSettingsError, match=mistake):
        check(settings, WifiJourneySettings)


async def test_several_names_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """One journey a run: two could not end before the schedule gives them up."""
    gone: list[str] = []

    async def ask(_worker: str, request: dict[str, Any], _within_s: float) -> dict[str, Any]:
        gone.append(request["ssid"])
        return {"total_ms": 1.0}

    monkeypatch.setattr(wifi_journey, "ask", ask)
    probe = WifiJourneyProbe(WifiJourneySettings(ssids=["A", "B"]), SURROUNDINGS)
    for _ in range(3):
        await probe.run()
    assert gone == ["A", "B", "A"]


async def test_a_passphrase_that_can_not_be_read_says_nothing_of_the_wifi(tmp_path: Path) -> None:
    """Neither one that is not there nor one that everybody can read."""
    open_ = tmp_path / "open"
    open_.touch(0o644)
    for path in (tmp_path / "none", open_):
        settings = WifiJourneySettings(ssids=[SSID], passphrase_file=str(path))
        [read] = await WifiJourneyProbe(settings, SURROUNDINGS).run()
        assert (read.outcome, read.reason) == ("broken", "no_passphrase")


async def test_without_a_worker_nobody_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(*_: Any) -> dict[str, Any]:
        raise WorkerError("no_helper")

    monkeypatch.setattr(wifi_journey, "ask", ask)
    [read] = await WifiJourneyProbe(WifiJourneySettings(ssids=[SSID]), SURROUNDINGS).run()
    assert (read.outcome, read.reason) == ("broken", "no_helper")


def test_one_family_is_enough() -> None:
    """Someone with either gets in; which one does not stands beside it."""
    read = reading(1, SSID, {"ipv6_failed_stage": "address", "internet_ms": 9.0})
    assert (read.outcome, read.failed_stage, read.ipv6_failed_stage) == ("ok", None, "address")


def by_story(told: list[Any]) -> dict[str, dict[str, Any]]:
    assert not HARDWARE_ADDRESS.search(json.dumps(told))
    return {each["what"]: each["reading"] for each in told if "reading" in each}


def assert_ends(read: dict[str, dict[str, Any]], expected: dict[str, tuple[Any, ...]]) -> None:
    """The stage and reason of each."""
    assert expected == {
        what: (read[what].get("failed_stage"), read[what].get("reason")) for what in expected
    }


@pytest.mark.lab
@pytest.mark.story("guests")
@pytest.mark.timeout(900)
def test_a_guest_gets_in_however_it_is_encrypted(told: list[Any]) -> None:
    """WPA2, WPA3, OWE and open; with IPv6 alone; guests kept apart or not; a rogue DHCP server."""
    read = by_story(told)
    expected: dict[str, tuple[Any, ...]] = {
        "by a program of its own": (None, None),
        **dict.fromkeys(("wpa2, guests kept apart", "wpa3", "owe", "open", "faded"), (None, None)),
        "IPv6 alone": (None, None),
    }
    assert_ends(read, expected)
    securities = [read[what]["security"] for what in ("wpa2, guests kept apart", "wpa3", "owe")]
    assert securities == ["wpa2", "wpa3", "owe"]
    assert (read["wpa2, guests kept apart"]["isolated"], read["open"]["isolated"]) == (True, False)
    for what in ("wpa3", "owe", "open"):
        assert "ipv4_failed_stage" not in read[what]
        assert "ipv6_failed_stage" not in read[what]
        assert {*PASSED, "portal_ms", "internet_ms"} <= set(read[what])
        assert (read[what]["portal"], read[what]["admin_page"]) == (False, False)
    assert read["IPv6 alone"]["ipv4_failed_stage"] == "address"
    assert read["open"]["dhcp_servers"] == 1
    signals = (read["open"]["signal_dbm"], read["faded"]["signal_dbm"])
    assert signals == (LOUD_DBM + 20, FAINT_DBM + 20)
    # How far that one came depends on which of the two was quicker.
    assert read["rogue DHCP server"]["dhcp_servers"] == 2


@pytest.mark.lab
@pytest.mark.story("guest-faults")
@pytest.mark.timeout(900)
def test_each_fault_is_found_in_its_stage(told: list[Any]) -> None:
    read = by_story(told)
    expected = {
        "no access point": ("scan", "not_heard"),
        "no DHCP server": ("address", "no_offer"),
        "wrong passphrase": ("authenticate", "wrong_passphrase"),
        "asked to be open": (None, "no_passphrase"),
        "uplink cut": ("internet", read["uplink cut"]["reason"]),
        "gateway dead": ("gateway", "no_answer"),
        "DNS dead": ("dns", "no_answer"),
        "wrong passphrase, wpa3": ("authenticate", "authentication_failed"),
    }
    assert_ends(read, expected)
    assert read["uplink cut"]["reason"] in {"host_unreachable", "no_answer", "network_unreachable"}
    assert "portal" not in read["uplink cut"]
    assert read["asked to be open"]["outcome"] == "broken"


@pytest.mark.lab
@pytest.mark.story("guest-faults")
@pytest.mark.timeout(900)
def test_a_login_page_is_not_the_internet(told: list[Any]) -> None:
    """Whether it takes names over or says so itself; who has logged in passes."""
    read = by_story(told)
    expected = {
        "login page": ("portal", "login_page"),
        "announced login page": ("portal", "login_page"),
        "announced, and logged in": (None, None),
    }
    assert_ends(read, expected)
    assert [read[what]["portal"] for what in expected] == [True, True, False]


@pytest.mark.lab
@pytest.mark.story("guests")
@pytest.mark.timeout(900)
def test_a_worker_that_is_killed_leaves_nothing_behind(told: list[Any]) -> None:
    """The radio comes back by itself; nothing that it started goes on."""
    [killed] = [each for each in told if each["what"] == "killed"]
    assert killed["left"] == []

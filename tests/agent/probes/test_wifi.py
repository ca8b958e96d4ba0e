# SPDX-License-Identifier: Apache-2.0
"""Whether an expected Wi-Fi is on air: by rule, and beside iw and hostapd in a virtual machine with
simulated radios.
"""

import statistics
from typing import Any

import pytest

from sansang_agent.net.nl80211 import Radio
from sansang_agent.probes.base import ProbeSettings
from sansang_agent.probes.wifi import WifiProbe, WifiSettings
from sansang_wire.checking import InvalidSettingsError, check
from tests.lab.probing import SURROUNDINGS

SSID = "NVH thôn Đông"
SLOT_S = 30
POINT = Radio(2, "wlan0", "access_point", SSID.encode(), 2437, 20, 20.0, enabled=True, up=True)
GUEST = Radio(3, "wlan1", "station", b"", 2437, 20, 20.0, enabled=True, up=True)


def said(radios: list[Radio] | None, **settings: Any) -> tuple[str, str | None]:
    """Outcome and reason for radios that are not on air."""
    probe = WifiProbe(WifiSettings(ssids=[SSID], **settings), SURROUNDINGS)
    reading = probe._reading(1, SSID, radios)
    assert reading.on_air is {"failed": False, "broken": None}[reading.outcome]
    return reading.outcome, reading.reason


@pytest.mark.parametrize(
    ("radios", "expected"),
    [
        (None, ("broken", "no_nl80211")),
        ([], ("broken", "no_wireless_interface")),
        ([GUEST], ("broken", "cannot_tell")),
        ([GUEST._replace(ssid=b"Khach")], ("broken", "cannot_tell")),
        ([POINT._replace(ssid=b"")], ("failed", "not_on_air")),
        ([POINT._replace(ssid=b"Khach")], ("failed", "not_on_air")),
        ([POINT._replace(ssid=b"", up=False)], ("failed", "not_on_air")),
        ([POINT._replace(ssid=b"", enabled=False, up=False)], ("failed", "interface_down")),
    ],
)
def test_off_air_is_told_from_not_knowing(
    radios: list[Radio] | None, expected: tuple[str, str]
) -> None:
    """Only an access point of this box can be off air; an idle radio says nothing of others."""
    assert said(radios) == expected


def test_a_box_that_has_to_be_the_access_point_is_off_air_without_one() -> None:
    """Told so by its settings: hostapd that never started leaves an idle radio."""
    for radios in (None, [], [GUEST]):
        assert said(radios, access_point=True) == ("failed", "not_on_air")


async def test_nothing_expected_is_nothing_read() -> None:
    """A site without a Wi-Fi of its own has no readings, rather than bad ones."""
    probe = WifiProbe(WifiSettings(), SURROUNDINGS)
    assert list(await probe.run()) == []
    assert not probe.needs()


@pytest.mark.parametrize(
    "ssids", [["ô" * 17], ["NVH", "NVH"], [""], ["x" * 33]], ids=["bytes", "twice", "empty", "long"]
)
def test_names_that_no_radio_can_send_are_refused(ssids: list[str]) -> None:
    """With the settings, not at every run."""
    settings: type[ProbeSettings] = WifiSettings
    with pytest.raises(InvalidSettingsError):
        check({"ssids": ssids}, settings)


@pytest.mark.lab
@pytest.mark.story("compare")
@pytest.mark.timeout(900)
def test_beside_iw_and_hostapd_on_simulated_radios(told: list[Any]) -> None:
    """On air, with a guest, killed, back, switched off, idle: each as iw says in the same run."""
    at = {each["when"]: each for each in told}
    seen = {
        when: (wifi["outcome"], wifi.get("reason"), wifi.get("stations"))
        for when, each in at.items()
        for wifi in each.get("wifi", [])
    }
    assert seen == {
        "before": ("broken", "cannot_tell", None),
        "on air": ("ok", None, 0),
        "with a guest": ("ok", None, len(at["with a guest"]["iw"])),
        "killed": ("failed", "not_on_air", None),
        "back": ("ok", None, 0),
        "switched off": ("failed", "interface_down", None),
        "idle": ("failed", "not_on_air", None),
        "idle, by another box": ("broken", "cannot_tell", None),
        "idle, and should not be": ("failed", "not_on_air", None),
    }
    assert seen["with a guest"][2] == 1
    assert ("ssid" in at["on air"]["iw"], "ssid" in at["killed"]["iw"]) == (
        True,
        False,
    )
    point, guest, *_ = at["radios"]["radio"]
    assert (point["role"], guest["role"]) == ("access_point", "station")
    for radio, interface in ((point, "wlan0"), (guest, "wlan1")):
        of_iw = at["radios"]["iw"].split(f"Interface {interface}")[1].split("Interface")[0]
        assert f"channel {radio['channel']} ({radio['frequency_mhz']} MHz)" in of_iw
        assert f"width: {radio['width_mhz']} MHz" in of_iw
        assert f"txpower {radio['txpower_dbm']:.2f} dBm" in of_iw
    assert f"signal avg:\t{point['signal_worst_dbm']} dBm" in at["with a guest"]["iw"][0]
    _served_as_iw_says(at["served"])
    _as_fast_as_iw_says(at["steady"])
    _came_and_went(at)


def _served_as_iw_says(told: dict[str, Any]) -> None:
    """Three guests, to one of which was sent twice as much as to the others."""
    point, guest, *_ = told["radio"]
    assert point["stations"] == len(told["iw"]) == told["all_sta"].count("[AUTHORIZED]") == 3
    shares = [
        100 * (after[1] - before[1]) / (after[0] - before[0])
        for before, after in zip(
            *(zip(each["packets"], each["retries"], strict=True) for each in _looks(told)),
            strict=True,
        )
    ]
    assert (point["retry_worst_pct"], point["retry_median_pct"]) == (
        max(shares),
        statistics.median(shares),
    )
    # The simulated radios tell nothing of their channel, to iw neither.
    assert (told["survey"], point["utilisation_reason"]) == ("", "survey_missing")
    assert f"state={point['hostapd_state']}\n" in told["hostapd"]
    assert "hostapd_state" not in guest


def _as_fast_as_iw_says(told: dict[str, Any]) -> None:
    """The slowest and the middle one, between two looks of iw that saw the same."""
    for name, of_iw in told["iw"].items():
        assert told["radio"][0][f"{name}_bitrate_worst_mbps"] == min(of_iw)
        assert told["radio"][0][f"{name}_bitrate_median_mbps"] == statistics.median(of_iw)


def _looks(told: dict[str, Any]) -> list[dict[str, list[int]]]:
    return [told["before"], told["after"]]


def _came_and_went(told: dict[str, Any]) -> None:
    """One guest, then three, then none; one that was sent away."""
    counts = [
        (point["joined"], point["left"])
        for when in ("radios", "served", "left")
        for point in told[when]["radio"][:1]
    ]
    # Of a slow machine one may come twice.
    assert [joined - left for joined, left in counts] == [1, 3, 0]
    assert counts[-1][0] >= 3
    before, after = told["cut off"]["before"][1], told["cut off"]["radio"][1]
    assert (before["deauthenticated"], after["deauthenticated"]) == (0, 1)


@pytest.mark.lab
@pytest.mark.story("off-air")
@pytest.mark.timeout(900)
def test_a_radio_that_stops_is_told_once_and_its_end_once(told: list[Any]) -> None:
    """Agent, broker, collector, mail server and webhook in one machine, as they are by default: the
    page shows at once that hostapd was killed; the ledger dates it to the slot; one message at each
    tells of it, none more when the collector is killed and started again, one that it is back. The
    guest that was counted meanwhile left its hardware address in no file.
    """
    [outage, end] = told
    assert outage["page_s"] < outage["told_s"]
    is_dated_in_the_ledger(outage, "access_point")
    assert end["leaks"] == []
    for down, up in (outage["hook"], outage["mail"]):
        assert f"⚠ NVH thôn Đông: Wi-Fi “{SSID}” ngừng phát từ" in down
        assert f"✓ NVH thôn Đông: Wi-Fi “{SSID}” đã phát lại từ" in up


@pytest.mark.lab
@pytest.mark.story("no-dhcp")
@pytest.mark.timeout(900)
def test_guests_without_addresses_are_told_once_and_their_end_once(told: list[Any]) -> None:
    """A radio that is on air is no proof: dnsmasq of the house was killed, and guests of the box
    find it out, though not at once; the cause is told for what it is.
    """
    [outage] = told
    is_dated_in_the_ledger(outage, "dhcp")
    for down, up in (outage["hook"], outage["mail"]):
        assert f"⚠ NVH thôn Đông: khách không vào được Wi-Fi “{SSID}” từ" in down
        assert "Wi-Fi có phát nhưng không cấp địa chỉ" in down
        assert f"✓ NVH thôn Đông: khách lại vào được Wi-Fi “{SSID}” từ" in up


def is_dated_in_the_ledger(outage: dict[str, Any], cause: str) -> None:
    """Once, for what it was, and within a slot of the truth."""
    [entry] = outage["ledger"]
    assert entry["cause"] == cause
    assert abs(entry["start"] / 1e6 - outage["start"]) <= SLOT_S
    assert abs(entry["end"] / 1e6 - outage["end"]) <= SLOT_S


@pytest.mark.lab
@pytest.mark.story("faults")
@pytest.mark.timeout(900)
def test_a_dead_access_point_is_known_at_once_and_for_what_it_is(told: list[Any]) -> None:
    """The real agent sends while hostapd is killed, disabled, blocked, moved, restarted: each state
    once and none between; what waits for radar is starting; guests are counted, and never named.
    """
    *faults, leaks = told
    read = {each["what"]: _states(each) for each in faults if "readings" in each}
    dead, alive = ("not_on_air",), ("on air",)
    restarts = {
        f"{what} {n}": state
        for n in range(1, 6)
        for what, state in (("restart", alive), ("death", dead))
    }
    assert {what: states[-1:] for what, states in read.items()} == {
        "no access point": dead,
        "on air": alive,
        "kill -9 hostapd": dead,
        "started again": alive,
        "hostapd_cli disable": dead,
        "hostapd_cli enable": alive,
        "channel change": alive,
        "rfkill block": dead,
        **restarts,
        "on air again": alive,
        "10 stations join": alive,
        "10 stations leave": alive,
        "radar channel": ("starting",),
        "radar channel is free": alive,
    }
    for what in ("channel change", "10 stations join", "10 stations leave"):
        assert set(read[what]) == {"on air"}
    assert set(read["radar channel is free"]) == {"starting", "on air"}
    assert "num_sta[0]=10" in next(each["stations"] for each in faults if "stations" in each)
    assert leaks["found"] == []


def _states(told: dict[str, Any]) -> tuple[str, ...]:
    """An interface that is down has first stopped to beacon: either may be seen."""
    reasons = [each.get("reason") or "on air" for each in told["readings"]]
    return tuple("not_on_air" if each == "interface_down" else each for each in reasons)


@pytest.mark.lab
@pytest.mark.story("loss")
@pytest.mark.timeout(900)
def test_a_loaded_access_point_in_lossy_air_is_never_off(told: list[Any]) -> None:
    """Three minutes, every fifth frame lost: neither its own radio nor one that listens errs."""
    looked, by_iw = told
    assert set(looked["seen"]) == {"wifi: ok", "wifi_scan: ok"}
    assert looked["seen"]["wifi: ok"] > 60
    assert looked["seen"]["wifi_scan: ok"] > 5
    assert looked["radio"]["stations"] == by_iw["iw"].count("Station ") == 1
    assert looked["radio"]["retry_worst_pct"] > 0

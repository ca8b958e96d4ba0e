# SPDX-License-Identifier: Apache-2.0
"""What nl80211 says, decoded: from answers that a real kernel gave in the virtual machine."""

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.net import nl80211
from sansang_agent.net.netlink import Answer, attribute, generic
from sansang_agent.net.nl80211 import Radio, Stations, channel_of

RECORDED = json.loads((Path(__file__).parent / "recorded" / "nl80211.json").read_text())
SSID = "NVH thôn Đông".encode()


def recorded(name: str) -> list[Answer]:
    return [Answer(0, bytes.fromhex(body)) for body in RECORDED[name]]


def test_an_access_point_and_its_guest() -> None:
    """Hostapd on one radio, wpa_supplicant on the other; a radio without an interface is left out.
    Of a guest the kernel tells the SSID elsewhere.
    """
    point = Radio(2, "wlan0", "access_point", SSID, 2437, 20, 20.0)
    guest = Radio(3, "wlan1", "station", b"", 2437, 20, 20.0)
    assert nl80211.decode_radios(recorded("radios")) == [point, guest]
    assert (point.channel, point._replace(up=True).on_air, point.on_air) == (6, True, False)


def test_the_network_that_a_guest_is_connected_to() -> None:
    """Out of its last scan; nothing when it is connected to none of what it saw, or only has shown
    who it is (status 0, authenticated).
    """
    assert nl80211.decode_connected(recorded("scan")) == SSID
    assert nl80211.decode_connected([]) == b""
    connected = attribute(9, struct.pack("=I", 1))
    for status in (b"", attribute(9, struct.pack("=I", 0))):
        unconnected = [Answer(0, each.body.replace(connected, status)) for each in recorded("scan")]
        assert unconnected != recorded("scan")
        assert nl80211.decode_connected(unconnected) == b""


def test_devices_are_counted_and_their_signals_summed_up() -> None:
    """One device, as the kernel told of it."""
    assert nl80211.decode_stations(recorded("stations")) == Stations(1, -30, -30)
    assert nl80211.decode_stations([]) == Stations(0)


def station(signal_dbm: int, *, authorised: bool) -> Answer:
    flags = struct.pack("=II", 0b10, 0b10 if authorised else 0)
    info = attribute(7, struct.pack("=b", signal_dbm)) + attribute(17, flags)
    return Answer(0, generic(0, attribute(21, info)))


def test_who_is_not_let_in_is_not_counted() -> None:
    """A wrong passphrase leaves a device associated for a while."""
    told = [station(-40, authorised=True), station(-80, authorised=True)]
    told.append(station(-90, authorised=False))
    assert nl80211.decode_stations(told) == Stations(2, -80, -60)


@pytest.mark.parametrize(
    ("frequency_mhz", "channel"),
    [
        (2412, 1),
        (2472, 13),
        (2484, 14),
        (5180, 36),
        (5885, 177),
        (4920, 184),
        (5955, 1),
        (7115, 233),
        (5935, 2),
        (900, None),
    ],
)
def test_channels(frequency_mhz: int, channel: int | None) -> None:
    """IEEE 802.11, annex E."""
    assert channel_of(frequency_mhz) == channel


@given(st.binary(max_size=200))
def test_whatever_a_driver_says_costs_no_more_than_itself(body: bytes) -> None:
    """Cut and strange answers give something or nothing, and raise nothing but what they mean."""
    nl80211.decode_stations([Answer(0, body)])
    nl80211.decode_connected([Answer(0, body)])


def test_here_it_agrees_with_the_kernel_that_there_are_radios_or_not() -> None:
    """None without nl80211; each radio it names is a wireless interface in /sys."""
    for radio in nl80211.radios() or []:
        assert (Path("/sys/class/net") / radio.name / "phy80211").exists()

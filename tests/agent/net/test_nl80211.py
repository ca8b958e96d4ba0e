# SPDX-License-Identifier: Apache-2.0
"""What nl80211 says, decoded: from answers that a real kernel gave in the virtual machine."""

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.net import nl80211
from sansang_agent.net.netlink import Answer, attribute
from sansang_agent.net.nl80211 import Radio, channel_of

RECORDED = json.loads((Path(__file__).parent / "recorded" / "nl80211.json").read_text())
SSID = "NVH thôn Đông".encode()


def recorded(name: str) -> list[Answer]:
    return [Answer(0, bytes.fromhex(body)) for body in RECORDED[name]]


def test_an_access_point_and_its_guest() -> None:
    """Hostapd on one radio, wpa_supplicant on others; a radio without an interface is left out.
    Of a guest the kernel tells the SSID elsewhere.
    """
    point = Radio(2, "wlan0", "access_point", SSID, 2437, 20, 20.0)
    guest = Radio(3, "wlan1", "station", b"", 2437, 20, 20.0)
    radios = nl80211.decode_radios(recorded("radios"))
    assert [radio._replace(wiphy=0) for radio in radios[:2]] == [point, guest]
    assert len({radio.wiphy for radio in radios}) == len(radios) == 4
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
    nl80211.decode_connected([Answer(0, body)])


def test_here_it_agrees_with_the_kernel_that_there_are_radios_or_not() -> None:
    """None without nl80211; each radio it names is a wireless interface in /sys."""
    for radio in nl80211.radios() or []:
        assert (Path("/sys/class/net") / radio.name / "phy80211").exists()

# SPDX-License-Identifier: Apache-2.0
"""What a scan heard, as a real kernel told it, and how beacons say that they encrypt."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.net import bss
from sansang_agent.net.netlink import Answer
from sansang_wire.reading import WifiSecurity

RECORDED = json.loads((Path(__file__).parent / "recorded" / "nl80211.json").read_text())


def robust(*suites: int) -> tuple[int, bytes]:
    """An RSN element with these suites of authentication and key management."""
    ours = bytes.fromhex("000fac")
    head = b"\1\0" + ours + b"\4" + b"\1\0" + ours + b"\4"
    listed = b"".join(ours + bytes([suite]) for suite in suites)
    return bss.ELEMENT_RSN, head + len(suites).to_bytes(2, "little") + listed + b"\0\0"


def test_an_access_point_of_the_recording() -> None:
    """Its name, frequency, signal and encryption; by iw it is WPA2 on channel 6."""
    [heard] = bss.decode(Answer(0, bytes.fromhex(each)) for each in RECORDED["scan"])
    assert heard.ssid.decode() == "NVH thôn Đông"
    assert (heard.frequency_mhz, heard.channel, heard.security) == (2437, 6, "wpa2")
    assert heard.signal_dbm == -30


@pytest.mark.parametrize(
    ("elements", "private", "security"),
    [
        ([], False, "open"),
        ([], True, "wep"),
        ([(bss.ELEMENT_VENDOR, bss.WPA_VENDOR + b"\1\0")], True, "wpa"),
        ([robust(2)], True, "wpa2"),
        ([robust(6)], True, "wpa2"),
        ([robust(2, 8)], True, "wpa2_wpa3"),
        ([robust(8)], True, "wpa3"),
        ([robust(18)], True, "owe"),
        ([robust(1)], True, "enterprise"),
        ([robust()], True, "enterprise"),
        ([robust(2), (bss.ELEMENT_VENDOR, bss.WPA_VENDOR)], True, "wpa2"),
    ],
)
def test_how_it_encrypts(
    elements: list[tuple[int, bytes]], private: bool, security: WifiSecurity
) -> None:
    assert bss.security_of(elements, private=private) == security


@given(st.binary(max_size=60))
def test_whatever_a_beacon_carries(data: bytes) -> None:
    """Anybody may send one: it is read as far as it goes."""
    elements = list(bss.elements_of(data))
    assert sum(2 + len(value) for _, value in elements) <= len(data)
    bss.security_of([*elements, (bss.ELEMENT_RSN, data)], private=True)

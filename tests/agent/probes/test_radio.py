# SPDX-License-Identifier: Apache-2.0
"""Each wireless interface; `test_wifi` compares it with iw in a virtual machine with radios."""

from pathlib import Path

from sansang_agent.net.nl80211 import Radio
from sansang_agent.net.wifi_stations import Stations
from sansang_agent.net.wifi_survey import Channel
from sansang_agent.probes import radio as probes
from sansang_agent.probes.radio import RadioProbe, RadioSettings
from tests.lab.probing import SURROUNDINGS

WIRELESS = {each.parent.name for each in Path("/sys/class/net").glob("*/phy80211")}


def test_an_access_point_that_stopped_has_no_network_and_no_channel() -> None:
    """Null is left out of the series, and no old name is kept."""
    stopped = Radio(2, "wlan0", "access_point", txpower_dbm=20.0)
    reading = probes._reading(stopped, Stations(0), Channel())
    assert (reading.outcome, reading.role, reading.up) == ("ok", "access_point", False)
    assert (reading.ssid, reading.channel, reading.stations) == (None, None, 0)


def test_a_name_that_is_no_text_is_shown_as_well_as_can_be() -> None:
    """An SSID is bytes; people see what of it is text."""
    radio = Radio(2, "wlan0", "station", b"NVH\xff")
    reading = probes._reading(radio, Stations(1, -50, -50), Channel())
    assert reading.ssid == "NVH\ufffd"


async def test_one_reading_for_each_wireless_interface_of_this_machine() -> None:
    """None where there is none."""
    readings = await RadioProbe(RadioSettings(), SURROUNDINGS).run()
    assert {getattr(each, "interface", "") for each in readings} == WIRELESS

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


def test_an_access_point_that_stopped_has_no_channel() -> None:
    """Null is left out of the series."""
    stopped = Radio(2, "wlan0", "access_point", txpower_dbm=20.0)
    reading = probes._reading(stopped, Stations(0), Channel())
    assert (reading.outcome, reading.role, reading.up) == ("ok", "access_point", False)
    assert (reading.channel, reading.stations) == (None, 0)


def test_the_name_of_a_network_stays_on_the_box() -> None:
    """It may be somebody's own: expected names have readings of their own."""
    radio = Radio(2, "wlan0", "station", b"Nha rieng")
    assert "rieng" not in repr(probes._reading(radio, Stations(1, -50, -50), Channel()))


async def test_one_reading_for_each_wireless_interface_of_this_machine() -> None:
    """None where there is none."""
    readings = await RadioProbe(RadioSettings(), SURROUNDINGS).run()
    assert {getattr(each, "interface", "") for each in readings} == WIRELESS

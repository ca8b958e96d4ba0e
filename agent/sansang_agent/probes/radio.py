# SPDX-License-Identifier: Apache-2.0
"""Each wireless interface of the box: what it does, on which channel, who is connected how well.

Method: the kernel is asked for its wireless interfaces and for the devices of each. Devices are
counted and their signals summed up; nothing that names one is kept.
Source: nl80211 GET_INTERFACE, GET_STATION (include/uapi/linux/nl80211.h); operstate (RFC 2863).
Privileges: none. Data: none beyond its readings; it sends nothing.
"""

from collections.abc import Sequence
from typing import ClassVar

from sansang_agent.net import nl80211
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.nl80211 import Radio, Stations
from sansang_agent.probes.base import Probe, ProbeSettings
from sansang_wire.readings import AnyReading, RadioReading


class RadioSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing but how often."""


class RadioProbe(Probe[RadioSettings]):
    """One reading for each wireless interface; none on a box without."""

    kind = "radio"
    settings_type = RadioSettings
    every_s: ClassVar = {"default": 300, "metered": 900}

    async def run(self) -> Sequence[AnyReading]:
        return [_reading(each, nl80211.stations(each)) for each in nl80211.radios() or ()]


def _reading(radio: Radio, stations: Stations) -> RadioReading:
    return RadioReading(
        at=boottime_us(),
        outcome="ok",
        interface=radio.name,
        role=radio.role,
        up=radio.up,
        ssid=radio.ssid.decode(errors="replace") or None,
        channel=radio.channel,
        frequency_mhz=radio.frequency_mhz,
        width_mhz=radio.width_mhz,
        txpower_dbm=radio.txpower_dbm,
        stations=stations.connected,
        signal_worst_dbm=stations.signal_worst_dbm,
        signal_median_dbm=stations.signal_median_dbm,
    )

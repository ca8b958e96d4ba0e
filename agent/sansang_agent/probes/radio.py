# SPDX-License-Identifier: Apache-2.0
"""Each wireless interface of the box: what it does, on which channel, who is connected how well.

Method: the kernel is asked for its wireless interfaces, for the devices of each and for how busy
its channel is; it tells by itself who comes and goes. hostapd is asked for its state where the
agent may. Devices are counted and summed up; nothing that names one leaves the box's memory.
Source: nl80211 GET_INTERFACE, GET_STATION, GET_SURVEY, group `mlme` (include/uapi/linux/nl80211.h);
operstate (RFC 2863); hostapd's control interface (wpa_ctrl.h).
Privileges: none; for `hostapd_state` those that hostapd gives to its socket.
Data: none beyond its readings; it sends nothing.
"""

import contextlib
from collections.abc import Sequence
from typing import ClassVar

from sansang_agent.net import nl80211
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.hostapd import hostapd_state
from sansang_agent.net.nl80211 import Radio
from sansang_agent.net.wifi_events import (
    CMD_DEL_STATION,
    CMD_DISCONNECT,
    CMD_NEW_STATION,
    CMD_ROAM,
    WifiEvents,
)
from sansang_agent.net.wifi_stations import Stations, StationWatch
from sansang_agent.net.wifi_survey import Channel, SurveyWatch
from sansang_agent.probes.base import Probe, ProbeSettings, Surroundings
from sansang_wire.readings import AnyReading, RadioReading


class RadioSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing but how often."""


class RadioProbe(Probe[RadioSettings]):
    """One reading for each wireless interface; none on a box without."""

    kind = "radio"
    settings_type = RadioSettings
    every_s: ClassVar = {"default": 300, "metered": 900}

    def __init__(self, settings: RadioSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._stations = StationWatch()
        self._surveys = SurveyWatch()
        self._events: WifiEvents | None = None

    async def run(self) -> Sequence[AnyReading]:
        radios = nl80211.radios() or []
        if radios and self._events is None:
            with contextlib.suppress(OSError):
                self._events = WifiEvents()
        if self._events is not None:
            self._events.read()
        return [await self._measure(each) for each in radios]

    async def _measure(self, radio: Radio) -> RadioReading:
        state = await hostapd_state(radio.name) if radio.role == "access_point" else None
        return _reading(
            radio, self._stations.look(radio), self._surveys.look(radio), self._events, state
        )


def _reading(
    radio: Radio,
    stations: Stations,
    channel: Channel,
    events: WifiEvents | None = None,
    state: str | None = None,
) -> RadioReading:
    def counted(role: str, kind: int) -> int | None:
        return events.count(radio.ifindex, kind) if events and radio.role == role else None

    served = stations._asdict()
    return RadioReading(
        at=boottime_us(),
        outcome="ok",
        interface=radio.name,
        role=radio.role,
        up=radio.up,
        channel=radio.channel,
        frequency_mhz=radio.frequency_mhz,
        width_mhz=radio.width_mhz,
        txpower_dbm=radio.txpower_dbm,
        stations=served.pop("connected"),
        **served,
        **channel._asdict(),
        hostapd_state=state,
        joined=counted("access_point", CMD_NEW_STATION),
        left=counted("access_point", CMD_DEL_STATION),
        roamed=counted("station", CMD_ROAM),
        deauthenticated=counted("station", CMD_DISCONNECT),
    )

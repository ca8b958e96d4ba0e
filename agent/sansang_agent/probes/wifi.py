# SPDX-License-Identifier: Apache-2.0
"""Is the Wi-Fi that must be there on air, as this box's own radios know?

Method: an expected name is on air when an access point of this box beacons it (operational state
up, SSID and frequency told by the kernel), or when this box is a client and connected to it. It is
off air when an access point of this box should beacon it and does not; starting, while that one
listens for radar (its channel is set, and nothing is sent yet). A box whose radios say neither
can't tell, and says so: a Wi-Fi of another device is not off because this box's radio is. When an
interface comes or goes, the kernel's word for it (RTM_NEWLINK) starts a run at once.
Source: nl80211 GET_INTERFACE, GET_STATION (include/uapi/linux/nl80211.h); operstate (RFC 2863);
channel availability check (ETSI EN 301 893 §4.2.6).
Privileges: none. Data: none beyond its readings; it sends nothing.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net import nl80211, wifi_stations
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.nl80211 import Radio
from sansang_agent.net.ssid import Ssid, refuse_ambiguous
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.readings import AnyReading, WifiReading

LONGEST_START_US = 11 * 60 * 1_000_000
"""A channel is listened to for up to 10 minutes; who starts for longer does not start."""


class WifiSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The names that must be on air. With `access_point` this box itself has to offer them: then
    radios that stand idle are an outage.
    """

    ssids: Annotated[list[Ssid], Meta(max_length=16)] = msgspec.field(default_factory=list[str])
    access_point: bool = False

    def __post_init__(self) -> None:
        """Refuse what no radio can send, and two series of one name."""
        refuse_ambiguous(self.ssids)


class WifiProbe(Probe[WifiSettings]):
    """One reading for each expected name; none when nothing is expected."""

    kind = "wifi"
    settings_type = WifiSettings
    every_s: ClassVar = {"default": 30, "metered": 300}
    on_link_event = True

    _started_at: int | None = None
    """Since when an access point of this box has been starting."""
    _offered: frozenset[str] = frozenset()
    """Names that an access point of this box had on air since the agent's start."""

    def needs(self) -> set[Need]:
        return {"wireless"} if self.settings.ssids else set()

    async def run(self) -> Sequence[AnyReading]:
        if not self.settings.ssids:
            return []
        at = boottime_us()
        radios = nl80211.radios()
        starting = any(each.starting for each in radios or ())
        self._started_at = (self._started_at or at) if starting else None
        return [self._reading(at, ssid, radios) for ssid in self.settings.ssids]

    def _reading(self, at: int, ssid: str, radios: list[Radio] | None) -> WifiReading:
        beaconing = [each for each in radios or () if each.on_air and each.ssid == ssid.encode()]
        if beaconing:
            if any(each.role == "access_point" for each in beaconing):
                self._offered |= {ssid}
            return _on_air(at, ssid, beaconing)
        why = self._why_not(at, ssid, radios)
        known = why in {"not_on_air", "interface_down", "starting"}
        return WifiReading(
            at=at,
            outcome="failed" if known else "broken",
            reason=why,
            ssid=ssid,
            on_air=False if known else None,
        )

    def _why_not(self, at: int, ssid: str, radios: list[Radio] | None) -> str:
        """With `cannot_tell` and the names of what is missing this box can't tell."""
        ours = self.settings.access_point or ssid in self._offered
        if radios is None and not ours:
            return "no_nl80211"
        if not radios:
            # A radio that was there and is gone, such as a stick that was pulled.
            return "not_on_air" if ours else "no_wireless_interface"
        points = [each for each in radios if each.role == "access_point"]
        if not points:
            return "not_on_air" if ours else "cannot_tell"
        if self._started_at is not None and at - self._started_at < LONGEST_START_US:
            return "starting"
        return "not_on_air" if any(each.enabled for each in points) else "interface_down"


def _on_air(at: int, ssid: str, radios: list[Radio]) -> WifiReading:
    first = radios[0]
    connected = [wifi_stations.connected(each) for each in radios if each.role == "access_point"]
    return WifiReading(
        at=at,
        outcome="ok",
        ssid=ssid,
        on_air=True,
        role=first.role,
        interface=first.name,
        channel=first.channel,
        stations=sum(connected) if connected else None,
    )

# SPDX-License-Identifier: Apache-2.0
"""What a spare radio hears: is each expected Wi-Fi there, is a strange one under its name, how
crowded is its channel?

Method: all channels are scanned, again while an expected name was not heard. An access point is
unknown when the settings name those that are the site's own and not it, or when it encrypts
otherwise than the strongest of the name.
Source: nl80211 TRIGGER_SCAN, GET_SCAN (include/uapi/linux/nl80211.h); IEEE 802.11 §9.4.2.
Privileges: CAP_NET_ADMIN in a worker that lives as long as the scan.
Data: none beyond its readings; probe requests on the air.
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net.boot import boottime_us
from sansang_agent.net.nl80211 import channel_of
from sansang_agent.net.ssid import Ssid, refuse_ambiguous
from sansang_agent.net.worker import WorkerError, ask
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.readings import AnyReading, WifiScanReading

WITHIN_S = 80
OVERLAPS_MHZ = 20
"""Centres closer than this disturb each other, at the least width."""
DISTURBS_DBM = -85
"""What is heard more weakly does not keep others from sending (IEEE 802.11 §17.3.10.6: −82)."""
Interface = Annotated[str, Meta(min_length=1, max_length=15)]
HardwareAddress = Annotated[str, Meta(pattern="^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")]


class WifiScanSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `interface` the first radio that stands idle listens. `access_points`: the addresses
    (BSSID) of the site's own; with none named every one of the name is taken to be the site's.
    """

    enabled: bool = False
    ssids: Annotated[list[Ssid], Meta(max_length=16)] = msgspec.field(default_factory=list[str])
    interface: Interface | None = None
    access_points: Annotated[list[HardwareAddress], Meta(max_length=64)] = msgspec.field(
        default_factory=list[str]
    )

    def __post_init__(self) -> None:
        """Refuse two series of one name."""
        refuse_ambiguous(self.ssids)


class WifiScanProbe(Probe[WifiScanSettings]):
    """One reading for each expected name; none when nothing is expected."""

    kind = "wifi_scan"
    settings_type = WifiScanSettings
    every_s: ClassVar = {"default": 300, "metered": 900}

    def needs(self) -> set[Need]:
        return {"wireless", "worker"} if self.settings.ssids else set()

    async def run(self) -> Sequence[AnyReading]:
        ssids = self.settings.ssids
        if not ssids:
            return []
        at = boottime_us()
        try:
            request = {"ssids": ssids, "interface": self.settings.interface}
            answer = await ask("wifi_scan", request, WITHIN_S)
        except WorkerError as error:
            answer: dict[str, Any] = {"broken": error.reason}
        if "broken" in answer:
            reason = answer["broken"]
            return [
                WifiScanReading(at=at, outcome="broken", reason=reason, ssid=ssid) for ssid in ssids
            ]
        own = set(self.settings.access_points)
        return [reading(at, ssid, answer["heard"][ssid], answer["others"], own) for ssid in ssids]


def reading(
    at: int,
    ssid: str,
    heard: Sequence[dict[str, Any]],
    others: Sequence[Sequence[float | None]],
    own: set[str],
) -> WifiScanReading:
    """What a worker heard of one name, the strongest first, as a reading."""
    if not heard:
        return WifiScanReading(
            at=at, outcome="failed", reason="not_heard", ssid=ssid, heard=False, access_points=0
        )
    known = [each for each in heard if each["address"] in own] or heard
    first = known[0]
    unknown = [
        each
        for each in heard
        if (own and each["address"] not in own) or each["security"] != first["security"]
    ]
    return WifiScanReading(
        at=at,
        outcome="ok",
        ssid=ssid,
        heard=True,
        access_points=len(heard),
        unknown_access_points=len(unknown),
        signal_dbm=first["signal_dbm"],
        channel=channel_of(first["frequency_mhz"]),
        security=first["security"],
        overlapping=sum(_overlaps(first["frequency_mhz"], *each) for each in others),
    )


def _overlaps(own_mhz: float, mhz: float | None, dbm: float | None) -> bool:
    audible = dbm is None or dbm >= DISTURBS_DBM
    return mhz is not None and abs(mhz - own_mhz) < OVERLAPS_MHZ and audible

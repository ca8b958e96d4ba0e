# SPDX-License-Identifier: Apache-2.0
"""What the box knows of its power: its own battery, and an uninterruptible supply through NUT.

Method: the kernel's word of the battery; each UPS that a upsd of the site has, over one connection.
Source: psutil (/sys/class/power_supply); RFC 9271.
Privileges: none; upsd must let the box read. Data: nothing but its readings, when upsd runs on the
box itself.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple, Protocol, cast
from urllib.parse import urlsplit

import psutil

from sansang_agent.net.addresses import Address, literal
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.nut import PORT, NutError, Ups, supplies
from sansang_agent.probes.base import Probe, ProbeSettings
from sansang_wire.readings import AnyReading, PowerReading

ON_BATTERY = "on_battery"


class PowerSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`nut`: address and port of upsd, as `127.0.0.1:3493`; None: there is none to ask."""

    nut: str | None = None

    def __post_init__(self) -> None:
        if self.nut is not None:
            _where(self.nut)


class PowerProbe(Probe[PowerSettings]):
    """One reading for the battery and one for each UPS, where there are any."""

    kind = "power"
    settings_type = PowerSettings
    every_s: ClassVar = {"default": 60, "metered": 300}

    async def run(self) -> Sequence[AnyReading]:
        return [*_battery(), *await self._supplies()]

    async def _supplies(self) -> Sequence[PowerReading]:
        if self.settings.nut is None:
            return []
        at = boottime_us()
        try:
            return [_reading(at, each) for each in await supplies(*_where(self.settings.nut))]
        except NutError as error:
            return [PowerReading(at=at, outcome="broken", reason=error.reason, source="nut")]


class _Where(NamedTuple):
    address: Address
    port: int


def _where(text: str) -> _Where:
    """Raises ValueError."""
    parts = urlsplit(f"//{text}")
    address = literal(parts.hostname or "")
    if address is None or text != parts.netloc or "@" in text:
        raise ValueError(f"nut: {text!r} is no address and port, as 127.0.0.1:3493 or [::1]:3493")
    return _Where(address, parts.port or PORT)


class _Battery(Protocol):
    """What psutil says of one, whose types say nothing of it."""

    percent: float
    secsleft: int
    power_plugged: bool | None


def _battery() -> Sequence[PowerReading]:
    try:
        said = psutil.sensors_battery()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        battery = cast("_Battery | None", said)
    except OSError:
        # A kernel that knows no power supplies.
        return []
    if battery is None:
        return []
    on_mains, left_s = battery.power_plugged, battery.secsleft
    return [
        PowerReading(
            at=boottime_us(),
            outcome="failed" if on_mains is False else "ok",
            reason=ON_BATTERY if on_mains is False else None,
            source="battery",
            on_mains=on_mains,
            charge_pct=round(min(battery.percent, 100.0), 1),
            # psutil says −1 and −2 for what is not known and for what never ends.
            runtime_left_s=float(left_s) if left_s >= 0 else None,
        )
    ]


def _reading(at: int, ups: Ups) -> PowerReading:
    if ups.reason:
        return PowerReading(at=at, outcome="broken", reason=ups.reason, source=ups.name)
    on_battery = "OB" in ups.status
    return PowerReading(
        at=at,
        outcome="failed" if on_battery else "ok",
        reason=ON_BATTERY if on_battery else None,
        source=ups.name,
        on_mains=False if on_battery else True if "OL" in ups.status else None,
        charge_pct=ups.charge_pct,
        runtime_left_s=ups.runtime_left_s,
    )

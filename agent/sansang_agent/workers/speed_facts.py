# SPDX-License-Identifier: Apache-2.0
"""What else was going on while a line's speed was measured: processors, ports, others' traffic.

Source: /sys/class/net (speed, statistics), nl80211, `speed_processor`; needs no privilege.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from sansang_agent.net import interfaces, nl80211
from sansang_agent.net.wifi_stations import StationWatch
from sansang_agent.workers.speed_processor import Processors, processors, use
from sansang_wire.speed_readings import SpeedPhase

LEAST_BUSY_MBPS = 0.064
"""An idle site's own chatter stays below."""
BUSY_SHARE = 0.01
"""Of the last speed: what takes less falsifies less than one in a hundred."""
LOOK_S, DELAY_S, MOST_DELAYS = 5.0, 30.0, 5
CROSS_PCT = 5.0
"""Our own bytes are an estimate, good to 2 %."""


class Facts(NamedTuple):
    """Named and meant as in `ThroughputReading`."""

    busiest_core_pct: float | None = None
    packets_pct: float | None = None
    work_pct: float | None = None
    throttled_pct: float | None = None
    port_mbps: float | None = None
    wifi_mbps: float | None = None
    line_mbps: float | None = None
    cross_before_mbps: float | None = None
    cross_pct: float | None = None
    cross_traffic: bool | None = None


class _Counted(NamedTuple):
    """Bytes of an interface since it is there."""

    at_s: float
    received: int
    sent: int


class _Crossed(NamedTuple):
    """Between two looks."""

    elapsed_s: float
    received: int
    sent: int

    @property
    def bytes(self) -> int:
        return self.received + self.sent


class Watch:
    """Watches one interface and the box: first for quiet, then through each phase of a test."""

    def __init__(self, interface: str, *, is_router: bool) -> None:
        self._interface, self._is_router = interface, is_router
        self._cross_before_mbps: float | None = None
        self._busy_before = False
        self._begun: tuple[_Counted | None, Processors] = self._counted(), processors()

    def before(self, seconds: float) -> float | None:
        """The traffic of others in Mbit/s, both ways, over so many seconds from now."""
        first = self._counted()
        time.sleep(seconds)
        crossed = self._crossed_since(first)
        self._cross_before_mbps = _mbps(crossed.bytes, crossed.elapsed_s) if crossed else None
        return self._cross_before_mbps

    def wait_for_quiet(
        self,
        last_mbps: float | None,
        tell: Callable[[float], None],
        *,
        look_s: float = LOOK_S,
        delay_s: float = DELAY_S,
        most_delays: int = MOST_DELAYS,
    ) -> None:
        """Until others use the line no more; after `most_delays` the test counts as disturbed.

        `last_mbps` is the speed measured last; `tell` is given the seconds of each delay.
        """
        limit_mbps = max(LEAST_BUSY_MBPS, BUSY_SHARE * (last_mbps or 0))
        for delays_left in range(most_delays, -1, -1):
            self._busy_before = (self.before(look_s) or 0) > limit_mbps
            if not self._busy_before or not delays_left:
                return
            tell(delay_s)
            time.sleep(delay_s)

    def begin(self) -> None:
        """A phase begins."""
        self._begun = self._counted(), processors()

    def end(self, used_bytes: int, phase: SpeedPhase) -> Facts:
        """What was seen since `begin`, of which `used_bytes` crossed for the test, both ways."""
        first, processors_first = self._begun
        used = use(processors_first, processors())
        crossed = None if phase == "idle" else self._crossed_since(first)
        cross_pct = _cross_pct(crossed, used_bytes) if crossed else None
        return Facts(
            **used._asdict(),
            port_mbps=interfaces.number(self._interface, "speed"),
            wifi_mbps=_wifi_mbps(self._interface, phase),
            line_mbps=_line_mbps(crossed, phase) if crossed else None,
            cross_before_mbps=self._cross_before_mbps,
            cross_pct=cross_pct,
            cross_traffic=self._cross_traffic(cross_pct),
        )

    def _cross_traffic(self, cross_pct: float | None) -> bool | None:
        """A box that is no router sees its own traffic alone: others may still use the line."""
        if self._busy_before or (cross_pct or 0) > CROSS_PCT:
            return True
        return False if self._is_router and cross_pct is not None else None

    def _counted(self) -> _Counted | None:
        received = interfaces.number(self._interface, "statistics/rx_bytes")
        sent = interfaces.number(self._interface, "statistics/tx_bytes")
        if received is None or sent is None:
            return None
        return _Counted(time.monotonic(), received, sent)

    def _crossed_since(self, first: _Counted | None) -> _Crossed | None:
        """None when the interface is not there, or was made anew."""
        last = self._counted()
        if first is None or last is None:
            return None
        crossed = _Crossed._make(after - before for before, after in zip(first, last, strict=True))
        return crossed if min(crossed) >= 0 else None


def _cross_pct(crossed: _Crossed, used_bytes: int) -> float | None:
    if not crossed.bytes:
        return None
    return round(max(0.0, 100 * (crossed.bytes - used_bytes) / crossed.bytes), 1)


def _line_mbps(crossed: _Crossed, phase: SpeedPhase) -> float:
    """The way that was measured: what went the other way says nothing of it."""
    one_way = crossed.received if phase == "download" else crossed.sent
    return _mbps(one_way, crossed.elapsed_s)


def _mbps(count: int, elapsed_s: float) -> float:
    return round(8 * count / elapsed_s / 1e6, 3)


def _wifi_mbps(interface: str, phase: SpeedPhase) -> float | None:
    """Of the way that was measured, when the interface is the client of an access point."""
    if interfaces.technology(interface) != "wireless":
        return None
    try:
        radios = nl80211.radios() or []
        found = [each for each in radios if each.name == interface and each.role == "station"]
        stations = [StationWatch().look(radio) for radio in found]
    except (OSError, TimeoutError):
        return None
    rates = [
        each.rx_bitrate_median_mbps if phase == "download" else each.tx_bitrate_median_mbps
        for each in stations
    ]
    return rates[0] if rates else None

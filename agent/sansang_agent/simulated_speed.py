# SPDX-License-Identifier: Apache-2.0
"""What speed tests of an invented house tell: fast, slow in the evening, a slow port. Pure."""

import random
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from sansang_agent.simulated_site import (
    DAY_US,
    FAMILIES,
    LOCAL_US,
    MINUTE_US,
    Moment,
    SimulatedSite,
    chance_of,
)
from sansang_wire.reading import Family
from sansang_wire.readings import AnyReading
from sansang_wire.speed_readings import LimitedBy, SpeedPhase, Streams, ThroughputReading

EVERY_US = 30 * MINUTE_US
TESTS_A_DAY = 5
SERVER, PORT_MBPS = "may-do", 100.0
EVENING_H = range(19, 22)
IDLE_MS, SECOND_US = 8.0, 1_000_000
MONTHLY_BYTES = 51_000_000_000


class _Line(NamedTuple):
    """How it is at an instant: rates without noise, the delay under load, what sets the limit."""

    down_mbps: float
    up_mbps: float
    loaded_ms: float
    limited_by: LimitedBy = "line"
    lower_bound: bool = False
    port_mbps: float = 1000.0


class _Test(NamedTuple):
    moment: Moment
    family: Family
    streams: Streams
    line: _Line
    chance: random.Random
    idle_ms: float


def readings(site: SimulatedSite, moment: Moment) -> Iterator[AnyReading]:
    """Asked every half hour: sometimes a test, mostly none."""
    chance = chance_of(site, "speed", moment.us - moment.us % EVERY_US)
    if site.speed is None or chance.random() >= TESTS_A_DAY * EVERY_US / DAY_US:
        return
    family: Family = chance.choice(FAMILIES) if site.ipv6 else "ipv4"
    idle_ms = round(IDLE_MS * chance.uniform(0.9, 1.3), 3)
    yield _idle(moment, family, idle_ms)
    if site.speed == "metered" or moment.cut:
        return
    streams: Streams = chance.choice(("single", "several"))
    test = _Test(moment, family, streams, _line(site, moment), chance, idle_ms)
    yield _transfer(test, "download")
    yield _transfer(test, "upload")


def _line(site: SimulatedSite, moment: Moment) -> _Line:
    hour = (moment.us + LOCAL_US) % DAY_US // (60 * MINUTE_US)
    if site.speed == "port":
        return _Line(94.2, 94.1, 14, "port", lower_bound=True, port_mbps=PORT_MBPS)
    if site.speed == "slow_evening" and hour in EVENING_H:
        return _Line(52, 41, 160)
    return _Line(147, 145, 24)


def _idle(moment: Moment, family: Family, idle_ms: float) -> ThroughputReading:
    told = partial(
        ThroughputReading, at=moment.at, server=SERVER, family=family, phase="idle", streams="none"
    )
    if moment.cut:
        return told(outcome="unreachable", reason="no_answer")
    return told(
        outcome="ok",
        protocol="tcp_connect",
        duration_ms=2000,
        idle_rtt_ms=idle_ms,
        jitter_ms=round(idle_ms * 0.06, 3),
        rtt_samples=20,
        rtt_lost=0,
        used_bytes=5600,
    )


def _transfer(test: _Test, phase: SpeedPhase) -> ThroughputReading:
    """It ends when it is stable, after half of its time."""
    line, chance, idle_ms = test.line, test.chance, test.idle_ms
    several = test.streams == "several"
    full_mbps = line.down_mbps if phase == "download" else line.up_mbps
    noise = 0.002 if line.limited_by == "port" else 0.05
    rate = full_mbps * (1 - noise * chance.random()) * (1 if several else 0.97)
    duration_ms = round(chance.uniform(4500, 7000))
    payload = round(rate * 0.96 * duration_ms * 125)
    loaded_ms = line.loaded_ms * chance.uniform(0.85, 1.2)
    return ThroughputReading(
        at=test.moment.at + (3 if phase == "download" else 14) * SECOND_US,
        outcome="ok",
        server=SERVER,
        family=test.family,
        phase=phase,
        streams=test.streams,
        rate_mbps=round(rate, 3),
        raw_mbps=round(rate * 0.96, 3),
        lower_bound=line.lower_bound,
        limited_by=line.limited_by,
        stop_reason="stable",
        duration_ms=duration_ms,
        payload_bytes=payload,
        used_bytes=round(payload * 1.055),
        stream_count=4 if several else 1,
        protocol="ndt7",
        tls=True,
        idle_rtt_ms=idle_ms,
        loaded_rtt_ms=round(loaded_ms, 3),
        loaded_rtt_p95_ms=round(loaded_ms * 1.3, 3),
        jitter_ms=round(loaded_ms * 0.08, 3),
        rtt_samples=duration_ms // 100,
        rtt_lost=0,
        min_rtt_ms=round(idle_ms * 0.95, 3),
        retransmitted_pct=round(0.4 * chance.random(), 4),
        busiest_core_pct=round(chance.uniform(15, 40), 1),
        port_mbps=line.port_mbps,
        line_mbps=round(rate * 1.06, 3),
        cross_before_mbps=round(0.2 * chance.random(), 3),
        cross_pct=round(2 * chance.random(), 2),
        cross_traffic=False,
        budget_left_bytes=_left_bytes(test.moment),
    )


def _left_bytes(moment: Moment) -> int:
    """It falls through the month as days go by."""
    day = (moment.us + LOCAL_US) // DAY_US % 30
    return round(MONTHLY_BYTES * (1 - day / 34))

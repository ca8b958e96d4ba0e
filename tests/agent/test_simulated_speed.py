# SPDX-License-Identifier: Apache-2.0
"""Speed tests of invented houses: each has its fault, and a collector takes them."""

from statistics import median

import pytest

from sansang_agent import simulated_speed
from sansang_agent.simulated_site import Moment, SimulatedSite
from sansang_wire.batch import decode_batch, encode
from sansang_wire.speed_readings import ThroughputReading

MIDNIGHT_UTC7_US = 20_000 * 86_400_000_000 - 7 * 3_600_000_000
HALF_HOUR_US = 30 * 60_000_000
MONTH = range(MIDNIGHT_UTC7_US, MIDNIGHT_UTC7_US + 30 * 48 * HALF_HOUR_US, HALF_HOUR_US)


def month(speed: str | None, *, cut: bool = False) -> list[ThroughputReading]:
    site = SimulatedSite(
        agent="sim-1",
        ssid="NVH",
        ipv6=True,
        loss=0,
        dark=False,
        speed=speed,  # pyright: ignore[reportArgumentType] - a word of the settings
    )
    found: list[ThroughputReading] = []
    for us in MONTH:
        for reading in simulated_speed.readings(site, Moment(us, us, cut=cut)):
            assert isinstance(reading, ThroughputReading)
            found.append(reading)
    return found


def downloads(readings: list[ThroughputReading], *, evening: bool) -> list[float]:
    return [
        each.rate_mbps or 0
        for each in readings
        if each.phase == "download"
        and (19 <= (each.at - MIDNIGHT_UTC7_US) // 3_600_000_000 % 24 < 22) == evening
    ]


def test_each_house_has_its_fault() -> None:
    """One is fast all day, one only till the evening, one as fast as its port."""
    healthy, slow, port = month("healthy"), month("slow_evening"), month("port")
    assert 100 < len(downloads(healthy, evening=False)) < 160
    assert median(downloads(healthy, evening=True)) > 130
    assert median(downloads(slow, evening=False)) > 130
    assert median(downloads(slow, evening=True)) < 60
    limits = {(each.limited_by, each.lower_bound) for each in port if each.phase != "idle"}
    assert limits == {("port", True)}
    assert max(downloads(port, evening=False)) < 100


def test_a_metered_house_tells_the_delay_alone_and_another_one_nothing() -> None:
    metered = month("metered")
    assert {(each.phase, each.streams) for each in metered} == {("idle", "none")}
    assert sum(each.used_bytes or 0 for each in metered) < 1_000_000
    assert month(None) == []


def test_a_cut_line_answers_nobody() -> None:
    assert {each.outcome for each in month("healthy", cut=True)} == {"unreachable"}


@pytest.mark.parametrize("speed", ["healthy", "slow_evening", "port", "metered"])
def test_a_collector_takes_every_reading(speed: str) -> None:
    """Values are within their ranges."""
    readings = month(speed)[:100]
    told = ",".join(encode(each).decode() for each in readings)
    envelope = '{"v":1,"agent":"sim-1","epoch":"0123456789abcdef","seq":1,"first":1,'
    envelope += f'"boot":"b","clock":"kernel","readings":[{told}]}}'
    decoded = decode_batch(envelope.encode())
    assert not decoded.rejected
    assert len(decoded.batch.readings) == len(readings)

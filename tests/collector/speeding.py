# SPDX-License-Identifier: Apache-2.0
"""Houses with speed tests in a real record, for those who ask about them."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sansang_collector.hours import Span
from sansang_collector.record import Record, Saving
from sansang_collector.registry import Agent, Registry, Site
from sansang_collector.registry_entries import SpeedSection, SpeedTarget
from sansang_collector.speed_sql import SpeedTest
from sansang_collector.speeds import Speeds
from sansang_wire.speed_readings import ThroughputReading
from tests.fakes import NOW, FixedSources

HOUR_US = 3_600_000_000
SPAN = Span(NOW - 30 * 24 * HOUR_US, NOW + 1)
IDLE: dict[str, Any] = {"phase": "idle", "streams": "none", "limited_by": None}


def reading(at: int, mbps: float | None = 90.0, **values: Any) -> ThroughputReading:
    """A download of several streams through IPv4 that the line set the limit to."""
    told: dict[str, Any] = {"outcome": "ok", "server": "vnnic", "family": "ipv4"}
    told |= {"phase": "download", "streams": "several", "limited_by": "line"}
    return ThroughputReading(at=at, rate_mbps=mbps, **{**told, **values})


def house(site: str = "dong", **values: Any) -> Site:
    """Of Vĩnh Bảo."""
    told: dict[str, Any] = {"id": site, "name": site, "commune": "11824", "kind": "office"}
    told |= {"commune_name": "Xã Vĩnh Bảo", **values}
    return Site(**told)


def kept(folder: Path, *tests: SpeedTest) -> Record:
    """A record with these tests."""
    record = Record(folder / "record.db")
    record.save(Saving(tests=tests))
    return record


@contextmanager
def commune_with_tests(folder: Path) -> Generator[FixedSources]:
    """Đông meets its package, Đoài's box has a port of 100 Mb/s, Nam has no box."""
    registry = Registry(
        (
            house("nvh-dong", name="Đông", package_mbps=100.0, village="Thôn Đông", carrier="VNPT"),
            house("nvh-doai", name="Đoài", package_mbps=300),
            house("nvh-nam", name="Nam", simulated=True),
        ),
        (Agent(id="dong-1", site="nvh-dong"), Agent(id="doai-1", site="nvh-doai")),
        speed=SpeedSection(targets=[SpeedTarget(line_kind="fixed", mbps=150.0)]),
    )
    three = [NOW - at * HOUR_US for at in range(3)]
    record = kept(
        folder,
        *(SpeedTest("nvh-dong", "dong-1", reading(at)) for at in three),
        *(SpeedTest("nvh-dong", "dong-1", reading(at, 40.0, phase="upload")) for at in three),
        *(
            SpeedTest("nvh-dong", "dong-1", reading(at, None, idle_rtt_ms=8.0, **IDLE))
            for at in three
        ),
        *(SpeedTest("nvh-doai", "doai-1", reading(at, 94.0, limited_by="port")) for at in three),
    )
    try:
        yield FixedSources(speeds=Speeds(record, lambda: registry))
    finally:
        record.close()

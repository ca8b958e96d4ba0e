# SPDX-License-Identifier: Apache-2.0
"""Houses of a commune with a fortnight of speed tests in a real record, for those who look at their
pages: fast, slow in the evening, held back by its port, hardly tested, without a box, without a
package and without data left.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sansang_collector.evidence_files import EvidenceFiles
from sansang_collector.ispeeds import ISpeeds, NewEvidence, NewISpeed
from sansang_collector.record import Record, Saving
from sansang_collector.registry import Agent, Registry, Site
from sansang_collector.registry_entries import SpeedSection, SpeedTarget
from sansang_collector.speed_sql import SpeedTest
from sansang_collector.speeds import Speeds
from sansang_wire.reading import Family
from sansang_wire.speed_readings import LimitedBy, SpeedPhase, Streams, ThroughputReading
from tests.fakes import NOW, FixedSources, agent_view, site_view

HOUR = 3_600_000_000
DAY = 24 * HOUR
MINUTE = HOUR // 60
EVERY = 6 * HOUR + 13 * MINUTE
PACKAGES: dict[str, float | None] = {
    "Đông": 100, "Đoài": 300, "Trung": 300, "Thượng": 200, "Hạ": 150, "Bắc": None,
}  # fmt: skip

MEASURED = NewISpeed(
    at=NOW - 3 * DAY,
    place="nvh-1",
    line_kind="fixed",
    carrier="VNPT",
    server="VNPT Hải Phòng",
    download_mbps=271.4,
    upload_mbps=139.2,
    ping_ms=6,
    evidence=NewEvidence(name="i-speed.png", content=b"\x89PNG\r\n\x1a\n"),
)


def house(number: int, village: str) -> Site:
    """Of Vĩnh Bảo; the first is simulated."""
    return Site(
        id=f"nvh-{number}",
        name=f"Nhà văn hóa thôn {village}",
        commune="11824",
        commune_name="Xã Vĩnh Bảo",
        kind="cultural_house",
        carrier="VNPT",
        package_mbps=PACKAGES[village],
        simulated=number == 0,
    )


def registry() -> Registry:
    """All but one have a box; the commune wants 150 Mb/s."""
    houses = [house(*each) for each in enumerate(PACKAGES)]
    return Registry(
        tuple(houses),
        tuple(Agent(id=f"{each.id}-1", site=each.id) for each in houses if each.id != "nvh-4"),
        speed=SpeedSection(targets=[SpeedTarget(line_kind="fixed", mbps=150)]),
    )


def transfer(  # noqa: PLR0917 - what makes a test
    number: int,
    at: int,
    mbps: float,
    phase: SpeedPhase = "download",
    family: Family = "ipv4",
    streams: Streams = "several",
    limited_by: LimitedBy = "line",
    **values: Any,
) -> SpeedTest:
    """One direction, with everything that a box may tell."""
    told: dict[str, Any] = {
        "raw_mbps": 0.94 * mbps,
        "lower_bound": limited_by != "line",
        "stop_reason": "stable",
        "duration_ms": 6200.0,
        "used_bytes": int(mbps * 8e5),
        "idle_rtt_ms": 7.4,
        "loaded_rtt_ms": 45.2,
        "retransmitted_pct": 0.3,
        "busiest_core_pct": 31.0,
        "port_mbps": 100.0 if limited_by == "port" else 1000.0,
        "cross_pct": 0.4,
        "cross_traffic": False,
        "budget_left_bytes": 3_200_000_000,
    }
    reading = ThroughputReading(
        at=at,
        outcome="ok",
        server="xa-vinh-bao",
        family=family,
        phase=phase,
        streams=streams,
        rate_mbps=mbps,
        limited_by=limited_by,
        **{**told, **values},
    )
    return SpeedTest(f"nvh-{number}", f"nvh-{number}-1", reading)


def idle(number: int, at: int, family: Family) -> SpeedTest:
    """The delay before a test."""
    reading = ThroughputReading(
        at=at,
        outcome="ok",
        server="xa-vinh-bao",
        family=family,
        phase="idle",
        streams="none",
        idle_rtt_ms=7.4,
        jitter_ms=0.8,
        rtt_samples=30,
        duration_ms=3000.0,
        used_bytes=12_000,
    )
    return SpeedTest(f"nvh-{number}", f"nvh-{number}-1", reading)


def untested(number: int, at: int, reason: str) -> SpeedTest:
    """One that was due and not made."""
    reading = ThroughputReading(
        at=at,
        outcome="broken",
        reason=reason,
        server="xa-vinh-bao",
        family="ipv4",
        phase="download",
        streams="several",
    )
    return SpeedTest(f"nvh-{number}", f"nvh-{number}-1", reading)


def _fortnight(number: int, package: float, evening: float) -> Iterator[SpeedTest]:
    """Tests of both families at the same hours whenever that is; from 19 to 23 o'clock the line
    gives so much of the package, else 94 of 100 or a bit less.
    """
    midnight = (NOW + 7 * HOUR) // DAY * DAY - 7 * HOUR
    for count, at in enumerate(range(midnight - 14 * DAY, NOW - HOUR, EVERY)):
        share = evening if (at // HOUR + 7) % 24 >= 19 else 0.94
        for later, family in enumerate(("ipv4", "ipv6")):
            start = at + later * 20 * MINUTE
            mbps = package * share * (1 if count % 4 else 0.97)
            yield idle(number, start, family)
            yield transfer(number, start + MINUTE, 0.8 * mbps, family=family, streams="single")
            yield transfer(number, start + 2 * MINUTE, mbps, family=family)
            yield transfer(number, start + 3 * MINUTE, mbps / 2, "upload", family=family)


def made() -> list[SpeedTest]:
    """All of them."""
    crossed: dict[str, Any] = {
        "cross_traffic": True,
        "cross_pct": 38.0,
        "line_mbps": 94.0,
        "lower_bound": True,
    }
    return [
        *_fortnight(0, 100, 0.85),
        *_fortnight(1, 300, 0.2),
        transfer(1, NOW - 45 * MINUTE, 57.0),
        transfer(1, NOW - 30 * MINUTE, 55.0, retest=True, loaded_rtt_ms=412.0),
        *(transfer(2, NOW - at * EVERY, 93.5, limited_by="port") for at in range(1, 30)),
        transfer(3, NOW - 2 * DAY, 58.0, family="ipv6", **crossed),
        transfer(3, NOW - DAY, 181.0, family="ipv6"),
        untested(3, NOW - HOUR, "busy_line"),
        *(transfer(5, NOW - (20 + at) * DAY, 60.0 + at) for at in range(5)),
        *(untested(5, NOW - at * EVERY, "budget_spent") for at in range(1, 9)),
    ]


@contextmanager
def speedy_commune(folder: Path) -> Generator[FixedSources]:
    """Those houses, and what is known of them otherwise: nothing."""
    record = Record(folder / "record.db")
    record.save(Saving(tests=made()))
    ispeeds = ISpeeds(record, registry, EvidenceFiles(folder / "evidence"))
    ispeeds.add(MEASURED, NOW)
    sources = FixedSources(speeds=Speeds(record, registry), ispeeds=ispeeds)
    for each in registry().sites:
        agents = [agent_view(f"{each.id}-1", each.id)]
        view = site_view(agents, each.id, each.name, simulated=each.simulated)
        sources.site_views.append(view)
    try:
        yield sources
    finally:
        record.close()

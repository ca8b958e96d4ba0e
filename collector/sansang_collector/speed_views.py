# SPDX-License-Identifier: Apache-2.0
"""How fast the lines of sites are, as the page, the API and the command line show it.

Our own tests alone: what people measured with i-Speed is in `ispeed_views`, and never here.
"""

from collections.abc import Sequence

from msgspec import Struct

from sansang_collector.speed_judgement import Figures, Freshness, Judged, Rate, Rules, Share, share
from sansang_wire.speed_readings import ThroughputReading


class SiteSpeedView(Struct, frozen=True, kw_only=True):
    """A site of the registry and what its tests of a period come to; nothing is null that was
    measured. `package` judges the download against the package, `target` against what the commune
    wants: null where nobody said how much that is.
    """

    site: str
    name: str
    commune: str
    commune_name: str
    kind: str
    village: str | None
    carrier: str | None
    line_kind: str
    package_mbps: float | None
    target_mbps: float | None
    simulated: bool
    boxes: int
    """That the registry has there, for this line."""
    download: Rate | None
    upload: Rate | None
    idle_rtt_ms: float | None
    """Median round trip of the idle line, through the family of the download."""
    tests: int
    """Downloads that came to a rate, of the family and streams that `download` names."""
    package: Judged | None
    target: Judged | None
    freshness: Freshness


class SiteSpeedDetail(SiteSpeedView, frozen=True, kw_only=True):
    """With every group of tests by itself, and how often a test that was due was not made."""

    start: int
    end: int
    rules: Rules
    figures: list[Figures]
    missed: dict[str, int]


class CommuneSpeedView(Struct, frozen=True, kw_only=True):
    """How many of all the sites of a commune reach what they should. Simulated sites are counted by
    themselves.
    """

    commune: str
    name: str
    simulated: bool
    not_measured: int
    """Sites without a download in the period, whatever they should reach."""
    package: Share
    target: Share


class SpeedAnswer(Struct, frozen=True, kw_only=True):
    """Every site over a period, from `start` until before `end`, µs since the Unix epoch."""

    period: str | None
    """Its name, when it has one."""
    calendar: bool
    start: int
    end: int
    rules: Rules
    communes: list[CommuneSpeedView]
    sites: list[SiteSpeedView]


class SpeedTestView(Struct, frozen=True, kw_only=True):
    """One phase of one test, every value as the box told it."""

    site: str
    agent: str
    simulated: bool
    reading: ThroughputReading


class SpeedTestsAnswer(Struct, frozen=True, kw_only=True):
    """Some of the tests of a site, the newest first; `next`: what to ask for as `end` (µs) to
    get those before them, null when there are none.
    """

    tests: list[SpeedTestView]
    next: int | None


def by_commune(sites: Sequence[SiteSpeedView]) -> list[CommuneSpeedView]:
    """By the names of the communes; every site of the registry counts, measured or not."""
    members: dict[tuple[str, str, bool], list[SiteSpeedView]] = {}
    for each in sites:
        members.setdefault((each.commune_name, each.commune, each.simulated), []).append(each)
    return [
        CommuneSpeedView(
            commune=commune,
            name=name,
            simulated=simulated,
            not_measured=sum(each.tests == 0 for each in its),
            package=share(each.package for each in its),
            target=share(each.target for each in its),
        )
        for (name, commune, simulated), its in sorted(members.items())
    ]

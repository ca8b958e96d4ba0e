# SPDX-License-Identifier: Apache-2.0
"""What the speed tests of the record say of sites, over any period.

A site is judged by its first line in the registry: boxes that watch another one are left out, for
its package is another.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from zoneinfo import ZoneInfo

import msgspec

from sansang_collector.hours import Span
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Site
from sansang_collector.speed import (
    Freshness,
    Rules,
    Sample,
    figures,
    freshness,
    judge,
    missed,
    rate,
    spread,
    telling,
)
from sansang_collector.speed_sql import Connection, Found, load_found, load_newest, load_tests
from sansang_collector.speed_views import (
    SiteSpeedDetail,
    SiteSpeedView,
    SpeedTestsAnswer,
    SpeedTestView,
)
from sansang_wire.reading import Family
from sansang_wire.speed_readings import SpeedPhase, Streams

TESTS_AT_ONCE = 500


class Speeds:
    """Every method raises RecordUnavailableError."""

    def __init__(self, record: Record, registry: Callable[[], Registry]) -> None:
        self._record = record
        self._registry = registry

    def rules(self) -> Rules:
        """By which lines are judged now."""
        speed = self._registry().speed
        return Rules(package_ratio=speed.package_ratio, least_tests=speed.least_tests)

    def sites(self, span: Span, now: int) -> list[SiteSpeedView]:
        """Every site of the registry; `now` in µs."""
        registry = self._registry()
        with self._record.reading() as connection:
            return [self._view(connection, each, span, now) for each in registry.sites]

    def site(self, site: str, span: Span, now: int) -> SiteSpeedDetail | None:
        """One, group by group; None when the registry does not know it."""
        place = self._registry().site(site)
        if place is None:
            return None
        with self._record.reading() as connection:
            view = self._view(connection, place, span, now)
            tests = load_tests(connection, site, span, self._elsewhere(place))
        readings = [each.reading for each in tests]
        return SiteSpeedDetail(
            **msgspec.structs.asdict(view),
            start=span.start,
            end=span.end,
            rules=self.rules(),
            figures=figures(readings, ZoneInfo(place.time_zone)),
            missed=missed(readings),
        )

    def tests(self, site: str, span: Span) -> SpeedTestsAnswer:
        """The newest of them, of every line; what was made at one instant is never parted."""
        place = self._registry().site(site)
        with self._record.reading() as connection:
            found = load_tests(connection, site, span, most=TESTS_AT_ONCE + 1)
        last = found[-1].reading.at if len(found) > TESTS_AT_ONCE else None
        return SpeedTestsAnswer(
            tests=[
                SpeedTestView(
                    site=each.site,
                    agent=each.agent,
                    simulated=bool(place and place.simulated),
                    reading=each.reading,
                )
                for each in found
                if last is None or each.reading.at > last
            ],
            next=None if last is None else last + 1,
        )

    def _view(self, connection: Connection, site: Site, span: Span, now: int) -> SiteSpeedView:
        registry = self._registry()
        rules, elsewhere = registry.speed, self._elsewhere(site)
        found = load_found(connection, site.id, span, elsewhere)
        downloads, uploads = _groups(found, "download"), _groups(found, "upload")
        down = telling(downloads, rules.least_tests)
        up = telling(uploads, rules.least_tests)
        samples = downloads[down] if down else ()
        package, target = site.package_mbps, registry.target_mbps(site)
        least = rules.least_tests
        enough = None if package is None else package * rules.package_ratio
        return SiteSpeedView(
            site=site.id,
            name=site.name,
            commune=site.commune,
            commune_name=site.commune_name,
            kind=site.kind,
            village=site.village,
            carrier=site.carrier,
            line_kind=site.line_kind,
            package_mbps=package,
            target_mbps=target,
            simulated=site.simulated,
            boxes=len(registry.agents_of(site.id)) - len(elsewhere),
            download=rate(downloads, down) if down else None,
            upload=rate(uploads, up) if up else None,
            idle_rtt_ms=_idle_rtt_ms(found, down[0] if down else None),
            tests=len(samples),
            package=None if enough is None else judge(samples, enough, least),
            target=None if target is None else judge(samples, target, least),
            freshness=self._freshness(connection, site, elsewhere, now),
        )

    def _freshness(
        self, connection: Connection, site: Site, elsewhere: Collection[str], now: int
    ) -> Freshness:
        newest = load_newest(connection, site.id, elsewhere)
        with self._record.lock:
            seen = [
                record.last_seen
                for each in self._registry().agents_of(site.id)
                if each.id not in elsewhere and (record := self._record.agents.get(each.id))
            ]
        heard = max((at for at in seen if at is not None), default=None)
        return freshness(newest.made, newest.missed, heard, now)

    def _elsewhere(self, site: Site) -> list[str]:
        """The boxes of a site that watch another line than its first."""
        agents = self._registry().agents_of(site.id)
        return [each.id for each in agents if each.line != agents[0].line]


def _groups(
    found: Iterable[Found], phase: SpeedPhase
) -> dict[tuple[Family, Streams], Sequence[Sample]]:
    groups: dict[tuple[Family, Streams], list[Sample]] = {}
    for each in found:
        if each.phase == phase and each.sample is not None:
            groups.setdefault((each.family, each.streams), []).append(each.sample)
    return {**groups}


def _idle_rtt_ms(found: Iterable[Found], family: Family | None) -> float | None:
    """Through this family; through either where no download tells which."""
    its = spread(
        each.idle_rtt_ms
        for each in found
        if each.phase == "idle" and each.idle_rtt_ms is not None
        if family in {None, each.family}
    )
    return its.median if its else None

# SPDX-License-Identifier: Apache-2.0
"""What the speed tests of the record say of sites, over any period.

A site is judged by its first line in the registry: boxes that watch another one are left out, for
its package is another.
"""

import time
from collections.abc import Callable, Collection
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from sansang_collector.hours import Span
from sansang_collector.periods import recent
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Site
from sansang_collector.speed_judgement import Freshness, Rules, figures, freshness, missed
from sansang_collector.speed_sql import Newest, load_tests
from sansang_collector.speed_summary import Question, Summary, summarize
from sansang_collector.speed_views import (
    SiteSpeedDetail,
    SiteSpeedView,
    SpeedTestsAnswer,
    SpeedTestView,
)

TESTS_AT_ONCE = 500
SUMMARIES_AT_MOST = 6_000
"""A province's sites over two periods; each takes 3 kB. Those that a newer test has made stale are
let go of first, for the newest are looked for every half minute.
"""
REFRESHED_AT_ONCE = 200
REFRESH_S = 0.1
"""A site of which something is new takes some milliseconds, the others next to nothing."""


class Speeds:
    """Every method raises RecordUnavailableError."""

    def __init__(self, record: Record, registry: Callable[[], Registry]) -> None:
        self._record = record
        self._registry = registry
        self._turn = -1
        self._summary = lru_cache(SUMMARIES_AT_MOST)(self._summarize)

    def rules(self) -> Rules:
        """By which lines are judged now."""
        speed = self._registry().speed
        return Rules(package_ratio=speed.package_ratio, least_tests=speed.least_tests)

    def refresh(self, now: int) -> None:
        """Sum up the last days for the next sites in turn, so that who looks at the page need not
        wait: to read the tests of thousands of sites takes 15 s and more.
        """
        span = recent(now)
        end_s = time.monotonic() + REFRESH_S
        sites = self._registry().sites
        for _ in range(min(len(sites), REFRESHED_AT_ONCE)):
            self._turn = (self._turn + 1) % len(sites)
            self._found(sites[self._turn], span)
            if time.monotonic() > end_s:
                break

    def sites(self, span: Span, now: int) -> list[SiteSpeedView]:
        """Every site of the registry; `now` in µs."""
        return [self._view(each, span, now) for each in self._registry().sites]

    def site(self, site: str, span: Span, now: int) -> SiteSpeedDetail | None:
        """One, group by group; None when the registry does not know it."""
        place = self._registry().site(site)
        if place is None:
            return None
        view = self._view(place, span, now)
        with self._record.reading() as connection:
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

    def _view(self, site: Site, span: Span, now: int) -> SiteSpeedView:
        registry, elsewhere = self._registry(), self._elsewhere(site)
        found = self._found(site, span)
        return SiteSpeedView(
            site=site.id,
            name=site.name,
            commune=site.commune,
            commune_name=site.commune_name,
            kind=site.kind,
            village=site.village,
            carrier=site.carrier,
            line_kind=site.line_kind,
            package_mbps=site.package_mbps,
            target_mbps=registry.target_mbps(site),
            simulated=site.simulated,
            boxes=len(registry.agents_of(site.id)) - len(elsewhere),
            download=found.download,
            upload=found.upload,
            idle_rtt_ms=found.idle_rtt_ms,
            tests=found.tests,
            package=found.package,
            target=found.target,
            freshness=self._freshness(found.newest, site, elsewhere, now),
        )

    def _found(self, site: Site, span: Span) -> Summary:
        registry = self._registry()
        rules, package = registry.speed, site.package_mbps
        return self._summary(
            Question(
                site=site.id,
                span=span,
                but=self._elsewhere(site),
                enough_mbps=None if package is None else package * rules.package_ratio,
                target_mbps=registry.target_mbps(site),
                least_tests=rules.least_tests,
                saved=self._record.tests_saved[site.id],
            )
        )

    def _summarize(self, question: Question) -> Summary:
        with self._record.reading() as connection:
            return summarize(connection, question)

    def _freshness(
        self, newest: Newest, site: Site, elsewhere: Collection[str], now: int
    ) -> Freshness:
        with self._record.lock:
            seen = [
                record.last_seen
                for each in self._registry().agents_of(site.id)
                if each.id not in elsewhere and (record := self._record.agents.get(each.id))
            ]
        heard = max((at for at in seen if at is not None), default=None)
        return freshness(newest.made, newest.missed, heard, now)

    def _elsewhere(self, site: Site) -> tuple[str, ...]:
        """The boxes of a site that watch another line than its first."""
        agents = self._registry().agents_of(site.id)
        return tuple(each.id for each in agents if each.line != agents[0].line)

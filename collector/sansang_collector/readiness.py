# SPDX-License-Identifier: Apache-2.0
"""How ready the sites are for IPv6: assessed from the newest readings when there is something new,
kept day by day.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sansang_collector import ledger_sql
from sansang_collector.ledger_sql import Outage
from sansang_collector.readiness_sql import (
    Assessed,
    Basis,
    load_assessed_since,
    load_last_assessed,
    replay,
    save_assessed,
)
from sansang_collector.readiness_views import DayView, ReadinessView
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Site
from sansang_collector.stability import DAY_US, stability
from sansang_collector.state_series import WRITER
from sansang_collector.store.base import Latest, Point, SeriesStore
from sansang_collector.stored_readings import as_reading
from sansang_wire.readiness import assess
from sansang_wire.readiness import reading as as_point
from sansang_wire.readiness.assessment import Assessment, Stability

KINDS = (
    *("addressing", "router_advertisement", "dns", "resolver", "ipv6_internet", "path_mtu"),
    *("nat64", "service", "ipv6_only", "neighbours", "traffic"),
)
ANEW_AFTER_US = 300_000_000
KEPT_FOR_US = 90_000_000_000
"""25 hours: what a box measures once a day is there."""
HEARD_WITHIN_US = 3_600_000_000
"""A box of which nothing is newer tells nothing of now."""
REPLAYED_AT_ONCE = 1000


class Readiness:
    """`look` is called by one thread at a time, the rest by any.

    Every method raises RecordUnavailableError, `look` StoreUnavailableError, too.
    """

    def __init__(
        self, record: Record, store: SeriesStore, registry: Callable[[], Registry]
    ) -> None:
        self._record = record
        self._store = store
        self._registry = registry
        self._last = self._kept()
        self._looked = {site: each.at for site, each in self._last.items()}
        """When each site was last looked at."""

    def sites(self) -> list[ReadinessView]:
        """Every site of the registry."""
        return [_view(site, self._last.get(site.id)) for site in self._registry().sites]

    def days(self, site: str, count: int, now: int) -> list[DayView]:
        """Of so many days until now, those with an assessment."""
        place = self._registry().site(site)
        if place is None:
            return []
        first = _day(place, now) - timedelta(days=count - 1)
        with self._record.reading() as connection:
            found = load_assessed_since(connection, site, first.date().isoformat())
        return [DayView(day=each.day, score=each.assessment.score) for each in found]

    def _kept(self) -> dict[str, Assessed]:
        with self._record.reading() as connection:
            return {each.site: each for each in load_last_assessed(connection)}

    def replay(self) -> bool:
        """Assess anew some of what an older formula has assessed; false when none was left."""
        with self._record.writing() as connection:
            done = replay(connection, _assess, REPLAYED_AT_ONCE)
        if done:
            self._last = self._kept()
        return done > 0

    def look(self, now: int) -> list[Point]:
        """Assess the sites of which there is something new, and keep what is said of them; returns
        it as points of the series store. `now` in µs.
        """
        due = self._due(now)
        if not due:
            return []
        self._looked |= {site.id: now for site in due}
        by_site = self._latest(due, now)
        steady = self._stability(due, now)
        found = [
            each
            for site in due
            if (each := _assessed(site, by_site.get(site.id, ()), steady[site.id], now))
        ]
        with self._record.writing() as connection:
            save_assessed(connection, found)
        self._last |= {each.site: each for each, _ in found}
        return [Point(each.site, WRITER, as_point(each.assessment, each.at)) for each, _ in found]

    def _due(self, now: int) -> list[Site]:
        """Those of which something came since they were last looked at, which was not just now."""
        registry = self._registry()
        newest: dict[str, int] = {}
        with self._record.lock:
            for agent in registry.agents:
                record = self._record.agents.get(agent.id)
                at = (record.last_reading if record else None) or 0
                newest[agent.site] = max(newest.get(agent.site, 0), at)
        return [
            site
            for site in registry.sites
            if (looked := self._looked.get(site.id, 0)) < newest.get(site.id, 0)
            if now - looked >= ANEW_AFTER_US
        ]

    def _latest(self, due: Sequence[Site], now: int) -> Mapping[str, Sequence[Latest]]:
        only = due[0].id if len(due) == 1 else None
        found: dict[str, list[Latest]] = {}
        for kind in KINDS:
            for each in self._store.latest(kind, only, now - KEPT_FOR_US):
                found.setdefault(each.site, []).append(each)
        return found

    def _stability(self, due: Sequence[Site], now: int) -> Mapping[str, Stability | None]:
        with self._record.reading() as connection:
            outages = ledger_sql.load(connection, now - DAY_US, now)
            worked = ledger_sql.load_worked(connection)
        by_site: dict[str, list[Outage]] = {}
        for each in outages:
            by_site.setdefault(each.site, []).append(each)
        return {
            site.id: stability(site, by_site.get(site.id, ()), worked.get(site.id, {}), now)
            for site in due
        }


def _assessed(
    site: Site, latest: Iterable[Latest], steady: Stability | None, now: int
) -> tuple[Assessed, Basis] | None:
    """By the box that knows the most; a site is as ready as the better of two that know as much.
    None when no box is heard.
    """
    found: list[tuple[Assessed, Basis]] = []
    day = _day(site, now).date().isoformat()
    for agent, group in groupby(sorted(latest, key=_agent), key=_agent):
        stored = list(group)
        if max(each.at for each in stored) >= now - HEARD_WITHIN_US:
            readings = (each for each in map(as_reading, stored) if each is not None)
            basis = Basis(tuple(readings), steady)
            found.append((Assessed(site.id, day, now, agent, _assess(basis)), basis))
    return max(found, key=_worth, default=None)


def _agent(latest: Latest) -> str:
    return latest.agent


def _assess(basis: Basis) -> Assessment:
    return assess(basis.readings, basis.stability)


def _worth(found: tuple[Assessed, Basis]) -> tuple[float, float]:
    [assessed, _] = found
    return assessed.assessment.coverage_pct, assessed.assessment.score or 0


def _day(site: Site, at: int) -> datetime:
    return datetime.fromtimestamp(at / 1e6, ZoneInfo(site.time_zone))


def _view(site: Site, last: Assessed | None) -> ReadinessView:
    return ReadinessView(
        site=site.id,
        name=site.name,
        commune=site.commune,
        commune_name=site.commune_name,
        carrier=site.carrier,
        simulated=site.simulated,
        at=last.at if last else None,
        agent=last.agent if last else None,
        assessment=last.assessment if last else None,
    )

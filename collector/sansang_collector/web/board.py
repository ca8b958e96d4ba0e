# SPDX-License-Identifier: Apache-2.0
"""All that is known now, taken once for every page, language and reader."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeVar

from sansang_collector.periods import reporting_quarter
from sansang_collector.record import RecordUnavailableError
from sansang_collector.store.base import Latest, StoreUnavailableError
from sansang_collector.views import AgentView, CollectorView, OutageView, ServiceView, SiteView
from sansang_collector.web import uptime
from sansang_collector.web.sources import Sources
from sansang_collector.web.strip import DAY_US, day_until
from sansang_collector.web.uptime import Uptime
from sansang_wire.readings import KINDS

OfSite = TypeVar("OfSite", Latest, ServiceView, OutageView)


class Board(NamedTuple):
    """`now` in µs since the Unix epoch; `latest`, `services` and `going_on` by site."""

    now: int
    collector: CollectorView
    sites: Sequence[SiteView]
    agents: Sequence[AgentView]
    services: Mapping[str, Sequence[ServiceView]]
    latest: Mapping[str, Sequence[Latest]]
    store_fault: str | None
    """Why the newest readings could not be read."""
    outages: Sequence[OutageView]
    """What lasted for a while within the last 24 hours, oldest first."""
    going_on: Mapping[str, Sequence[OutageView]]
    """Those of them that last."""
    record_fault: str | None
    """Why the ledger could not be read."""
    closed: Collection[str]
    """Sites that are closed by their hours or their keepers' word."""

    def site(self, name: str) -> SiteView | None:
        """The site with this id."""
        return next((each for each in self.sites if each.site == name), None)


def take(sources: Sources) -> Board:
    """Asks for everything once; a store that can't be read costs the readings, a record that can't
    be read the outages.
    """
    latest: list[Latest] = []
    fault = None
    try:
        latest = [each for kind in KINDS for each in sources.latest(kind, None)]
    except StoreUnavailableError as error:
        fault = str(error)
    now, outages, record_fault = sources.now(), list[OutageView](), None
    try:
        outages = sources.outages(now - DAY_US, None, None)
    except RecordUnavailableError as error:
        record_fault = str(error)
    return Board(
        now=now,
        collector=sources.collector(),
        sites=sources.sites(),
        agents=sources.agents(),
        services=_by_site(sources.services()),
        latest=_by_site(latest),
        store_fault=fault,
        outages=outages,
        going_on=_by_site([each for each in outages if each.end is None]),
        record_fault=record_fault,
        closed=sources.closed(),
    )


def take_day(sources: Sources) -> Uptime:
    """The Wi-Fi of every site; nothing of any when the store can't be read."""
    start, end = day_until(sources.now())
    try:
        return uptime.take(sources, None, start, end)
    except StoreUnavailableError:
        return Uptime(start, {})


def take_past(sources: Sources, site: str) -> Uptime:
    """The Wi-Fi of one site this week and this quarter; nothing when the store can't be read."""
    now = sources.now()
    start = min(reporting_quarter(now).start, uptime.week_start(now))
    try:
        return uptime.take(sources, site, start, day_until(now)[1])
    except StoreUnavailableError:
        return Uptime(start, {})


def _by_site(found: Sequence[OfSite]) -> dict[str, list[OfSite]]:
    by_site: dict[str, list[OfSite]] = {}
    for each in found:
        by_site.setdefault(each.site, []).append(each)
    return by_site

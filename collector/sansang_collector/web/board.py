# SPDX-License-Identifier: Apache-2.0
"""All that is known now, taken once for every page, language and reader."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from sansang_collector.periods import reporting_quarter
from sansang_collector.store.base import Latest, StoreUnavailableError
from sansang_collector.views import AgentView, CollectorView, ServiceView, SiteView
from sansang_collector.web import uptime
from sansang_collector.web.sources import Sources
from sansang_collector.web.strip import day_until
from sansang_collector.web.uptime import Uptime
from sansang_wire.readings import KINDS

OfSite = TypeVar("OfSite", Latest, ServiceView)


class Board(NamedTuple):
    """`now` in µs since the Unix epoch; `latest` and `services` by site."""

    now: int
    collector: CollectorView
    sites: Sequence[SiteView]
    agents: Sequence[AgentView]
    services: Mapping[str, Sequence[ServiceView]]
    latest: Mapping[str, Sequence[Latest]]
    store_fault: str | None
    """Why the newest readings could not be read."""

    def site(self, name: str) -> SiteView | None:
        """The site with this id."""
        return next((each for each in self.sites if each.site == name), None)


def take(sources: Sources) -> Board:
    """Asks for everything; a store that can't be read costs the readings, and is asked once."""
    latest: list[Latest] = []
    fault = None
    try:
        latest = [each for kind in KINDS for each in sources.latest(kind, None)]
    except StoreUnavailableError as error:
        fault = str(error)
    return Board(
        now=sources.now(),
        collector=sources.collector(),
        sites=sources.sites(),
        agents=sources.agents(),
        services=_by_site(sources.services()),
        latest=_by_site(latest),
        store_fault=fault,
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

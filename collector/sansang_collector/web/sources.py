# SPDX-License-Identifier: Apache-2.0
"""What the page asks of the collector."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from sansang_collector.hours import Span
from sansang_collector.ispeed_views import ISpeedView
from sansang_collector.ispeeds import EvidenceFile, NewISpeed
from sansang_collector.note_sql import Note
from sansang_collector.outages import By
from sansang_collector.readiness_views import DayView, ReadinessView
from sansang_collector.speed_judgement import Rules
from sansang_collector.speed_views import SiteSpeedDetail, SiteSpeedView, SpeedTestsAnswer
from sansang_collector.store.base import Latest, Series
from sansang_collector.views import (
    AgentView,
    AvailabilityView,
    CollectorView,
    MaintenanceView,
    NoteView,
    OutageDetail,
    OutageView,
    ServiceView,
    SiteView,
    TimelineView,
)


class House(NamedTuple):
    """A site as its keeper sees it: `not_well` is what of it does not work now, or badly."""

    name: str
    simulated: bool
    not_well: list[ServiceView]


class Sources(Protocol):
    """Blocking calls, made from the page's worker threads, several at a time."""

    def now(self) -> int:
        """The instant that the answers are for, in µs since the Unix epoch."""
        ...

    def collector(self) -> CollectorView:
        """The collector itself."""
        ...

    def sites(self) -> list[SiteView]:
        """Every site of the registry with its agents."""
        ...

    def agents(self) -> list[AgentView]:
        """Every agent of the registry, and those the record knows from before."""
        ...

    def services(self) -> list[ServiceView]:
        """What is held of every service of every site."""
        ...

    def closed(self) -> set[str]:
        """The sites that are closed now, by their hours or their keepers' word."""
        ...

    def outages(self, start: int, end: int | None, site: str | None) -> list[OutageView]:
        """What lasted for a while within [start, end) (µs) at one site or anywhere, oldest first.

        This and what follows raise RecordUnavailableError.
        """
        ...

    def outage(self, number: int) -> OutageDetail | None:
        """One, with all that was ever said of it; None when there is none of this number."""
        ...

    def availability(self, span: Span, by: By) -> list[AvailabilityView]:
        """Of each service, by site, carrier or commune, over what of the span is over."""
        ...

    def timeline(self, site: str | None, steps: Sequence[Span]) -> list[TimelineView]:
        """How much of each step (in order) each service worked, at one site or at all; steps that
        lie ahead are left out.
        """
        ...

    def house(self, site: str) -> House | None:
        """One site, for its keeper; None when the registry does not know it."""
        ...

    def maintenance(self, start: int, end: int) -> list[MaintenanceView]:
        """What was declared for any time within [start, end) (µs), in time order."""
        ...

    def declare_maintenance(self, site: str, span: Span, note: str) -> MaintenanceView:
        """Before it begins; raises RefusedChangeError, too."""
        ...

    def add_note(self, note: Note) -> NoteView:
        """About an outage that there is; raises RefusedChangeError, too."""
        ...

    def readiness_days(self, site: str, count: int) -> list[DayView]:
        """How ready a site was on those of so many days until now on which it was measured."""
        ...

    def readiness(self) -> list[ReadinessView]:
        """How ready every site of the registry is for IPv6; raises nothing."""
        ...

    def speed(self, span: Span) -> list[SiteSpeedView]:
        """How fast the line of every site of the registry is, by the tests of a span."""
        ...

    def speed_rules(self) -> Rules:
        """By which lines are judged; raises nothing."""
        ...

    def site_speed(self, site: str, span: Span) -> SiteSpeedDetail | None:
        """One site, group by group; None when the registry does not know it."""
        ...

    def speed_tests(self, site: str, span: Span) -> SpeedTestsAnswer:
        """The newest tests of a site within a span; none of a site that never was."""
        ...

    def ispeed(self, span: Span) -> list[ISpeedView]:
        """What was measured with i-Speed in a span and entered by hand, the newest first; what was
        corrected is among it.
        """
        ...

    def add_ispeed(self, new: NewISpeed) -> ISpeedView:
        """Enter one; raises RefusedChangeError, too."""
        ...

    def ispeed_evidence(self, number: int) -> EvidenceFile | None:
        """What an entry shows; None when there is nothing."""
        ...

    def latest(self, kind: str, site: str | None) -> Sequence[Latest]:
        """The newest reading of each series of a kind at one site, or at all when it is None.

        Raises StoreUnavailableError.
        """
        ...

    def series(  # noqa: PLR0913, PLR0917 - the shape of the API's query
        self, kind: str, value: str, site: str | None, start: int, end: int, step: int
    ) -> Sequence[Series]:
        """One value over [start, end), a point a step, all in µs; of all sites when it is None.

        Raises KeyError for a kind or value that does not exist, StoreUnavailableError.
        """
        ...

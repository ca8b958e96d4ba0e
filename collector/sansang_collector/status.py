# SPDX-License-Identifier: Apache-2.0
"""Puts together what the page, the API and the command line show."""

import contextlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import get_args

import sansang_collector
from sansang_collector.agent_record import AgentRecord
from sansang_collector.closing import closed_by_keepers
from sansang_collector.hours import Span, is_open
from sansang_collector.ingest import Ingest
from sansang_collector.ispeed_views import ISpeedView
from sansang_collector.ispeeds import EvidenceFile, ISpeeds, NewISpeed
from sansang_collector.ledger_changes import LedgerChanges
from sansang_collector.message_sql import Service
from sansang_collector.note_sql import Note
from sansang_collector.notify.dispatch import Dispatch
from sansang_collector.notify.linking import Linking
from sansang_collector.numbers import EpochNumbers
from sansang_collector.outages import By, Ledger
from sansang_collector.readiness import Readiness
from sansang_collector.readiness_views import DayView, ReadinessView
from sansang_collector.record import Record, RecordUnavailableError
from sansang_collector.registry import RegistryFile
from sansang_collector.speed_judgement import Rules
from sansang_collector.speed_views import SiteSpeedDetail, SiteSpeedView, SpeedTestsAnswer
from sansang_collector.speeds import Speeds
from sansang_collector.store.base import Latest, Series, SeriesStore
from sansang_collector.timeline import Timeline
from sansang_collector.views import (
    AgentView,
    AvailabilityView,
    CollectorView,
    EpochView,
    MaintenanceView,
    NoteView,
    OutageDetail,
    OutageView,
    ServiceView,
    SiteView,
    TimelineView,
)
from sansang_collector.watching import Watching
from sansang_collector.web.sources import House
from sansang_wire.reading import JourneyStage

STAGE_OF: dict[str, JourneyStage] = {stage: stage for stage in get_args(JourneyStage)}
LATEST_WITHIN_US = 3_600 * 1_000_000


class Status:
    """What is known now."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that it looks at
        self,
        registry: RegistryFile,
        record: Record,
        store: SeriesStore,
        watching: Watching,
        ingest: Ingest,
        dispatch: Dispatch,
        linking: Linking,
        readiness: Readiness,
        speeds: Speeds,
        ispeeds: ISpeeds,
        broker_problem: Callable[[], str | None],
        states: Mapping[str, str],
    ) -> None:
        self._registry = registry
        self._record = record
        self._store = store
        self._watching = watching
        self._ingest = ingest
        self._dispatch = dispatch
        self._linking = linking
        self._readiness = readiness
        self._speeds = speeds
        self._ispeeds = ispeeds
        self._ledger = Ledger(record, lambda: registry.current, dispatch.reach)
        self._timeline = Timeline(record, lambda: registry.current)
        self._changes = LedgerChanges(record, lambda: registry.current)
        self._broker_problem = broker_problem
        self._states = states
        """By agent: what the broker last said of it."""
        self.instance = secrets.token_hex(8)
        self.started = time.time_ns() // 1000

    def now(self) -> int:
        """The instant that the answers are for."""
        return time.time_ns() // 1000

    def collector(self) -> CollectorView:
        """The collector itself."""
        ingest = self._ingest
        return CollectorView(
            version=sansang_collector.__version__,
            instance=self.instance,
            started=self.started,
            broker=self._broker_problem(),
            store=ingest.store_problem,
            record=ingest.record_problem,
            registry=self._registry.problem,
            queued=ingest.queued,
            queue_dropped=ingest.queue_dropped,
            batches=ingest.batches,
            readings=ingest.readings,
            points_refused=ingest.points_refused,
            failed=ingest.failed,
            unregistered=dict(ingest.strangers),
            channels=self._dispatch.channels,
            channels_failing=self._dispatch.failing,
            messages_sent=self._dispatch.sent,
            messages_waiting=self._dispatch.waiting,
            messages_given_up=self._dispatch.given_up,
            zalo_unlinked=self._unlinked(),
            zalo_codes_unknown=self._linking.unknown,
        )

    def _unlinked(self) -> list[str]:
        try:
            return self._linking.unlinked()
        except RecordUnavailableError:
            # As with `_reached`.
            return []

    def sites(self) -> list[SiteView]:
        """Every site of the registry, with its agents."""
        by_site: dict[str | None, list[AgentView]] = {}
        for agent in self.agents():
            by_site.setdefault(agent.site, []).append(agent)
        return [
            SiteView(
                site=site.id,
                name=site.name,
                commune=site.commune,
                commune_name=site.commune_name,
                kind=site.kind,
                ssids=site.ssids,
                simulated=site.simulated,
                agents=by_site.get(site.id, []),
                time_zone=site.time_zone,
            )
            for site in self._registry.current.sites
        ]

    def agents(self) -> list[AgentView]:
        """Every agent of the registry, and those the record knows from before."""
        registry = self._registry.current
        with self._record.lock:
            names = {entry.id for entry in registry.agents} | set(self._record.agents)
            records = {name: self._record.agents.get(name) for name in names}
            return [self._agent(records[name] or AgentRecord(name)) for name in sorted(names)]

    def services(self) -> list[ServiceView]:
        """What is held of every service of every site."""
        with self._record.lock:
            held = self._watching.held()
        reached = self._reached()
        return [
            ServiceView(
                site=each.site,
                service=each.thing[0],
                subject=each.thing[1],
                state=each.state,
                since=each.since,
                judged=each.judged,
                doubted=each.doubted,
                told=Service(each.site, *each.thing) in reached,
                stage=STAGE_OF.get(each.says or "") if each.state == "down" else None,
            )
            for each in held
        ]

    def house(self, site: str) -> House | None:
        """One site, for its keeper; None when the registry does not know it."""
        known = self._registry.current.site(site)
        if known is None:
            return None
        not_well = [
            view
            for view in self.services()
            if view.site == site
            and view.state in {"down", "degraded"}
            and (view.service != "wifi" or not known.ssids or view.subject in known.ssids)
        ]
        return House(known.name, known.simulated, not_well)

    def _reached(self) -> set[Service]:
        try:
            return self._record.reached()
        except RecordUnavailableError:
            # The page says elsewhere what is wrong with the record.
            return set()

    def closed(self) -> set[str]:
        """The sites outside their opening hours, or closed by their keepers' word, now."""
        registry, now = self._registry.current, self.now()
        found = {it.id for it in registry.sites if not is_open(registry.hours(it.id), now)}
        # The page says elsewhere what is wrong with the record.
        with contextlib.suppress(RecordUnavailableError), self._record.reading() as connection:
            by_keepers = closed_by_keepers(connection, registry, now, now + 1)
            found |= {site for site, spans in by_keepers.items() if spans}
        return found

    def outages(self, start: int, end: int | None, site: str | None) -> list[OutageView]:
        """As the ledger has it. This and what follows raise RecordUnavailableError."""
        return self._ledger.outages(start, end, site)

    def outage(self, number: int) -> OutageDetail | None:
        """One, with all that was ever said of it."""
        return self._ledger.outage(number)

    def availability(self, span: Span, by: By) -> list[AvailabilityView]:
        """By site, carrier or commune, over what of the span is over."""
        return self._ledger.availability(span, by, self.now())

    def timeline(self, site: str | None, steps: Sequence[Span]) -> list[TimelineView]:
        """How much of each step each service worked."""
        return self._timeline.take(site, steps, self.now())

    def maintenance(self, start: int, end: int) -> list[MaintenanceView]:
        """What was declared for any time within [start, end)."""
        return self._changes.maintenance(start, end)

    def declare_maintenance(self, site: str, span: Span, note: str) -> MaintenanceView:
        """Raises RefusedChangeError."""
        return self._changes.declare(site, span, note, self.now())

    def add_note(self, note: Note) -> NoteView:
        """Raises RefusedChangeError."""
        return self._changes.note(note)

    def readiness(self) -> list[ReadinessView]:
        """How ready every site of the registry is for IPv6, as it was last said."""
        return self._readiness.sites()

    def readiness_days(self, site: str, count: int) -> list[DayView]:
        """Of so many days until now, those with an assessment. Raises RecordUnavailableError."""
        return self._readiness.days(site, count, self.now())

    def speed(self, span: Span) -> list[SiteSpeedView]:
        """Of every site of the registry. This and what follows raise RecordUnavailableError."""
        return self._speeds.sites(span, self.now())

    def speed_rules(self) -> Rules:
        """By which lines are judged."""
        return self._speeds.rules()

    def site_speed(self, site: str, span: Span) -> SiteSpeedDetail | None:
        """One site, group by group."""
        return self._speeds.site(site, span, self.now())

    def speed_tests(self, site: str, span: Span) -> SpeedTestsAnswer:
        """The newest tests of a site within a span."""
        return self._speeds.tests(site, span)

    def ispeed(self, span: Span) -> list[ISpeedView]:
        """What was entered by hand."""
        return self._ispeeds.entries(span)

    def add_ispeed(self, new: NewISpeed) -> ISpeedView:
        """Raises RefusedChangeError."""
        return self._ispeeds.add(new, self.now())

    def ispeed_evidence(self, number: int) -> EvidenceFile | None:
        """What an entry shows."""
        return self._ispeeds.evidence(number)

    def latest(self, kind: str, site: str | None) -> Sequence[Latest]:
        """The newest reading of each series, an hour old at most. Raises StoreUnavailableError."""
        return self._store.latest(kind, site, time.time_ns() // 1000 - LATEST_WITHIN_US)

    def series(  # noqa: PLR0913, PLR0917 - the shape of the API's query
        self, kind: str, value: str, site: str | None, start: int, end: int, step: int
    ) -> Sequence[Series]:
        """As the store has it. Raises KeyError, StoreUnavailableError."""
        return self._store.series(kind, value, site, start, end, step)

    def _agent(self, record: AgentRecord) -> AgentView:
        registry = self._registry.current
        entry = registry.agent(record.agent)
        site = registry.site(entry.site) if entry else None
        hello = record.hello
        answer = hello.config if hello else None
        epochs = list(record.epochs.values())
        return AgentView(
            agent=record.agent,
            site=site.id if site else None,
            simulated=bool(site and site.simulated),
            status=self._states.get(record.agent, "never"),
            last_seen=record.last_seen,
            last_reading=record.last_reading,
            version=hello.version if hello else None,
            boot=hello.boot if hello else None,
            clock=hello.clock if hello else None,
            clock_error_ms=hello.clock_error_ms if hello else None,
            certificate_dates_checked=hello.certificate_dates_checked if hello else None,
            epochs=[_epoch(each) for each in epochs],
            batches=record.batches,
            readings=record.readings,
            duplicates=record.duplicates,
            outstanding=sum(each.outstanding for each in epochs),
            lost=record.lost_before + sum(each.lost for each in epochs),
            undated=record.undated,
            dropped_batches=hello.dropped_batches if hello else 0,
            dropped_readings=hello.dropped_readings if hello else 0,
            outbox_resets=hello.outbox_resets if hello else 0,
            cloned_at=record.cloned_at,
            rejected=dict(record.rejected),
            batch_every_s=hello.batch_every_s if hello else 30,
            config_version=answer.version if answer else None,
            config_mistakes=list(answer.mistakes) if answer else [],
        )


def _epoch(numbers: EpochNumbers) -> EpochView:
    return EpochView(
        epoch=numbers.epoch,
        next=numbers.next,
        received=numbers.received.count,
        outstanding=numbers.outstanding,
        lost=numbers.lost,
        last_received=numbers.last_received,
    )

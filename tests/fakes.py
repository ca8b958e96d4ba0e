# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for parts of the system, by name; what a test needs of the real world is elsewhere."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sansang_collector.hours import Span
from sansang_collector.ispeed_views import ISpeedView
from sansang_collector.ispeeds import EvidenceFile, ISpeeds, NewISpeed
from sansang_collector.ledger_changes import note_view
from sansang_collector.note_sql import Note
from sansang_collector.outages import By
from sansang_collector.readiness_views import DayView, ReadinessView
from sansang_collector.record import RecordUnavailableError
from sansang_collector.speed_judgement import Rules
from sansang_collector.speed_views import SiteSpeedDetail, SiteSpeedView, SpeedTestsAnswer
from sansang_collector.speeds import Speeds
from sansang_collector.store.base import Latest, Series, StoreUnavailableError
from sansang_collector.store.shapes import shape
from sansang_collector.views import (
    AgentView,
    AvailabilityView,
    CollectorView,
    EpochView,
    MaintenanceView,
    NoteView,
    OutageDetail,
    OutageView,
    RevisionView,
    ServiceView,
    SiteView,
    TimelineView,
)
from sansang_collector.web.sources import House
from sansang_collector.web.speed_examples import ISPEED


def epoch_view(
    name: str = "0123456789abcdef",
    *,
    received: int = 10,
    outstanding: int = 0,
    lost: int = 0,
    last_received: int | None = None,
) -> EpochView:
    """An epoch whose counts add up."""
    return EpochView(
        epoch=name,
        next=received + outstanding + lost + 1,
        received=received,
        outstanding=outstanding,
        lost=lost,
        last_received=last_received,
    )


NOW = time.time_ns() // 1000


def agent_view(  # noqa: PLR0917
    agent: str = "dong-1",
    site: str | None = "nvh-dong",
    last_seen: int | None = None,
    epochs: list[EpochView] | None = None,
    status: str = "online",
    cloned_at: int | None = None,
    rejected: Mapping[str, int] | None = None,
    config_mistakes: list[str] | None = None,
    *,
    simulated: bool = False,
    clock: str | None = "kernel",
    dropped_batches: int = 0,
) -> AgentView:
    """An agent of which nothing is wrong unless told; it was never heard without `last_seen`."""
    if epochs is None:
        epochs = [] if last_seen is None else [epoch_view(last_received=last_seen)]
    return AgentView(
        agent=agent,
        site=site,
        simulated=simulated,
        status=status,
        last_seen=last_seen,
        last_reading=last_seen,
        version=None if last_seen is None else "0.1.0",
        boot=None if last_seen is None else "boot",
        clock=None if last_seen is None else clock,
        clock_error_ms=2.0,
        certificate_dates_checked=True,
        epochs=epochs,
        batches=sum(each.received for each in epochs),
        readings=12 * sum(each.received for each in epochs),
        duplicates=0,
        outstanding=sum(each.outstanding for each in epochs),
        lost=sum(each.lost for each in epochs),
        undated=0,
        dropped_batches=dropped_batches,
        dropped_readings=12 * dropped_batches,
        outbox_resets=0,
        cloned_at=cloned_at,
        rejected=dict(rejected or {}),
        batch_every_s=30,
        config_version=None,
        config_mistakes=config_mistakes or [],
    )


def site_view(
    agents: list[AgentView],
    site: str = "nvh-dong",
    name: str = "Nhà văn hóa thôn Đông",
    *,
    simulated: bool = False,
    kind: str = "cultural_house",
    ssids: list[str] | None = None,
) -> SiteView:
    """A site of Vĩnh Bảo, a cultural house unless told."""
    return SiteView(
        site=site,
        name=name,
        commune="11824",
        commune_name="Xã Vĩnh Bảo",
        kind=kind,
        ssids=ssids or [],
        simulated=simulated,
        agents=agents,
    )


def collector_view(
    *,
    broker: str | None = None,
    store: str | None = None,
    record: str | None = None,
    registry: str | None = None,
    unregistered: Mapping[str, int] | None = None,
) -> CollectorView:
    """A collector of which nothing is wrong unless told."""
    return CollectorView(
        version="0.1.0",
        instance="f00dfeedf00dfeed",
        started=1_795_230_000_000_000,
        broker=broker,
        store=store,
        record=record,
        registry=registry,
        queued=0,
        queue_dropped=0,
        batches=1234,
        readings=14_808,
        points_refused=0,
        failed=0,
        unregistered=dict(unregistered or {}),
        channels=0,
        channels_failing=[],
        messages_sent=0,
        messages_waiting=0,
        messages_given_up=0,
    )


def outage_view(number: int = 1, **changes: Any) -> OutageView:
    """No Internet at that house since an hour, unless told otherwise."""
    outage = OutageView(
        number=number,
        revision=1,
        site="nvh-dong",
        name="Nhà văn hóa thôn Đông",
        simulated=False,
        service="internet",
        subject="main",
        state="down",
        start=NOW - 3_600_000_000,
        end=None,
        cause="line",
        root=None,
        late=False,
        clues={},
    )
    return msgspec.structs.replace(outage, **changes)


def outage_detail(outage: OutageView) -> OutageDetail:
    """Said once, told to nobody."""
    said = RevisionView(recorded=outage.start, withdrawn=False, said=outage)
    return OutageDetail(outage=outage, revisions=[said], told=[])


def availability_view(**changes: Any) -> AvailabilityView:
    """Of the Internet at that house: known for 100 h, of which it worked 99."""
    hour_us = 3_600_000_000
    found = AvailabilityView(
        group="nvh-dong",
        name="Nhà văn hóa thôn Đông",
        service="internet",
        sites=1,
        service_us=110 * hour_us,
        up_us=99 * hour_us,
        down_us=hour_us,
        unknown_us=10 * hour_us,
        share=0.99,
        coverage=100 / 110,
        lowest=0.9,
        highest=109 / 110,
        outages=2,
        mtbf_us=99 * hour_us // 2,
        mttr_us=hour_us // 2,
    )
    return msgspec.structs.replace(found, **changes)


@dataclass
class FixedSources:
    """Sources for the page that say what they were given; `latest` fails with `store_fault`, what
    asks the record with `record_fault`.
    """

    site_views: list[SiteView] = field(default_factory=list[SiteView])
    strangers: list[AgentView] = field(default_factory=list[AgentView])
    collector_shown: CollectorView = field(default_factory=collector_view)
    service_views: list[ServiceView] = field(default_factory=list[ServiceView])
    readings: list[Latest] = field(default_factory=list[Latest])
    store_fault: str | None = None
    latest_calls: int = 0
    series_given: dict[tuple[str, str], list[Series]] = field(
        default_factory=dict[tuple[str, str], list[Series]]
    )
    """By kind and value, as if asked with the step that it was made with."""
    series_calls: int = 0
    outage_details: list[OutageDetail] = field(default_factory=list[OutageDetail])
    availability_views: list[AvailabilityView] = field(default_factory=list[AvailabilityView])
    timeline_views: list[TimelineView] = field(default_factory=list[TimelineView])
    outage_calls: int = 0
    closed_sites: set[str] = field(default_factory=set[str])
    availability_asked: list[tuple[Span, By]] = field(default_factory=list[tuple[Span, By]])
    windows: list[MaintenanceView] = field(default_factory=list[MaintenanceView])
    record_fault: str | None = None
    readiness_views: list[ReadinessView] = field(default_factory=list[ReadinessView])
    days_given: list[DayView] = field(default_factory=list[DayView])
    speeds: Speeds | None = None
    """Over a record with speed tests; without it there are none."""
    ispeeds: ISpeeds | None = None
    """Over a record with i-Speed entries; without it there are none."""

    def readiness(self) -> list[ReadinessView]:
        """As given."""
        return self.readiness_views

    def readiness_days(self, site: str, count: int) -> list[DayView]:
        """As given, of whichever site: the last of them."""
        del site
        self._ask_record()
        return self.days_given[-count:]

    def speed(self, span: Span) -> list[SiteSpeedView]:
        """As the record has it."""
        self._ask_record()
        return self.speeds.sites(span, NOW) if self.speeds else []

    def speed_rules(self) -> Rules:
        """Those of the registry, else the usual ones."""
        return self.speeds.rules() if self.speeds else Rules()

    def site_speed(self, site: str, span: Span) -> SiteSpeedDetail | None:
        """As the record has it."""
        self._ask_record()
        return self.speeds.site(site, span, NOW) if self.speeds else None

    def speed_tests(self, site: str, span: Span) -> SpeedTestsAnswer:
        """As the record has it."""
        self._ask_record()
        if self.speeds is None:
            return SpeedTestsAnswer(tests=[], next=None)
        return self.speeds.tests(site, span)

    def ispeed(self, span: Span) -> list[ISpeedView]:
        """As the record has it."""
        self._ask_record()
        return self.ispeeds.entries(span) if self.ispeeds else []

    def add_ispeed(self, new: NewISpeed) -> ISpeedView:
        """Into the record; without one it is an example that comes back."""
        self._ask_record()
        return self.ispeeds.add(new, NOW) if self.ispeeds else ISPEED

    def ispeed_evidence(self, number: int) -> EvidenceFile | None:
        """As the record has it."""
        self._ask_record()
        return self.ispeeds.evidence(number) if self.ispeeds else None

    def _ask_record(self) -> None:
        if self.record_fault is not None:
            raise RecordUnavailableError(self.record_fault)

    def now(self) -> int:
        """Always the same: a test may take its time."""
        return NOW

    def collector(self) -> CollectorView:
        """As given."""
        return self.collector_shown

    def sites(self) -> list[SiteView]:
        """As given."""
        return self.site_views

    def agents(self) -> list[AgentView]:
        """Those of the sites, then the strangers."""
        return [agent for site in self.site_views for agent in site.agents] + self.strangers

    def services(self) -> list[ServiceView]:
        """As given."""
        return self.service_views

    def closed(self) -> set[str]:
        """As given."""
        return self.closed_sites

    def outages(self, start: int, end: int | None, site: str | None) -> list[OutageView]:
        """Of those given, what lasted for a while within [start, end)."""
        self.outage_calls += 1
        self._ask_record()
        return [
            each.outage
            for each in self.outage_details
            if site in {None, each.outage.site}
            if (end is None or each.outage.start < end)
            if (each.outage.end is None or each.outage.end > start)
        ]

    def outage(self, number: int) -> OutageDetail | None:
        """The one given with this number."""
        self._ask_record()
        return next((each for each in self.outage_details if each.outage.number == number), None)

    def availability(self, span: Span, by: By) -> list[AvailabilityView]:
        """As given, whatever is asked."""
        self._ask_record()
        self.availability_asked.append((span, by))
        return self.availability_views

    def timeline(self, site: str | None, steps: Sequence[Span]) -> list[TimelineView]:
        """As given for this site or all: the last of them, as many as there are steps."""
        self._ask_record()
        many = len(steps)
        return [
            msgspec.structs.replace(each, shares=each.shares[-many:], closed=each.closed[-many:])
            for each in self.timeline_views
            if site in {None, each.site}
        ]

    def house(self, site: str) -> House | None:
        """As given."""
        bad = {"down", "degraded"}
        not_well = [each for each in self.service_views if each.site == site and each.state in bad]
        for view in self.site_views:
            if view.site == site:
                return House(view.name, view.simulated, not_well)
        return None

    def maintenance(self, start: int, end: int) -> list[MaintenanceView]:
        """As given."""
        self._ask_record()
        return [each for each in self.windows if each.start < end and each.end > start]

    def declare_maintenance(self, site: str, span: Span, note: str) -> MaintenanceView:
        """Always."""
        self._ask_record()
        window = MaintenanceView(
            site=site,
            name=site,
            simulated=False,
            start=span.start,
            end=span.end,
            note=note,
            declared=NOW,
        )
        self.windows.append(window)
        return window

    def add_note(self, note: Note) -> NoteView:
        """Always."""
        self._ask_record()
        return note_view(note)

    def latest(self, kind: str, site: str | None) -> list[Latest]:
        """What was given for this kind and site, or all. Raises StoreUnavailableError."""
        self.latest_calls += 1
        if self.store_fault is not None:
            raise StoreUnavailableError(self.store_fault)
        return [each for each in self.readings if each.kind == kind and site in {None, each.site}]

    def series(  # noqa: PLR0917
        self, kind: str, value: str, site: str | None, start: int, end: int, step: int
    ) -> list[Series]:
        """What was given for this value, the points inside. Raises as a store does."""
        del step
        self.series_calls += 1
        if self.store_fault is not None:
            raise StoreUnavailableError(self.store_fault)
        _ = shape(kind).fields[value]
        return [
            each._replace(points=[(at, it) for at, it in each.points if start <= at < end])
            for (of, name), given in self.series_given.items()
            if (of, name) == (kind, value)
            for each in given
            if site in {None, each.site}
        ]


def reachability(  # noqa: PLR0917
    site: str,
    agent: str,
    at: int,
    family: str = "ipv4",
    scope: str = "international",
    rtt_avg_ms: float | None = 12.34,
    loss_pct: float = 0.0,
    reason: str | None = None,
    *,
    outcome: int = 0,
) -> Latest:
    """The newest echo of one target, as a series store keeps it."""
    fields: dict[str, float | str] = {"outcome": outcome, "loss_pct": loss_pct}
    if rtt_avg_ms is not None and outcome == 0:
        fields["rtt_avg_ms"] = rtt_avg_ms
    if reason is not None:
        fields["reason"] = reason
    labels = {"target": f"{scope}-1", "family": family, "scope": scope}
    return Latest("reachability", site, agent, labels, at, fields)


def link(site: str, agent: str, at: int, interface: str = "eth0", *, up: bool = True) -> Latest:
    """The newest reading of one network port."""
    fields: dict[str, float | str] = {"outcome": 0, "up": int(up), "technology": "wired"}
    if up:
        fields |= {"speed_mbps": 1000.0, "rx_mbps": 1.26, "tx_mbps": 0.3}
    return Latest("link", site, agent, {"interface": interface}, at, fields)


def host(site: str, agent: str, at: int, *, disk_free_bytes: int = 12_300_000_000) -> Latest:
    """The newest reading of a box."""
    fields: dict[str, float | str] = {
        "outcome": 0,
        "uptime_s": 3 * 86_400 + 4 * 3600.0,
        "memory_total_bytes": 1_000_000_000,
        "memory_available_bytes": 620_000_000,
        "disk_total_bytes": 30_000_000_000,
        "disk_free_bytes": disk_free_bytes,
        "temperature_celsius": 51.0,
    }
    return Latest("host", site, agent, {}, at, fields)

# SPDX-License-Identifier: Apache-2.0
"""What the record says of agents, as the page, the API and the command line show it.

Times are µs since the Unix epoch, None when never.
"""

from typing import Literal

from msgspec import Struct

from sansang_collector.hours import VIETNAM_ZONE
from sansang_wire.reading import JourneyStage


class EpochView(Struct, frozen=True, kw_only=True):
    """The numbers of one epoch: 1 … next − 1 = received + outstanding + lost."""

    epoch: str
    next: int
    received: int
    outstanding: int
    """Numbered by the agent and not yet here."""
    lost: int
    """Given up by the agent before they got here."""
    last_received: int | None


class AgentView(Struct, frozen=True, kw_only=True):
    """All the record knows of one agent."""

    agent: str
    site: str | None
    """None when the registry does not know the agent."""
    simulated: bool
    status: str
    """`online`, `offline`, `leaving` as the broker has it; `never` when it was never heard."""
    last_seen: int | None
    last_reading: int | None
    version: str | None
    boot: str | None
    clock: str | None
    clock_error_ms: float | None
    certificate_dates_checked: bool | None
    epochs: list[EpochView]
    batches: int
    readings: int
    duplicates: int
    outstanding: int
    lost: int
    undated: int
    """Readings that no clock could date, kept apart."""
    dropped_batches: int
    """As the agent tells: given up because its outbox was full or too old."""
    dropped_readings: int
    outbox_resets: int
    cloned_at: int | None
    """When two boxes were last seen to share this agent's id."""
    rejected: dict[str, int]
    batch_every_s: float
    """How often it sends when all is well."""
    config_version: str | None
    config_mistakes: list[str]


class SiteView(Struct, frozen=True, kw_only=True):
    """A site and its agents."""

    site: str
    name: str
    commune: str
    commune_name: str
    kind: str
    ssids: list[str]
    """The Wi-Fi networks that must be on air."""
    simulated: bool
    agents: list[AgentView]
    time_zone: str = VIETNAM_ZONE
    """IANA name."""


class ServiceView(Struct, frozen=True, kw_only=True):
    """What is held of one service of a site; of the Wi-Fi, `subject` is the network's name."""

    site: str
    service: str
    subject: str
    state: Literal["unknown", "up", "degraded", "down"]
    since: int
    """When that state began."""
    judged: int
    """The newest evidence."""
    doubted: int | None = None
    """Since when evidence says that it does not work, though it is `up` until the hold-down has
    confirmed that."""
    told: bool
    """A message that it is down reached somebody, and it is not known to be back."""
    stage: JourneyStage | None = None
    """Where guests are turned away; None when it is not down, or simply off air."""


class ReadingView(Struct, frozen=True, kw_only=True):
    """The newest reading of one series: outcome as a number, booleans as 0 and 1."""

    kind: str
    agent: str
    labels: dict[str, str]
    at: int
    fields: dict[str, float | str]


class SiteDetail(SiteView, frozen=True, kw_only=True):
    """A site with all that is known of it now."""

    services: list[ServiceView]
    latest: list[ReadingView]


class SeriesView(Struct, frozen=True, kw_only=True):
    """One series: what it is of, and its points: when a step began, and what was measured in it."""

    agent: str
    labels: dict[str, str]
    points: list[tuple[int, float | str]]


class SeriesAnswer(Struct, frozen=True, kw_only=True):
    """One value of a site over time, a point for each step that has data: the mean of numbers, the
    last of words.
    """

    site: str
    kind: str
    value: str
    unit: str
    """Empty for counts, flags and words."""
    start: int
    end: int
    step: int
    """All three in µs."""
    series: list[SeriesView]


class CollectorView(Struct, frozen=True, kw_only=True):
    """The collector's own state: what it dropped, what it waits for, what is wrong."""

    version: str
    instance: str
    started: int
    broker: str | None
    """None when connected, else what is wrong."""
    store: str | None
    """None when the series store takes readings, else what is wrong."""
    record: str | None
    """None when the SQL record takes changes, else what is wrong."""
    registry: str | None
    """None when the registry on disk is the one in use, else its mistakes."""
    queued: int
    queue_dropped: int
    batches: int
    readings: int
    points_refused: int
    failed: int
    """Messages that could not be stored through a mistake of the collector's own."""
    unregistered: dict[str, int]
    """Messages by agent id that the registry does not know."""
    channels: int
    """Ways to reach people."""
    channels_failing: list[str]
    """Those that did not take what they were last given."""
    messages_sent: int
    messages_waiting: int
    messages_given_up: int
    """Messages that a channel did not take for a day."""
    zalo_unlinked: list[str] = []
    """Ids of contacts who are to be told by Zalo and have no chat yet."""
    zalo_codes_unknown: int = 0
    """Codes that were sent to the bot and were nobody's, since the start."""


class NoteView(Struct, frozen=True, kw_only=True):
    """What somebody noted about an outage."""

    at: int
    kind: Literal["ack", "snooze", "comment"]
    until: int | None
    """Of a snooze: nobody is reminded before."""
    text: str
    who: str
    """Id of a contact, or `officer`."""


class AnswerView(Struct, frozen=True, kw_only=True):
    """What a keeper answered to a message about an outage."""

    at: int
    answer: Literal["power_out", "repairing", "closed_today"]
    comment: str
    """May be empty."""
    who: str
    """Id of the contact."""
    name: str
    """What the registry calls it."""


class SentView(Struct, frozen=True, kw_only=True):
    """One of those who are told that something is down."""

    role: str | None
    """Of the contact; None of an address without a name."""
    channel: str
    """What the settings call it, else its scheme; empty when it is not there any more."""
    state: Literal["sent", "waiting", "failing"]
    """`failing`: the channel takes nothing now, and is tried again."""
    at: int | None
    """When the channel had it."""


class OutageView(Struct, frozen=True, kw_only=True):
    """One entry of the ledger as it stands: of a site, or with an empty `site` of many or of the
    centre itself.
    """

    number: int
    """The same for ever, whatever is corrected."""
    revision: int
    site: str
    name: str
    """Of the site."""
    simulated: bool
    service: str
    """power, internet, ipv6, dns, wifi; box: a box that is not heard; area: many sites at once;
    collector: the centre could hear nobody."""
    subject: str
    """Of the Wi-Fi the network's name, of a box its id, else the line or what sites share."""
    state: Literal["down", "degraded", "unknown"]
    start: int
    end: int | None
    """None while it lasts."""
    cause: str | None
    root: tuple[str, str, int] | None
    """Service, subject and start of the entry that explains this one."""
    late: bool
    """It was corrected by readings that arrived late."""
    clues: dict[str, int]
    """How often what was heard meanwhile; of many sites at once, when each was last heard (µs)."""
    told: int | None = None
    """When the first channel had a message about it, or about what explains it."""
    comment: str | None = None
    """The last one that was noted."""
    notes: list[NoteView] = []
    answer: AnswerView | None = None
    """The last one of a keeper that holds."""
    sent: list[SentView] = []
    """Who is told of it, or of what explains it: those who have it first."""


class RevisionView(Struct, frozen=True, kw_only=True):
    """What the ledger said of an outage from an instant on."""

    recorded: int
    withdrawn: bool
    """There was no such outage."""
    said: OutageView


class ToldView(Struct, frozen=True, kw_only=True):
    """A message about a site: made at an instant, and whom it reached or is to reach."""

    made: int
    state: Literal["up", "down"]
    service: str
    sent: list[SentView]


class OutageDetail(Struct, frozen=True, kw_only=True):
    """An outage, all that was ever said of it, what people were told meanwhile, and what they
    noted.
    """

    outage: OutageView
    revisions: list[RevisionView]
    told: list[ToldView]
    notes: list[NoteView] = []
    answers: list[AnswerView] = []
    """All of them, also those that do not hold any more."""


class MaintenanceView(Struct, frozen=True, kw_only=True):
    """A site is worked on from `start` until before `end`; what fails then does not count."""

    site: str
    name: str
    simulated: bool
    start: int
    end: int
    note: str
    declared: int


class AvailabilityView(Struct, frozen=True, kw_only=True):
    """How much of its service time a service worked: of a site, or of all of a carrier or commune.

    Shares are 0 … 1, None when nothing is known of the service time.
    """

    group: str
    """Id of the site, name of the carrier, code of the commune."""
    name: str
    service: str
    sites: int
    simulated: bool = False
    """Some of these sites are."""
    service_us: int
    up_us: int
    down_us: int
    unknown_us: int
    share: float | None
    coverage: float | None
    lowest: float | None
    highest: float | None
    outages: int
    mtbf_us: int | None
    mttr_us: int | None


class TimelineView(Struct, frozen=True, kw_only=True):
    """How much of each step of a time a service of a site worked: 0 … 1 of its service time, None
    when nothing is known of it.
    """

    site: str
    service: str
    shares: list[float | None]
    closed: list[bool]
    """The step has no service time: the site is closed, or under declared maintenance."""


class AvailabilityAnswer(Struct, frozen=True, kw_only=True):
    """Availability over [start, end), of which only what is over counts."""

    period: str | None
    """Its name when it has one: 2026, 2026-Q4 or 2026-11."""
    calendar: bool
    """The period is that of the calendar, not that of NĐ 09/2019."""
    start: int
    end: int
    by: Literal["site", "carrier", "commune"]
    found: list[AvailabilityView]

# SPDX-License-Identifier: Apache-2.0
"""What the record says of agents, as the page, the API and the command line show it.

Times are µs since the Unix epoch, None when never.
"""

from msgspec import Struct


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
    kind: str
    simulated: bool
    agents: list[AgentView]


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

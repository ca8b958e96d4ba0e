# SPDX-License-Identifier: Apache-2.0
"""The record that must be exact, in SQL: which numbers of which agent are here, what was refused.

Kept in memory whole and written through: one transaction a lot. When the database refuses it, the
memory is read anew from what the database has.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError

from sansang_collector.numbers import EpochNumbers
from sansang_wire.batch import Batch, Hello, decode, encode
from sansang_wire.ranges import Ranges

metadata = sa.MetaData()
agents_table = sa.Table(
    "agent",
    metadata,
    sa.Column("agent", sa.String(63), primary_key=True),
    *(sa.Column(name, sa.BigInteger) for name in ("batches", "readings", "duplicates", "undated")),
    *(sa.Column(name, sa.BigInteger) for name in ("last_seen", "last_reading", "cloned_at")),
    sa.Column("hello", sa.Text),
)
epochs_table = sa.Table(
    "epoch",
    metadata,
    sa.Column("agent", sa.String(63), primary_key=True),
    sa.Column("epoch", sa.String(16), primary_key=True),
    *(sa.Column(name, sa.BigInteger) for name in ("first", "next", "last_received")),
    sa.Column("received", sa.Text),
    sa.Column("declared", sa.Boolean),
)
rejected_table = sa.Table(
    "rejected",
    metadata,
    sa.Column("agent", sa.String(63), primary_key=True),
    sa.Column("reason", sa.String(64), primary_key=True),
    sa.Column("count", sa.BigInteger),
)
undated_table = sa.Table(
    "undated",
    metadata,
    sa.Column("agent", sa.String(63), primary_key=True),
    sa.Column("epoch", sa.String(16), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("boot", sa.String(128)),
    sa.Column("received_at", sa.BigInteger),
    sa.Column("readings", sa.Text),
)


class RecordUnavailableError(Exception):
    """The database can't take a change now; the message says why."""


@dataclass(slots=True)
class AgentRecord:
    """What is known of one agent. Times are µs since the Unix epoch."""

    agent: str
    batches: int = 0
    readings: int = 0
    duplicates: int = 0
    undated: int = 0
    last_seen: int | None = None
    last_reading: int | None = None
    cloned_at: int | None = None
    hello: Hello | None = None
    epochs: dict[str, EpochNumbers] = field(default_factory=dict[str, EpochNumbers])
    rejected: dict[str, int] = field(default_factory=dict[str, int])

    def epoch(self, name: str) -> EpochNumbers:
        """The numbers of this epoch, begun when it is new."""
        if name not in self.epochs:
            self.epochs[name] = EpochNumbers(name)
        return self.epochs[name]

    def greet(self, hello: Hello, now: int) -> None:
        """Take in a hello: whose box this is, and what it holds of each epoch.

        Every start makes a new epoch; one that comes back after another was declared means that
        two boxes answer to this id.
        """
        current = self.hello.epoch if self.hello is not None else None
        if current != hello.epoch and self.epoch(hello.epoch).declared:
            self.cloned_at = now
        self.epoch(hello.epoch).declared = True
        claims = {claim.epoch: claim for claim in hello.epochs}
        for claim in claims.values():
            self.epoch(claim.epoch).claim(claim)
        for name, numbers in self.epochs.items():
            if name not in claims:
                numbers.disown()
        self.hello = hello
        self.last_seen = now


class Record:
    """The SQL record. Changes are made under `lock`, then written by `save`."""

    def __init__(self, path: Path) -> None:
        """Open or make the database. Raises RecordUnavailableError."""
        self.lock = threading.RLock()
        self.engine = sa.create_engine(f"sqlite:///{path}")
        event.listen(self.engine, "connect", _durable)
        try:
            with self.engine.begin() as connection:
                _migrate(connection)
            self.agents = self._load()
        except SQLAlchemyError as error:
            raise RecordUnavailableError(f"the record {path} can't be opened: {error}") from error

    def agent(self, name: str) -> AgentRecord:
        """The record of this agent, begun when it is new."""
        if name not in self.agents:
            self.agents[name] = AgentRecord(name)
        return self.agents[name]

    def save(
        self,
        touched: Iterable[AgentRecord],
        epochs: Mapping[str, set[str]],
        undated: Sequence[tuple[Batch, int]] = (),
    ) -> None:
        """Write these agents, these of their epochs, and undated batches with the time they came.

        Raises RecordUnavailableError, with the memory set back to what the database has.
        """
        agents = list(touched)
        try:
            with self.engine.begin() as connection:
                _upsert(connection, agents_table, [_agent_row(each) for each in agents])
                _upsert(
                    connection,
                    epochs_table,
                    [
                        _epoch_row(each.agent, each.epochs[name])
                        for each in agents
                        for name in epochs.get(each.agent, ())
                    ],
                )
                _upsert(
                    connection,
                    rejected_table,
                    [
                        {"agent": each.agent, "reason": reason, "count": count}
                        for each in agents
                        for reason, count in each.rejected.items()
                    ],
                )
                _upsert(connection, undated_table, [_undated_row(*each) for each in undated])
        except SQLAlchemyError as error:
            self.agents = self._load()
            raise RecordUnavailableError(f"the record can't be written: {error}") from error

    def problem(self) -> str | None:
        """None when the database takes a change (this makes one), else a sentence."""
        try:
            with self.engine.begin() as connection:
                connection.execute(sa.text("CREATE TABLE IF NOT EXISTS room (x)"))
                connection.execute(sa.text("DROP TABLE room"))
        except SQLAlchemyError as error:
            return f"the record can't be written: {error}"
        return None

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def _load(self) -> dict[str, AgentRecord]:
        found: dict[str, AgentRecord] = {}
        with self.engine.connect() as connection:
            for row in connection.execute(sa.select(agents_table)).mappings():
                values: dict[str, Any] = dict(row)
                hello: str | None = values.pop("hello")
                record = AgentRecord(**values)
                record.hello = decode(hello.encode(), Hello) if hello else None
                found[record.agent] = record
            for row in connection.execute(sa.select(epochs_table)).mappings():
                values = dict(row)
                agent: str = values.pop("agent")
                received = Ranges.parse(values.pop("received"))
                numbers = EpochNumbers(received=received, **values)
                found[agent].epochs[numbers.epoch] = numbers
            for agent, reason, count in connection.execute(sa.select(rejected_table)):
                found[agent].rejected[reason] = count
        return found


def _durable(connection: Any, _record: object) -> None:
    """A receipt promises that a power cut takes nothing back."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _migrate(connection: sa.Connection) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", "sansang_collector:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _upsert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def _agent_row(record: AgentRecord) -> dict[str, Any]:
    return {
        "agent": record.agent,
        "batches": record.batches,
        "readings": record.readings,
        "duplicates": record.duplicates,
        "undated": record.undated,
        "last_seen": record.last_seen,
        "last_reading": record.last_reading,
        "cloned_at": record.cloned_at,
        "hello": encode(record.hello).decode() if record.hello else None,
    }


def _epoch_row(agent: str, numbers: EpochNumbers) -> dict[str, Any]:
    return {
        "agent": agent,
        "epoch": numbers.epoch,
        "first": numbers.first,
        "next": numbers.next,
        "received": str(numbers.received),
        "last_received": numbers.last_received,
        "declared": numbers.declared,
    }


def _undated_row(batch: Batch, received_at: int) -> dict[str, Any]:
    return {
        "agent": batch.agent,
        "epoch": batch.epoch,
        "seq": batch.seq,
        "boot": batch.boot,
        "received_at": received_at,
        "readings": encode(batch.readings).decode(),
    }

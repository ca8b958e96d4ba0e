# SPDX-License-Identifier: Apache-2.0
"""The record that must be exact, in SQL: which numbers of which agent are here, what was refused.

Kept in memory whole and written through: one transaction a lot. When the database refuses it, the
memory is read anew from what the database has.
"""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.util import CommandError
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from sansang_collector.answer_sql import Answer, load_answer, save_answer
from sansang_collector.message_sql import (
    Message,
    NewMessage,
    Service,
    Standing,
    finish,
    load_delivered_to,
    load_reached,
    load_standing,
    load_unfinished,
    save_delivery,
    save_messages,
    save_reminder,
)
from sansang_collector.numbers import EpochNumbers
from sansang_collector.record_sql import (
    agents_table,
    delete_epochs,
    epoch_row,
    epochs_table,
    rejected_table,
    undated_row,
    undated_table,
    upsert,
)
from sansang_collector.saving import Telling, Watched
from sansang_collector.saving import save as save_watch
from sansang_collector.watch.alerts import Notice
from sansang_collector.zalo_sql import ZaloChat, load_chats, save_chat
from sansang_wire.batch import Batch, Hello, encode
from sansang_wire.ranges import Ranges

log = logging.getLogger(__name__)

DAY_US = 86_400 * 1_000_000
FORGET_AFTER_US = 35 * DAY_US
"""An epoch that its agent does not hold any more is folded into one number after this."""
UNCLAIMED_AT_MOST = 256
"""And so are the oldest of them when an agent makes more; a box that restarts for ever does."""
UNDATED_KEPT_US = 35 * DAY_US
HIGHEST_COUNT = 2**62
ROOM_BYTES = 1_000_000
"""What must fit on the disk for the record to be well again."""


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
    lost_before: int = 0
    """Given up, in epochs that are forgotten."""
    hello: Hello | None = None
    epochs: dict[str, EpochNumbers] = field(default_factory=dict[str, EpochNumbers])
    rejected: dict[str, int] = field(default_factory=dict[str, int])

    def epoch(self, name: str) -> EpochNumbers:
        """The numbers of this epoch, begun when it is new."""
        if name not in self.epochs:
            self.epochs[name] = EpochNumbers(name)
        return self.epochs[name]

    def greet(self, hello: Hello, now: int, *, live: bool = True) -> set[str]:
        """Take in a hello: whose box this is, and what it holds of each epoch.

        Every start makes a new epoch; one that comes back after another was declared means that
        two boxes answer to this id. A hello that the broker had kept (not `live`) says nothing
        of now. Returns the names of the epochs that it changed.
        """
        current = self.hello.epoch if self.hello is not None else None
        changed = {hello.epoch}
        if live:
            self.last_seen = now
            if current != hello.epoch and self.epoch(hello.epoch).declared:
                self.cloned_at = now
        self.epoch(hello.epoch).declared = True
        claims = {claim.epoch: claim for claim in hello.epochs}
        for claim in claims.values():
            self.epoch(claim.epoch).claim(claim)
        for name, numbers in self.epochs.items():
            if name not in claims and numbers.disown():
                changed.add(name)
        self.hello = hello
        return changed | set(claims)

    def forget(self, now: int) -> list[str]:
        """Let go of epochs that are over, except for what was lost of them; returns their names."""
        held = {claim.epoch for claim in self.hello.epochs} if self.hello else set[str]()
        if self.hello is not None:
            held.add(self.hello.epoch)
        over = [each for name, each in self.epochs.items() if name not in held]
        over.sort(key=lambda each: each.last_received or 0)
        surplus = max(0, len(over) - UNCLAIMED_AT_MOST)
        gone = over[:surplus] + [
            each
            for each in over[surplus:]
            if each.last_received is not None and each.last_received < now - FORGET_AFTER_US
        ]
        for numbers in gone:
            numbers.disown()
            self.lost_before = min(self.lost_before + numbers.lost, HIGHEST_COUNT)
            del self.epochs[numbers.epoch]
        return [numbers.epoch for numbers in gone]


@dataclass(slots=True)
class Saving:
    """What one transaction writes: agents and some of their epochs, batches without a date with the
    time they came, epochs (agent, epoch) that are forgotten, and what was watched and is to be told
    at an instant in µs.
    """

    agents: list[AgentRecord] = field(default_factory=list[AgentRecord])
    epochs: Mapping[str, set[str]] = field(default_factory=dict[str, set[str]])
    undated: Sequence[tuple[Batch, int]] = ()
    forgotten: Sequence[tuple[str, str]] = ()
    watched: Watched = field(default_factory=Watched)
    telling: Telling = field(default_factory=Telling)
    at: int = 0


class Record:
    """The SQL record. Changes are made under `lock`, then written by `save`; whoever gives one up
    half-way calls `reload`.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the database. Raises RecordUnavailableError."""
        self.lock = threading.RLock()
        self.engine = sa.create_engine(f"sqlite:///{path}")
        event.listen(self.engine, "connect", _durable)
        event.listen(self.engine, "begin", _begin)
        self._stale = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self.engine.begin() as connection:
                _migrate(connection)
            self.agents = self._load()
        except (SQLAlchemyError, OSError) as error:
            raise RecordUnavailableError(
                f"the record {path} can't be opened: {_words(error)}"
            ) from error
        except CommandError as error:
            raise RecordUnavailableError(
                f"the record {path} was made by a newer version of sansang: {error}"
            ) from error

    def agent(self, name: str) -> AgentRecord:
        """The record of this agent, begun when it is new."""
        if name not in self.agents:
            self.agents[name] = AgentRecord(name)
        return self.agents[name]

    def outstanding(self, name: str) -> int:
        """How many batches this agent still holds."""
        record = self.agents.get(name)
        return sum(each.outstanding for each in record.epochs.values()) if record else 0

    def save(self, saving: Saving) -> None:
        """Write all of it or nothing.

        Raises RecordUnavailableError, with the memory set back to what the database has.
        """
        agents = saving.agents
        try:
            with self.engine.begin() as connection:
                upsert(connection, agents_table, [_agent_row(each) for each in agents])
                upsert(
                    connection,
                    epochs_table,
                    [
                        epoch_row(each.agent, each.epochs[name])
                        for each in agents
                        for name in saving.epochs.get(each.agent, ())
                    ],
                )
                upsert(
                    connection,
                    rejected_table,
                    [
                        {"agent": each.agent, "reason": reason, "count": count}
                        for each in agents
                        for reason, count in each.rejected.items()
                    ],
                )
                _keep_undated(connection, saving.undated)
                delete_epochs(connection, saving.forgotten)
                save_watch(connection, saving.watched, saving.telling, saving.at)
        except SQLAlchemyError as error:
            self.reload()
            raise RecordUnavailableError(f"the record can't be written: {_words(error)}") from error

    def reload(self) -> None:
        """Set the memory to what the database has, now or, while it can't be read, in `refresh`."""
        self._stale = True
        with contextlib.suppress(RecordUnavailableError):
            self.refresh()

    def refresh(self) -> None:
        """Make sure that the memory is what the database has. Raises RecordUnavailableError."""
        if not self._stale:
            return
        self.agents = self._load()
        self._stale = False

    def problem(self) -> str | None:
        """None when the database takes a change (this makes one, as large as a lot), else a
        sentence.
        """
        try:
            for statement in (
                "DROP TABLE IF EXISTS room",
                f"CREATE TABLE room AS SELECT zeroblob({ROOM_BYTES}) AS x",
                "DROP TABLE room",
            ):
                with self.engine.begin() as connection:
                    connection.execute(sa.text(statement))
        except SQLAlchemyError as error:
            return f"the record can't be written: {_words(error)}"
        return None

    def unfinished(self) -> list[Message]:
        """The messages that not everyone has yet. Raises RecordUnavailableError."""
        with self.reading() as connection:
            return load_unfinished(connection)

    def reached(self) -> set[Service]:
        """What somebody knows to be down. Raises RecordUnavailableError."""
        with self.reading() as connection:
            return load_reached(connection)

    def delivered(self, message: int, channel: str, at: int) -> None:
        """Note that a channel has a message. Raises RecordUnavailableError."""
        with self.writing() as connection:
            save_delivery(connection, message, channel, at)

    def standing(self) -> Standing:
        """What people know to be down. Raises RecordUnavailableError."""
        with self.reading() as connection:
            return load_standing(connection)

    def delivered_to(self, channel: str) -> list[tuple[Message, int]]:
        """What a channel was told of and lasts, and when. Raises RecordUnavailableError."""
        with self.reading() as connection:
            return load_delivered_to(connection, channel)

    def reminded(self, message: int, channel: str, at: int) -> None:
        """Note that a channel was reminded. Raises RecordUnavailableError."""
        with self.writing() as connection:
            save_reminder(connection, message, channel, at)

    def tell_of_channel(self, name: str, state: Literal["up", "down"], at: int, since: int) -> None:
        """A channel takes nothing, or takes messages again. Raises RecordUnavailableError."""
        message = NewMessage(Service("", "channel", name), Notice(state, at, since), at)
        with self.writing() as connection:
            save_messages(connection, [message])

    def finish(self, message: int) -> None:
        """Nothing more is to be done about a message. Raises RecordUnavailableError."""
        with self.writing() as connection:
            finish(connection, message)

    def answer(self, answer: Answer) -> None:
        """Note what a keeper answers, after what it was. Raises RecordUnavailableError."""
        with self.writing() as connection:
            save_answer(connection, answer)

    def answer_of(self, site: str, outage: str, contact: str) -> Answer | None:
        """What this contact answers about this outage. Raises RecordUnavailableError."""
        with self.reading() as connection:
            return load_answer(connection, site, outage, contact)

    def link_zalo(self, chat: ZaloChat) -> None:
        """Note in which chat a contact is reached. Raises RecordUnavailableError."""
        with self.writing() as connection:
            save_chat(connection, chat)

    def zalo_chats(self) -> dict[str, ZaloChat]:
        """By contact, those who are reached in a chat. Raises RecordUnavailableError."""
        with self.reading() as connection:
            return load_chats(connection)

    @contextlib.contextmanager
    def reading(self) -> Generator[sa.Connection]:
        """For functions that ask for something. Raises RecordUnavailableError."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise RecordUnavailableError(f"the record can't be read: {_words(error)}") from error

    @contextlib.contextmanager
    def writing(self) -> Generator[sa.Connection]:
        """For functions that change something: all of it or nothing."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise RecordUnavailableError(f"the record can't be written: {_words(error)}") from error

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def _load(self) -> dict[str, AgentRecord]:
        """Raises RecordUnavailableError."""
        found: dict[str, AgentRecord] = {}
        with self.reading() as connection:
            for row in connection.execute(sa.select(agents_table)).mappings():
                values: dict[str, Any] = dict(row)
                hello: str | None = values.pop("hello")
                record = AgentRecord(**values)
                record.hello = _kept_hello(record.agent, hello)
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
    # The driver's own transactions leave out the statements that make tables.
    connection.isolation_level = None


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _words(error: Exception) -> str:
    """What is wrong, without the statement and its data."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return "no room is left on its disk: make some" if code == sqlite3.SQLITE_FULL else str(cause)


def _kept_hello(agent: str, text: str | None) -> Hello | None:
    """What another version kept may not be readable any more: the next hello is soon here."""
    try:
        return msgspec.json.decode(text, type=Hello) if text else None
    except (msgspec.DecodeError, RecursionError) as error:
        log.warning("the last hello of %s can't be read and is left out: %s", agent, error)
        return None


def _migrate(connection: sa.Connection) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", "sansang_collector:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _keep_undated(connection: sa.Connection, undated: Sequence[tuple[Batch, int]]) -> None:
    upsert(connection, undated_table, [undated_row(*each) for each in undated])
    for agent, now in {batch.agent: now for batch, now in undated}.items():
        old = undated_table.c.received_at < now - UNDATED_KEPT_US
        connection.execute(sa.delete(undated_table).where(undated_table.c.agent == agent, old))


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
        "lost_before": record.lost_before,
        "hello": encode(record.hello).decode() if record.hello else None,
    }

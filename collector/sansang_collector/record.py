# SPDX-License-Identifier: Apache-2.0
"""The record that must be exact, in SQL: which numbers of which agent are here, what was refused.

Kept in memory whole and written through: one transaction a lot. When the database refuses it, the
memory is read anew from what the database has.
"""

import contextlib
import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from sansang_collector.agent_record import AgentRecord
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
from sansang_collector.migrating import UnknownRevisionError, migrate
from sansang_collector.numbers import EpochNumbers
from sansang_collector.record_sql import (
    agents_table,
    delete_epochs,
    epochs_table,
    rejected_table,
    save_agents,
    save_hellos,
    save_undated,
)
from sansang_collector.saving import Telling, Watched
from sansang_collector.saving import save as save_watch
from sansang_collector.speed_sql import SpeedTest, save_tests
from sansang_collector.watch.alerts import Notice
from sansang_collector.zalo_sql import ZaloChat, load_chats, save_chat
from sansang_wire.batch import Batch, Hello
from sansang_wire.ranges import Ranges

log = logging.getLogger(__name__)

ROOM_BYTES = 1_000_000
"""What must fit on the disk for the record to be well again."""


class RecordUnavailableError(Exception):
    """The database can't take a change now; the message says why."""


@dataclass(slots=True)
class Saving:
    """What one transaction writes: agents and some of their epochs, the new hellos of some, batches
    without a date with the time they came, speed tests, epochs (agent, epoch) that are forgotten,
    and what was watched and is to be told at an instant in µs.
    """

    agents: list[AgentRecord] = field(default_factory=list[AgentRecord])
    hellos: Collection[Hello] = ()
    epochs: Mapping[str, set[str]] = field(default_factory=dict[str, set[str]])
    undated: Sequence[tuple[Batch, int]] = ()
    tests: Sequence[SpeedTest] = ()
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
        self.tests_saved: Counter[str] = Counter()
        """By site, how often speed tests of it were written since the start."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self.engine.begin() as connection:
                migrate(connection)
            self.agents = self._load()
        except (SQLAlchemyError, OSError) as error:
            raise RecordUnavailableError(
                f"the record {path} can't be opened: {_words(error)}"
            ) from error
        except UnknownRevisionError as error:
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
        try:
            with self.engine.begin() as connection:
                save_agents(connection, saving.agents, saving.epochs)
                save_hellos(connection, saving.hellos)
                save_undated(connection, saving.undated)
                save_tests(connection, saving.tests)
                delete_epochs(connection, saving.forgotten)
                save_watch(connection, saving.watched, saving.telling, saving.at)
            self.tests_saved.update({each.site for each in saving.tests})
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

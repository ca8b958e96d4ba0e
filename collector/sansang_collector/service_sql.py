# SPDX-License-Identifier: Apache-2.0
"""What is held of services, and the messages about them, in SQL; `migrations` makes the tables."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from sansang_collector.record_sql import metadata, upsert
from sansang_collector.watch import Alert, ServiceState, Speaker, Word

services_table = sa.Table(
    "service",
    metadata,
    *(sa.Column(name, sa.String(64), primary_key=True) for name in ("site", "service", "subject")),
    sa.Column("state", sa.String(16)),
    *(sa.Column(name, sa.BigInteger) for name in ("since", "doubted", "judged")),
    sa.Column("said", sa.JSON),
    sa.Column("told_down", sa.BigInteger),
    sa.Column("told_stage", sa.String(16)),
)
messages_table = sa.Table(
    "message",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("made", sa.BigInteger),
    *(sa.Column(name, sa.String(64)) for name in ("site", "service", "subject", "state")),
    sa.Column("since", sa.BigInteger),
    sa.Column("down_since", sa.BigInteger),
    sa.Column("stage", sa.String(16)),
    sa.Column("done", sa.Boolean),
)
deliveries_table = sa.Table(
    "delivery",
    metadata,
    sa.Column("message", sa.Integer, primary_key=True),
    sa.Column("channel", sa.String(64), primary_key=True),
    sa.Column("at", sa.BigInteger),
)


class Service(NamedTuple):
    """What can be up or down: of the Wi-Fi, `subject` is the network's name."""

    site: str
    service: str
    subject: str


class NewMessage(NamedTuple):
    """Something to tell, made at `made` (µs)."""

    about: Service
    alert: Alert
    made: int


class Message(NamedTuple):
    """A message that not everyone has yet, and the channels that have it."""

    id: int
    about: Service
    alert: Alert
    made: int
    delivered: frozenset[str]


def load_services(connection: sa.Connection) -> dict[Service, ServiceState]:
    """Everything that is held."""
    found: dict[Service, ServiceState] = {}
    for row in connection.execute(sa.select(services_table)).mappings():
        values: dict[str, Any] = dict(row)
        key = Service(*(values.pop(name) for name in Service._fields))
        values["said"] = {_speaker(who): Word(*word) for who, word in values["said"].items()}
        found[key] = ServiceState(**values)
    return found


def _speaker(key: str) -> Speaker:
    """`agent/witness`, where no agent's id has a slash; a record from before guests has the agent
    alone.
    """
    agent, _, witness = key.partition("/")
    return Speaker(agent, "guest" if witness == "guest" else "radio")


def save_services(
    connection: sa.Connection,
    services: Mapping[Service, ServiceState],
    messages: Sequence[NewMessage],
) -> None:
    """Write what has changed, and what is to be told about it."""
    rows = [
        {
            **key._asdict(),
            **state._asdict(),
            "said": {"/".join(who): word for who, word in state.said.items()},
        }
        for key, state in services.items()
    ]
    upsert(connection, services_table, rows)
    for about, alert, made in messages:
        values = {**about._asdict(), **alert._asdict(), "made": made, "done": False}
        connection.execute(sa.insert(messages_table).values(values))


def load_unfinished(connection: sa.Connection) -> list[Message]:
    """The messages that not everyone has yet, oldest first."""
    table = messages_table
    rows = connection.execute(
        sa.select(table).where(table.c.done == sa.false()).order_by(table.c.id)
    ).mappings()
    return [_message(connection, dict(row)) for row in rows]


def _message(connection: sa.Connection, row: dict[str, Any]) -> Message:
    its = sa.select(deliveries_table.c.channel).where(deliveries_table.c.message == row["id"])
    return Message(
        id=row["id"],
        about=Service(row["site"], row["service"], row["subject"]),
        alert=Alert(row["state"], row["since"], row["down_since"], row["stage"]),
        made=row["made"],
        delivered=frozenset(connection.execute(its).scalars()),
    )


def load_told(connection: sa.Connection) -> set[Service]:
    """What is down, not known to be back, and somebody was told of."""
    held, its = services_table.c, messages_table.c
    about = [held[name] == its[name] for name in Service._fields]
    statement = (
        sa.select(held.site, held.service, held.subject)
        .join(messages_table, sa.and_(*about, held.told_down == its.since, its.state == "down"))
        .join(deliveries_table, deliveries_table.c.message == its.id)
    )
    return {Service(*row) for row in connection.execute(statement)}


def save_delivery(connection: sa.Connection, message: int, channel: str, at: int) -> None:
    """This channel has this message."""
    upsert(connection, deliveries_table, [{"message": message, "channel": channel, "at": at}])


def finish(connection: sa.Connection, message: int) -> None:
    """Nothing more is to be done about it."""
    connection.execute(
        sa.update(messages_table).where(messages_table.c.id == message).values(done=True)
    )

# SPDX-License-Identifier: Apache-2.0
"""What people know to be down, and the messages about it, in SQL; `migrations` makes the tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from sansang_collector.record_sql import metadata, upsert
from sansang_collector.watch.alerts import Notice, Told
from sansang_collector.watch.entry import Thing

told_table = sa.Table(
    "told",
    metadata,
    *(sa.Column(name, sa.String(64), primary_key=True) for name in ("site", "service", "subject")),
    sa.Column("since", sa.BigInteger),
    sa.Column("cause", sa.String(32)),
    sa.Column("stage", sa.String(16)),
    sa.Column("area", sa.String(128)),
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
    sa.Column("cause", sa.String(32)),
    sa.Column("sites", sa.JSON),
)
deliveries_table = sa.Table(
    "delivery",
    metadata,
    sa.Column("message", sa.Integer, primary_key=True),
    sa.Column("channel", sa.String(64), primary_key=True),
    sa.Column("at", sa.BigInteger),
    sa.Column("reminded", sa.BigInteger),
)


class Service(NamedTuple):
    """What a message is about: of the Wi-Fi, `subject` is the network's name. Of many sites at once
    `site` is empty, and `subject` what they have in common.
    """

    site: str
    service: str
    subject: str


class NewMessage(NamedTuple):
    """Something to tell, made at `made` (µs); `sites` when it is about many."""

    about: Service
    notice: Notice
    made: int
    sites: Sequence[str] = ()


class Message(NamedTuple):
    """A message, and when (µs) which channel had it."""

    id: int
    about: Service
    notice: Notice
    made: int
    sites: Sequence[str]
    delivered: Mapping[str, int]


class Standing(NamedTuple):
    """What people know to be down, by the instant they were told of; and which channels were told
    of which beginning.
    """

    down: frozenset[tuple[Service, int]]
    told: Mapping[tuple[Service, int], frozenset[str]]

    def lasts(self, message: Message) -> bool:
        """Whether what a message told to begin goes on."""
        about = message.about
        return about.service == "channel" or (about, message.notice.since) in self.down

    def knows(self, channel: str, message: Message) -> bool:
        """Of an end: whether this channel was told of the beginning, or nobody was."""
        told = self.told.get((message.about, message.notice.down_since))
        return told is None or channel in told


def load_told(connection: sa.Connection) -> dict[str, dict[Thing, Told]]:
    """What people know to be down, by site."""
    found: dict[str, dict[Thing, Told]] = {}
    for row in connection.execute(sa.select(told_table)).mappings():
        values: dict[str, Any] = dict(row)
        site: str = values.pop("site")
        thing = values.pop("service"), values.pop("subject")
        found.setdefault(site, {})[thing] = Told(**values)
    return found


def save_told(connection: sa.Connection, told: Mapping[str, Mapping[Thing, Told]]) -> None:
    """What people know of these sites, which is all there is of them."""
    for site, things in told.items():
        connection.execute(sa.delete(told_table).where(told_table.c.site == site))
        rows = [
            {"site": site, "service": service, "subject": subject, **each._asdict()}
            for (service, subject), each in things.items()
        ]
        upsert(connection, told_table, rows)


def save_messages(connection: sa.Connection, messages: Iterable[NewMessage]) -> None:
    """What is to be told."""
    for about, notice, made, sites in messages:
        values: dict[str, Any] = {**about._asdict(), **notice._asdict(), "made": made}
        values |= {"done": False, "sites": list(sites)}
        connection.execute(sa.insert(messages_table).values(values))


def load_unfinished(connection: sa.Connection) -> list[Message]:
    """The messages that not everyone has yet, oldest first."""
    table = messages_table
    rows = connection.execute(
        sa.select(table).where(table.c.done == sa.false()).order_by(table.c.id)
    ).mappings()
    return [_message(connection, row) for row in rows.all()]


def load_told_of(
    connection: sa.Connection, site: str, start: int, end: int | None
) -> list[Message]:
    """The messages made about a site within [start, end) (µs)."""
    table = messages_table
    statement = sa.select(table).where(table.c.site == site, table.c.made >= start)
    if end is not None:
        statement = statement.where(table.c.made < end)
    rows = connection.execute(statement.order_by(table.c.id)).mappings().all()
    return [_message(connection, row) for row in rows]


def _message(connection: sa.Connection, row: Mapping[Any, Any]) -> Message:
    table = deliveries_table.c
    its = sa.select(table.channel, table.at).where(table.message == row["id"])
    return message_of(row, {each.channel: each.at for each in connection.execute(its)})


def message_of(row: Mapping[Any, Any], delivered: Mapping[str, int]) -> Message:
    """The message of a row of its table."""
    return Message(
        id=row["id"],
        about=Service(row["site"], row["service"], row["subject"]),
        notice=Notice(*(row[name] for name in Notice._fields)),
        made=row["made"],
        sites=row["sites"] or (),
        delivered=delivered,
    )


def load_reached(connection: sa.Connection) -> set[Service]:
    """What people know to be down, where a message about it reached somebody."""
    held, its = told_table.c, messages_table.c
    about = [held[name] == its[name] for name in Service._fields]
    statement = (
        sa.select(held.site, held.service, held.subject)
        .join(messages_table, sa.and_(*about, held.since == its.since, its.state == "down"))
        .join(deliveries_table, deliveries_table.c.message == its.id)
    )
    return {Service(*row) for row in connection.execute(statement)}


def load_standing(connection: sa.Connection) -> Standing:
    """As it is now; of beginnings, those of what is over and not yet told to everyone, too."""
    down: set[tuple[Service, int]] = set()
    for site, things in load_told(connection).items():
        for thing, known in things.items():
            down.add((Service(site, *thing), known.since))
            if known.area is not None:
                name, _, since = known.area.rpartition(" ")
                down.add((Service("", "area", name), int(since)))
    table, deliveries = messages_table.c, deliveries_table.c
    wanted = sa.select(*(table[name] for name in (*Service._fields, "down_since"))).where(
        table.done == sa.false(), table.state == "up"
    )
    told: dict[tuple[Service, int], frozenset[str]] = {}
    for row in connection.execute(wanted).mappings().all():
        service, since = Service(*(row[name] for name in Service._fields)), row["down_since"]
        about = [table[name] == row[name] for name in Service._fields]
        rows = connection.execute(
            sa.select(table.id, deliveries.channel)
            .outerjoin(deliveries_table, deliveries.message == table.id)
            .where(*about, table.state == "down", table.since == since)
        ).all()
        if rows:
            told[service, since] = frozenset(each.channel for each in rows if each.channel)
    return Standing(frozenset(down), told)


def load_delivered_to(connection: sa.Connection, channel: str) -> list[tuple[Message, int]]:
    """The beginnings that a channel was told of and that last, with when it was last told (µs)."""
    table, deliveries = messages_table.c, deliveries_table.c
    about = [told_table.c[name] == table[name] for name in Service._fields]
    rows = connection.execute(
        sa.select(messages_table, deliveries.at, deliveries.reminded)
        .join(deliveries_table, deliveries.message == table.id)
        .join(told_table, sa.and_(*about, told_table.c.since == table.since))
        .where(deliveries.channel == channel, table.state == "down")
        .order_by(table.id)
    ).mappings()
    return [(_message(connection, row), row["reminded"] or row["at"]) for row in rows.all()]


def save_reminder(connection: sa.Connection, message: int, channel: str, at: int) -> None:
    """This channel was reminded of this message."""
    table = deliveries_table
    its = sa.update(table).where(table.c.message == message, table.c.channel == channel)
    connection.execute(its.values(reminded=at))


def save_delivery(connection: sa.Connection, message: int, channel: str, at: int) -> None:
    """This channel has this message."""
    upsert(connection, deliveries_table, [{"message": message, "channel": channel, "at": at}])


def finish(connection: sa.Connection, message: int) -> None:
    """Nothing more is to be done about it."""
    connection.execute(
        sa.update(messages_table).where(messages_table.c.id == message).values(done=True)
    )

# SPDX-License-Identifier: Apache-2.0
"""What keepers of houses answer about outages, in SQL; `migrations` makes the table. Every answer
stays; of each outage a contact's last one holds.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import sqlalchemy as sa

from sansang_collector.record_sql import metadata
from sansang_collector.watch.entry import Key

AnswerKind = Literal["power_out", "repairing", "closed_today"]
REPEATED_US = 600_000_000
"""Within so long the same again is the same button pressed twice."""

answers_table = sa.Table(
    "answer",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.String(64)) for name in ("site", "outage", "contact")),
    sa.Column("answer", sa.String(16)),
    sa.Column("comment", sa.Text),
    sa.Column("at", sa.BigInteger),
)


class Answer(NamedTuple):
    """What a contact says of an outage of a site (`outage_name`), since `at` (µs); the comment may
    be empty.
    """

    site: str
    outage: str
    contact: str
    answer: AnswerKind
    comment: str
    at: int


def outage_name(key: Key) -> str:
    """What a link calls an outage: as it was when people were told of it."""
    return "/".join(map(str, key))


def outage_key(name: str) -> Key:
    """The key of which that was made."""
    thing, _, start = name.rpartition("/")
    service, _, subject = thing.partition("/")
    return Key(service, subject, int(start) if start.isdecimal() else 0)


def save_answer(connection: sa.Connection, answer: Answer) -> None:
    """Keep it for ever; but the same again within ten minutes changes nothing."""
    table = answers_table.c
    of_contact = _answers().where(table.site == answer.site, table.contact == answer.contact)
    last = connection.execute(of_contact.order_by(table.id.desc()).limit(1))
    said = [Answer(*row) for row in last]
    again = any(
        each._replace(at=answer.at) == answer and answer.at - each.at <= REPEATED_US
        for each in said
    )
    if not again:
        connection.execute(sa.insert(answers_table).values(answer._asdict()))


def load_answers(
    connection: sa.Connection, start: int, end: int | None = None, site: str | None = None
) -> Sequence[Answer]:
    """All that were given within [start, end) (µs), at one site or anywhere, oldest first."""
    table = answers_table.c
    statement = _answers().where(table.at >= start)
    if end is not None:
        statement = statement.where(table.at < end)
    if site is not None:
        statement = statement.where(table.site == site)
    return [Answer(*row) for row in connection.execute(statement.order_by(table.at, table.id))]


def load_answers_after(connection: sa.Connection, number: int) -> list[tuple[int, Answer]]:
    """Those that came after the one of this number, with theirs, in the order they came."""
    table = answers_table.c
    statement = sa.select(answers_table).where(table.id > number).order_by(table.id)
    rows = connection.execute(statement).mappings()
    return [(row["id"], Answer(*(row[name] for name in Answer._fields))) for row in rows]


def load_answer(connection: sa.Connection, site: str, outage: str, contact: str) -> Answer | None:
    """What this contact says of this outage."""
    return next(
        (each for each in load_held(connection, site, outage) if each.contact == contact), None
    )


def load_held(connection: sa.Connection, site: str, outage: str) -> list[Answer]:
    """What holds of this outage, of each contact one."""
    table = answers_table.c
    statement = _answers().where(table.site == site, table.outage == outage)
    return held([Answer(*row) for row in connection.execute(statement.order_by(table.id))])


def held(answers: Iterable[Answer]) -> list[Answer]:
    """Of answers in the order they came, of each outage a contact's last one."""
    last: dict[tuple[str, str, str], Answer] = {}
    for each in answers:
        about = each.site, each.outage, each.contact
        last.pop(about, None)
        last[about] = each
    return list(last.values())


def _answers() -> sa.Select[tuple[object, ...]]:
    return sa.select(*(answers_table.c[name] for name in Answer._fields))

# SPDX-License-Identifier: Apache-2.0
"""What keepers of houses answer about outages, in SQL; `migrations` makes the table."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from sansang_collector.record_sql import metadata

AnswerKind = Literal["power_out", "repairing", "closed_today"]

answers_table = sa.Table(
    "answer",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.String(64)) for name in ("site", "outage", "contact")),
    sa.Column("answer", sa.String(16)),
    sa.Column("comment", sa.Text),
    sa.Column("at", sa.BigInteger),
)
ABOUT = ("site", "outage", "contact")


class Answer(NamedTuple):
    """What a contact says of an outage of a site, since `at` (µs); the comment may be empty."""

    site: str
    outage: str
    contact: str
    answer: AnswerKind
    comment: str
    at: int


def save_answer(connection: sa.Connection, answer: Answer) -> None:
    """In place of what that contact said of that outage before; the same again changes nothing."""
    statement = insert(answers_table).values(answer._asdict())
    old, new = answers_table.c, statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=ABOUT,
            set_={"answer": new.answer, "comment": new.comment, "at": new.at},
            where=sa.or_(old.answer != new.answer, old.comment != new.comment),
        )
    )


def load_answers(connection: sa.Connection, site: str, since: int) -> Sequence[Answer]:
    """Those given at `since` (µs) or later, oldest first."""
    table = answers_table.c
    rows = connection.execute(
        _answers().where(table.site == site, table.at >= since).order_by(table.at, table.id)
    )
    return [Answer(*row) for row in rows]


def load_answer(connection: sa.Connection, site: str, outage: str, contact: str) -> Answer | None:
    """What this contact said of this outage."""
    table = answers_table.c
    row = connection.execute(
        _answers().where(table.site == site, table.outage == outage, table.contact == contact)
    ).first()
    return Answer(*row) if row else None


def _answers() -> sa.Select[tuple[object, ...]]:
    return sa.select(*(answers_table.c[name] for name in Answer._fields))

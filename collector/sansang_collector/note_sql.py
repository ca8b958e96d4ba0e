# SPDX-License-Identifier: Apache-2.0
"""What people note about outages, in SQL: that they know, when to come back to it, what they found;
`migrations` makes the table.
"""

from typing import Literal, NamedTuple

import sqlalchemy as sa

from sansang_collector.record_sql import metadata

NoteKind = Literal["ack", "snooze", "comment"]

notes_table = sa.Table(
    "note",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("outage", sa.Integer),
    *(sa.Column(name, sa.BigInteger) for name in ("at", "until")),
    sa.Column("kind", sa.String(16)),
    sa.Column("text", sa.String(500)),
    sa.Column("who", sa.String(63)),
)


class Note(NamedTuple):
    """Of an outage by its number, made at `at`; a snooze lasts `until` (both µs). `who`: a contact,
    or `officer`; the text may be empty.
    """

    outage: int
    at: int
    kind: NoteKind
    until: int | None
    text: str
    who: str


def save_note(connection: sa.Connection, note: Note) -> None:
    """Keep it for ever."""
    connection.execute(sa.insert(notes_table).values(note._asdict()))


def load_notes(connection: sa.Connection, number: int) -> list[Note]:
    """What was noted about an outage, the first first."""
    table = notes_table.c
    columns = (table[name] for name in Note._fields)
    statement = sa.select(*columns).where(table.outage == number).order_by(table.id)
    return [Note(*row) for row in connection.execute(statement)]


def load_comments(connection: sa.Connection, first: int, last: int) -> dict[int, str]:
    """The last comment on each outage with a number from `first` to `last`."""
    table = notes_table.c
    statement = (
        sa.select(table.outage, table.text)
        .where(table.kind == "comment", table.outage.between(first, last))
        .order_by(table.id)
    )
    return {row.outage: row.text for row in connection.execute(statement)}


def silenced(connection: sa.Connection, number: int, now: int) -> bool:
    """Whether nobody is to be reminded of an outage at `now` (µs): somebody acknowledged it, or
    the last snooze lasts.
    """
    notes = load_notes(connection, number)
    snoozed = [note.until or 0 for note in notes if note.kind == "snooze"]
    return any(note.kind == "ack" for note in notes) or now < max(snoozed[-1:], default=0)

# SPDX-License-Identifier: Apache-2.0
"""What people note about outages, in SQL: that they know, when to come back to it, what they found;
`migrations` makes the table.
"""

from typing import Literal, NamedTuple

import sqlalchemy as sa

from sansang_collector.record_sql import metadata

NoteKind = Literal["ack", "snooze", "comment"]
FOREVER = 2**62

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


def load_notes_between(connection: sa.Connection, first: int, last: int) -> dict[int, list[Note]]:
    """What was noted about each outage with a number from `first` to `last`."""
    table = notes_table.c
    columns = (table[name] for name in Note._fields)
    statement = sa.select(*columns).where(table.outage.between(first, last)).order_by(table.id)
    found: dict[int, list[Note]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.outage, []).append(Note(*row))
    return found


def silent_until(connection: sa.Connection, number: int) -> int:
    """Until when (µs) nobody is reminded of an outage: for ever once somebody acknowledged it, else
    until the end of the last snooze; 0 without either.
    """
    notes = load_notes(connection, number)
    snoozed = [note.until or 0 for note in notes if note.kind == "snooze"]
    return FOREVER if any(note.kind == "ack" for note in notes) else max(snoozed[-1:], default=0)

# SPDX-License-Identifier: Apache-2.0
"""The outage ledger in SQL: what was written stays, a correction is a further revision.

`outage` is the number of an outage: the id of its first revision. `current` marks the newest
revision of each; one that is `withdrawn` says that there was no such outage. `late`: the revision
came of evidence that arrived late.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from sansang_collector.record_sql import metadata, upsert
from sansang_collector.watch.entry import Entry, Key

NEAR_US = 60_000_000
ledger_table = sa.Table(
    "ledger",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Integer) for name in ("outage", "revision")),
    sa.Column("recorded", sa.BigInteger),
    *(sa.Column(name, sa.String(64)) for name in ("site", "service", "subject", "state")),
    *(sa.Column(name, sa.BigInteger) for name in ("start", "end")),
    sa.Column("cause", sa.String(32)),
    sa.Column("clues", sa.JSON),
    sa.Column("root", sa.JSON),
    *(sa.Column(name, sa.Boolean) for name in ("late", "current", "withdrawn")),
)
worked_table = sa.Table(
    "worked",
    metadata,
    *(sa.Column(name, sa.String(64), primary_key=True) for name in ("site", "service", "subject")),
    sa.Column("first", sa.BigInteger),
)
"""When a service was first seen to work."""


class Outage(NamedTuple):
    """An entry of a site as the ledger has it now, under its number."""

    number: int
    revision: int
    site: str
    entry: Entry
    late: bool


class Revised(NamedTuple):
    """One change of the ledger: `entry` under the key `was`; None: there never was such a thing."""

    was: Key
    entry: Entry | None


_SINCE = (
    sa.select(ledger_table)
    .where(ledger_table.c.current, sa.not_(ledger_table.c.withdrawn))
    .where(ledger_table.c.site == sa.bindparam("its"))
    .where(sa.or_(ledger_table.c.end.is_(None), ledger_table.c.end > sa.bindparam("since")))
    .order_by(ledger_table.c.start, ledger_table.c.id)
)


def write(
    connection: sa.Connection, site: str, changes: Iterable[Revised], now: int, *, late: bool
) -> None:
    """Write what changed, a revision each; what is as it was is left alone."""
    for was, entry in changes:
        row = connection.execute(_current(site).where(*_is(was))).mappings().first()
        if entry is None:
            if row is not None:
                _revise(connection, {**row, "withdrawn": True}, now, late=late)
            continue
        values = _values(entry)
        if row is None:
            first = {"revision": 0, "outage": 0, "site": site, "withdrawn": False, "id": None}
            _revise(connection, {**first, **values}, now, late=late)
        elif any(row[name] != value for name, value in values.items()):
            _revise(connection, {**row, **values}, now, late=late)


def load(
    connection: sa.Connection, start: int, end: int | None = None, site: str | None = None
) -> list[Outage]:
    """What lasted for a while within [start, end), of one site or of all; oldest first."""
    table = ledger_table.c
    statement = _current(site).where(sa.or_(table.end.is_(None), table.end > start))
    if end is not None:
        statement = statement.where(table.start < end)
    rows = connection.execute(statement.order_by(table.start, table.id)).mappings()
    return [_outage(row) for row in rows]


def load_since(connection: sa.Connection, start: int, site: str) -> list[Outage]:
    """What lasted for a while since `start` (µs) at one site; oldest first. Asked of every site
    when the collector starts.
    """
    rows = connection.execute(_SINCE, {"its": site, "since": start}).mappings()
    return [_outage(row) for row in rows]


def numbers_near(connection: sa.Connection, site: str, start: int) -> list[int]:
    """The outages of a site that began within a minute of an instant in µs: what a message of
    then may mean.
    """
    table = ledger_table.c
    near = table.start.between(start - NEAR_US, start + NEAR_US)
    return [row.outage for row in connection.execute(_current(site).where(near))]


def revisions(connection: sa.Connection, number: int) -> list[tuple[int, bool, Outage]]:
    """Every revision of one outage, the first first: when it was recorded (µs), whether it was
    withdrawn, what it said.
    """
    table = ledger_table
    statement = sa.select(table).where(table.c.outage == number).order_by(table.c.revision)
    rows = connection.execute(statement).mappings()
    return [(row["recorded"], row["withdrawn"], _outage(row)) for row in rows]


def load_worked(connection: sa.Connection) -> dict[str, dict[tuple[str, str], int]]:
    """By site and service, when it was first seen to work."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for site, service, subject, first in connection.execute(sa.select(worked_table)):
        found.setdefault(site, {})[service, subject] = first
    return found


def save_worked(
    connection: sa.Connection, worked: Iterable[tuple[str, tuple[str, str], int]]
) -> None:
    """Write when services were first seen to work."""
    rows: list[dict[str, Any]] = [
        {"site": site, "service": service, "subject": subject, "first": first}
        for site, (service, subject), first in worked
    ]
    upsert(connection, worked_table, rows)


def _current(site: str | None) -> sa.Select[Any]:
    table = ledger_table.c
    statement = sa.select(ledger_table).where(table.current, sa.not_(table.withdrawn))
    return statement if site is None else statement.where(table.site == site)


def _is(key: Key) -> list[sa.ColumnElement[bool]]:
    return [ledger_table.c[name] == value for name, value in key._asdict().items()]


def _revise(connection: sa.Connection, values: Mapping[str, Any], now: int, *, late: bool) -> None:
    """One more revision; the one before it is current no longer."""
    table = ledger_table
    if values["id"] is not None:
        before = table.c.id == values["id"]
        connection.execute(sa.update(table).where(before).values(current=False))
    row = {name: value for name, value in values.items() if name != "id"}
    row |= {"revision": row["revision"] + 1, "recorded": now, "late": late, "current": True}
    made = connection.execute(sa.insert(table).values(row))
    if row["outage"] == 0:
        [number] = made.inserted_primary_key or (0,)
        connection.execute(sa.update(table).where(table.c.id == number).values(outage=number))


def _values(entry: Entry) -> dict[str, Any]:
    return {
        **entry.key._asdict(),
        "state": entry.state,
        "end": entry.end,
        "cause": entry.cause,
        "clues": dict(entry.clues),
        "root": None if entry.root is None else list(entry.root),
    }


def _outage(row: Mapping[Any, Any]) -> Outage:
    entry = Entry(
        Key(row["service"], row["subject"], row["start"]),
        row["state"],
        row["end"],
        row["cause"],
        tuple(sorted(row["clues"].items())),
        None if row["root"] is None else Key(*row["root"]),
    )
    return Outage(row["outage"], row["revision"], row["site"], entry, row["late"])

# SPDX-License-Identifier: Apache-2.0
"""Maintenance that was declared before it began, in SQL; `migrations` makes the table."""

from typing import NamedTuple

import sqlalchemy as sa

from sansang_collector.hours import Span
from sansang_collector.language import mark
from sansang_collector.record_sql import metadata

maintenance_table = sa.Table(
    "maintenance",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("site", sa.String(63)),
    *(sa.Column(name, sa.BigInteger) for name in ("start", "end", "declared")),
    sa.Column("note", sa.String(200)),
)


class Maintenance(NamedTuple):
    """A site is worked on in this span; it was declared at an instant in µs."""

    site: str
    span: Span
    note: str
    declared: int


def declare(connection: sa.Connection, window: Maintenance) -> None:
    """Keep a window. Raises ValueError for one that has begun, or that ends before it begins."""
    start, end = window.span
    if end <= start:
        raise ValueError(mark("The maintenance ends before it begins."))
    if start <= window.declared:
        raise ValueError(
            mark("Maintenance is declared before it begins: choose a later beginning.")
        )
    values = {"site": window.site, "start": start, "end": end, "note": window.note}
    connection.execute(sa.insert(maintenance_table).values(**values, declared=window.declared))


def load_maintenance(connection: sa.Connection, start: int, end: int) -> list[Maintenance]:
    """Every window that touches [start, end), in time order."""
    table = maintenance_table.c
    statement = (
        sa.select(maintenance_table)
        .where(table.start < end, table.end > start)
        .order_by(table.start, table.id)
    )
    return [
        Maintenance(row["site"], Span(row["start"], row["end"]), row["note"], row["declared"])
        for row in connection.execute(statement).mappings()
    ]

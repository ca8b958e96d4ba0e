# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S608 - what is put into statements comes from the shapes, as the docstring says
"""The SQL of the embedded store, made from the shapes of the readings.

Only names out of `sansang_wire.schema` are put into statements; everything else is a parameter.
"""

import sqlite3
from collections.abc import Iterable

from sansang_collector.store.shapes import FieldType, Shape

AFFINITY: dict[FieldType, str] = {"float": "REAL", "int": "INTEGER", "str": "TEXT"}

SERIES_TABLE = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, site TEXT NOT NULL, agent TEXT NOT NULL, labels TEXT NOT NULL,
    UNIQUE (kind, site, agent, labels)
)"""
ADD_SERIES = "INSERT OR IGNORE INTO series (kind, site, agent, labels) VALUES (?, ?, ?, ?)"
FIND_SERIES = "SELECT id FROM series WHERE kind = ? AND site = ? AND agent = ? AND labels = ?"


def prepare(connection: sqlite3.Connection, shapes: Iterable[Shape]) -> None:
    """Make the tables that are missing, and the columns of values that kinds have gained."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(SERIES_TABLE)
    for of in shapes:
        columns = ["series INTEGER NOT NULL", "at INTEGER NOT NULL", *_columns(of)]
        body = ", ".join(columns)
        connection.execute(
            f'CREATE TABLE IF NOT EXISTS "{of.kind}" ({body}, PRIMARY KEY (series, at))'
            " WITHOUT ROWID"
        )
        connection.execute(f'CREATE TABLE IF NOT EXISTS "{of.kind}_new" ({body})')
        for table in (of.kind, f"{of.kind}_new"):
            there = {row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')}
            for name, column in zip(of.fields, _columns(of), strict=True):
                if name not in there:
                    connection.execute(f'ALTER TABLE "{table}" ADD COLUMN {column}')
    connection.execute("COMMIT")


def _columns(of: Shape) -> list[str]:
    return [f'"{name}" {AFFINITY[type_]}' for name, type_ in of.fields.items()]


def _names(of: Shape) -> str:
    return ", ".join(["series", "at", *(f'"{name}"' for name in of.fields)])


def insert(of: Shape, rows: int) -> str:
    """Append `rows` rows of series, at and `of.fields`."""
    row = f"({', '.join('?' * (len(of.fields) + 2))})"
    return f'INSERT INTO "{of.kind}_new" ({_names(of)}) VALUES {", ".join([row] * rows)}'


def count_new(of: Shape) -> str:
    """How many rows wait to be merged, and the number of the newest."""
    # Two queries in one: asked for together, SQLite would walk through the table.
    newest = f'(SELECT coalesce(max(rowid), 0) FROM "{of.kind}_new")'
    oldest = f'(SELECT coalesce(min(rowid), 1) FROM "{of.kind}_new")'
    return f"SELECT {newest} - {oldest} + 1, {newest}"


def merge(of: Shape) -> str:
    """Sort appended rows in; of two for one instant the later one stays.

    Parameters upto, slice, slices: of the rows up to `upto` those of every so many-th series.
    """
    names = _names(of)
    which = f'FROM "{of.kind}_new" WHERE rowid <= :upto AND series % :slices = :slice'
    rows = f"SELECT {names} {which} ORDER BY series, at, rowid"
    return f'INSERT OR REPLACE INTO "{of.kind}" ({names}) {rows}'


def forget_merged(of: Shape) -> str:
    """Let go of the appended rows up to parameter `upto`."""
    return f'DELETE FROM "{of.kind}_new" WHERE rowid <= :upto'


def names(site: str | None) -> str:
    """Id, site, agent and labels of each series of a kind; parameters kind, site."""
    return f"SELECT id, site, agent, labels FROM series WHERE {_which(site)}"


def _which(site: str | None) -> str:
    return "kind = :kind" if site is None else "kind = :kind AND site = :site"


def series(of: Shape, value: str, site: str | None, *, stepped: bool) -> str:
    """Rows of (series, at, value) of a site, or of all. Raises KeyError for a value `of` lacks.

    Parameters kind, site, start, end, step. In a query with a single max(), SQLite takes the other
    columns from the row that has it (sqlite.org/lang_select.html, "bare columns").
    """
    type_ = of.fields[value]
    ids = f"SELECT id FROM series WHERE {_which(site)}"
    span = f"series IN ({ids}) AND at >= :start AND at < :end"
    points = f"""
        WITH fresh AS MATERIALIZED (
            SELECT series, at, "{value}" AS value, max(rowid) FROM "{of.kind}_new"
            WHERE {span} GROUP BY series, at
        ), points AS (
            SELECT series, at, value FROM fresh WHERE value IS NOT NULL
            UNION ALL
            SELECT sorted.series, sorted.at, sorted."{value}" FROM "{of.kind}" AS sorted
            LEFT JOIN fresh USING (series, at)
            WHERE {span} AND sorted."{value}" IS NOT NULL AND fresh.at IS NULL
        )"""
    if not stepped:
        return f"{points} SELECT series, at, value FROM points ORDER BY series, at"
    begin = "at - at % :step"
    if type_ != "str":
        return (
            f"{points} SELECT series, {begin} AS begin, avg(value) FROM points"
            " GROUP BY series, begin ORDER BY series, begin"
        )
    return (
        f"{points} SELECT series, begin, value FROM (SELECT series, {begin} AS begin, value,"
        " max(at) FROM points GROUP BY series, begin) ORDER BY series, begin"
    )


def latest(of: Shape, site: str | None) -> str:
    """The newest row of each series of a site, or of all; parameters kind, site, start."""
    names, which = _names(of), _which(site)
    return f"""
        WITH fresh AS MATERIALIZED (
            SELECT {names}, max(rowid) FROM "{of.kind}_new"
            WHERE series IN (SELECT id FROM series WHERE {which}) AND at >= :start
            GROUP BY series, at
        ), newest AS (
            SELECT id, (SELECT max(at) FROM "{of.kind}" WHERE series = id) AS newest_at
            FROM series WHERE {which}
        ), candidates AS (
            SELECT {names}, 1 AS new FROM fresh
            UNION ALL
            SELECT {names}, 0 FROM newest JOIN "{of.kind}" ON series = id AND at = newest_at
            WHERE at >= :start
        )
        SELECT {names} FROM (
            SELECT {names}, row_number() OVER (PARTITION BY series ORDER BY at DESC, new DESC)
            AS place FROM candidates
        ) WHERE place = 1"""

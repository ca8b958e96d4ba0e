# SPDX-License-Identifier: Apache-2.0
"""The series store for a machine with nothing else installed: one SQLite file.

Two tables for each kind of reading. `host` is ordered by series and time, which makes reading one
series quick and writing slow: every point of a round touches another page. So `write` only appends
to `host_new`, and when that holds `MERGE_ROWS` rows the next writes sort them into `host`, a slice
each, and the last lets go of them. Reads look into both; where both have an instant that of
`host_new`, which is never older, counts.

A commit is on the disk when `write` returns (`synchronous=FULL`): a receipt promises "stored".
"""

import contextlib
import sqlite3
import threading
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from sansang_collector.store import embedded_sql as sql
from sansang_collector.store.base import (
    Latest,
    Point,
    Series,
    StoreBrokenError,
    StoreUnavailableError,
)
from sansang_collector.store.shapes import Shape, ordered, shape, shapes
from sansang_wire.reading import OUTCOME_CODES, Reading

INSERT_ROWS = 100
"""Rows in one statement: every step of a statement lets go of the interpreter and takes it back."""
MERGE_ROWS = 80_000
"""More make merging cheaper and reading slower: a read looks through all of them, 20 rows a µs."""
MERGE_SLICES = 8
"""A merge goes slice by slice, one a write: whole, it would hold up receipts for seconds."""
MAX_KNOWN_SERIES = 200_000
WRITER_CACHE_KIB, READER_CACHE_KIB = 16 * 1024, 8 * 1024
BUSY_S = 10.0
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class _Table:
    """What `write` needs of one kind: its statements and the ids of its series."""

    def __init__(self, of: Shape) -> None:
        self.shape = of
        self.insert_many = sql.insert(of, INSERT_ROWS)
        self.insert_one = sql.insert(of, 1)
        self.width = len(of.fields) + 2
        self.ids: dict[tuple[str, ...], int] = {}
        self.merge_upto = 0
        """The newest row of the merge that is under way."""
        self.merge_slice: int | None = None
        """Its next slice; None when none is under way."""

    def step(self) -> None:
        """A step of the merge is on the disk."""
        if self.merge_slice is not None:
            self.merge_slice = None if self.merge_slice == MERGE_SLICES else self.merge_slice + 1


class EmbeddedStore:
    """A `SeriesStore` in the file `path`, made when it is missing.

    Raises StoreBrokenError when the file is damaged, StoreUnavailableError when it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tables: dict[type[Reading], _Table] = {
            struct: _Table(of) for struct, of in shapes().items()
        }
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        with contextlib.ExitStack() as undo:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._writer = undo.enter_context(
                    contextlib.closing(_connect(path, WRITER_CACHE_KIB))
                )
                sql.prepare(self._writer, [table.shape for table in self._tables.values()])
                self._reader = undo.enter_context(
                    contextlib.closing(_connect(path, READER_CACHE_KIB))
                )
                self._reader.execute("PRAGMA query_only=ON")
            except (OSError, sqlite3.Error) as error:
                raise self._explained(error, StoreBrokenError) from error
            undo.pop_all()

    def write(self, points: Sequence[Point]) -> int:
        """Always 0: SQLite refuses no single point. Otherwise as the protocol says."""
        with self._write_lock, self._explaining():
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                self._insert(points)
                merged = [table for table in self._tables.values() if self._merge(table)]
                self._writer.execute("COMMIT")
                for table in merged:
                    table.step()
            except BaseException:
                self._forget()
                raise
        return 0

    def _insert(self, points: Sequence[Point]) -> None:
        rows: dict[_Table, list[Any]] = {table: [] for table in self._tables.values()}
        for site, agent, reading in points:
            table = self._tables[type(reading)]
            key = (site, agent, *table.shape.label_values(reading))
            series = table.ids.get(key) or self._series_id(table, key)
            row = rows[table]
            row += (series, reading.at, OUTCOME_CODES[reading.outcome])
            row += table.shape.field_values(reading)
        for table, flat in rows.items():
            if not flat:
                continue
            size = table.width * INSERT_ROWS
            whole = len(flat) - len(flat) % size
            for index in range(0, whole, size):
                self._writer.execute(table.insert_many, flat[index : index + size])
            for index in range(whole, len(flat), table.width):
                self._writer.execute(table.insert_one, flat[index : index + table.width])

    def _merge(self, table: _Table) -> bool:
        """Sort one slice of what was appended into its place, or let go of it when all slices are
        there: slice by slice, that would touch all of it each time. False when there is too little.
        """
        if table.merge_slice is None:
            waiting, newest = self._writer.execute(sql.count_new(table.shape)).fetchone()
            if waiting < MERGE_ROWS:
                return False
            table.merge_slice, table.merge_upto = 0, newest
        parameters = {"slice": table.merge_slice, "slices": MERGE_SLICES, "upto": table.merge_upto}
        done = table.merge_slice == MERGE_SLICES
        statement = sql.forget_merged(table.shape) if done else sql.merge(table.shape)
        self._writer.execute(statement, parameters)
        return True

    def _series_id(self, table: _Table, key: tuple[str, ...]) -> int:
        site, agent, *values = key
        labels = {
            name: value
            for name, value in zip(table.shape.labels, values, strict=True)
            if value is not None  # pyright: ignore[reportUnnecessaryComparison] - a label may be optional one day
        }
        row = (table.shape.kind, site, agent, msgspec.json.encode(labels, order="sorted").decode())
        self._writer.execute(sql.ADD_SERIES, row)
        (found,) = self._writer.execute(sql.FIND_SERIES, row).fetchone()
        if len(table.ids) >= MAX_KNOWN_SERIES:
            table.ids.clear()
        table.ids[key] = found
        return found

    def _forget(self) -> None:
        """Undo the transaction, and the ids that were given out within it."""
        for table in self._tables.values():
            table.ids.clear()
            table.merge_slice = None
        with contextlib.suppress(sqlite3.Error):
            self._writer.rollback()

    def series(  # noqa: PLR0913, PLR0917 - the shape of the API's query
        self,
        kind: str,
        value: str,
        site: str | None,
        start: int,
        end: int,
        step: int | None = None,
    ) -> list[Series]:
        """As the protocol says."""
        of = shape(kind)
        query = sql.series(of, value, site, stepped=step is not None)
        parameters = {"kind": kind, "site": site, "start": start, "end": end, "step": step}
        found: dict[int, list[tuple[int, float | str]]] = {}
        with self._read_lock, self._explaining():
            for series, at, each in self._reader.execute(query, parameters):
                found.setdefault(series, []).append((at, each))
            names = self._named(kind, site)
        return ordered(Series(*names[series], points) for series, points in found.items())

    def latest(self, kind: str, site: str | None, since: int) -> list[Latest]:
        """As the protocol says."""
        of = shape(kind)
        parameters = {"kind": kind, "site": site, "start": since}
        with self._read_lock, self._explaining():
            rows = self._reader.execute(sql.latest(of, site), parameters).fetchall()
            names = self._named(kind, site)
        found: list[Latest] = []
        for series, at, *values in rows:
            stored = zip(of.fields, values, strict=True)
            fields = {name: each for name, each in stored if each is not None}
            found.append(Latest(kind, *names[series], at, fields))
        return ordered(found)

    def _named(self, kind: str, site: str | None) -> dict[int, tuple[str, str, dict[str, str]]]:
        """Site, agent and labels by the id of the series."""
        rows = self._reader.execute(sql.names(site), {"kind": kind, "site": site})
        return {
            series: (where, agent, msgspec.json.decode(labels, type=dict[str, str]))
            for series, where, agent, labels in rows
        }

    def healthy(self) -> str | None:
        """None, or what is wrong; asks the file, not the disk under it."""
        try:
            with self._read_lock, self._explaining():
                self._reader.execute("SELECT 1 FROM series LIMIT 1").fetchone()
        except StoreUnavailableError as error:
            return str(error)
        return None

    def close(self) -> None:
        """Waits for a write that is under way. The last connection folds the log into the file."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()

    @contextlib.contextmanager
    def _explaining(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._explained(error, StoreUnavailableError) from error

    def _explained(self, error: Exception, if_damaged: type[Exception]) -> Exception:
        """What to raise for `error`: what is wrong, where, what to do."""
        # The upper bytes of an extended code say more than anyone here needs.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        where = f"the series database {self._path}"
        if code in DAMAGED:
            return if_damaged(
                f"{where} is damaged or not a database ({error}): stop the collector, move the file"
                " away or restore it from a backup, and start again"
            )
        if code == sqlite3.SQLITE_FULL:
            return StoreUnavailableError(f"{where} has no room left on its disk: make some")
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return StoreUnavailableError(
                f"{where} is held by another program: only one collector may use it"
            )
        return StoreUnavailableError(
            f"{where} can't be used ({error}): look at its disk, folder and owner"
        )


def _connect(path: Path, cache_kib: int) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"cache_size=-{cache_kib}",
        "wal_autocheckpoint=4000",
        "journal_size_limit=67108864",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection

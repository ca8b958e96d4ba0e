# SPDX-License-Identifier: Apache-2.0
"""The file of the outbox: its tables, how it is opened, and what becomes of a damaged one."""

import contextlib
import logging
import sqlite3
from collections.abc import Generator
from pathlib import Path

log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS epoch (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, next INTEGER,
    settled INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS batch (
    number INTEGER PRIMARY KEY, boot TEXT NOT NULL, clock TEXT, committed_at INTEGER,
    count INTEGER NOT NULL, readings BLOB NOT NULL
);
"""


class OutboxUnusableError(Exception):
    """The outbox can't be opened; the message says why and what to do."""


def open_file(path: Path) -> sqlite3.Connection:
    """The database at `path`, made when missing; a damaged one is set aside as `….broken` first.

    Raises OutboxUnusableError when the folder can't be written or another agent has it open.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _connect(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            log.error("the outbox %s is damaged (%s): set aside, a new one begun", path, error)
            set_aside(path)
            connection = _connect(path)
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('resets', 1)")
            return connection
    except (OSError, sqlite3.OperationalError) as error:
        hint = "is another agent using it?" if "locked" in str(error) else "can it be written?"
        raise OutboxUnusableError(f"the outbox {path} can't be opened: {error}; {hint}") from error


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """All or nothing, on disk when it ends."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back by itself
            connection.execute("ROLLBACK")
        raise


def set_aside(path: Path) -> None:
    """Keep a damaged outbox for whoever wants to look at it; the last one only."""
    for suffix in ("", "-wal"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(path.with_name(f"{path.name}.broken{suffix}"))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=0.5)
    try:
        # Exclusive: a second agent on the same file would number its batches alike.
        for setting in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {setting}").fetchall()
        connection.execute("PRAGMA cache_size=-512")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        connection.executescript(SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection

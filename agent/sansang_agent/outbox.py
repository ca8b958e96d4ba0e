# SPDX-License-Identifier: Apache-2.0
"""Readings on disk until the collector has them: numbered batches in SQLite, bounded, counted.

Every start makes a new epoch and numbers its batches from 1, so that no restored card, cloned image
or lost file can use a number twice. A row goes only on the collector's receipt, or when the outbox
is full: then the oldest go, and are counted. Rows that have their receipt are deleted in lots, for
flash wears; the newest row of an epoch stays until the next start, which reads its number.
"""

import contextlib
import logging
import secrets
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from sansang_agent.clock import Offset
from sansang_agent.net.boot import boottime_us
from sansang_agent.outbox_file import OutboxUnusableError, open_file, transaction
from sansang_agent.packing import dated_later, lots_of, packed
from sansang_wire.batch import VERSION, EpochClaim, Receipt, Sealed, pack
from sansang_wire.ranges import Ranges
from sansang_wire.readings import AnyReading

SEQ_BITS = 40
"""A row's `number` is the epoch's id and the sequence in one integer: the order of making."""
LOT = 64
EPOCHS_KEPT = 16
"""Finished epochs a hello still speaks of, for a collector that was set back to an older state."""
EPOCHS_CLAIMED = 64

log = logging.getLogger(__name__)


TAKES_NOTHING = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
"""Of SQLite's result codes: what making room on the disk, or mounting it anew, may mend."""


class OutboxFullError(Exception):
    """The disk takes no more: nothing was changed."""


class Waiting(NamedTuple):
    """A batch ready to send: its place in the outbox and its message."""

    number: int
    payload: bytes


class _Epoch:
    """One epoch: its name, its next number, and the numbers that have no receipt yet."""

    def __init__(self, row: int, name: str, upcoming: int, held: Ranges, *, settled: bool) -> None:
        self.row = row
        self.name = name
        self.next = upcoming
        self.held = held
        self.settled = settled

    @property
    def first(self) -> int:
        """The lowest number still held."""
        return self.held.first or self.next

    def number(self, seq: int) -> int:
        return (self.row << SEQ_BITS) | seq


class Outbox:
    """All calls are made from one thread, and end on disk.

    Making one begins a new epoch. Raises OutboxUnusableError.
    """

    def __init__(
        self, path: Path, *, agent: str, boot: str, max_bytes: int, max_age_s: float
    ) -> None:
        self._sql = open_file(path)
        self._agent = agent
        self._boot = boot
        self._max_bytes = max_bytes
        self._max_age_us = int(max_age_s * 1_000_000)
        self._receipted: list[int] = []
        self._epochs: dict[int, _Epoch] = {}
        self._room_was_made = False
        try:
            self._epoch = self._begin()
        except sqlite3.DatabaseError as error:
            self._sql.close()
            raise OutboxUnusableError(f"the outbox {path} can't be used: {error}") from error
        self._bytes = int(self._one("SELECT coalesce(sum(length(readings)), 0) FROM batch"))
        self._undated = bool(self._one("SELECT count(*) FROM batch WHERE clock IS NULL"))
        self.dropped_batches = int(self._meta("dropped_batches") or 0)
        self.dropped_readings = int(self._meta("dropped_readings") or 0)
        self.resets = int(self._meta("resets") or 0)

    @property
    def epoch(self) -> str:
        """The name of the epoch that began with this start."""
        return self._epoch.name

    def commit(self, readings: Sequence[AnyReading], offset: Offset | None) -> None:
        """Keep readings (dated by CLOCK_BOOTTIME) as one batch, or as more when they are many.

        Without an offset they wait undated for `date`. Raises OutboxFullError.
        """
        lots = [(len(lot), packed(lot, offset)) for lot in lots_of(readings)]
        try:
            with _or_full():
                self._insert(lots, offset)
        except OutboxFullError:
            with _or_full():
                self._make_room()
                self._insert(lots, offset)
        self._room_was_made = False
        with contextlib.suppress(OutboxFullError), _or_full():  # the next commit tries again
            self._keep_bounds(offset)

    def date(self, offset: Offset) -> None:
        """Date what this boot measured before there was an offset. A date never changes again.

        Raises OutboxFullError.
        """
        while self._undated:
            with _or_full():
                self._undated = self._date_lot(offset) == LOT

    def newest(self) -> Waiting | None:
        """The newest batch that can be sent, if it has no receipt."""
        return next(self._waiting("WHERE clock IS NOT NULL ORDER BY number DESC LIMIT 1"), None)

    def backlog(self, after: int) -> Iterator[Waiting]:
        """The batches beyond number `after` that have no receipt, oldest first."""
        return self._waiting(f"WHERE clock IS NOT NULL AND number > {after:d} ORDER BY number")

    def holds(self, number: int) -> bool:
        """Whether this batch is still without a receipt."""
        epoch = self._epochs.get(number >> SEQ_BITS)
        return epoch is not None and number - epoch.number(0) in epoch.held

    def waiting_count(self) -> int:
        """How many batches have no receipt."""
        return sum(epoch.held.count for epoch in self._epochs.values())

    def take(self, receipt: Receipt) -> int:
        """Let go of what the collector has. Returns how many batches that were."""
        epoch = next((each for each in self._epochs.values() if each.name == receipt.epoch), None)
        if epoch is None:
            return 0
        before = len(self._receipted)
        for low, high in [(1, receipt.upto), *receipt.also]:
            for start, stop in list(epoch.held):
                inside = range(max(low, start), min(high, stop) + 1)
                self._receipted += [epoch.number(seq) for seq in inside]
            epoch.held.remove(low, high)
        taken = len(self._receipted) - before
        with contextlib.suppress(OutboxFullError), _or_full():  # the next receipt tries again
            if epoch is not self._epoch and not epoch.settled and receipt.upto >= epoch.next - 1:
                with transaction(self._sql):
                    self._sql.execute("UPDATE epoch SET settled = 1 WHERE id = ?", (epoch.row,))
                epoch.settled = True
            if len(self._receipted) >= LOT:
                self._delete_receipted()
        return taken

    def claims(self) -> list[EpochClaim]:
        """What the hello says of the epochs: the unsettled, and the newest in any case."""
        epochs = list(self._epochs.values())
        older = [each for each in epochs[:-EPOCHS_KEPT] if not each.settled]
        return [
            EpochClaim(epoch=each.name, first=each.first, next=each.next)
            for each in older[: EPOCHS_CLAIMED - EPOCHS_KEPT] + epochs[-EPOCHS_KEPT:]
        ]

    def count_dropped(self, readings: int) -> None:
        """Count readings that never became a batch, for want of disk."""
        self.dropped_readings += readings

    def close(self) -> None:
        """End in good order: the next start will know, if the disk takes that."""
        try:
            self._delete_receipted()
            with transaction(self._sql):
                self._set_meta("state", "clean")
                self._set_meta("dropped_readings", self.dropped_readings)
        except sqlite3.DatabaseError as error:
            log.error("the outbox could not be closed in good order: %s", error)
        finally:
            self._sql.close()

    def _begin(self) -> _Epoch:
        with transaction(self._sql):
            state = self._meta("state")
            self.clean_shutdown = None if state is None else state == "clean"
            self._set_meta("state", "running")
            self._load_epochs()
            self._sql.execute(
                "UPDATE batch SET clock = 'none' WHERE clock IS NULL AND boot <> ?", (self._boot,)
            )
            return self._begin_epoch()

    def _load_epochs(self) -> None:
        rows = self._sql.execute("SELECT id, name, next, settled FROM epoch ORDER BY id").fetchall()
        for row, name, stored_next, settled in rows:
            held = Ranges()
            numbers = "SELECT number FROM batch WHERE number >= ? AND number < ? ORDER BY number"
            base = row << SEQ_BITS
            for (number,) in self._sql.execute(numbers, (base, base + (1 << SEQ_BITS))):
                held.add(number - base)
            upcoming: int = stored_next or (held.last or 0) + 1
            forgettable = settled and not held and row <= rows[-1][0] - EPOCHS_KEPT
            if upcoming == 1 or forgettable:
                self._sql.execute("DELETE FROM epoch WHERE id = ?", (row,))
                continue
            self._sql.execute("UPDATE epoch SET next = ? WHERE id = ?", (upcoming, row))
            self._epochs[row] = _Epoch(row, name, upcoming, held, settled=bool(settled))

    def _begin_epoch(self) -> _Epoch:
        name = secrets.token_hex(8)
        row = self._sql.execute("INSERT INTO epoch (name) VALUES (?)", (name,)).lastrowid or 0
        self._epochs[row] = _Epoch(row, name, 1, Ranges(), settled=False)
        return self._epochs[row]

    def _insert(self, lots: list[tuple[int, bytes]], offset: Offset | None) -> None:
        epoch = self._epoch
        clock = offset.clock if offset else None
        committed_at = _now(offset) if offset else None
        with transaction(self._sql):
            for seq, (count, packed) in enumerate(lots, epoch.next):
                self._sql.execute(
                    "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?)",
                    (epoch.number(seq), self._boot, clock, committed_at, count, packed),
                )
        epoch.held.add(epoch.next, epoch.next + len(lots) - 1)
        epoch.next += len(lots)
        self._bytes += sum(len(packed) for _, packed in lots)
        self._undated = self._undated or offset is None

    def _date_lot(self, offset: Offset) -> int:
        rows: list[tuple[int, bytes]] = self._sql.execute(
            "SELECT number, readings FROM batch WHERE clock IS NULL AND boot = ? LIMIT ?",
            (self._boot, LOT),
        ).fetchall()
        dated: list[tuple[int, bytes]] = []
        for number, readings in rows:
            try:
                dated.append((number, dated_later(readings, offset)))
            except (msgspec.DecodeError, KeyError, TypeError) as error:
                log.error("a batch in the outbox is damaged and given up: %s", error)
                self._evict(1, "number = ?", number)
        with transaction(self._sql):
            self._sql.executemany(
                "UPDATE batch SET clock = ?, committed_at = ?, readings = ? WHERE number = ?",
                [(offset.clock, _now(offset), readings, number) for number, readings in dated],
            )
        self._bytes += sum(map(_length, dated)) - sum(map(_length, rows))
        return len(rows)

    def _waiting(self, which: str) -> Iterator[Waiting]:
        rows = self._sql.execute(f"SELECT number, boot, clock, readings FROM batch {which}")  # noqa: S608 - no outside text
        for number, boot, clock, readings in rows:
            if not self.holds(number):
                continue
            epoch = self._epochs[number >> SEQ_BITS]
            sealed = Sealed(
                v=VERSION,
                agent=self._agent,
                epoch=epoch.name,
                seq=number - epoch.number(0),
                first=epoch.first,
                boot=boot,
                clock=clock,
                readings=Raw(readings),
            )
            yield Waiting(number, pack(sealed))

    def _make_room(self) -> None:
        """On a full disk: put the journal into the file, and let the oldest go.

        Not twice in a row: where somebody else has filled the disk, that gains nothing.
        """
        if not self._room_was_made:
            self._room_was_made = True
            self._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._evict(LOT)
        self._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _keep_bounds(self, offset: Offset | None) -> None:
        while self._bytes > self._max_bytes and self._evict(LOT):
            pass
        if offset is not None:
            too_old = "committed_at < ?"
            while self._evict(LOT, too_old, _now(offset) - self._max_age_us):
                pass

    def _evict(self, limit: int, where: str = "0 = ?", value: int = 0) -> int:
        """Give up the oldest rows, but never the newest of all; returns how many went."""
        newest = self._epoch.number(self._epoch.next - 1)
        rows = self._sql.execute(
            f"SELECT number, count, length(readings) FROM batch WHERE {where} AND number < ?"  # noqa: S608 - no outside text
            " ORDER BY number LIMIT ?",
            (value, newest, limit),
        ).fetchall()
        given_up = [(number, count) for number, count, _ in rows if self.holds(number)]
        if not rows:
            return 0
        batches = self.dropped_batches + len(given_up)
        readings = self.dropped_readings + sum(count for _, count in given_up)
        with transaction(self._sql):
            self._sql.executemany("DELETE FROM batch WHERE number = ?", [row[:1] for row in rows])
            self._set_meta("dropped_batches", batches)
            self._set_meta("dropped_readings", readings)
        self.dropped_batches, self.dropped_readings = batches, readings
        self._bytes -= sum(length for _, _, length in rows)
        for number, _ in given_up:
            epoch = self._epochs[number >> SEQ_BITS]
            epoch.held.remove(number - epoch.number(0))
        return len(rows)

    def _delete_receipted(self) -> None:
        newest = self._epoch.number(self._epoch.next - 1)
        going = [number for number in self._receipted if number != newest]
        freed = 0
        with transaction(self._sql):
            for number in going:
                row = self._sql.execute(
                    "DELETE FROM batch WHERE number = ? RETURNING length(readings)", (number,)
                ).fetchone()
                freed += row[0] if row else 0
        self._bytes -= freed
        self._receipted = [number for number in self._receipted if number == newest]

    def _one(self, query: str) -> Any:
        return self._sql.execute(query).fetchone()[0]

    def _meta(self, key: str) -> Any:
        row = self._sql.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def _set_meta(self, key: str, value: str | int) -> None:
        self._sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


@contextlib.contextmanager
def _or_full() -> Generator[None]:
    """Raises OutboxFullError where SQLite says that the disk takes nothing."""
    try:
        yield
    except sqlite3.OperationalError as error:
        # The low byte is the kind; the rest says which call it was (SQLITE_IOERR_WRITE …).
        if error.sqlite_errorcode & 0xFF in TAKES_NOTHING:
            raise OutboxFullError(str(error)) from error
        raise


def _length(row: tuple[int, bytes]) -> int:
    return len(row[1])


def _now(offset: Offset) -> int:
    return boottime_us() + offset.us

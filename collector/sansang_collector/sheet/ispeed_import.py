# SPDX-License-Identifier: Apache-2.0
"""From a file of i-Speed results to what is entered, and everything in it that can't be used."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sansang_collector.evidence_files import described
from sansang_collector.hours import VIETNAM_ZONE, wall_instant
from sansang_collector.ispeeds import NewEvidence, NewISpeed
from sansang_collector.language import mark
from sansang_collector.ledger_changes import RefusedChangeError
from sansang_collector.sheet.ispeed_columns import ISPEED
from sansang_collector.sheet.read import Place, Row, Wrong, read
from sansang_collector.sheet.words import SheetError

Find = Callable[[str], bytes]
"""A file by its name. Raises SheetError."""


class Results(NamedTuple):
    """The results by the row that each stands in, and what is wrong: then none is to be entered."""

    new: list[tuple[Place, NewISpeed]]
    wrong: list[Wrong]
    unread: list[Place]
    """Sheets and columns that mean nothing here."""


def read_results(file: Path, now: int, find: Find) -> Results:
    """`now` in µs; `find` has the evidence that a row names. Raises SheetError when the file can't
    be read at all.
    """
    content = read(file, (ISPEED,))
    wrong = list(content.wrong)
    new: list[tuple[Place, NewISpeed]] = []
    for row in content.rows:
        found = [*_lacking(row), *_too_early(row, now)]
        evidence: NewEvidence | None = None
        if name := row.values.get("evidence"):
            try:
                evidence = _evidence(find, name)
            except SheetError as error:
                found.append(row.wrong("evidence", error))
        wrong += found
        if not found and not row.bad:
            its = {key: it for key, it in row.values.items() if key not in {"number", "evidence"}}
            new.append((Place(row.title, row.number), NewISpeed(**its, evidence=evidence)))
    return Results(new, sorted(wrong, key=lambda each: each.place.row), content.unread)


def _lacking(row: Row) -> list[Wrong]:
    error = SheetError(mark("nothing stands there: fill it in"))
    return [
        row.wrong(column.key, error)
        for column in ISPEED.columns
        if column.needed and column.key not in row.values and column.key not in row.bad
    ]


def _too_early(row: Row, now: int) -> list[Wrong]:
    at = row.values.get("at")
    if at is None:
        return []
    wall = datetime.strptime(at, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - the wall's clock
    if wall_instant(wall, ZoneInfo(VIETNAM_ZONE)) <= now:
        return []
    return [row.wrong("at", SheetError(mark("this time is still to come")))]


def in_folder(folder: Path) -> Find:
    """For files that lie beside the one with the results."""

    def find(name: str) -> bytes:
        try:
            return (folder / name).read_bytes()
        except OSError as error:
            raise SheetError(
                mark("{path} can't be read: {error}"),
                path=folder / name,
                error=error.strerror or error,
            ) from error

    return find


def _evidence(find: Find, name: str) -> NewEvidence:
    """Raises SheetError."""
    content = find(name)
    try:
        described(name, content)
    except RefusedChangeError as error:
        raise SheetError(error.message, **error.values) from error
    return NewEvidence(name=Path(name).name, content=content)

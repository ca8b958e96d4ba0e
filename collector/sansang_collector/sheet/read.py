# SPDX-License-Identifier: Apache-2.0
"""From a file's cells to rows of values, and everything in it that can't be used."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sansang_collector.language import mark
from sansang_collector.sheet.column import EXAMPLE, Column, Sheet, fold_heading
from sansang_collector.sheet.contact_columns import CONTACTS
from sansang_collector.sheet.grid import Broken, Grid, grids
from sansang_collector.sheet.site_columns import SITES
from sansang_collector.sheet.words import Cell, SheetError, fold, plain

SHEETS = (SITES, CONTACTS)
HEADING_WITHIN = 20
"""Rows in which the headings are looked for: people put titles above them."""
NEAR = 0.8
"""From which likeness on a heading is taken for a misspelt one, and not for a column of theirs."""
EXAMPLES = frozenset(map(fold, EXAMPLE))
GUIDE = "Hướng dẫn"


class Place(NamedTuple):
    """Where something stands; the row counts from 1, 0 is the sheet or the file itself."""

    sheet: str
    row: int = 0
    column: str = ""


class Wrong(NamedTuple):
    """One thing that can't be used."""

    place: Place
    error: SheetError


class Row(NamedTuple):
    """One row: the keys of its filled cells, and under which heading each of them stands."""

    sheet: Sheet
    title: str
    number: int
    values: dict[str, Any]
    headings: dict[str, str]
    bad: set[str]
    """The keys of cells that can't be used."""

    def wrong(self, key: str, error: SheetError) -> Wrong:
        """The cell of this key is wrong; where there is no such column its name is told."""
        heading = self.headings.get(key)
        if heading is None:
            heading = next(each.heading.vi for each in self.sheet.columns if each.key == key)
        return Wrong(Place(self.title, self.number, heading), error)


@dataclass
class Content:
    """What a file holds."""

    rows: list[Row] = field(default_factory=list[Row])
    wrong: list[Wrong] = field(default_factory=list[Wrong])
    unread: list[Place] = field(default_factory=list[Place])
    """Sheets and columns that mean nothing here."""
    examples: int = 0


def read(path: Path, sheets: Sequence[Sheet] = SHEETS) -> Content:
    """All that is in the file; a single sheet is the first of these. Raises SheetError when it
    can't be read at all.
    """
    content = Content()
    found = grids(path)
    meant = [_sheet(grid, sheets, alone=len(found) == 1) for grid in found]
    for grid, sheet in zip(found, meant, strict=True):
        if sheet is not None:
            _read_sheet(grid, sheet, content)
        elif fold(grid.title) != fold(GUIDE) and any(map(any, grid.rows)):
            content.unread.append(Place(grid.title))
    if not any(meant):
        raise SheetError(
            mark("the workbook has no sheet “{wanted}”: name the one with the rows so"),
            wanted=sheets[0].title.vi,
        )
    return content


def _sheet(grid: Grid, sheets: Sequence[Sheet], *, alone: bool) -> Sheet | None:
    for sheet in sheets:
        if fold(grid.title) in {sheet.table, *map(fold, sheet.title)}:
            return sheet
    return sheets[0] if alone else None


def _read_sheet(grid: Grid, sheet: Sheet, content: Content) -> None:
    at = _heading_row(grid, sheet)
    if at is None:
        wanted = ", ".join(each.heading.vi for each in sheet.columns if each.needed)
        error = SheetError(mark("there is no row of headings: write {wanted} …"), wanted=wanted)
        content.wrong.append(Wrong(Place(grid.title), error))
        return
    columns = _columns(grid, sheet, at, content)
    for number, cells in enumerate(grid.rows[at + 1 :], start=at + 2):
        filled = {
            column: cell
            for where, column in columns.items()
            if where < len(cells) and (cell := cells[where]) is not None
        }
        if filled:
            headings = {each.key: plain(_text(grid.rows[at][w])) for w, each in columns.items()}
            row = Row(sheet, grid.title, number, {}, headings, set())
            _read_row(row, filled, content)


def _heading_row(grid: Grid, sheet: Sheet) -> int | None:
    """The first row with two headings that are known."""
    for at, cells in enumerate(grid.rows[:HEADING_WITHIN]):
        if sum(sheet.column(_text(cell)) is not None for cell in cells) >= 2:
            return at
    return None


def _columns(grid: Grid, sheet: Sheet, at: int, content: Content) -> dict[int, Column]:
    """Which column stands where; what is doubtful is noted."""
    found: dict[int, Column] = {}
    known = {fold_heading(spelt): spelt for each in sheet.columns for spelt in each.heading}
    for where, cell in enumerate(grid.rows[at]):
        heading = plain(_text(cell))
        column = sheet.column(heading)
        place = Place(grid.title, at + 1, heading)
        if column is not None and column in found.values():
            error = SheetError(mark("this column is there twice: keep one of them"))
            content.wrong.append(Wrong(place, error))
        elif column is not None:
            found[where] = column
        elif near := difflib.get_close_matches(fold_heading(heading), known, n=1, cutoff=NEAR):
            error = SheetError(
                mark("this heading is not known: if it is “{near}”, write it so; else rename it"),
                near=known[near[0]],
            )
            content.wrong.append(Wrong(place, error))
        elif heading:
            content.unread.append(place)
    return found


def _text(cell: Cell | Broken | None) -> str:
    return "" if cell is None or isinstance(cell, Broken) else str(cell)


def _read_row(row: Row, filled: dict[Column, Cell | Broken], content: Content) -> None:
    marked = row.sheet.columns[0]
    if fold(_text(filled.get(marked))) in EXAMPLES:
        content.examples += 1
        if not _untouched(filled, row.sheet.columns):
            error = SheetError(
                mark(
                    "the row is marked “{example}” and would be left out, yet it was changed:"
                    " empty this cell if it is a row of yours, or delete the row"
                ),
                example=EXAMPLE.vi,
            )
            content.wrong.append(row.wrong(marked.key, error))
        return
    content.rows.append(row)
    for column, cell in filled.items():
        try:
            row.values[column.key] = column.parse(_known(cell, column))
        except SheetError as error:
            row.bad.add(column.key)
            content.wrong.append(row.wrong(column.key, error))


def _known(cell: Cell | Broken, column: Column) -> Cell:
    """Raises SheetError."""
    if not isinstance(cell, Broken):
        return cell
    if cell.date is None or not column.dated:
        raise cell.error
    return f"{cell.date:%Y-%m-%d %H:%M}"


def _untouched(filled: dict[Column, Cell | Broken], columns: Sequence[Column]) -> bool:
    """Whether it still is what the template says."""
    return all(
        plain(_text(filled[each])) == plain(each.example) for each in columns[1:] if each in filled
    )

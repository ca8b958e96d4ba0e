# SPDX-License-Identifier: Apache-2.0
"""A file of rows and cells, be it a workbook or a CSV file, before anything is made of it."""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sansang_collector.language import mark
from sansang_collector.sheet.words import Cell, SheetError, plain

MOST_ROWS = 20_000
"""Far more than a province has sites; a sheet that was formatted to its end has a million."""
MOST_COLUMNS = 200


class Broken(NamedTuple):
    """A cell without a value that can be trusted; `date` is what a date is for Excel, and may be
    what a column of dates means.
    """

    error: SheetError
    date: datetime | None = None


class Grid(NamedTuple):
    """One sheet: its name (empty for CSV), and what its cells hold, row 1 first."""

    title: str
    rows: list[list[Cell | Broken | None]]


def grids(path: Path) -> list[Grid]:
    """The sheets of a .xlsx or .csv file. Raises SheetError when it can't be read."""
    kind = path.suffix.casefold()
    try:
        if kind == ".xlsx":
            return _workbook(path)
        if kind == ".csv":
            return [Grid("", _csv(path.read_bytes()))]
    except OSError as error:
        raise SheetError(
            mark("the file can't be read: {error}"), error=error.strerror or error
        ) from error
    raise SheetError(
        mark("“{got}” is no kind of file that can be read here: save it as .xlsx or .csv"),
        got=path.suffix or path.name,
    )


def _workbook(path: Path) -> list[Grid]:
    # A quarter of a second and 20 MiB that only this needs.
    from openpyxl import load_workbook  # noqa: PLC0415

    content = path.read_bytes()
    try:
        with warnings.catch_warnings():
            # What openpyxl could not write again (Excel's newer lists) is nothing to a reader.
            warnings.simplefilter("ignore")
            # Values as Excel last computed them; what it has not shows only in the formulas.
            values = load_workbook(io.BytesIO(content), data_only=True)
            formulas = load_workbook(io.BytesIO(content))
    except (zipfile.BadZipFile, KeyError, ValueError, SyntaxError, TypeError) as error:
        raise SheetError(
            mark("the file is no workbook that can be opened: save it anew as .xlsx ({error})"),
            error=str(error) or type(error).__name__,
        ) from error
    return [
        Grid(sheet.title, list(_rows(sheet, formulas[sheet.title]))) for sheet in values.worksheets
    ]


def _rows(values: Any, formulas: Any) -> Iterator[list[Cell | Broken | None]]:
    _check_size(values.title, values.max_row, values.max_column)
    for row, written in zip(values.iter_rows(), formulas.iter_rows(), strict=True):
        yield [_cell(cell, formula) for cell, formula in zip(row, written, strict=True)]


def _check_size(title: str, rows: int, columns: int) -> None:
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise SheetError(
            mark(
                "the sheet “{name}” reaches down to row {rows} and to column {columns}, of"
                " {most_rows} and {most_columns} at most: delete the empty rows and columns at its"
                " end"
            ),
            name=title,
            rows=rows,
            columns=columns,
            most_rows=MOST_ROWS,
            most_columns=MOST_COLUMNS,
        )


def _cell(cell: Any, formula: Any) -> Cell | Broken | None:
    value = cell.value
    if (value is None and formula.data_type == "f") or cell.data_type == "e":
        return Broken(SheetError(mark("a formula without a result stands there: write the value")))
    if value is None or isinstance(value, str | int | float):
        return _filled(value)
    # A date or a time, into which Excel turns what looks like one.
    return Broken(
        SheetError(
            mark("Excel took this for a date or a time ({got}): make the cell Text and write anew"),
            got=str(value),
        ),
        value if isinstance(value, datetime) else None,
    )


def _csv(content: bytes) -> list[list[Cell | Broken | None]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SheetError(
            mark("the file is not in UTF-8: in Excel save it as “CSV UTF-8”, or as .xlsx")
        ) from error
    heading = text.split("\n", maxsplit=1)[0]
    comma = ";" if heading.count(";") > heading.count(",") else ","
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True))
    except csv.Error as error:
        raise SheetError(
            mark("the file is no CSV that can be read: {error}"), error=error
        ) from error
    _check_size("CSV", len(found), max(map(len, found), default=0))
    return [[_filled(value) for value in row] for row in found]


def _filled(value: Cell | None) -> Cell | None:
    return None if value is None or not plain(value) else value

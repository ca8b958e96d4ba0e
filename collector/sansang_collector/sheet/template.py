# SPDX-License-Identifier: Apache-2.0
"""`sansang sites template`: the workbook that an officer fills in, or a CSV file of its sites.

Headings and choices are Vietnamese; the English stands in comments and in the guide.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from sansang_collector.language import Translation, mark
from sansang_collector.sheet.column import Column, Sheet
from sansang_collector.sheet.read import GUIDE, SHEETS
from sansang_collector.sheet.words import SheetError

LAST_ROW = 2000
"""Down to which cells have lists to choose from."""
HEADING = PatternFill("solid", fgColor="FF1F4E78")
NEEDED = PatternFill("solid", fgColor="FF9C2A10")
EXAMPLE = Font(italic=True, color="FF808080")
SITES_STEPS = (
    mark("Fill in a row for each place on the sheet “Điểm đo”, and who is told on “Liên hệ”."),
    mark("What is red must be filled in. An empty cell of what is there already changes nothing."),
    mark("The grey row is an example: it is left out, and may be deleted."),
    mark("Rows that you delete here stay in the registry: take them out of its file by hand."),
    mark("Then: sansang sites import FILE. Nothing is written until every row is right."),
)


def write_template(
    path: Path, sheets: Sequence[Sheet] = SHEETS, steps: Sequence[str] = SITES_STEPS
) -> None:
    """The sheets, and how to fill them in; a CSV file has the first alone.

    Raises SheetError when there is a file already, or it can't be written.
    """
    if path.suffix.casefold() == ".csv":
        content = _csv(sheets[0]).encode("utf-8-sig")
    elif path.suffix.casefold() == ".xlsx":
        content = _workbook(sheets, steps)
    else:
        raise SheetError(
            mark("“{got}” is no name of a template: let it end in .xlsx or .csv"), got=path.name
        )
    try:
        # Never over a file that somebody has filled in.
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise SheetError(mark("there is a file {path} already: name another"), path=path) from error
    except OSError as error:
        raise SheetError(
            mark("{path} can't be written: {error}"), path=path, error=error.strerror or error
        ) from error


def _csv(sheet: Sheet) -> str:
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow([column.heading.vi for column in sheet.columns])
    rows.writerow([column.example for column in sheet.columns])
    return written.getvalue()


def _workbook(sheets: Sequence[Sheet], steps: Sequence[str]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    vietnamese, english = Translation("vi"), Translation("en")
    for sheet in sheets:
        page = book.create_sheet(sheet.title.vi)
        page.freeze_panes = "C2"
        for at, column in enumerate(sheet.columns, start=1):
            _head(page, at, column, (vietnamese, english))
            _prepare(page, at, column)
    guide = book.create_sheet(GUIDE)
    for step in steps:
        guide.append([vietnamese(step), None, None, None, english(step)])
    guide.append([])
    _explain(guide, sheets, (vietnamese, english))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _head(page: Worksheet, at: int, column: Column, both: tuple[Translation, Translation]) -> None:
    cell: Any = page.cell(1, at, column.heading.vi)
    cell.font = Font(bold=True, color="FFFFFFFF")
    cell.fill = NEEDED if column.needed else HEADING
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    vietnamese, english = (translate(column.what) for translate in both)
    text = f"{vietnamese}\n\n{column.heading.en}: {english}"
    cell.comment = Comment(text, "Sẵn Sàng", height=160, width=300)
    page.column_dimensions[get_column_letter(at)].width = column.width


def _prepare(page: Worksheet, at: int, column: Column) -> None:
    letter = get_column_letter(at)
    # Text throughout: Excel takes no zeros from a code, and makes no date of 7-11.
    page.column_dimensions[letter].number_format = "@"
    example: Any = page.cell(2, at, column.example or None)
    example.font, example.number_format = EXAMPLE, "@"
    if column.choices:
        words = ",".join(each.vi for each in column.choices.values())
        chosen: Any = DataValidation("list", formula1=f'"{words}"', allow_blank=True)
        chosen.error = f"{column.heading.vi}: {words}"
        chosen.showErrorMessage = True
        chosen.add(f"{letter}2:{letter}{LAST_ROW}")
        page.add_data_validation(chosen)


def _explain(
    page: Worksheet, sheets: Sequence[Sheet], both: tuple[Translation, Translation]
) -> None:
    first = page.max_row + 1
    heading = ("Bảng", "Cột", "Phải điền", "Giải thích", "Explanation", "Column", "Sheet")
    page.append(heading)
    for cell in page[page.max_row]:
        cell.font = Font(bold=True)
    for sheet in sheets:
        for column in sheet.columns:
            what = [translate(column.what) for translate in both]
            needed = "có" if column.needed else None
            names = (column.heading.en, sheet.title.en)
            page.append([sheet.title.vi, column.heading.vi, needed, *what, *names])
    wrapped = Alignment(wrap_text=True, vertical="top")
    for row in page.iter_rows(min_row=first):
        for cell in row:
            cell.alignment = wrapped
    for letter, width in zip("ABCDEFG", (12, 26, 10, 60, 60, 22, 12), strict=True):
        page.column_dimensions[letter].width = width

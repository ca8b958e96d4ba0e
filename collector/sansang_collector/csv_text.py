# SPDX-License-Identifier: Apache-2.0
"""CSV as a spreadsheet in the reader's country opens it: in Việt Nam cells are parted by semicolons
and decimals by a comma.

The byte order mark says that it is UTF-8. A text that a spreadsheet would take for a formula gets
an apostrophe before it: names and notes are written by many.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from sansang_wire.language import Language

BYTE_ORDER_MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r")

Cell = str | int | float | None


def csv_text(rows: Iterable[Sequence[Cell]], language: Language) -> str:
    """The first row has the headings. None is an empty cell, decimals are written with two."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if language == "vi" else ",", lineterminator="\r\n")
    for row in rows:
        writer.writerow([_cell(each, language) for each in row])
    return BYTE_ORDER_MARK + text.getvalue()


def _cell(value: Cell, language: Language) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    return text.replace(".", ",") if language == "vi" else text

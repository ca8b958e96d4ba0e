# SPDX-License-Identifier: Apache-2.0
"""What a column and a sheet are. Headings are names that people's files hold: keep them.

A column is found by either heading or by its key, however it is accented or capitalised, with or
without what stands in brackets.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sansang_collector.sheet.cells import Parser
from sansang_collector.sheet.words import Words, fold

Table = Literal["sites", "contacts", "ispeed"]
EXAMPLE = Words("VÍ DỤ", "EXAMPLE")
"""Stands in the first column of a row that is only an example."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column. `key` is that of the registry; `hours.daily` is a key within a table."""

    key: str
    heading: Words
    what: str
    """A sentence for the person who fills it in, marked for translation."""
    parse: Parser
    example: str = ""
    choices: Mapping[str, Words] | None = None
    needed: bool = False
    """By what is new; what is there already keeps what it has."""
    width: int = 18
    dated: bool = False
    """What Excel takes for a date is one."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: what it fills, and by what a row without id is known in the registry."""

    table: Table
    title: Words
    columns: tuple[Column, ...]
    identity: tuple[str, ...] = ()

    def column(self, heading: str) -> Column | None:
        """The column that a heading means."""
        return self.by_heading().get(fold_heading(heading))

    def by_heading(self) -> dict[str, Column]:
        """Every column under each of its folded names."""
        return {
            fold_heading(spelt): column
            for column in self.columns
            for spelt in (column.key, *column.heading)
        }

    def known_as(self, values: Mapping[str, Any]) -> tuple[str, ...] | None:
        """What makes a row or an entry the same when no id says so; None when it is not whole."""
        parts = [values.get(key) for key in self.identity]
        if not all(isinstance(part, str) and part for part in parts):
            return None
        return tuple(" ".join(str(part).casefold().split()) for part in parts)


def fold_heading(heading: str) -> str:
    """`Gói cước (Mb/s)` and `goi cuoc` are one heading."""
    return fold(re.sub(r"\(.*?\)", "", heading))

# SPDX-License-Identifier: Apache-2.0
"""What stands in a cell as plain words, and what is said when it can't be used."""

import re
import unicodedata
from typing import NamedTuple

from sansang_collector.language import Translation

Cell = str | int | float | bool
"""What a cell holds; an empty one holds None."""


class Words(NamedTuple):
    """One thing in both languages."""

    vi: str
    en: str

    def told(self, translate: Translation) -> str:
        """In the reader's language."""
        return self.vi if translate.language == "vi" else self.en


class SheetError(ValueError):
    """A cell, a row or a file that can't be used: a marked text, and what fills its blanks."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def told(self, translate: Translation) -> str:
        """The sentence in the reader's language."""
        values = {
            name: value.told(translate) if isinstance(value, Words) else value
            for name, value in self.values.items()
        }
        return translate(self.message, **values)


def plain(cell: Cell) -> str:
    """A cell as one line: composed letters, single spaces, none of the marks nobody sees."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    seen = "".join(
        letter
        for letter in unicodedata.normalize("NFC", str(cell))
        if unicodedata.category(letter) != "Cf"
    )
    return " ".join(seen.split())


def fold(text: str) -> str:
    """What stays the same however it is accented, capitalised or punctuated: `Mã xã` is `maxa`."""
    return re.sub(r"[^a-z0-9]", "", _ascii(text))


def slug(text: str, longest: int) -> str:
    """Its ASCII words with hyphens between them, cut at a word: `Thôn Đông` is `thon-dong`.

    Empty when there is nothing in it that an id could hold.
    """
    words = re.findall(r"[a-z0-9]+", _ascii(text))
    whole = "-".join(words)
    if len(whole) <= longest:
        return whole
    kept = whole[: longest + 1].rpartition("-")[0]
    return kept or whole[:longest]


def _ascii(text: str) -> str:
    # Đ is a letter of its own for Unicode, which nothing takes apart.
    letters = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if letter.isascii())

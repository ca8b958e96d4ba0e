# SPDX-License-Identifier: Apache-2.0
"""From what stands in a cell to what the registry holds; each raises CellError."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sansang_collector.language import mark
from sansang_collector.registry import COMMUNE_CODE, MAX_SSID_BYTES
from sansang_collector.sheet.words import Cell, CellError, Words, fold, plain
from sansang_wire.topics import AGENT_ID

Parser = Callable[[Cell], Any]
LONGEST_NAME = 128
LONGEST_ID = 60
"""Three less than the registry allows, so that `-1` and `-12` of a box find room behind it."""
YES = frozenset({"co", "x", "yes", "y", "true", "1"})
NO = frozenset({"khong", "no", "n", "false", "0"})


def name(cell: Cell) -> str:
    """One line of text."""
    text = plain(cell)
    if len(text) > LONGEST_NAME:
        raise CellError(
            mark("{count} letters are too many: write at most {most}"),
            count=len(text),
            most=LONGEST_NAME,
        )
    return text


def identifier(cell: Cell) -> str:
    """The id of a site or of a contact."""
    text = plain(cell)
    if len(text) > LONGEST_ID or not AGENT_ID.fullmatch(text):
        raise CellError(
            mark(
                "“{got}” is not an id: write 1 to {most} of a-z, 0-9 and inner hyphens,"
                " or leave the cell empty and one is made"
            ),
            got=text,
            most=LONGEST_ID,
        )
    return text


def commune(cell: Cell) -> str:
    """Five digits. A spreadsheet that takes the code for a number loses the zeros before it."""
    whole = isinstance(cell, int | float) and not isinstance(cell, bool)
    text = plain(cell).zfill(5) if whole else plain(cell)
    if not COMMUNE_CODE.fullmatch(text):
        raise CellError(
            mark("“{got}” is not a commune's code: write its five digits, such as 02176"),
            got=plain(cell),
        )
    return text


def yes_no(cell: Cell) -> bool:
    """Có or không."""
    word = fold(plain(cell))
    if word in YES:
        return True
    if word in NO:
        return False
    raise CellError(
        mark("“{got}” is neither yes nor no: write {choices}"),
        got=plain(cell),
        choices=Words("có hoặc không", "yes or no"),
    )


def ssids(cell: Cell) -> list[str]:
    """Names with semicolons between them, as they are on air."""
    # Not `plain`: a radio sends every letter as it was typed into it.
    text = plain(cell) if isinstance(cell, int | float) else cell
    names = [each.strip() for each in re.split(r"[;\n]", text)]
    found = [each for each in names if each]
    for each in found:
        size = len(each.encode())
        if size > MAX_SSID_BYTES:
            raise CellError(
                mark(
                    "“{got}” is too long for the name of a Wi-Fi ({size} bytes, at most {most};"
                    " an accented letter takes 2 or 3): write several names with ; between them"
                ),
                got=each,
                size=size,
                most=MAX_SSID_BYTES,
            )
        if found.count(each) > 1:
            raise CellError(mark("“{got}” stands there twice: write it once"), got=each)
    return found


def choice(words: Mapping[str, Words], also: Mapping[str, str]) -> Parser:
    """One of `words`, by key or in either language; `also` has other folded words for a key."""
    known = {fold(spelt): key for key, each in words.items() for spelt in (key, *each)}
    known |= also
    choices = Words(*(", ".join(each) for each in zip(*words.values(), strict=True)))

    def parse(cell: Cell) -> str:
        found = known.get(fold(plain(cell)))
        if found is None:
            raise CellError(
                mark("“{got}” is not known here: write one of: {choices}"),
                got=plain(cell),
                choices=choices,
            )
        return found

    return parse

# SPDX-License-Identifier: Apache-2.0
"""From what stands in a cell to what the registry holds; each raises SheetError."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sansang_collector.language import mark
from sansang_collector.registry_checks import CHANNEL, COMMUNE_CODE
from sansang_collector.registry_entries import MAX_SSID_BYTES
from sansang_collector.sheet.words import Cell, SheetError, Words, fold, plain
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
        raise SheetError(
            mark("{count} letters are too many: write at most {most}"),
            count=len(text),
            most=LONGEST_NAME,
        )
    return text


def identifier(cell: Cell) -> str:
    """The id of a site or of a contact."""
    text = plain(cell)
    if len(text) > LONGEST_ID or not AGENT_ID.fullmatch(text):
        raise SheetError(
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
        raise SheetError(
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
    raise SheetError(
        mark("“{got}” is neither yes nor no: write {choices}"),
        got=plain(cell),
        choices=Words("có hoặc không", "yes or no"),
    )


def ssids(cell: Cell) -> list[str]:
    """Names with semicolons between them, as they are on air."""
    # Not as `plain` as the rest: a radio sends every letter as it was typed into it.
    found = _parted(cell, r"[;\n]")
    for each in found:
        size = len(each.encode())
        if size > MAX_SSID_BYTES:
            raise SheetError(
                mark(
                    "“{got}” is too long for the name of a Wi-Fi ({size} bytes, at most {most};"
                    " an accented letter takes 2 or 3): write several names with ; between them"
                ),
                got=each,
                size=size,
                most=MAX_SSID_BYTES,
            )
    return found


def names(cell: Cell) -> list[str]:
    """Several of them, with semicolons between them."""
    return [plain(each) for each in _parted(cell, r"[;\n]")]


def communes(cell: Cell) -> list[str]:
    """Several codes; a single one may have become a number."""
    if isinstance(cell, int | float):
        return [commune(cell)]
    return [commune(each) for each in _parted(cell, r"[;,\s]")]


def channels(cell: Cell) -> list[str]:
    """Names of lines in `notify.urls`."""
    found = _parted(cell, r"[;,\s]")
    for each in found:
        if not CHANNEL.fullmatch(each):
            raise SheetError(
                mark(
                    "“{got}” is not the name of a channel: write one that notify.urls has,"
                    " of a-z, 0-9 and hyphens"
                ),
                got=each,
            )
    return found


def whole(least: int, most: int) -> Parser:
    """A whole number within these bounds."""

    def parse(cell: Cell) -> int:
        text = plain(cell)
        if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise SheetError(
                mark("“{got}” won't do: write a whole number from {least} to {most}"),
                got=text,
                least=least,
                most=most,
            )
        return int(text)

    return parse


def _parted(cell: Cell, between: str) -> list[str]:
    text = plain(cell) if isinstance(cell, int | float) else cell
    found = [part for each in re.split(between, text) if (part := each.strip())]
    if not found:
        raise SheetError(mark("there is nothing but signs: write a name, or leave the cell empty"))
    twice = next((each for each in found if found.count(each) > 1), None)
    if twice is not None:
        raise SheetError(mark("“{got}” stands there twice: write it once"), got=twice)
    return found


def choice(words: Mapping[str, Words], also: Mapping[str, str]) -> Parser:
    """One of `words`, by key or in either language; `also` has other folded words for a key."""
    known = {fold(spelt): key for key, each in words.items() for spelt in (key, *each)}
    known |= also
    choices = Words(*(", ".join(each) for each in zip(*words.values(), strict=True)))

    def parse(cell: Cell) -> str:
        found = known.get(fold(plain(cell)))
        if found is None:
            raise SheetError(
                mark("“{got}” is not known here: write one of: {choices}"),
                got=plain(cell),
                choices=choices,
            )
        return found

    return parse

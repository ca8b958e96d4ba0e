# SPDX-License-Identifier: Apache-2.0
"""Opening hours as people write them: `07:00-11:30 13:30-17:00`, `7h-11h30, 13h30-17h`, `nghỉ`."""

import re

from sansang_collector.hours import parse_hours
from sansang_collector.language import mark
from sansang_collector.sheet.words import Cell, SheetError, Words, fold, plain

CLOCK = r"([0-9]{1,2})(?:[:h.]([0-9]{2})?)?"
SPAN = re.compile(rf"{CLOCK} ?(?:-|–|—|đến|to) ?{CLOCK}")
SPANS = re.compile(rf"{SPAN.pattern}(?:(?: ?(?:,|;|và|and) ?| ){SPAN.pattern})*")
CLOSED = frozenset({"nghi", "dong", "dongcua", "khongmocua", "closed"})
ALL_DAY = frozenset({"cangay", "2424", "2424h", "24h", "allday"})


def opening_hours(cell: Cell) -> str:
    """The hours of a day as the registry has them: "07:00-11:30 13:30-17:00", "closed".

    Raises SheetError.
    """
    written = plain(cell).casefold()
    if fold(written) in CLOSED:
        return "closed"
    if fold(written) in ALL_DAY:
        return "00:00-24:00"
    spans = SPAN.findall(written) if SPANS.fullmatch(written) else []
    hours = " ".join(
        f"{int(begin):02d}:{begin_min or '00'}-{int(end):02d}:{end_min or '00'}"
        for begin, begin_min, end, end_min in spans
    )
    try:
        parse_hours(hours)
    except ValueError as error:
        raise SheetError(
            mark(
                "“{got}” are no hours of a day: write each span from an earlier to a later time,"
                " 07:00-11:30 13:30-17:00, or {closed}"
            ),
            got=plain(cell),
            closed=Words("nghỉ", "closed"),
        ) from error
    return hours

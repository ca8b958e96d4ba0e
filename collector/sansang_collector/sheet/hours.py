# SPDX-License-Identifier: Apache-2.0
"""Opening hours as people write them: `07:00-11:30 13:30-17:00`, `7h-11h30, 13h30-17h`, `nghỉ`."""

import re

from sansang_collector.language import mark
from sansang_collector.sheet.words import Cell, CellError, fold, plain

CLOCK = r"([0-9]{1,2})(?:[:h.]([0-9]{2})?)?"
SPAN = re.compile(rf"{CLOCK} ?(?:-|–|—|đến|to) ?{CLOCK}")
BETWEEN = re.compile(r"[ ,;]*(?:và|and|[ ,;])[ ,;]*")
CLOSED = frozenset({"nghi", "dong", "dongcua", "khongmocua", "closed"})
ALL_DAY = frozenset({"cangay", "2424", "2424h", "24h", "allday"})
DAY_MIN = 24 * 60


def opening_hours(cell: Cell) -> list[str]:
    """Spans of a day in order, `["07:00-11:30", "13:30-17:00"]`; none when closed.

    Raises CellError.
    """
    written = plain(cell).casefold()
    if fold(written) in CLOSED:
        return []
    if fold(written) in ALL_DAY:
        return ["00:00-24:00"]
    spans: list[tuple[int, int]] = []
    at = 0
    while found := SPAN.match(written, at):
        spans.append((_minutes(found[1], found[2]), _minutes(found[3], found[4])))
        parted = BETWEEN.match(written, found.end())
        at = parted.end() if parted else found.end()
        if not parted:
            break
    if at != len(written) or not spans:
        raise CellError(
            mark(
                "“{got}” can't be read as opening hours: write 07:00-11:30 13:30-17:00,"
                " or {closed} for a day without any"
            ),
            got=plain(cell),
            closed="nghỉ",
        )
    _check(spans, plain(cell))
    return [f"{_clock(begin)}-{_clock(end)}" for begin, end in spans]


def _check(spans: list[tuple[int, int]], got: str) -> None:
    ends = [end for span in spans for end in span]
    if max(ends) > DAY_MIN or sorted(set(ends)) != ends:
        raise CellError(
            mark(
                "“{got}”: each time must be later than the one before it, and 24:00 the last;"
                " hours past midnight belong to the next day"
            ),
            got=got,
        )


def _minutes(hours: str, minutes: str | None) -> int:
    # 7:75 is no time of day: more than any day has, so that it is refused.
    return int(hours) * 60 + int(minutes or 0) if int(minutes or 0) < 60 else DAY_MIN + 1


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"

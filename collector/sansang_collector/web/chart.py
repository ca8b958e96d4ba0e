# SPDX-License-Identifier: Apache-2.0
"""Values over 24 hours as lines: SVG paths in a box of 1440 minutes by 100, and words beside them.

The box is stretched to whatever room there is; scales are text beside it, so they never shrink.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sansang_collector.language import MINUTE_US, NARROW, Translation
from sansang_collector.periods import VIETNAM
from sansang_collector.web.strip import DAY_US

STEP_US = 10 * MINUTE_US
HEIGHT = 100
HOURS_APART = 6

Points = Sequence[tuple[int, float]]


class Drawn(NamedTuple):
    """One line; `words` are its newest, smallest and largest value."""

    name: str
    path: str
    words: str


class Chart(NamedTuple):
    """Lines over one scale from 0 to `top`, both with their unit."""

    title: str
    top: str
    middle: str
    hours: list[str]
    lines: list[Drawn]

    @property
    def text(self) -> str:
        """All of it for those who don't see it."""
        return "; ".join([self.title, *(f"{each.name}: {each.words}" for each in self.lines)])


def chart(
    title: str, unit: str, lines: Sequence[tuple[str, Points]], start: int, translate: Translation
) -> Chart | None:
    """`lines` are names and what was measured, a point a step; None when nothing was.

    A step without a point is a gap in the line.
    """
    told = [(name, points) for name, points in lines if points]
    if not told:
        return None
    top = _round_up(max(value for _, points in told for _, value in points))
    drawn = [
        Drawn(name, _path(points, start, top), _words(points, unit, translate))
        for name, points in told
    ]
    return Chart(title, _scale(top, unit, translate), _scale(top / 2, "", translate),
                 hours(start), drawn)  # fmt: skip


def hours(start: int) -> list[str]:
    """What stands under the box, evenly spread: 19:00, 01:00 …"""
    apart = HOURS_APART * 60 * MINUTE_US
    return [
        f"{datetime.fromtimestamp(at / 1e6, VIETNAM):%H:%M}"
        for at in range(start, start + DAY_US + 1, apart)
    ]


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 with zeros: a scale that a person can divide."""
    power = 10.0 ** math.floor(math.log10(max(value, 1)))
    return next(each * power for each in (1, 2, 5, 10) if each * power >= value)


def _path(points: Points, start: int, top: float) -> str:
    parts: list[str] = []
    before = None
    for at, value in points:
        x = round((at - start + STEP_US / 2) / MINUTE_US)
        y = f"{HEIGHT - HEIGHT * value / top:.1f}".removesuffix(".0")
        # A point alone is a line of no length: its round ends make it a dot.
        joined = before is not None and at - before <= STEP_US
        parts.append(f" {x} {y}" if joined else f"M{x} {y}h0")
        if joined and parts[-2].endswith("h0"):
            parts[-2] = parts[-2].removesuffix("h0")
        before = at
    return "".join(parts)


def _words(points: Points, unit: str, translate: Translation) -> str:
    values = [value for _, value in points]
    last, least, most = (
        _figure(each, unit, translate) for each in (values[-1], min(values), max(values))
    )
    return translate(
        "{last} (lowest {least}, highest {most})",
        last=f"{last}{NARROW}{unit}" if unit else last,
        least=least,
        most=most,
    )


def _scale(value: float, unit: str, translate: Translation) -> str:
    figure = translate.number(value, 0 if value == int(value) else 1)
    return f"{figure}{NARROW}{unit}" if unit else figure


def _figure(value: float, unit: str, translate: Translation) -> str:
    """Counts, which have no unit, are whole."""
    return translate.number(value, 1 if unit and value < 100 else 0)

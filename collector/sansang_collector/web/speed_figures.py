# SPDX-License-Identifier: Apache-2.0
"""What all tests of one direction, family and number of connections come to, in a row."""

from collections.abc import Iterator
from typing import NamedTuple

from sansang_collector.language import Translation
from sansang_collector.speed_judgement import Figures, Spread
from sansang_collector.web.answers import FAMILIES
from sansang_collector.web.speed_drawings import Aim, tone
from sansang_collector.web.speed_words import (
    LIMITS,
    STREAMS,
    at_least,
    mbps,
    rate_figure,
    rate_words,
)
from sansang_collector.web.states import Tone
from sansang_wire.speed_readings import LimitedBy


class Bullet(NamedTuple):
    """The median as a bar in a box 100 wide, and the aim as a line across; empty: unknown."""

    tone: Tone | None
    median: str
    aim: str


class FigureRow(NamedTuple):
    """`rate` is the median; `lines` say how tests spread, and what else is known. No tone where
    nobody said what is enough.
    """

    name: str
    tone: Tone | None
    rate: str
    lines: list[str]
    bullet: Bullet


def figure_row(
    figures: Figures,
    enough_mbps: float | None,
    aim: Aim | None,
    top_mbps: float,
    translate: Translation,
) -> FigureRow:
    """`top_mbps`: the most that any test here came to."""
    exact, bounds = figures.rate_mbps, figures.bounds_mbps
    shown = exact.median if exact else bounds.highest if bounds else None
    so = _tone(exact, bounds, enough_mbps)
    width = max(top_mbps, aim.mbps if aim else 0) or 1
    return FigureRow(
        name=f"{FAMILIES[figures.family]}, {translate(STREAMS[figures.streams])}",
        tone=so,
        rate=_rate(exact, bounds, translate),
        lines=[*_lines(figures, translate)],
        bullet=Bullet(
            so,
            "" if shown is None else f"M0 2h{100 * shown / width:.3g}",
            "" if aim is None else f"M{100 * aim.mbps / width:.3g} 0v4",
        ),
    )


def _tone(exact: Spread | None, bounds: Spread | None, enough_mbps: float | None) -> Tone | None:
    if exact is None and bounds is None:
        return "none"
    if enough_mbps is None:
        return None
    if exact is not None:
        return tone(exact.median, enough_mbps)
    return "ok" if bounds and bounds.median >= enough_mbps else "none"


def _rate(exact: Spread | None, bounds: Spread | None, translate: Translation) -> str:
    if exact is not None:
        return mbps(exact.median, translate)
    if bounds is not None:
        return rate_words(bounds.highest, translate, bound=True)
    return translate("not measured")


def _lines(figures: Figures, translate: Translation) -> Iterator[str]:
    if (exact := figures.rate_mbps) is not None:
        lowest, highest = rate_figure(exact.lowest, translate), mbps(exact.highest, translate)
        yield translate.plural(
            "median of {count} test, from {lowest} to {highest}",
            "median of {count} tests, from {lowest} to {highest}",
            exact.count,
            lowest=lowest,
            highest=highest,
        )
    if (bounds := figures.bounds_mbps) is not None:
        yield at_least(bounds.count, bounds.highest, translate)
    if figures.failed:
        yield translate.plural("{count} failed", "{count} failed", figures.failed)
    if figures.limited_by:
        yield translate("limited by: {names}", names=_limits(figures, translate))
    if (delay := _delay(figures, translate)) is not None:
        yield delay


def _limits(figures: Figures, translate: Translation) -> str:
    known: dict[str, LimitedBy] = {name: name for name in LIMITS}
    counted = sorted(figures.limited_by.items(), key=lambda each: -each[1])
    return ", ".join(
        f"{translate(LIMITS[known[name]].name)} {count}" for name, count in counted if name in known
    )


def _delay(figures: Figures, translate: Translation) -> str | None:
    """How much longer a round trip takes while the line is busy: what a call suffers from."""
    idle, loaded = figures.idle_rtt_ms, figures.loaded_rtt_ms
    if idle is None or loaded is None:
        return None
    return translate(
        "delay {idle}, under load {loaded}",
        idle=translate.milliseconds(idle.median),
        loaded=translate.milliseconds(loaded.median),
    )

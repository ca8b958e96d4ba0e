# SPDX-License-Identifier: Apache-2.0
"""How speed tests lie: as bars over a scale of Mb/s, and hour by hour and day by day.

As in `chart`, the box is stretched to whatever room there is, and scales are text beside it.
"""

import math
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from sansang_collector.language import Translation
from sansang_collector.speed_judgement import Sample, Slot
from sansang_collector.web.chart import HEIGHT
from sansang_collector.web.speed_words import at_least, mbps, rate_figure
from sansang_collector.web.states import Tone
from sansang_collector.web.strip import Strip, drawn

WIDTH = 1440
BINS = 24
BAR = WIDTH // BINS
GAP = 6
"""Of a bar's width, left free beside it."""
NEARLY = 0.8
"""Of the usual speed: what is slower than that stands out where nobody named a package."""


STEPS = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)
"""With zeros: ends of a scale whose half a person can tell, and of which little stays empty."""


class Aim(NamedTuple):
    """What tests are drawn beside: the package or the commune's target, by its name."""

    name: str
    mbps: float


class Histogram(NamedTuple):
    """Bars of how many tests came to about so much, in a box of 1440 by 100. `bounds` stand on
    `exact`: tests that say what the line can do at least. `aim` is a line across.
    """

    title: str
    words: str
    most: str
    scale: list[str]
    exact: str
    bounds: str
    aim: str
    aim_words: str

    @property
    def text(self) -> str:
        """All of it for those who don't see it."""
        return ", ".join(filter(None, (self.title, self.words, self.aim_words)))


def histogram(
    title: str,
    samples: Sequence[Sample],
    aim: Aim | None,
    top_mbps: float,
    translate: Translation,
) -> Histogram | None:
    """None of no tests. `top_mbps`: the end of the scale, see `scale_top`."""
    if not samples:
        return None
    exact, bounds = [0] * BINS, [0] * BINS
    for each in samples:
        of = bounds if each.bound else exact
        of[min(BINS - 1, int(BINS * each.mbps / top_mbps))] += 1
    most = max(map(sum, zip(exact, bounds, strict=True)))
    return Histogram(
        title=title,
        words=_in_words(samples, translate),
        most=translate.number(most),
        scale=["0", rate_figure(top_mbps / 2, translate), mbps(top_mbps, translate)],
        exact=_bars([0] * BINS, exact, most),
        bounds=_bars(exact, bounds, most),
        aim=f"M{WIDTH * aim.mbps / top_mbps:.0f} 0v{HEIGHT}" if aim else "",
        aim_words=f"{aim.name} {mbps(aim.mbps, translate)}" if aim else "",
    )


def scale_top(samples: Sequence[Sample], aim: Aim | None) -> float:
    """So that all of them and the aim fit."""
    most = max([1, *(each.mbps for each in samples), aim.mbps if aim else 0])
    power = 10.0 ** math.floor(math.log10(most))
    return next(each * power for each in STEPS if each * power >= most)


def _bars(ground: Sequence[int], counts: Sequence[int], most: int) -> str:
    """Standing on `ground`."""
    parts: list[str] = []
    for at, (below, count) in enumerate(zip(ground, counts, strict=True)):
        if count:
            y, height = HEIGHT - HEIGHT * below / most, HEIGHT * count / most
            parts.append(f"M{at * BAR + GAP // 2} {y:.3g}v-{height:.3g}h{BAR - GAP}v{height:.3g}z")
    return "".join(parts)


def _in_words(samples: Sequence[Sample], translate: Translation) -> str:
    """A median of lower bounds would say nothing: how many they are does."""
    exact = [each.mbps for each in samples if not each.bound]
    bounds = [each.mbps for each in samples if each.bound]
    parts: list[str] = []
    if exact:
        middle, lowest = (rate_figure(each, translate) for each in (median(exact), min(exact)))
        highest = mbps(max(exact), translate)
        text = translate.plural(
            "{count} test: median {median}, from {lowest} to {highest}",
            "{count} tests: median {median}, from {lowest} to {highest}",
            len(exact),
            median=middle,
            lowest=lowest,
            highest=highest,
        )
        parts.append(text)
    if bounds:
        parts.append(at_least(len(bounds), max(bounds), translate))
    return "; ".join(parts)


def by_hour(
    slots: Sequence[Slot], enough_mbps: float | None, translate: Translation
) -> Strip | None:
    """24 hours; None where nothing was measured. `enough_mbps`: the threshold of the site."""

    def name(at: int) -> str:
        return translate("{hour}:00 to {next}:00", hour=at, next=at + 1)

    return _slots(slots, 24, enough_mbps, name, translate)


def by_weekday(
    slots: Sequence[Slot], enough_mbps: float | None, translate: Translation
) -> Strip | None:
    """From Monday to Sunday."""
    return _slots(slots, 7, enough_mbps, lambda at: weekdays(translate)[at], translate)


def weekdays(translate: Translation) -> list[str]:
    """From Monday on, short."""
    return [
        translate("Mon"),
        translate("Tue"),
        translate("Wed"),
        translate("Thu"),
        translate("Fri"),
        translate("Sat"),
        translate("Sun"),
    ]


def _slots(
    slots: Sequence[Slot],
    many: int,
    enough_mbps: float | None,
    name: Callable[[int], str],
    translate: Translation,
) -> Strip | None:
    """A mark for each; without a threshold what is usual is good, and the rest beside it."""
    if not slots:
        return None
    enough = enough_mbps or NEARLY * median(each.median_mbps for each in slots)
    tones: list[Tone] = ["none"] * many
    for each in slots:
        tones[each.at] = tone(each.median_mbps, enough)
    worst = min(slots, key=lambda each: each.median_mbps)
    best = max(slots, key=lambda each: each.median_mbps)
    text = _slot_words(worst, name, translate)
    if worst.at != best.at:
        text = translate(
            "slowest {worst}; fastest {best}",
            worst=text,
            best=_slot_words(best, name, translate),
        )
    return drawn(tones, many, text)


def _slot_words(slot: Slot, name: Callable[[int], str], translate: Translation) -> str:
    when, rate = name(slot.at), mbps(slot.median_mbps, translate)
    return translate.plural(
        "{when}: {rate} ({count} test)",
        "{when}: {rate} ({count} tests)",
        slot.count,
        when=when,
        rate=rate,
    )


def tone(rate_mbps: float, enough_mbps: float) -> Tone:
    """Enough, more than half of it, less."""
    if rate_mbps >= enough_mbps:
        return "ok"
    return "warn" if rate_mbps >= enough_mbps / 2 else "bad"

# SPDX-License-Identifier: Apache-2.0
"""How a service of a site was over time, as a few SVG paths and as a sentence."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from sansang_collector.language import MINUTE_US, Translation
from sansang_collector.web.states import Tone

HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
SLOT_US = 30 * MINUTE_US
SLOTS = DAY_US // SLOT_US
WIDTH, MIDDLE = 5, 10
"""Of a slot, in the units of the drawing; the style sheet draws 4 of them and leaves one."""
NEARLY = 0.01

Shares = Sequence[float | None]
Mark = Tone | Literal["closed"]


class Strip(NamedTuple):
    """A path for each mark, drawn as dashes in a box `width` wide; `text` says the same."""

    paths: Mapping[Mark, str]
    text: str
    width: int


def day_until(now: int) -> tuple[int, int]:
    """The 24 hours until the end of the hour that `now` is in, so that hours are whole (µs)."""
    end = now - now % HOUR_US + HOUR_US
    return end - DAY_US, end


def strip(
    of: Shares, start: int, now: int, translate: Translation, together: int = 1
) -> Strip | None:
    """Half hours since `start`, so many `together` in what is drawn; the sentence counts them all.

    None when there is no evidence at all. What lies ahead of `now` is not drawn.
    """
    if all(each is None for each in of):
        return None
    past = of[: 1 + (now - start) // SLOT_US]
    tones: list[Mark] = [
        tone(_mean(past[first : first + together])) for first in range(0, len(past), together)
    ]
    return drawn(tones, -(-len(of) // together), _in_words(past, now - start, translate))


def drawn(marks: Sequence[Mark], slots: int, text: str) -> Strip:
    """A mark for each slot that is past, of so many; `text` says the same."""
    paths: dict[Mark, str] = {}
    at = 0
    for mark, run in groupby(marks):
        length = len(list(run))
        paths[mark] = f"{paths.get(mark, '')}M{at * WIDTH} {MIDDLE}h{length * WIDTH}"
        at += length
    return Strip(paths, text, slots * WIDTH)


def _mean(some: Shares) -> float | None:
    known = [each for each in some if each is not None]
    return sum(known) / len(known) if known else None


def tone(share: float | None) -> Tone:
    """Of a share of 0 … 1; grey when it is not known."""
    if share is None:
        return "none"
    return "ok" if share > 1 - NEARLY else "bad" if share < NEARLY else "warn"


def _in_words(past: Shares, elapsed: int, translate: Translation) -> str:
    """Of the last half hour only what is over counts; `elapsed` since the first began (µs)."""
    lasting = [min(SLOT_US, elapsed - slot * SLOT_US) for slot in range(len(past))]
    known = [(each, us) for each, us in zip(past, lasting, strict=True) if each is not None]
    seen = sum(us for _, us in known)
    there = int(sum(each * us for each, us in known))
    parts = [
        translate.percent(100 * there / max(seen, 1), 1),
        translate("works {duration}", duration=translate.duration(there)),
    ]
    if (gone := seen - there) >= MINUTE_US:
        parts.append(translate("does not work {duration}", duration=translate.duration(gone)))
    if (unknown := sum(lasting) - seen) >= MINUTE_US:
        parts.append(translate("no data {duration}", duration=translate.duration(unknown)))
    return ", ".join(parts)

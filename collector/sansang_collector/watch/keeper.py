# SPDX-License-Identifier: Apache-2.0
"""What the keeper of a house answers, as evidence about what lasted when it was said.

It stands beside what the judge found, and never in its place: only of a box that says nothing, and
of which nothing was measured since, does a keeper's word say why.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sansang_collector.watch.entry import Entry, Thing

SAID = "keeper:"
"""How its clues begin."""
POWER_OUT = "power_out"


class Word(NamedTuple):
    """An answer about a thing, at an instant in µs."""

    thing: Thing
    answer: str
    at: int


def with_words(entry: Entry, words: Iterable[Word]) -> Entry:
    """An entry with what was answered while it lasted: about it, or about a silence of its box."""
    bare = without_words(entry)
    said = {
        each.answer
        for each in words
        if bare.overlaps(each.at, each.at + 1)
        and (each.thing == bare.key.thing or bare.key.service == "box")
    }
    clues = dict(bare.clues) | {f"{SAID}{answer}": 1 for answer in said}
    is_dark = bare.cause == "silent" and POWER_OUT in said
    return bare._replace(
        cause="power_cut" if is_dark else bare.cause, clues=tuple(sorted(clues.items()))
    )


def without_words(entry: Entry) -> Entry:
    """As the judge has it: it measures power cuts as those of the site, never of a box."""
    clues = tuple(each for each in entry.clues if not each[0].startswith(SAID))
    guessed = entry.key.service == "box" and entry.cause == "power_cut"
    return entry._replace(cause="silent" if guessed else entry.cause, clues=clues)

# SPDX-License-Identifier: Apache-2.0
"""Random histories of one house: what happens to its boxes, and what of it arrives when."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import strategies as st

from sansang_wire.readings import AnyReading
from tests.collector.watch.houses import CUTS, Box, S

START = 1_795_222_800_000_000
"""A morning."""
MINUTE = 60 * S
TWICE = 0.05
OF_THE_HOUSE = sorted(CUTS - {"agent killed", "switched off"})
OF_A_BOX = [
    *("nothing abroad", "lossy", "DNS dead", "IPv6 dead", "access point dead"),
    *("guests get no address", "guests are sent away", "agent killed", "switched off"),
    "no IPv6 yet",
]


class Stretch(NamedTuple):
    """Something is wrong for so many seconds, with all boxes or with one, then nothing is."""

    well_s: int
    fault: str
    lasts_s: int
    whose: int | None


class Arrival(NamedTuple):
    """What a box measured until an instant, and when it is here (µs)."""

    here: int
    at: int
    box: str
    readings: list[AnyReading]


@dataclass
class History:
    """What happened to a house, and what came of it in which order."""

    boxes: list[Box]
    stretches: Sequence[Stretch]
    arrivals: list[Arrival] = field(default_factory=list[Arrival], repr=False)
    end: int = 0

    def happen(self, chance: random.Random, late: float, longest: int) -> None:
        """All of it: a share of the batches comes late, by up to `longest` µs, some come twice."""
        for box in self.boxes:
            box.boot(START - 3600 * S, clean=None)
        for at, box in self.rounds(chance):
            box.measure(at)
            while box.held:
                batch = box.held.pop()
                for _ in range(1 + (chance.random() < TWICE)):
                    delay = chance.randrange(longest) if chance.random() < late else S
                    self.arrivals.append(Arrival(at + delay, at, box.id, batch.readings))
        self.arrivals.sort(key=lambda each: each.here)

    def rounds(self, draw: random.Random) -> Iterator[tuple[int, Box]]:
        """Each round of each box, things happening meanwhile."""
        events = sorted(self._events(), key=lambda each: each[0])
        self.end = (events[-1][0] if events else START) + 20 * MINUTE
        offsets = {box.id: draw.randrange(0, 30 * S, S // 2) for box in self.boxes}
        due = sorted(
            (at + offsets[box.id], number)
            for number, box in enumerate(self.boxes)
            for at in range(START, self.end, box.round_s * S)
        )
        for at, number in due:
            while events and events[0][0] <= at:
                when, box, what = events.pop(0)
                box.change(what, when)
            yield at, self.boxes[number]

    def cuts(self) -> Iterator[tuple[int, int]]:
        """When a box could not send."""
        begins: dict[str, int] = {}
        for at, box, what in self._events():
            if what in CUTS:
                begins[box.id] = at
            elif box.id in begins:
                yield begins.pop(box.id), at

    def _events(self) -> Iterator[tuple[int, Box, str]]:
        at = START
        for well_s, fault, lasts_s, whose in self.stretches:
            begin, at = at + well_s * S, at + (well_s + lasts_s) * S
            for box in self.boxes if whose is None else [self.boxes[whose % len(self.boxes)]]:
                yield begin, box, fault
                yield at, box, "well"


def stretches() -> st.SearchStrategy[list[Stretch]]:
    """A few, one after the other."""
    minutes = st.sampled_from([0, 3, 13, 20, 50, 90, 150, 200, 330, 900, 1800, 3600])
    of_house = st.builds(Stretch, minutes, st.sampled_from(OF_THE_HOUSE), minutes, st.none())
    of_a_box = st.builds(Stretch, minutes, st.sampled_from(OF_A_BOX), minutes, st.integers(0, 1))
    return st.lists(st.one_of(of_house, of_a_box), min_size=1, max_size=5)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Of one or two boxes, with what they say arriving in any order, some of it twice."""
    boxes = [Box("dong-1", "dong", metered=draw(st.booleans()))]
    if draw(st.booleans()):
        boxes.append(Box("dong-2", "dong", only_wifi=draw(st.booleans())))
    found = History(boxes, draw(stretches()))
    late = draw(st.sampled_from([0.0, 0.02, 0.3, 1.0]))
    longest = draw(st.sampled_from([2 * MINUTE, 30 * MINUTE, 180 * MINUTE]))
    found.happen(random.Random(draw(st.integers(0, 2**32))), late, longest)
    return found

# SPDX-License-Identifier: Apache-2.0
"""What truly happens to simulated houses: faults with their causes, known before anyone measures.

Each house has a line, a Wi-Fi and a box, which fail independently; power cuts and the carriers'
faults also come to whole communes and carriers at once.
"""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sansang_collector.hours import Span, subtract, union
from sansang_collector.watch.cause import Cause
from tests.collector.watch.houses import S

START = 1_767_200_400_000_000
"""The first of January 2026 in Vietnam."""
MINUTE, DAY = 60 * S, 86_400 * S
COMMUNES, CARRIERS = 4, 3


class Kind(NamedTuple):
    """What a fault breaks: the service whose outage it is, what fails along with it, and how often
    it happens to a house in a month.
    """

    service: str
    cause: Cause
    a_month: float
    along: frozenset[str] = frozenset()
    state: str = "down"


LINE = frozenset({"dns", "ipv6"})
OF_THE_LINE: Mapping[str, Kind] = {
    "line cut": Kind("internet", "line", 1.0, LINE),
    "router dead": Kind("internet", "equipment", 0.5, LINE | {"wifi"}),
    "no lease": Kind("internet", "dhcp", 0.3, LINE),
    "unpaid": Kind("internet", "subscription", 0.2, LINE),
    "upstream dead": Kind("internet", "carrier", 0.4, LINE),
    "nothing abroad": Kind("internet", "international", 0.3, state="degraded"),
    "lossy": Kind("internet", "loss", 0.4, state="degraded"),
    "DNS dead": Kind("dns", "dns", 0.5),
    "IPv6 dead": Kind("ipv6", "ipv6", 0.8),
}
OF_THE_WIFI: Mapping[str, Kind] = {
    "access point dead": Kind("wifi", "access_point", 1.2),
    "guests get no address": Kind("wifi", "dhcp", 0.5),
    "guests are sent away": Kind("wifi", "access_point", 0.4),
}
OF_THE_BOX: Mapping[str, Kind] = {
    "power cut": Kind("power", "power_cut", 1.5),
    "switched off": Kind("box", "switched_off", 0.5),
    "agent killed": Kind("box", "agent_fault", 0.4),
}
KINDS: Mapping[str, Kind] = {**OF_THE_LINE, **OF_THE_WIFI, **OF_THE_BOX}
OFF = frozenset(OF_THE_BOX)
"""With these the box measures nothing."""
APART = 20 * MINUTE
"""So long one part of a house works before it fails again."""


class Fault(NamedTuple):
    """From `start` until before `end`, in µs."""

    start: int
    end: int
    what: str

    @property
    def span(self) -> Span:
        """When."""
        return Span(self.start, self.end)


class House(NamedTuple):
    """A site and all that happens to it."""

    name: str
    commune: int
    carrier: int
    faults: Sequence[Fault]

    def of(self, kinds: Iterable[str]) -> list[Fault]:
        """Faults of these kinds."""
        wanted = set(kinds)
        return [each for each in self.faults if each.what in wanted]

    @property
    def dark(self) -> list[Span]:
        """When the box measured nothing."""
        return union(each.span for each in self.of(OFF))

    def seen(self, fault: Fault) -> list[Span]:
        """When a box was there to see it."""
        return [fault.span] if fault.what in OFF else subtract([fault.span], self.dark)

    def down(self, service: str) -> list[Span]:
        """When a service was down and somebody could have seen it."""
        kinds = [
            name
            for name, kind in KINDS.items()
            if kind.state == "down" and (kind.service == service or service in kind.along)
        ]
        return union(span for each in self.of(kinds) for span in self.seen(each))


def houses(count: int, days: int, seed: int) -> list[House]:
    """So many, for so long; the same for the same seed."""
    chance = random.Random(seed)
    end = START + days * DAY
    communes = [list(_series(chance, {"power cut": 0.7}, end)) for _ in range(COMMUNES)]
    carriers = [
        list(_series(chance, {"upstream dead": 0.3, "nothing abroad": 0.3}, end))
        for _ in range(CARRIERS)
    ]
    found: list[House] = []
    for number in range(count):
        commune, carrier = number % COMMUNES, chance.randrange(CARRIERS)
        faults = [
            *_own(chance, OF_THE_LINE, carriers[carrier], end),
            *_own(chance, OF_THE_WIFI, [], end),
            *_own(chance, OF_THE_BOX, communes[commune], end),
        ]
        found.append(House(f"house-{number}", commune, carrier, sorted(faults)))
    return found


def _own(
    chance: random.Random, kinds: Mapping[str, Kind], shared: Sequence[Fault], end: int
) -> list[Fault]:
    """Those of one part of a house, and those that it shares with others; one at a time."""
    rates = {name: kind.a_month for name, kind in kinds.items()}
    wanted = sorted([*shared, *_series(chance, rates, end)], key=lambda each: each not in shared)
    found: list[Fault] = []
    for each in wanted:
        near = Span(each.start - APART, each.end + APART)
        if all(near.end <= other.start or other.end <= near.start for other in found):
            found.append(each)
    return found


def _series(chance: random.Random, a_month: Mapping[str, float], end: int) -> Iterable[Fault]:
    """From the second hour on: a minute to days, half of them shorter than 25 minutes."""
    rate = sum(a_month.values()) / (30 * DAY)
    at = START + 60 * MINUTE
    while True:
        at += int(chance.expovariate(rate))
        lasts = int(max(1.0, min(4 * 1440.0, 25 * math.exp(chance.gauss(0, 1.5)))) * MINUTE)
        if at + lasts > end - 60 * MINUTE:
            return
        [what] = chance.choices(list(a_month), list(a_month.values()))
        yield Fault(at, at + lasts, what)
        at += lasts

# SPDX-License-Identifier: Apache-2.0
"""The ledger of a simulated house against what truly happened there."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sansang_collector.config import HOLD
from sansang_collector.hours import Span, length_us, subtract
from sansang_collector.watch.entry import Entry
from tests.collector.watch.truth import KINDS, MINUTE, OFF, Fault, House

ROUND = MINUTE
VISIT = 2 * MINUTE
OF_GUESTS = frozenset({"guests get no address", "guests are sent away"})
SERVICES = ("power", "internet", "dns", "wifi", "ipv6")


@dataclass
class Reckoning:
    """Faults, those long enough to be in the ledger, and what of them is wrong there."""

    faults: int = 0
    noticeable: int = 0
    right: int = 0
    missed: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])
    """Found, by another cause."""
    false: list[str] = field(default_factory=list[str])
    kinds: Counter[str] = field(default_factory=Counter[str])
    """How many of each kind were to be noticed."""

    @property
    def right_pct(self) -> float:
        """Of those that are in the ledger."""
        return 100 * self.right / max(1, self.right + len(self.wrong))

    def add(self, other: "Reckoning") -> None:
        """Of another house."""
        self.faults += other.faults
        self.noticeable += other.noticeable
        self.right += other.right
        self.missed += other.missed
        self.wrong += other.wrong
        self.false += other.false
        self.kinds += other.kinds


def noticed_after(what: str) -> int:
    """The hold-down, and as long as until the first look and the last that it takes (µs)."""
    if what == "power cut":
        return 2 * ROUND
    if what in OFF:
        return HOLD.silent_us + ROUND
    held = HOLD.down_us if KINDS[what].state == "down" else HOLD.degraded_us
    return held + 2 * (VISIT if what in OF_GUESTS else ROUND)


def reckon(house: House, entries: Sequence[Entry], end: int) -> Reckoning:
    """Look for each fault in the ledger, and for each entry among the faults."""
    found = Reckoning(faults=len(house.faults))
    for fault in house.faults:
        for span in house.seen(fault):
            if span.end - span.start > noticed_after(fault.what) and _shows(house, fault, span):
                found.noticeable += 1
                found.kinds[fault.what] += 1
                _look_for(house, fault, span, entries, found)
    for entry in entries:
        if entry.state != "unknown" and not _is_true(house, entry, end):
            found.false.append(f"{house.name} {_words(entry)}")
    return found


def _shows(house: House, fault: Fault, span: Span) -> bool:
    """What fails along with another fault can't be told from it while that lasts."""
    kind = KINDS[fault.what]
    others = [
        each.span
        for each in house.faults
        if each != fault and kind.service in KINDS[each.what].along
    ]
    alone = subtract([span], [Span(each.start - MINUTE, each.end + MINUTE) for each in others])
    return length_us(alone) == span.end - span.start


def _look_for(
    house: House, fault: Fault, span: Span, entries: Iterable[Entry], found: Reckoning
) -> None:
    kind = KINDS[fault.what]
    service = {"power", "box"} if fault.what in OFF else {kind.service}
    there = [
        each
        for each in entries
        if each.key.service in service and each.overlaps(*span) and each.state != "unknown"
    ]
    about = f"{house.name} {fault.what} {span.start}–{span.end}"
    if not there:
        found.missed.append(about)
        return
    best = max(there, key=lambda each: _shared(each, span))
    if (best.state, best.cause) == (kind.state, kind.cause) and best.root is None:
        found.right += 1
    else:
        found.wrong.append(f"{about}: {_words(best)}")


def _shared(entry: Entry, span: Span) -> int:
    return min(entry.end or span.end, span.end) - max(entry.key.start, span.start)


def _is_true(house: House, entry: Entry, end: int) -> bool:
    """Whether something happened then that takes this service down; what no other entry explains
    must be a fault of its own, or fail along with one that was over before it could be noticed.
    """
    span = Span(entry.key.start - ROUND, (entry.end or end) + ROUND)
    service = entry.key.service
    for fault in house.faults:
        kind = KINDS[fault.what]
        own = kind.service == service or (fault.what in OFF and service in {"power", "box"})
        brief = fault.end - fault.start <= noticed_after(fault.what)
        along = service in kind.along and (entry.root is not None or brief)
        if (own or along) and fault.start < span.end and fault.end > span.start:
            return True
    return False


def _words(entry: Entry) -> str:
    key = entry.key
    return f"{key.service} {key.start}–{entry.end} {entry.state} {entry.cause} root {entry.root}"


def shares(house: House, span: Span) -> dict[str, float]:
    """By service, the true share of the time that a box was there to see; what is shorter than the
    hold-down is no outage by what an outage is, but for a power cut, which every start of a box
    tells of.
    """
    found: dict[str, float] = {}
    for service in SERVICES:
        unseen = house.dark
        if service == "power":
            unseen = [each.span for each in house.of({"switched off"})]
        known = subtract([span], unseen)
        least = 0 if service == "power" else HOLD.down_us
        down = [each for each in house.down(service) if each.end - each.start > least]
        works = length_us(subtract(known, down))
        found[service] = works / length_us(known)
    return found

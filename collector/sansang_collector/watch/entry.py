# SPDX-License-Identifier: Apache-2.0
"""An interval in which something was not well, as the ledger keeps it."""

from typing import Literal, NamedTuple

from sansang_collector.watch.cause import Cause

EntryState = Literal["down", "degraded", "unknown"]
Thing = tuple[str, str]
"""A service and its subject, as a `Key` has them."""
CONTACT: Thing = ("contact", "")
"""The site itself: none of its boxes is heard."""
POWER: Thing = ("power", "")
"""Of the site, as its boxes know by having none. What a battery tells is of `mains`."""


class Key(NamedTuple):
    """Which entry: what it is about, and when it began (µs since the Unix epoch).

    `service`: `power`, `internet`, `ipv6`, `dns`, `wifi`, or `box` for a box that is not heard.
    `subject`: of the Wi-Fi the network's name, of a box its agent, else the line.
    """

    service: str
    subject: str
    start: int

    @property
    def thing(self) -> Thing:
        """What it is about."""
        return self.service, self.subject


class Entry(NamedTuple):
    """From `key.start` until `end`, None while it lasts. `clues`: how often what was heard.

    `root`: the entry that explains this one, so that one cause is told once.
    """

    key: Key
    state: EntryState
    end: int | None = None
    cause: Cause | None = None
    clues: tuple[tuple[str, int], ...] = ()
    root: Key | None = None

    def overlaps(self, start: int, end: int | None) -> bool:
        """Whether they share more than an instant; an open end is later than any."""
        begins = end is None or self.key.start < end
        return begins and (self.end is None or self.end > start)

# SPDX-License-Identifier: Apache-2.0
"""The judge's states as points of the series store: what changed, when it did, and now and then all
of it, so that a dashboard shows a dark site as dark.
"""

from collections.abc import Iterable

from sansang_collector.saving import Correction
from sansang_collector.store.base import Point
from sansang_collector.watch.entry import Entry, Key
from sansang_collector.watching import Held
from sansang_wire.readings import StateReading

WRITER = "collector"
"""Stands where the agent does in the series of readings."""
CODES = {"up": 0, "degraded": 1, "down": 2, "unknown": 3}


def changes(corrections: Iterable[Correction]) -> list[Point]:
    """Each entry from its start to its end; what is no more leaves nothing behind."""
    points: list[Point] = []
    for site, revised, _ in corrections:
        for was, entry in revised:
            if site and (entry is None or was != entry.key):
                points.append(_point(site, was, was.start, "up"))
            if site and entry is not None:
                points += _span(site, entry)
    return points


def _span(site: str, entry: Entry) -> Iterable[Point]:
    yield _point(site, entry.key, entry.key.start, entry.state, entry.cause)
    if entry.end is not None:
        yield _point(site, entry.key, entry.end, "up")


def all_of(held: Iterable[Held], now: int) -> list[Point]:
    """Everything that is judged, as it is at an instant in µs."""
    return [_point(each.site, Key(*each.thing, 0), now, each.state) for each in held]


def _point(site: str, key: Key, at: int, state: str, cause: str | None = None) -> Point:
    reading = StateReading(
        at=at,
        outcome="ok",
        service=key.service,
        subject=key.subject or "-",
        state=CODES[state],
        cause=cause,
    )
    return Point(site, WRITER, reading)

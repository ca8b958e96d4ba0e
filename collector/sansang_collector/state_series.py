# SPDX-License-Identifier: Apache-2.0
"""The judge's states as points of the series store: what changed, when it did, and now and then all
of it, so that a dashboard shows a dark site as dark.
"""

from collections.abc import Iterable

from sansang_collector.saving import Correction
from sansang_collector.store.base import Point
from sansang_collector.watch.entry import Entry, Thing
from sansang_collector.watch.service import State
from sansang_collector.watch.site import Standing
from sansang_wire.readings import StateReading

WRITER = "collector"
"""Stands where the agent does in the series of readings."""
Place = tuple[str, Thing, int]
"""Site, what it is about, and the instant: a store keeps one point of each."""
CODES = {"up": 0, "degraded": 1, "down": 2, "unknown": 3}


def changes(corrections: Iterable[Correction]) -> list[Point]:
    """Each entry from its start to its end; what is no more leaves nothing behind."""
    ended: dict[Place, Point] = {}
    lasting: dict[Place, Point] = {}
    for site, revised, _ in corrections:
        for was, entry in revised if site else ():
            place = (site, was.thing, was.start)
            if entry is None or not _holds(entry, was.start):
                ended[place] = _point(site, was.thing, was.start, "up", lasted_us=0)
            else:
                lasting[place] = _within(site, entry, was.start)
            if entry is None:
                continue
            key = entry.key
            lasting[site, key.thing, key.start] = _within(site, entry, key.start)
            if entry.end is not None:
                lasted_us = entry.end - key.start
                end = _point(site, key.thing, entry.end, "up", entry.cause, lasted_us)
                ended[site, key.thing, entry.end] = end
    # Where one entry ends and the next begins at the same instant, it is the next that counts.
    return list((ended | lasting).values())


def all_of(standing: Iterable[tuple[str, Standing]], now: int) -> list[Point]:
    """Everything that is judged, as it is at an instant in µs."""
    return [
        _point(site, thing, now, state) if entry is None else _within(site, entry, now)
        for site, (thing, state, entry) in standing
    ]


def _holds(entry: Entry, at: int) -> bool:
    return entry.key.start <= at and (entry.end is None or at < entry.end)


def _within(site: str, entry: Entry, at: int) -> Point:
    lasted_us = max(at - entry.key.start, 0)
    return _point(site, entry.key.thing, at, entry.state, entry.cause, lasted_us)


def _point(  # noqa: PLR0913, PLR0917 - a point has these parts
    site: str,
    thing: Thing,
    at: int,
    state: State,
    cause: str | None = None,
    lasted_us: int | None = None,
) -> Point:
    service, subject = thing
    reading = StateReading(
        at=at,
        outcome="ok",
        service=service,
        subject=subject or "-",
        state=CODES[state],
        cause=cause,
        lasted_s=None if lasted_us is None else lasted_us / 1_000_000,
    )
    return Point(site, WRITER, reading)

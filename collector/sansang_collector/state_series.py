# SPDX-License-Identifier: Apache-2.0
"""The judge's states as points of the series store: what changed, when it did, and every five
minutes all of it, so that a dashboard shows a dark site as dark. What turns out late to have been
otherwise is written over at the same instants.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from sansang_collector.ledger_sql import Revised
from sansang_collector.saving import Correction
from sansang_collector.store.base import Point
from sansang_collector.watch.entry import Entry, Thing
from sansang_collector.watch.service import MINUTE_US, State
from sansang_collector.watch.site import Standing
from sansang_wire.readings import StateReading

WRITER = "collector"
"""Stands where the agent does in the series of readings."""
Place = tuple[str, Thing, int]
"""Site, what it is about, and the instant: a store keeps one point of each."""
EVERY_US = 5 * MINUTE_US
REDRAWN_US, REDRAWN_AT_MOST = 24 * 60 * MINUTE_US, 20_000
"""Of what came late so much of each entry, and so many points at once, are written over; of the
rest the beginning and the end.
"""
CODES = {"up": 0, "degraded": 1, "down": 2, "unknown": 3}


def changes(corrections: Collection[Correction], now: int) -> list[Point]:
    """Each entry from its start to its end, or to `now` (µs) when that is known late; what is no
    more leaves nothing behind.
    """
    ended: dict[Place, Point] = {}
    lasting: dict[Place, Point] = {}
    for site, revised, _ in corrections:
        for was, entry, _ in revised if site else ():
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
    for site, at, revised in islice(_redrawn(corrections, now), REDRAWN_AT_MOST):
        was, entry, _ = revised
        if entry is not None and _holds(entry, at):
            lasting[site, was.thing, at] = _within(site, entry, at)
        else:
            ended[site, was.thing, at] = _point(site, was.thing, at, "up", lasted_us=0)
    # Where one entry ends and the next begins at the same instant, it is the next that counts.
    return list((ended | lasting).values())


def all_of(standing: Iterable[tuple[str, Standing]], now: int) -> list[Point]:
    """Everything that is judged, as it is at an instant in µs."""
    return [
        _point(site, thing, now, state) if entry is None else _within(site, entry, now)
        for site, (thing, state, entry) in standing
    ]


def _redrawn(corrections: Iterable[Correction], now: int) -> Iterator[tuple[str, int, Revised]]:
    """The instants at which all of it was written while what stands or stood there lasted."""
    for site, revised, late in corrections:
        for each in revised if late else ():
            either = [one for one in (each.entry, each.before) if one is not None]
            start = min(one.key.start for one in either)
            end = max(one.end or now for one in either)
            first = -(-max(start, end - REDRAWN_US) // EVERY_US) * EVERY_US
            for at in range(first, end, EVERY_US):
                yield site, at, each


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

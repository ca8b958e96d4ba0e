# SPDX-License-Identifier: Apache-2.0
"""Three houses as the collector writes what it judges of them: one where something does not work,
one where all does, one that nobody hears; and one that is no more.
"""

from collections.abc import Iterable

from sansang_collector.ledger_sql import Revised
from sansang_collector.saving import Correction
from sansang_collector.state_series import WRITER, all_of, changes
from sansang_collector.store.base import Point
from sansang_collector.store.influx import InfluxStore
from sansang_collector.watch.cause import Cause
from sansang_collector.watch.entry import Entry, EntryState, Key, Thing
from sansang_collector.watch.site import Standing
from sansang_collector.web.readiness_examples import ASSESSMENT
from sansang_wire.readiness import reading

DOWN, UP, UNKNOWN, GONE = "nha-a", "nha-b", "nha-c", "nha-d"
MINUTE_US = 60_000_000
DAY_US = 1440 * MINUTE_US
EVERY = 5
"""Minutes between two times that all is written."""
WIFI, LINE, BOX = ("wifi", "NVH"), ("internet", ""), ("box", "hop-c")


def write(url: str, measured: str, now: int) -> None:
    """Into InfluxDB 1, as of `now` (µs): an hour and a half of each house, and of `measured`.

    `DOWN`: the Wi-Fi for 57 minutes, after the line was out for 20 and lossy for 10. `UP`: all
    well, but for 3 minutes an hour ago, and 5 in which nobody spoke of the Wi-Fi; what was taken
    for an outage 18 minutes ago was none. `UNKNOWN`: the box silent for half an hour. `GONE`: down,
    and 40 minutes ago the last that was written. `measured`: the Wi-Fi is down, the line was; it
    has been assessed for IPv6 a day ago and now.
    """
    store = InfluxStore.version_1(url, "sansang")
    houses: tuple[tuple[str, Thing, list[Entry], int], ...] = (
        (DOWN, WIFI, [_entry(now, WIFI, "down", 57, None, "access_point")], 0),
        (
            DOWN,
            LINE,
            [
                _entry(now, LINE, "down", 80, 60, "carrier"),
                _entry(now, LINE, "degraded", 60, 50, "loss"),
            ],
            0,
        ),
        (UP, WIFI, [_entry(now, WIFI, "unknown", 45, 40, None)], 0),
        (UP, LINE, [_entry(now, LINE, "down", 63, 60, "line")], 0),
        (UNKNOWN, LINE, [_entry(now, LINE, "unknown", 30, None, None)], 0),
        (UNKNOWN, BOX, [_entry(now, BOX, "down", 30, None, "silent")], 0),
        (GONE, LINE, [_entry(now, LINE, "down", 70, None, "line")], 40),
        (measured, WIFI, [_entry(now, WIFI, "down", 57, None, "access_point")], 0),
        (measured, LINE, [_entry(now, LINE, "down", 63, 60, "line")], 0),
    )
    for site, thing, entries, until in houses:
        told = [_standing(thing, entries, now - ago * MINUTE_US) for ago in _rounds(until)]
        points = [point for at, each in told for point in all_of([(site, each)], at)]
        revised = [Revised(each.key, each) for each in entries]
        points += changes([Correction(site, revised)], now)
        assert store.write(points) == 0
    none = _entry(now, LINE, "down", 18, None, "line")
    said = [Point(measured, WRITER, reading(ASSESSMENT, now - ago)) for ago in (DAY_US, 0)]
    assert store.write(said) == 0
    for entry in (none, None):
        assert store.write(changes([Correction(UP, [Revised(none.key, entry)])], now)) == 0
    store.close()


def _rounds(until: int) -> Iterable[int]:
    """How many minutes ago."""
    return range(90, until - 1, -EVERY)


def _entry(  # noqa: PLR0917 - an entry has these parts
    now: int, thing: Thing, state: EntryState, since: int, until: int | None, cause: Cause | None
) -> Entry:
    """From so many minutes ago until so many."""
    end = None if until is None else now - until * MINUTE_US
    return Entry(Key(*thing, now - since * MINUTE_US), state, end, cause)


def _standing(thing: Thing, entries: Iterable[Entry], at: int) -> tuple[int, Standing]:
    for entry in entries:
        if entry.key.start <= at and (entry.end is None or at < entry.end):
            return at, Standing(thing, entry.state, entry._replace(end=None))
    return at, Standing(thing, "up", None)

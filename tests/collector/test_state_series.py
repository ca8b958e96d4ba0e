# SPDX-License-Identifier: Apache-2.0
"""The judge's states in the series store: what a dashboard draws."""

import time
from pathlib import Path

from sansang_collector.ledger_sql import Revised
from sansang_collector.saving import Correction
from sansang_collector.state_series import changes
from sansang_collector.watch.entry import Entry, Key
from sansang_wire.readings import ReachabilityReading, StateReading, WifiReading
from tests.collector.ingesting import SITE, batch, desk

MINUTE = 60_000_000


async def test_an_outage_is_drawn_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    """And what works is written, too: a series that has nothing new is no series that is well."""
    now = time.time_ns() // 100_000_000 * 100_000
    with desk(tmp_path) as at_work:
        for seq, on_air in enumerate([True, False, False, False, True, True, True], 1):
            at = now - (8 - seq) * MINUTE
            outcome = "ok" if on_air else "failed"
            look = WifiReading(at=at, outcome=outcome, ssid="NVH", on_air=on_air)
            await at_work.take("dong-1", batch("dong-1", seq, [look]))
        box, series = at_work.store.series("state", "state", SITE, now - 9 * MINUTE, now + MINUTE)
        [lasted] = at_work.store.series("state", "lasted_s", SITE, now - 9 * MINUTE, now + MINUTE)
        [causes] = at_work.store.series("state", "cause", SITE, now - 9 * MINUTE, now + MINUTE)
    assert (series.agent, series.labels) == ("collector", {"service": "wifi", "subject": "NVH"})
    drawn = [point for point in series.points if point[0] < now - MINUTE]
    assert drawn == [(now - 6 * MINUTE, 2), (now - 3 * MINUTE, 0)]
    assert causes.points == [
        (now - 6 * MINUTE, "access_point"),
        (now - 3 * MINUTE, "access_point"),
    ]
    assert lasted.points == [(now - 6 * MINUTE, 0), (now - 3 * MINUTE, 180)]
    assert all(points[-1][0] > now - MINUTE for points in (box.points, series.points))


async def test_a_house_that_is_not_heard_is_told_again_with_its_cause(tmp_path: Path) -> None:
    """The box with why and for how long, what only it could know as not known."""
    now = time.time_ns() // 100_000_000 * 100_000
    start = now - 60 * MINUTE
    with desk(tmp_path) as at_work:
        at_work.watching.listening_since = start
        looks = [
            WifiReading(at=start + minute * MINUTE, outcome="ok", ssid="NVH", on_air=True)
            for minute in range(5)
        ]
        await at_work.take("dong-1", batch("dong-1", 1, looks))
        latest = {each.labels["subject"]: each for each in at_work.store.latest("state", SITE, now)}
    silent = latest["dong-1"].fields
    assert (silent["state"], silent["cause"]) == (2, "silent")
    assert 56 * 60 <= float(silent["lasted_s"]) <= 57 * 60
    assert latest["NVH"].fields["state"] == 3


async def test_a_line_that_never_had_ipv6_is_not_drawn_as_an_outage(tmp_path: Path) -> None:
    """And the box that says so is heard."""
    now = time.time_ns() // 100_000_000 * 100_000
    with desk(tmp_path) as at_work:
        looks = [
            ReachabilityReading(
                at=now - minute * MINUTE,
                outcome="unreachable",
                target="abroad",
                family="ipv6",
                scope="international",
            )
            for minute in range(5, -1, -1)
        ]
        await at_work.take("dong-1", batch("dong-1", 1, looks))
        held = {each.thing[0]: each.state for each in at_work.watching.held()}
        latest = at_work.store.latest("state", SITE, now - 9 * MINUTE)
    assert held["ipv6"] == "down"
    told = {each.labels["service"]: each.fields["state"] for each in latest}
    assert told["box"] == 0
    assert "ipv6" not in told


def test_an_outage_that_began_earlier_than_was_thought_has_no_gap() -> None:
    """And where one thing follows another at the same instant, the later one is drawn."""
    entry = Entry(Key("wifi", "NVH", 10 * MINUTE), "down", 30 * MINUTE, "access_point")
    after = Entry(Key("wifi", "NVH", 30 * MINUTE), "unknown")
    was = Key("wifi", "NVH", 20 * MINUTE)
    told = _told(Revised(after.key, after), Revised(was, entry))
    drawn = [(each.at // MINUTE, each.state) for each in told]
    assert sorted(drawn) == [(10, 2), (20, 2), (30, 3)]


def test_an_outage_that_was_none_is_taken_back() -> None:
    """It works where it was thought to begin, and nothing ends there."""
    [told] = _told(Revised(Key("wifi", "NVH", MINUTE), None))
    assert (told.state, told.lasted_s) == (0, 0)


def test_what_is_known_late_is_written_over_at_the_instants_of_all() -> None:
    """A silence of two hours was the line, from seven minutes past on, and lasts."""
    box, line = Key("box", "dong-1", 10 * MINUTE), Key("internet", "main", 17 * MINUTE)
    silence = Entry(box, "down", 130 * MINUTE, "silent")
    cut = Entry(line, "down", None, "line")
    told = _told(Revised(box, None, silence), Revised(line, cut), late=True)
    drawn = {
        service: {each.at // MINUTE: each.state for each in told if each.service == service}
        for service in ("box", "internet")
    }
    assert drawn == {
        "box": dict.fromkeys(range(10, 130, 5), 0),
        "internet": dict.fromkeys([17, *range(20, 200, 5)], 2),
    }


def test_of_what_lasted_for_weeks_the_last_day_is_written_over() -> None:
    """Beside its beginning and its end: a store must not drown in one correction."""
    key = Key("internet", "main", 0)
    cut = Entry(key, "down", 20 * 1440 * MINUTE, "line")
    told = _told(Revised(key, cut), late=True)
    assert sorted(each.at // MINUTE for each in told) == [
        0, *range(19 * 1440, 20 * 1440 + 1, 5)
    ]  # fmt: skip


def _told(*revised: Revised, late: bool = False) -> list[StateReading]:
    corrections = [Correction(SITE, revised, late)]
    readings = [each.reading for each in changes(corrections, 200 * MINUTE)]
    return [each for each in readings if isinstance(each, StateReading)]

# SPDX-License-Identifier: Apache-2.0
"""How ready sites are for IPv6, from batches of boxes to what is kept and shown."""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from sansang_agent import simulated_ipv6, simulated_site
from sansang_agent.simulated_site import Moment, SimulatedSite
from sansang_collector.readiness import ANEW_AFTER_US, HEARD_WITHIN_US, Readiness
from sansang_collector.readiness_sql import readiness_table
from sansang_collector.readiness_views import (
    OLD_AFTER_US,
    GroupReadinessView,
    ReadinessView,
    ShareView,
    grouped,
)
from sansang_collector.store.base import Latest, Point
from sansang_collector.stored_readings import as_reading
from sansang_collector.web.readiness_examples import ASSESSMENT, READINESS
from sansang_wire.readings import AnyReading
from tests.collector.ingesting import SITE, Desk, batch, commune, desk

DAY_US = 86_400_000_000


def house(at: int, *, ipv6: bool = True) -> list[AnyReading]:
    """What a box of a house measures at an instant."""
    site = SimulatedSite(agent="dong-1", ssid="NVH", ipv6=ipv6, loss=0, dark=False)
    moment = Moment(at, at)
    return [*simulated_site.seldom(site, moment), *simulated_ipv6.readings(site, moment)]


def readiness(at_work: Desk) -> Readiness:
    return Readiness(at_work.record, at_work.store, lambda: at_work.registry)


async def test_a_site_is_assessed_when_something_new_came(tmp_path: Path) -> None:
    """Not before its box was heard, not again while nothing comes, not more often than it helps."""
    now = time.time_ns() // 1000
    with desk(tmp_path) as at_work:
        ready = readiness(at_work)
        assert ready.look(now) == []
        [never] = ready.sites()
        assert (never.assessment, never.at) == (None, None)
        await at_work.take("dong-1", batch("dong-1", 1, house(now - 1_000_000)))
        [point] = ready.look(now)
        [view] = ready.sites()
        assert view.assessment is not None
        assert (view.agent, view.at) == ("dong-1", now)
        assert view.assessment.capable
        assert point.reading.outcome == "ok"
        later = now + ANEW_AFTER_US + 1_000_000
        assert ready.look(later) == []
        await at_work.take("dong-1", batch("dong-1", 2, house(now + 1_000_000, ipv6=False)))
        assert ready.look(now + 2_000_000) == []
        assert len(ready.look(later)) == 1
        [worse] = ready.sites()
        assert worse.assessment is not None
        assert not worse.assessment.capable


async def test_a_new_formula_is_replayed_over_what_an_older_one_assessed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of what they were made of, so that days can be compared; what can't be read stays, once."""
    now = time.time_ns() // 1000
    older = sa.update(readiness_table).values(formula=0, assessment="what nobody reads")
    with desk(tmp_path) as at_work:
        await at_work.take("dong-1", batch("dong-1", 1, house(now)))
        first = readiness(at_work)
        first.look(now + 1)
        with at_work.record.writing() as connection:
            connection.execute(older)
        again = readiness(at_work)
        assert [each.assessment for each in again.sites()] == [None]
        assert again.replay()
        assert not again.replay()
        assert again.sites() == first.sites()
        with at_work.record.writing() as connection:
            connection.execute(older.values(basis=b"no more"))
        again.replay()
        again.replay()
    assert caplog.text.count("stays as it was") == 1


async def test_it_is_drawn_over_time(tmp_path: Path) -> None:
    """As a series that the collector writes, like the states."""
    now = time.time_ns() // 1000
    with desk(tmp_path) as at_work:
        await at_work.take("dong-1", batch("dong-1", 1, house(now)))
        await at_work.ingest.keep(readiness(at_work).look(now + 1))
        [drawn] = at_work.store.series("readiness", "coverage_pct", SITE, now, now + 10)
    assert drawn.agent == "collector"
    assert [at for at, _ in drawn.points] == [now + 1]


async def test_the_box_that_knows_the_most_speaks_for_its_site(tmp_path: Path) -> None:
    """One that fell silent does not, however much it knew."""
    now = time.time_ns() // 1000
    with desk(tmp_path) as at_work:
        at_work.registry = commune("dong-1", "doai-1")
        old = now - HEARD_WITHIN_US - 1_000_000
        await at_work.take("dong-1", batch("dong-1", 1, house(old)))
        await at_work.take("doai-1", batch("doai-1", 1, house(now)[:4]))
        ready = readiness(at_work)
        ready.look(now + 1)
        assert [each.agent for each in ready.sites()] == ["doai-1"]
        await at_work.take("dong-1", batch("dong-1", 2, house(now)))
        ready.look(now + ANEW_AFTER_US + 1)
        assert [each.agent for each in ready.sites()] == ["doai-1"], (
            "nothing is newer than the look"
        )
        await at_work.take("dong-1", batch("dong-1", 3, house(now + 2)))
        ready.look(now + 2 * ANEW_AFTER_US)
        assert [each.agent for each in ready.sites()] == ["dong-1"]


async def test_what_was_said_survives_a_restart(tmp_path: Path) -> None:
    """With its time; and of each day of the site the last stays."""
    day = 1_795_200_000_000_000
    with desk(tmp_path) as at_work:
        ready = readiness(at_work)
        for number, at in enumerate((day, day + ANEW_AFTER_US, day + DAY_US), 1):
            ipv6 = number != 2
            await at_work.take("dong-1", batch("dong-1", number, house(at - 1, ipv6=ipv6)))
            assert len(ready.look(at)) == 1
        again = readiness(at_work)
        assert again.sites() == ready.sites()
        assert again.sites()[0].at == day + DAY_US
        days = again.days(SITE, 30, day + DAY_US)
        assert [each.day for each in days] == ["2026-11-21", "2026-11-22"]
        assert days[0].score != days[1].score
        assert [each.day for each in again.days(SITE, 1, day + DAY_US)] == ["2026-11-22"]


def test_every_reading_comes_back_out_of_the_store(tmp_path: Path) -> None:
    """As it was written, whatever the store makes of booleans and outcomes."""
    readings: Sequence[AnyReading] = [*house(1_000_000), *house(2_000_000, ipv6=False)]
    with desk(tmp_path) as at_work:
        for each in readings:
            at_work.store.write([Point(SITE, "dong-1", each)])
            stored = at_work.store.latest(msgspec.to_builtins(each)["kind"], SITE, each.at)
            assert each in [as_reading(it) for it in stored]


def test_a_reading_of_another_version_is_left_out() -> None:
    """A word that this version does not know."""
    fields = {"outcome": 0, "method": "guessed"}
    assert as_reading(Latest("traffic", SITE, "a", {"interface": "eth0"}, 1, fields)) is None
    assert as_reading(Latest("traffic", SITE, "a", {"interface": "eth0"}, 1, {})) is None


def test_every_site_counts_measured_or_not() -> None:
    """Of a commune and of a carrier; what is older than a day is not known any more."""
    now = READINESS.at or 0
    unlike = msgspec.structs.replace(ASSESSMENT, capable=False, preferred=None, ready_for_only=None)
    change = msgspec.structs.replace
    sites: list[ReadinessView] = [
        READINESS,
        change(READINESS, assessment=unlike, carrier=None, simulated=True),
        change(READINESS, at=None, agent=None, assessment=None),
        change(READINESS, at=now - OLD_AFTER_US - 1),
        change(READINESS, commune="1", commune_name="Xã An"),
    ]
    first, second = grouped(sites, "commune", now)
    assert (first.group, first.name) == ("1", "Xã An")
    assert second == GroupReadinessView(
        group="11824",
        name="Xã Vĩnh Bảo",
        simulated=True,
        capable=ShareView(count=1, of=4, not_measured=2),
        preferred=ShareView(count=1, of=4, not_measured=3),
        ready_for_only=ShareView(count=0, of=4, not_measured=3),
    )
    assert [(each.group, each.capable.of) for each in grouped(sites, "carrier", now)] == [
        ("", 1),
        ("VNPT", 4),
    ]


@pytest.mark.parametrize("text", ["{}", "[" * 100_000])
async def test_what_another_version_kept_stops_nobody(text: str, tmp_path: Path) -> None:
    """It is left out until the site is measured anew."""
    now = time.time_ns() // 1000
    with desk(tmp_path) as at_work:
        await at_work.take("dong-1", batch("dong-1", 1, house(now)))
        readiness(at_work).look(now + 1)
        with at_work.record.writing() as connection:
            connection.exec_driver_sql("UPDATE readiness SET assessment = ?", (text,))
        [view] = readiness(at_work).sites()
        assert view.assessment is None

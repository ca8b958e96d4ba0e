# SPDX-License-Identifier: Apache-2.0
"""Speed tests in the record: kept exactly, once, for ever, and what is said of sites by them."""

import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sansang_collector.hours import Span
from sansang_collector.periods import recent
from sansang_collector.record import Record, RecordUnavailableError, Saving
from sansang_collector.registry import Agent, Registry
from sansang_collector.registry_entries import SpeedSection, SpeedTarget
from sansang_collector.speed_sql import SpeedTest
from sansang_collector.speed_views import by_commune
from sansang_collector.speeds import TESTS_AT_ONCE, Speeds
from tests.collector.ingesting import SITE, batch, desk
from tests.collector.speeding import HOUR_US, IDLE, SPAN, house, kept, reading
from tests.fakes import NOW


async def test_a_batch_that_comes_again_changes_nothing(tmp_path: Path) -> None:
    """Nor does the same test under another number; another agent's is another test."""
    now = time.time_ns() // 1000
    with desk(tmp_path) as at_work:
        speeds = Speeds(at_work.record, lambda: at_work.registry)
        span = Span(0, now + HOUR_US)
        first = [reading(now, 90.0), reading(now, None, **IDLE)]
        await at_work.take("dong-1", batch("dong-1", 1, first))
        before = speeds.tests(SITE, span)
        assert len(before.tests) == 2
        await at_work.take("dong-1", batch("dong-1", 1, first), batch("dong-1", 2, first))
        assert speeds.tests(SITE, span) == before
        await at_work.take("doai-1", batch("doai-1", 1, first))
        assert len(speeds.tests(SITE, span).tests) == 4


async def test_a_test_is_kept_with_its_receipt_or_not_at_all(tmp_path: Path) -> None:
    """Killed at any instant, the record has both or neither: a box sends what has no receipt."""
    now = time.time_ns() // 1000
    with desk(tmp_path) as at_work:
        with at_work.record.writing() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER full BEFORE INSERT ON speed_test"
                " BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
        await at_work.take("dong-1", batch("dong-1", 1, [reading(now)]))
        assert not at_work.answers
        assert at_work.record.agents == {}
        with at_work.record.writing() as connection:
            connection.exec_driver_sql("DROP TRIGGER full")
        await at_work.take("dong-1", batch("dong-1", 1, [reading(now)]))
        assert at_work.answers[-1].receipt.upto == 1
    again = Record(tmp_path / "record.db")
    try:
        tests = Speeds(again, lambda: at_work.registry).tests(SITE, Span(0, now + 1)).tests
        assert [each.reading for each in tests] == [reading(now)]
    finally:
        again.close()


async def test_what_no_clock_dates_is_no_test_of_any_day(tmp_path: Path) -> None:
    """It is kept apart, as all readings without a date are."""
    with desk(tmp_path) as at_work:
        await at_work.take("dong-1", batch("dong-1", 1, [reading(5)], clock="none"))
        assert not Speeds(at_work.record, lambda: at_work.registry).tests(SITE, Span(0, NOW)).tests


def test_a_site_is_judged_by_its_package_and_its_communes_plan(tmp_path: Path) -> None:
    """90 of 100 Mb/s are enough of the package, and not what the plan wants."""
    record = kept(
        tmp_path,
        *(SpeedTest("dong", "dong-1", reading(NOW - at * HOUR_US)) for at in range(3)),
        *(SpeedTest("dong", "dong-1", reading(NOW - at, 40.0, phase="upload")) for at in range(2)),
        SpeedTest(
            "dong",
            "dong-1",
            reading(NOW, None, idle_rtt_ms=8.0, **IDLE),
        ),
    )
    wanted = [
        SpeedTarget(line_kind="fixed", mbps=1000, communes=["02176"]),
        SpeedTarget(line_kind="fixed", mbps=150),
        SpeedTarget(line_kind="mobile", mbps=70),
    ]
    registry = Registry(
        (house("dong", package_mbps=100), house("doai"), house("nam", line_kind="mobile")),
        (Agent(id="dong-1", site="dong"),),
        speed=SpeedSection(targets=wanted),
    )
    speeds = Speeds(record, lambda: registry)
    dong, doai, nam = speeds.sites(SPAN, NOW)
    assert dong.package is not None
    assert dong.target is not None
    assert (dong.package.verdict, dong.package.threshold_mbps) == ("met", 80.0)
    assert (dong.target.verdict, dong.target.threshold_mbps) == ("not_met", 150.0)
    assert dong.download is not None
    assert dong.upload is not None
    assert dong.upload.rate_mbps is not None
    assert (dong.tests, dong.upload.rate_mbps.median, dong.idle_rtt_ms) == (3, 40.0, 8.0)
    assert (doai.boxes, doai.package, doai.target and doai.target.verdict) == (
        0,
        None,
        "not_measured",
    )
    assert nam.target_mbps == 70.0
    [commune] = by_commune([dong, doai, nam])
    assert (commune.package.met, commune.package.of, commune.package.no_threshold) == (1, 3, 2)
    assert (commune.target.met, commune.target.not_met, commune.target.not_measured) == (0, 1, 2)
    record.close()


def test_another_sites_test_changes_nothing(tmp_path: Path) -> None:
    """Nor does one outside the period, or of a box that watches the site's other line."""
    registry = Registry(
        (house("dong", package_mbps=100), house("doai", package_mbps=100)),
        (
            Agent(id="dong-1", site="dong"),
            Agent(id="dong-2", site="dong", line="backup"),
            Agent(id="doai-1", site="doai"),
        ),
    )
    tests = [SpeedTest("dong", "dong-1", reading(NOW - at)) for at in range(3)]
    record = kept(tmp_path, *tests)
    speeds = Speeds(record, lambda: registry)
    before, detail = speeds.sites(SPAN, NOW)[0], speeds.site("dong", SPAN, NOW)
    record.save(
        Saving(
            tests=[
                SpeedTest("doai", "doai-1", reading(NOW, 1.0)),
                SpeedTest("dong", "dong-2", reading(NOW, 2.0)),
                SpeedTest("dong", "dong-1", reading(SPAN.start - 1, 3.0)),
                SpeedTest("dong", "dong-1", reading(SPAN.end, 4.0)),
            ]
        )
    )
    after = speeds.sites(SPAN, NOW)[0]
    assert after.package == before.package
    assert after.download == before.download
    again = speeds.site("dong", SPAN, NOW)
    assert detail is not None
    assert again is not None
    assert again.figures == detail.figures
    record.close()


def test_answers_are_kept_until_there_is_another_test_or_rule(tmp_path: Path) -> None:
    """Asked again, no test is read again; a new one, or another package, makes a new answer."""
    package_mbps = 100.0
    record = kept(tmp_path, *(SpeedTest("dong", "dong-1", reading(NOW - at)) for at in range(3)))
    speeds = Speeds(record, lambda: Registry((house("dong", package_mbps=package_mbps),)))
    [first] = speeds.sites(SPAN, NOW)
    asked: list[sa.Connection] = []
    event.listen(record.engine, "begin", asked.append)
    assert speeds.sites(SPAN, NOW) == [first]
    assert not asked
    record.save(Saving(tests=[SpeedTest("dong", "dong-1", reading(NOW - 9, 10.0))]))
    [second] = speeds.sites(SPAN, NOW)
    assert (first.tests, second.tests) == (3, 4)
    assert second.package is not None
    assert second.package.verdict == "met"
    package_mbps = 1000.0
    [third] = speeds.sites(SPAN, NOW)
    assert third.package is not None
    assert third.package.verdict == "not_met"
    record.close()


def test_the_last_days_are_summed_up_before_somebody_asks(tmp_path: Path) -> None:
    """Of every site, whatever comes; who looks then waits for no test to be read."""
    registry = Registry((house("dong", package_mbps=100.0), house("doai")))
    record = kept(tmp_path, *(SpeedTest("dong", "dong-1", reading(NOW - at)) for at in range(3)))
    speeds = Speeds(record, lambda: registry)
    days = recent(NOW)
    for more in (0, 1):
        speeds.refresh(NOW)
        asked: list[sa.Connection] = []
        event.listen(record.engine, "begin", asked.append)
        dong, doai = speeds.sites(days, NOW)
        assert (dong.tests, doai.tests) == (3 + more, more)
        assert not asked
        record.save(
            Saving(
                tests=[SpeedTest(each, f"{each}-1", reading(NOW - 9)) for each in ("dong", "doai")]
            )
        )
    record.close()


def test_simulated_sites_are_counted_by_themselves(tmp_path: Path) -> None:
    """A commune's share is of what was measured."""
    registry = Registry((house("dong"), house("demo", simulated=True)))
    record = kept(tmp_path)
    found = by_commune(Speeds(record, lambda: registry).sites(SPAN, NOW))
    assert [(each.simulated, each.target.of) for each in found] == [(False, 1), (True, 1)]
    record.close()


def test_a_test_that_was_not_made_is_told(tmp_path: Path) -> None:
    """With how often, and why the last one was not."""
    broken: dict[str, str] = {"outcome": "broken"}
    record = kept(
        tmp_path,
        SpeedTest("dong", "dong-1", reading(NOW - 9 * 24 * HOUR_US)),
        SpeedTest("dong", "dong-1", reading(NOW - 9 * 24 * HOUR_US, None, **IDLE)),
        SpeedTest("dong", "dong-1", reading(NOW - 2, None, reason="no_server", **broken)),
        SpeedTest("dong", "dong-1", reading(NOW - 1, None, reason="budget_spent", **broken)),
    )
    record.agent("dong-1").last_seen = NOW
    registry = Registry((house("dong"),), (Agent(id="dong-1", site="dong"),))
    found = Speeds(record, lambda: registry).site("dong", SPAN, NOW)
    assert found is not None
    assert (found.freshness.state, found.freshness.missed) == ("stale", "budget_spent")
    assert found.missed == {"budget_spent": 1, "no_server": 1}
    assert found.tests == 1
    record.save(Saving(tests=[SpeedTest("dong", "dong-1", reading(NOW, None, **IDLE))]))
    [site] = Speeds(record, lambda: registry).sites(SPAN, NOW)
    assert (site.freshness.state, site.freshness.missed) == ("fresh", "budget_spent"), (
        "the idle line was measured, and no download since the budget was spent"
    )
    record.save(Saving(tests=[SpeedTest("dong", "dong-1", reading(NOW))]))
    [site] = Speeds(record, lambda: registry).sites(SPAN, NOW)
    assert (site.freshness.state, site.freshness.missed) == ("fresh", None)
    record.close()


def test_pages_of_tests_hold_each_once(tmp_path: Path) -> None:
    """Also where several were made at the instant at which a page ends."""
    tests = [
        SpeedTest("dong", "dong-1", reading(NOW - at // 4, server=f"s{at % 4}"))
        for at in range(2 * TESTS_AT_ONCE + 3)
    ]
    record = kept(tmp_path, *tests)
    speeds = Speeds(record, lambda: Registry((house("dong"),)))
    seen: list[tuple[int, str]] = []
    end: int | None = NOW + 1
    while end is not None:
        page = speeds.tests("dong", Span(0, end))
        seen += [(each.reading.at, each.reading.server) for each in page.tests]
        end = page.next
    assert len(seen) == len(set(seen)) == len(tests)
    assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)
    record.close()


def test_a_record_that_can_not_be_read_says_so(tmp_path: Path) -> None:
    """Nothing is called not measured for that."""
    record = kept(tmp_path)
    with record.writing() as connection:
        connection.exec_driver_sql("DROP TABLE speed_test")
    with pytest.raises(RecordUnavailableError, match="can't be read"):
        Speeds(record, lambda: Registry((house("dong"),))).sites(SPAN, NOW)
    record.close()

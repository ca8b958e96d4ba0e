# SPDX-License-Identifier: Apache-2.0
"""A speed test costs what it may and never more: months of tests, power cuts and clocks gone wrong.

Nothing is sent: the test that a site would make is a number of bytes.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sansang_agent.net import speed_budget, speed_state
from sansang_agent.net.speed_book import USUAL, Book, Limits, LineKind
from sansang_agent.net.speed_plan import Rhythm, local_date
from sansang_wire.speed_readings import SpeedPhase

HOUR_S, DAY_S = 3600, 86_400
BEGIN_S = datetime(2026, 10, 28, tzinfo=UTC).timestamp()
DAYS = 36
MONTHS = {"2026-10", "2026-11", "2026-12"}
RHYTHM = Rhythm(per_day=4, peak_hours=(8, 9, 19, 20), utc_offset_h=7)
NOON_S = datetime(2026, 11, 12, 5, tzinfo=UTC).timestamp()
LIMITS = Limits(RHYTHM, 3_000_000_000, 60_000_000, 80, {})


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder where what is written is written at once: a test of thousands of writes."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def book(folder: Path, limits: Limits = LIMITS) -> Book:
    return Book(folder, "nvh-dong", limits)


def limits_of(line: LineKind, per_day: float) -> Limits:
    usual = USUAL[line]
    return Limits(
        RHYTHM._replace(per_day=per_day),
        round(usual.monthly_gb * 1e9),
        round(usual.phase_mb * 1e6),
        80,
        {},
    )


def made(
    book: Book, chance: random.Random, *, off_d: float, lost: float
) -> Iterator[tuple[float, int]]:
    """When, and how many bytes went through the line, looking every hour. `off_d`: how wrong the
    clock may be, and it jumps now and then; `lost`: how likely the file is gone by then.
    """
    wrong_s = 0.0
    for hour in range(DAYS * 24):
        true_s = BEGIN_S + hour * HOUR_S
        if chance.random() < 1 / 24:
            wrong_s = chance.uniform(-off_d, off_d) * DAY_S
        if chance.random() < lost:
            (book.folder / speed_state.NAME).write_bytes(b"{" * chance.randrange(2))
        now_s = true_s + wrong_s
        by_hand = not lost and chance.random() < 0.02
        if not by_hand and book.next(now_s) is None:
            continue
        reserved = book.reserve(now_s, by_hand=by_hand)
        if reserved is None:
            continue
        # Nobody uses less than is granted unless it ends well: that is the worst that can be.
        used = reserved.grant.reserved_bytes
        if chance.random() < 0.5:
            used = round(used * chance.random())
            book.settle(now_s, reserved, used)
        elif chance.random() < 0.5:
            book.settle(now_s, reserved, used)
        yield true_s, used


@pytest.mark.parametrize("line", list(USUAL))
@pytest.mark.parametrize(
    ("off_d", "lost"), [(3, 0), (0, 0.02)], ids=["a clock that jumps", "a file that is lost"]
)
def test_no_month_costs_more_than_its_budget(
    memory: Path, line: LineKind, off_d: float, lost: float
) -> None:
    """With power cuts in tests, some tests by hand, and a clock that jumps up to three days to and
    fro across the months' ends; with a file that is damaged or gone again and again.
    """
    chance = random.Random(f"{line}/{off_d}/{lost}")
    site = book(memory, limits_of(line, per_day=8))
    cost: Counter[str] = Counter()
    count = 0
    for true_s, used in made(site, chance, off_d=off_d, lost=lost):
        cost[local_date(true_s, RHYTHM.utc_offset_h).isoformat()[:7]] += used
        count += 1
    assert set(cost) <= MONTHS
    assert max(cost.values()) <= site.limits.monthly_bytes
    assert count > 25, "nothing was measured: nothing was shown"
    if not lost:
        assert cost["2026-11"] > 0.2 * site.limits.monthly_bytes


@pytest.mark.parametrize("line", list(USUAL))
@pytest.mark.parametrize(
    "off_d",
    [
        {},
        dict.fromkeys((29, 30, 31), 3),
        dict.fromkeys((1, 2, 3), -3),
        {**dict.fromkeys((1, 2, 3), -3), **dict.fromkeys((29, 30, 31), 3)},
    ],
    ids=["right", "ahead", "behind", "both"],
)
def test_whoever_asks_all_day_gets_the_budget_and_no_more(
    memory: Path, line: LineKind, off_d: dict[int, int]
) -> None:
    """In a month of 31 days, the clock wrong as is worst: at its begin the rest of the month before
    is spent, at its end the first days of the next.
    """
    site = book(memory, limits_of(line, 4))
    empty_the_month_before(site)
    cost = 0
    for day in range(1, 32):
        true_s = datetime(2026, 12, day, 5, tzinfo=UTC).timestamp()
        now_s = true_s + off_d.get(day, 0) * DAY_S
        while reserved := site.reserve(now_s, by_hand=True):
            cost += reserved.grant.reserved_bytes
    assert cost <= site.limits.monthly_bytes
    shares = speed_budget.LONGEST_MONTH_D + speed_budget.SLACK_D
    least = site.limits.monthly_bytes * shares / speed_budget.SHARES
    assert cost > least - speed_budget.DELAY_BYTES


def empty_the_month_before(site: Book) -> None:
    """A file of a month in which nothing was used."""
    with speed_state.changing(site.folder, lambda: speed_state.SpeedState(days={})) as state:
        state.days = {"2026-11-01": 0}


def test_a_crash_in_a_test_costs_what_was_reserved(tmp_path: Path) -> None:
    """Nobody knows what went through the line; what is settled is put right."""
    site = book(tmp_path)
    empty_the_month_before(site)
    left = site.left_bytes(NOON_S)
    reserved = site.reserve(NOON_S, by_hand=False)
    assert reserved
    assert site.left_bytes(NOON_S) == left - reserved.grant.reserved_bytes
    site.settle(NOON_S, reserved, 1000)
    assert site.left_bytes(NOON_S) == left - 1000


@pytest.mark.parametrize(
    ("left_mb", "phase_mb"),
    [(1000, 60), (136.1, 60), (100, 43.61), (15.1, 5.02), (15, 0), (0.05, 0), (0.04, None)],
)
def test_what_is_left_makes_a_smaller_test_then_the_delay_alone_then_none(
    left_mb: float, phase_mb: float | None
) -> None:
    """60 MB each way while that is there, down to 5 MB; after that round trips."""
    grant = speed_budget.grant(round(left_mb * 1e6), 60_000_000)
    assert (grant and grant.phase_bytes / 1e6) == (phase_mb and pytest.approx(phase_mb, abs=0.01))
    assert grant is None or grant.reserved_bytes <= left_mb * 1e6


def test_a_box_that_forgot_waits_until_tomorrow(tmp_path: Path) -> None:
    """All that was open today may have been used; by hand the rest of the month is there."""
    site = book(tmp_path)
    for data in (None, b"", b"{", b'{"days": {"2026-11-12": "x"}}'):
        if data is not None:
            (tmp_path / speed_state.NAME).write_bytes(data)
        assert site.reserve(NOON_S, by_hand=False) is None
        assert site.reserve(NOON_S + DAY_S, by_hand=False) is not None
        (tmp_path / speed_state.NAME).unlink()
    assert site.reserve(NOON_S, by_hand=True) is not None


def test_a_clock_that_goes_back_finds_the_month_as_it_was(tmp_path: Path) -> None:
    """What was used in the days ahead counts, and no test is missing because of them."""
    site = book(tmp_path)
    empty_the_month_before(site)
    in_december_s = datetime(2026, 12, 2, 5, tzinfo=UTC).timestamp()
    assert site.reserve(in_december_s, by_hand=False)
    november = [site.left_bytes(NOON_S), site.left_bytes(in_december_s)]
    assert november[0] < speed_budget.opened(31, LIMITS.monthly_bytes)
    assert site.next(in_december_s) or site.next(in_december_s + HOUR_S * 15)
    times = [NOON_S + minutes * 300 for minutes in range(24 * 12)]
    assert any(site.next(now_s) for now_s in times)


def test_a_slow_test_is_made_again_once_ten_minutes_later(tmp_path: Path) -> None:
    """Slower than four fifths of the median of those before; the package goes before the median."""
    site = book(tmp_path)
    quiet = replace(LIMITS, rhythm=Rhythm(0, (), 7))
    site = book(tmp_path, quiet)

    def measured(mbps: float, *, again: bool = True) -> bool:
        site.learn(NOON_S, "ipv6", "single", {"download": mbps}, again=again)
        wanted = [site.next(NOON_S + minute * 60) for minute in (0, 9, 10, 10)]
        retests = [each.retest for each in wanted if each]
        assert all(each and (each.family, each.streams) == ("ipv6", "single") for each in retests)
        assert wanted[:2] == [None, None]
        return len(retests) == 1

    assert [measured(mbps) for mbps in (90, 10, 100, 95, 79, 71)] == [False] * 4 + [False, True]
    assert not measured(10, again=False), "the test that was made again"
    packages: dict[SpeedPhase, float | None] = {"download": 150}
    site = book(tmp_path, replace(quiet, package_mbps=packages))
    assert measured(119)
    assert not measured(121)

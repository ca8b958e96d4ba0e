# SPDX-License-Identifier: Apache-2.0
"""When speed tests are due: at random, never together, and the same after a restart."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from statistics import mean

import pytest

from sansang_agent.net.speed_plan import LATE_S, Rhythm, due, is_slow

MIDNIGHT_S = datetime(2026, 10, 31, 17, tzinfo=UTC).timestamp()
"""Of the 1st of November in Việt Nam."""
DAY_S, HOUR_S, STEP_S = 86_400, 3600, 1800
RANDOM = Rhythm(per_day=4, peak_hours=(), utc_offset_h=7)
PEAK = Rhythm(per_day=0, peak_hours=(8, 9, 19, 20), utc_offset_h=7)


def made(agent: str, rhythm: Rhythm, days: int) -> list[tuple[float, int]]:
    """When tests were made, and their numbers, by a box that looks every half hour."""
    done_s, found = 0.0, list[tuple[float, int]]()
    for step in range(days * DAY_S // STEP_S):
        now_s = MIDNIGHT_S + step * STEP_S
        if slot := due(agent, rhythm, now_s, done_s):
            done_s = slot.at_s
            found.append((slot.at_s, slot.number))
            assert slot.at_s <= now_s
    return found


def test_distances_are_exponential_between_bounds() -> None:
    """NDT7: a mean of six hours, no less than 2,160 s and no more than 54,000 s."""
    distances = [
        later - earlier
        for agent in ("nvh-1", "nvh-2")
        for (earlier, _), (later, _) in pairwise(made(agent, RANDOM, 30))
    ]
    assert min(distances) == pytest.approx(2160)
    assert max(distances) == pytest.approx(54_000)
    assert mean(distances) == pytest.approx(21_600 * 0.92, rel=0.1)


def test_one_test_a_day_stands_in_a_peak_hour() -> None:
    """Each of these hours has its turn."""
    tests = made("nvh-1", PEAK, 30)
    hours = Counter(int((at_s - MIDNIGHT_S) % DAY_S // HOUR_S) for at_s, _ in tests)
    assert len(tests) == 30
    assert set(hours) == {8, 9, 19, 20}


@pytest.mark.parametrize("rhythm", [RANDOM, PEAK], ids=["random", "peak"])
def test_what_takes_turns_gets_its_share(rhythm: Rhythm) -> None:
    """Two families, one connection and several: each of the four as often."""
    shares = Counter(number % 4 for _, number in made("nvh-1", rhythm, 30))
    assert max(shares.values()) - min(shares.values()) <= 1


def test_sites_do_not_test_together() -> None:
    """Of twenty agents hardly two begin within the same minute in a week."""
    rhythm = Rhythm(per_day=4, peak_hours=(8, 9, 19, 20), utc_offset_h=7)
    minutes = Counter(
        at_s // 60 for number in range(20) for at_s, _ in made(f"nvh-{number}", rhythm, 7)
    )
    assert minutes.total() > 600
    assert sum(count > 1 for count in minutes.values()) < 0.15 * minutes.total()


def test_a_restart_repeats_nothing_and_a_long_cut_leaves_out() -> None:
    """What is told is a matter of the agent, the date and what was done, of nothing else."""
    (first, _), *_ = made("nvh-1", RANDOM, 3)
    assert due("nvh-1", RANDOM, first + 60, first) is None
    assert due("nvh-1", RANDOM, first + 60, 0) == due("nvh-1", RANDOM, first + 61, first - 1)
    assert due("nvh-1", RANDOM, first + LATE_S + 1, 0) != due("nvh-1", RANDOM, first, 0)


def test_a_slot_before_midnight_is_still_due_after_it() -> None:
    """Also where a month ends meanwhile."""
    rhythm = Rhythm(per_day=48, peak_hours=(), utc_offset_h=7)
    slot = due("nvh-1", rhythm, MIDNIGHT_S - 1, 0)
    assert slot
    assert slot.at_s < MIDNIGHT_S
    assert due("nvh-1", rhythm, MIDNIGHT_S + 1, 0) == slot


@pytest.mark.parametrize(
    ("rate", "package", "before", "slow"),
    [
        (119, 150, [], True),
        (121, 150, [50, 50, 50], False),
        (79, None, [100, 90, 110], True),
        (81, None, [100, 90, 110], False),
        (10, None, [100, 90], False),
    ],
)
def test_slow_is_below_four_fifths_of_what_is_usual(
    rate: float, package: float | None, before: list[float], slow: bool
) -> None:
    """Of the package, or else of the median once three tests are known."""
    assert is_slow(rate, package, before, 80) == slow

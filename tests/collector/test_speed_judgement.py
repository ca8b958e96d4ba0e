# SPDX-License-Identifier: Apache-2.0
"""What speed tests come to: medians, lower bounds, verdicts, and how fresh they are."""

import statistics
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.speed_judgement import (
    Judged,
    Sample,
    Verdict,
    figures,
    freshness,
    judge,
    missed,
    sample,
    share,
    spread,
    telling,
)
from sansang_wire.speed_readings import ThroughputReading

DAY_US = 86_400_000_000
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
rates = st.floats(0, 10_000, allow_subnormal=False)
samples = st.lists(st.builds(Sample, st.integers(0, 10**6), rates, st.booleans()), max_size=12)


def some(*mbps: float) -> list[Sample]:
    return [Sample(at, each) for at, each in enumerate(mbps)]


def reading(at: int = 0, **values: object) -> ThroughputReading:
    told = {"outcome": "ok", "server": "vnnic", "family": "ipv4", "phase": "download"}
    return ThroughputReading(at=at, **{**told, "streams": "several", **values})  # pyright: ignore[reportArgumentType]


@given(st.lists(rates, min_size=1, max_size=20))
def test_a_spread_lies_within_its_numbers(numbers: list[float]) -> None:
    """In order from the lowest to the highest, and its median is the usual one."""
    found = spread(numbers)
    assert found is not None
    ordered = (found.lowest, found.p10, found.p25, found.median, found.p75, found.p90)
    assert list(ordered) == sorted(ordered)
    assert found.p90 <= found.highest == max(numbers)
    assert found.lowest == min(numbers)
    assert abs(found.median - statistics.median(numbers)) <= 1e-9 * max(numbers)


def test_the_median_decides() -> None:
    """Half of the package is not 80 % of it, 81 % is; of two in the middle it is between them."""
    assert judge(some(50, 90, 99), 80, 3).verdict == "met"
    assert judge(some(50, 79, 99), 80, 3).verdict == "not_met"
    even = judge(some(50, 70, 91, 99), 80, 3)
    assert (even.verdict, even.median_mbps) == ("met", 80.5)


def test_few_tests_decide_nothing() -> None:
    """Nor do none: but that is another thing to say."""
    assert judge(some(10, 10), 80, 3).verdict == "too_few"
    assert judge([], 80, 3).verdict == "not_measured"


def test_a_lower_bound_counts_where_it_reaches_the_threshold() -> None:
    """A box with a port of 100 Mb/s says that 80 is reached, and nothing of 150."""
    held_back = [Sample(at, 94.0, bound=True) for at in range(3)]
    reached = judge(held_back, 80, 3)
    assert (reached.verdict, reached.counted, reached.left_out) == ("met", 3, 0)
    beyond = judge(held_back, 150, 3)
    assert (beyond.verdict, beyond.counted, beyond.left_out) == ("too_few", 0, 3)
    assert beyond.median_mbps is None
    assert not beyond.slow


def test_nothing_is_said_where_it_turns_on_how_much_more_a_line_can_do() -> None:
    """Between 60 and at least 85 the median is at least 72.5: 80 may be reached or not."""
    tests = [Sample(0, 60), Sample(1, 60), Sample(2, 85, bound=True), Sample(3, 85, bound=True)]
    assert judge(tests, 80, 3).verdict == "too_few"
    assert judge([Sample(4, 60), *tests], 80, 3).verdict == "not_met"


def test_slow_is_said_after_a_second_bad_test() -> None:
    """One alone is none, whatever came before it."""
    assert not judge(some(99, 99, 20), 80, 3).slow
    assert judge(some(99, 20, 21), 80, 3).slow
    assert judge(some(20, 99, 21), 80, 3).slow
    assert judge(some(20, 21), 80, 3).slow
    assert not judge(some(20, 20, 99, 99, 20), 80, 3).slow
    assert not judge(some(20), 80, 3).slow


@given(samples, rates, st.integers(1, 5))
def test_every_sample_is_counted_or_left_out(found: list[Sample], mbps: float, least: int) -> None:
    """Left out are lower bounds alone, and no verdict comes of too few."""
    said = judge(found, mbps, least)
    assert said.counted + said.left_out == len(found)
    assert said.left_out == sum(each.bound and each.mbps < mbps for each in found)
    if said.verdict in {"met", "not_met"}:
        assert said.counted >= least
    assert (said.verdict == "not_measured") == (not found)


@given(samples, rates, rates, st.integers(1, 5))
def test_what_reaches_much_reaches_less(
    found: list[Sample], mbps: float, other: float, least: int
) -> None:
    """A site that meets a goal meets each lower one."""
    low, high = sorted((mbps, other))
    if judge(found, high, least).verdict == "met":
        assert judge(found, low, least).verdict != "not_met"


@given(st.lists(st.none() | st.sampled_from(["met", "not_met", "too_few", "not_measured"])))
def test_shares_add_up(verdicts: list[Verdict | None]) -> None:
    """Every site is in one heap, and all of them are in the denominator."""
    heaps = share(verdict and _said(verdict) for verdict in verdicts)
    parts = (heaps.met, heaps.not_met, heaps.too_few, heaps.not_measured, heaps.no_threshold)
    assert sum(parts) == heaps.of == len(verdicts)


def _said(verdict: Verdict) -> Judged:
    return Judged(
        verdict=verdict, threshold_mbps=80, median_mbps=None, counted=0, left_out=0, slow=False
    )


def test_what_is_a_lower_bound() -> None:
    """What the box, its port, its Wi-Fi, the server or others on the line held back."""
    for held_back in ("cpu", "port", "server", "wifi"):
        assert sample(reading(rate_mbps=90.0, limited_by=held_back)) == Sample(0, 90.0, bound=True)
    assert sample(reading(rate_mbps=90.0, cross_traffic=True)) == Sample(0, 90.0, bound=True)
    assert sample(reading(rate_mbps=90.0, lower_bound=True)) == Sample(0, 90.0, bound=True)
    assert sample(reading(rate_mbps=90.0, limited_by="line")) == Sample(0, 90.0)
    assert sample(reading(rate_mbps=90.0, outcome="failed")) is None
    assert sample(reading(outcome="ok")) is None


def test_the_group_that_tells_best() -> None:
    """Several streams before one, tests enough before a lucky one, then the faster family."""
    several, single = some(90, 91, 92), some(200, 200, 200)
    assert telling({("ipv4", "several"): several, ("ipv6", "single"): single}, 3) == (
        "ipv4",
        "several",
    )
    faster = some(93, 94, 95)
    assert telling({("ipv4", "several"): several, ("ipv6", "several"): faster}, 3) == (
        "ipv6",
        "several",
    )
    lucky = some(200)
    assert telling({("ipv4", "several"): several, ("ipv6", "several"): lucky}, 3) == (
        "ipv4",
        "several",
    )
    assert telling({("ipv4", "single"): single}, 3) == ("ipv4", "single")
    assert telling({}, 3) is None


def test_figures_are_by_family_phase_and_streams() -> None:
    """Hours and weekdays are those of the site's clock; what was not made is no test."""
    monday_19_utc = 1_795_460_400_000_000  # 23/11/2026, 02:00 on Tuesday in Việt Nam
    found = figures(
        [
            reading(monday_19_utc, rate_mbps=90.0, limited_by="line", loaded_rtt_ms=40.0),
            reading(monday_19_utc + 1, rate_mbps=70.0, limited_by="line", loaded_rtt_ms=60.0),
            reading(monday_19_utc + 2, rate_mbps=60.0, limited_by="cpu"),
            reading(outcome="unreachable", reason="timeout"),
            reading(outcome="broken", reason="budget_spent"),
            reading(phase="idle", streams="none", idle_rtt_ms=9.0),
            reading(family="ipv6", rate_mbps=5.0),
        ],
        VIETNAM,
    )
    assert [(e.family, e.phase, e.streams, e.tests, e.failed) for e in found] == [
        ("ipv4", "download", "several", 4, 1),
        ("ipv4", "idle", "none", 1, 0),
        ("ipv6", "download", "several", 1, 0),
    ]
    down, idle, _ = found
    assert down.rate_mbps is not None
    assert down.bounds_mbps is not None
    assert down.loaded_rtt_ms is not None
    assert (down.rate_mbps.median, down.bounds_mbps.median) == (80.0, 60.0)
    assert down.loaded_rtt_ms.median == 50.0
    assert down.limited_by == {"cpu": 1, "line": 2}
    assert [(e.at, e.count, e.median_mbps) for e in down.by_hour] == [(2, 2, 80.0)]
    assert [(e.at, e.count) for e in down.by_weekday] == [(1, 2)]
    assert idle.rate_mbps is None
    assert idle.idle_rtt_ms is not None


def test_what_was_missed_is_told_by_its_reason() -> None:
    """A test that ran out of budget is not silent."""
    broken = [reading(outcome="broken", reason=each) for each in ("no_server", "budget_spent")]
    later = reading(1, outcome="broken", reason="budget_spent", phase="upload")
    other = reading(outcome="broken", reason="budget_spent", phase="upload")
    assert missed([*broken, later, other, reading()]) == {"budget_spent": 2, "no_server": 1}


def test_a_week_without_a_test_is_told() -> None:
    """While a box speaks that is odd, and the reason is told where there is one."""
    now = 100 * DAY_US
    fresh = freshness(now - DAY_US, None, now, now)
    assert (fresh.state, fresh.missed) == ("fresh", None)
    stale = freshness(now - 8 * DAY_US, "budget_spent", now, now)
    assert (stale.state, stale.missed) == ("stale", "budget_spent")
    assert freshness(None, "no_server", now, now).state == "stale"
    assert freshness(now - 8 * DAY_US, None, now - 2 * DAY_US, now).state == "silent"
    assert freshness(None, None, None, now).state == "silent"

# SPDX-License-Identifier: Apache-2.0
"""How fast a line is, by the tests of a period. Pure: no clock.

A test that something else than the line held back (the box, its port or Wi-Fi, the server, others
on the line) says what the line can do at the least. Such a lower bound counts where it reaches what
was asked for; below that it says nothing, is left out, and is counted as left out.

A line is judged by the median of a period against a share of its package, and against what its
commune wants, once there are enough tests: both numbers are in the registry.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from math import inf
from statistics import median
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from sansang_collector.hours import EPOCH, ONE_US
from sansang_wire.reading import Family
from sansang_wire.speed_readings import LimitedBy, SpeedPhase, Streams, ThroughputReading

Verdict = Literal["met", "not_met", "too_few", "not_measured"]
NOT_THE_LINE: frozenset[LimitedBy] = frozenset({"cpu", "port", "server", "wifi"})
STALE_AFTER_US = 7 * 86_400_000_000
SPEAKS_WITHIN_US = 86_400_000_000
Groups = Mapping["tuple[Family, Streams]", "Sequence[Sample]"]
"""The samples of one direction."""


class Sample(NamedTuple):
    """One test that came to a rate, at an instant in µs; `bound`: the line can do this at least."""

    at: int
    mbps: float
    bound: bool = False


class Rules(Struct, frozen=True, kw_only=True):
    """`package_ratio` of the package is enough; no verdict from fewer tests than `least_tests`."""

    package_ratio: Annotated[float, Meta(gt=0, le=1)] = 0.8
    least_tests: Annotated[int, Meta(ge=1, le=1000)] = 3


class Spread(Struct, frozen=True, kw_only=True):
    """How numbers lie; percentiles between two of them are taken in proportion."""

    count: int
    lowest: float
    p10: float
    p25: float
    median: float
    p75: float
    p90: float
    highest: float


class Slot(Struct, frozen=True, kw_only=True):
    """The tests of an hour of the day (0 … 23) or of a weekday (0: Monday), by the site's clock."""

    at: int
    count: int
    median_mbps: float


class Rate(Struct, frozen=True, kw_only=True):
    """What a line gives in one direction, through the family and with the streams that tell it
    best.
    """

    family: Family
    streams: Streams
    rate_mbps: Spread | None
    """Of what the line itself set the limit to."""
    bounds_mbps: Spread | None
    """Of the lower bounds."""


class Judged(Struct, frozen=True, kw_only=True):
    """The tests of a period against `threshold_mbps`. `median_mbps` is that of those `counted`; the
    `left_out` are lower bounds below the threshold.

    `slow`: at least two of the last three that say anything were below it. One bad test is none.
    """

    verdict: Verdict
    threshold_mbps: float
    median_mbps: float | None
    counted: int
    left_out: int
    slow: bool


class Figures(Struct, frozen=True, kw_only=True):
    """All tests of one phase through one family, with one or several streams. The idle line has
    delays and no rates.
    """

    family: Family
    phase: SpeedPhase
    streams: Streams
    tests: int
    """That were made, well or not."""
    failed: int
    rate_mbps: Spread | None
    """Of what the line itself set the limit to."""
    bounds_mbps: Spread | None
    """Of the lower bounds."""
    limited_by: dict[str, int]
    idle_rtt_ms: Spread | None
    loaded_rtt_ms: Spread | None
    jitter_ms: Spread | None
    by_hour: tuple[Slot, ...]
    by_weekday: tuple[Slot, ...]


class Share(Struct, frozen=True, kw_only=True):
    """Of so many sites (`of`: all there are, with or without a box) `met` it. The rest is in one of
    the others; `no_threshold`: nobody said what they should reach.
    """

    met: int
    of: int
    not_met: int
    too_few: int
    not_measured: int
    no_threshold: int


class Freshness(Struct, frozen=True, kw_only=True):
    """When the `last` test was made (µs). `fresh`: within a week. `stale`: not, though a box
    speaks. `silent`: no box does.

    `missed`: why the last download, upload or idle test that was due was not made.
    """

    state: Literal["fresh", "stale", "silent"]
    last: int | None
    missed: str | None


def sample(reading: ThroughputReading) -> Sample | None:
    """None when it came to no rate."""
    if reading.outcome != "ok" or reading.rate_mbps is None:
        return None
    held_back = reading.limited_by in NOT_THE_LINE or reading.cross_traffic
    return Sample(reading.at, reading.rate_mbps, bool(reading.lower_bound or held_back))


def spread(numbers: Iterable[float]) -> Spread | None:
    """None of none."""
    ordered = sorted(numbers)
    if not ordered:
        return None
    return Spread(
        count=len(ordered),
        lowest=ordered[0],
        p10=_percentile(ordered, 0.1),
        p25=_percentile(ordered, 0.25),
        median=_percentile(ordered, 0.5),
        p75=_percentile(ordered, 0.75),
        p90=_percentile(ordered, 0.9),
        highest=ordered[-1],
    )


def telling(groups: Groups, least_tests: int) -> tuple[Family, Streams] | None:
    """Which group tells best what the line gives: of several streams where there is such a test,
    of the faster family of those that were tested often enough. None when no test was made.
    """
    streams: Streams = "several" if any(several == "several" for _, several in groups) else "single"

    def worth(key: tuple[Family, Streams]) -> tuple[bool, float]:
        found = groups[key]
        return len(found) >= least_tests, median(each.mbps for each in found)

    return max(
        (key for key in groups if key[1] == streams and groups[key]), key=worth, default=None
    )


def rate(groups: Groups, key: tuple[Family, Streams]) -> Rate:
    """What this group says."""
    family, streams = key
    return Rate(
        family=family,
        streams=streams,
        rate_mbps=spread(each.mbps for each in groups[key] if not each.bound),
        bounds_mbps=spread(each.mbps for each in groups[key] if each.bound),
    )


def judge(samples: Iterable[Sample], threshold_mbps: float, least_tests: int) -> Judged:
    """By their median. Where that turns on how much more than its bound a line can do, there are
    too few.
    """
    ordered = sorted(samples)
    counted = [each for each in ordered if not each.bound or each.mbps >= threshold_mbps]
    at_least = sorted(each.mbps for each in counted)
    at_most = sorted(inf if each.bound else each.mbps for each in counted)
    verdict: Verdict = "too_few"
    if not ordered:
        verdict = "not_measured"
    elif len(counted) >= max(1, least_tests):
        if _percentile(at_least, 0.5) >= threshold_mbps:
            verdict = "met"
        elif _percentile(at_most, 0.5) < threshold_mbps:
            verdict = "not_met"
    return Judged(
        verdict=verdict,
        threshold_mbps=threshold_mbps,
        median_mbps=_percentile(at_least, 0.5) if counted else None,
        counted=len(counted),
        left_out=len(ordered) - len(counted),
        slow=sum(each.mbps < threshold_mbps for each in counted[-3:]) >= 2,
    )


def figures(readings: Iterable[ThroughputReading], zone: ZoneInfo) -> list[Figures]:
    """Of each family, phase and number of streams, in this order. What is `broken` is no test."""
    groups: dict[tuple[Family, SpeedPhase, Streams], list[ThroughputReading]] = {}
    for each in readings:
        if each.outcome != "broken":
            groups.setdefault((each.family, each.phase, each.streams), []).append(each)
    return [_figures(*key, groups[key], zone) for key in sorted(groups)]


def missed(readings: Iterable[ThroughputReading]) -> dict[str, int]:
    """How often a test that was due was not made, by the reason; its phases are one test."""
    due = {(each.at, each.reason or "unknown") for each in readings if each.outcome == "broken"}
    return dict(sorted(Counter(reason for _, reason in due).items()))


def share(judged: Iterable[Judged | None]) -> Share:
    """Of these sites; None: nobody said what it should reach."""
    found = Counter(None if each is None else each.verdict for each in judged)
    return Share(
        met=found["met"],
        of=found.total(),
        not_met=found["not_met"],
        too_few=found["too_few"],
        not_measured=found["not_measured"],
        no_threshold=found[None],
    )


def freshness(last: int | None, missed: str | None, heard: int | None, now: int) -> Freshness:
    """`last`: of the tests that were made; `missed`: why one that was due since was not; `heard`:
    when a box of the site last spoke, in µs.
    """
    if last is not None and now - last < STALE_AFTER_US:
        state = "fresh"
    else:
        speaks = heard is not None and now - heard < SPEAKS_WITHIN_US
        state = "stale" if speaks else "silent"
    return Freshness(state=state, last=last, missed=missed)


def _figures(
    family: Family,
    phase: SpeedPhase,
    streams: Streams,
    tests: Sequence[ThroughputReading],
    zone: ZoneInfo,
) -> Figures:
    made = [each for each in tests if each.outcome == "ok"]
    samples = [found for each in made if (found := sample(each))]
    exact = [each for each in samples if not each.bound]
    return Figures(
        family=family,
        phase=phase,
        streams=streams,
        tests=len(tests),
        failed=len(tests) - len(made),
        rate_mbps=spread(each.mbps for each in exact),
        bounds_mbps=spread(each.mbps for each in samples if each.bound),
        limited_by=dict(sorted(Counter(e.limited_by for e in made if e.limited_by).items())),
        idle_rtt_ms=spread(e.idle_rtt_ms for e in made if e.idle_rtt_ms is not None),
        loaded_rtt_ms=spread(e.loaded_rtt_ms for e in made if e.loaded_rtt_ms is not None),
        jitter_ms=spread(each.jitter_ms for each in made if each.jitter_ms is not None),
        by_hour=_slots(exact, lambda at: _local(at, zone).hour),
        by_weekday=_slots(exact, lambda at: _local(at, zone).weekday()),
    )


def _slots(samples: Iterable[Sample], slot: Callable[[int], int]) -> tuple[Slot, ...]:
    found: dict[int, list[float]] = {}
    for each in samples:
        found.setdefault(slot(each.at), []).append(each.mbps)
    return tuple(
        Slot(at=at, count=len(rates), median_mbps=_percentile(sorted(rates), 0.5))
        for at, rates in sorted(found.items())
    )


def _local(at: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + at * ONE_US).astimezone(zone)


def _percentile(ordered: Sequence[float], part: float) -> float:
    """In proportion between the two that it falls between, so that half of it is the median."""
    where = (len(ordered) - 1) * part
    below = int(where)
    if where == below:
        return ordered[below]
    low, high = ordered[below : below + 2]
    return low if low == high else min(high, low + (high - low) * (where - below))

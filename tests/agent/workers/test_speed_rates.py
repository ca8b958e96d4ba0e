# SPDX-License-Identifier: Apache-2.0
"""Rates from what had arrived when, for transfers of known shape."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.workers.speed_rates import Point, added, is_stable, rates

EVERY_S = 0.125


def transfer(rate_mbps: Callable[[float], float], duration_s: float) -> list[Point]:
    """What has arrived when it comes with that rate at each moment."""
    points, arrived = [(0.0, 0.0)], 0.0
    for count in range(1, round(duration_s / EVERY_S) + 1):
        arrived += rate_mbps((count - 0.5) * EVERY_S) * 1e6 / 8 * EVERY_S
        points.append((count * EVERY_S, arrived))
    return points


def slow_start(full_mbps: float, *, until_s: float) -> Callable[[float], float]:
    """Doubles from 1 % of the rate until it has it."""
    return lambda time_s: full_mbps * 100 ** min(0.0, time_s / until_s - 1)


@given(full_mbps=st.floats(0.1, 10_000), until_s=st.floats(0.2, 4))
def test_slow_start_does_not_count(full_mbps: float, until_s: float) -> None:
    """Whatever it takes; the raw rate has it in."""
    found = rates(transfer(slow_start(full_mbps, until_s=until_s), 10))
    assert found.rate_mbps == pytest.approx(full_mbps, rel=0.005)
    assert found.raw_mbps < full_mbps
    assert found.plateau


def test_a_bucket_that_is_full_at_first_does_not_count() -> None:
    """Many carriers let the first megabytes pass faster."""
    found = rates(transfer(lambda time_s: 500.0 if time_s < 0.6 else 100.0, 10))
    assert found.rate_mbps == pytest.approx(100, rel=0.001)
    assert found.raw_mbps > 120


def test_what_still_grew_at_the_end_is_no_plateau() -> None:
    """Its rate is that of its last part, and the line can do more."""
    found = rates(transfer(slow_start(1000, until_s=5), 2))
    assert not found.plateau
    assert found.rate_mbps > 1.5 * found.raw_mbps


def test_a_dip_counts() -> None:
    """A line that stood still for two seconds of ten was that much slower."""
    found = rates(transfer(lambda time_s: 0.0 if 4 <= time_s < 6 else 100.0, 10))
    assert found.rate_mbps == pytest.approx(100 * 7 / 9, rel=0.01)


def test_a_transfer_of_a_moment_has_a_rate() -> None:
    """What stopped before anything was counted twice."""
    assert rates([(0.0, 0), (0.05, 62_500)]).rate_mbps == pytest.approx(10)


SHAPES: dict[str, tuple[Callable[[float], float], float, bool]] = {
    "short": (lambda _: 100, 3.75, False),
    "even": (lambda _: 100, 4, True),
    "nothing": (lambda _: 0, 10, False),
    "within 5 %": (lambda time_s: 100 + 4 * (int(time_s) % 2), 8, True),
    "beyond 5 %": (lambda time_s: 100 + 8 * (int(time_s) % 2), 8, False),
    "still rising": (lambda time_s: 100 + time_s, 8, False),
    "falling slowly": (lambda time_s: 100 - time_s, 8, True),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_stable_when_four_seconds_were_alike(shape: str) -> None:
    rate_mbps, duration_s, stable = SHAPES[shape]
    assert is_stable(transfer(rate_mbps, duration_s)) is stable


def test_streams_that_tell_at_different_times_are_added() -> None:
    """Up to where each of them is known."""
    one = [(0.0, 0.0), (1.0, 100.0), (2.0, 300.0)]
    other = [(0.0, 0.0), (0.5, 100.0), (1.5, 100.0)]
    assert added([one, other], [0.0, 0.5, 1.0, 2.0]) == [
        (0.0, 0.0),
        (0.5, 150.0),
        (1.0, 200.0),
        (1.5, 300.0),
    ]

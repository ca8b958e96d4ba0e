# SPDX-License-Identifier: Apache-2.0
"""Ranges of sequence numbers behave as a plain set of integers does."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sansang_wire.ranges import Ranges

spans = st.tuples(st.booleans(), st.integers(1, 60), st.integers(0, 12))


@given(st.lists(spans, max_size=25), st.integers(1, 70), st.integers(1, 70))
def test_ranges_hold_what_a_set_would_hold(
    steps: list[tuple[bool, int, int]], low: int, high: int
) -> None:
    """Whatever is added and removed, every question is answered as a set would answer it."""
    ranges, plain = Ranges(), set[int]()
    for adds, start, length in steps:
        numbers = set(range(start, start + length + 1))
        if adds:
            ranges.add(start, start + length)
            plain |= numbers
        else:
            ranges.remove(start, start + length)
            plain -= numbers
    assert {each for a, b in ranges for each in range(a, b + 1)} == plain
    assert ranges.count == len(plain)
    assert ranges.first == min(plain, default=None)
    assert ranges.last == max(plain, default=None)
    assert (low in ranges) == (low in plain)
    assert ranges.count_within(low, high) == len([each for each in plain if low <= each <= high])
    run = low
    while run in plain:
        run += 1
    assert ranges.end_of_run(low) == run - 1
    assert list(Ranges.parse(str(ranges))) == list(ranges)
    pairs = list(ranges)
    assert all(a[1] + 1 < b[0] for a, b in pairwise(pairs)), "runs are joined"

# SPDX-License-Identifier: Apache-2.0
"""How long a fail-over took, as runs of a probe see it."""

import pytest

from sansang_agent.net.failover import Failover


def seen(*runs: tuple[int, str | None, str]) -> Failover:
    """Each run: seconds, the preferred uplink, those alive."""
    failover = Failover()
    for at_s, preferred, alive in runs:
        failover.observe(at_s * 1_000_000, preferred, alive.split())
    return failover


@pytest.mark.parametrize(
    ("runs", "changes", "lasted_s"),
    [
        ([(0, "a", "a b"), (60, "a", "a b")], 0, None),
        ([(0, "a", "a b"), (60, "b", "b")], 1, 60),
        ([(0, "a", "a b"), (60, "a", "b"), (70, "b", "b")], 1, 70),
        ([(0, "a", "a"), (60, "b", "")], 1, None),
        ([(0, "a", "a"), (60, "b", ""), (90, "b", "b"), (120, "b", "b")], 1, 90),
        ([(0, "a", "a"), (60, None, ""), (90, "b", "b")], 1, 90),
        ([(0, "a", "a"), (60, None, ""), (90, "a", "a")], 0, None),
        ([(0, "a", ""), (60, "b", "b")], 1, None),
        ([(0, "a", "a b"), (60, "b", "b"), (90, "a", "a b")], 2, 30),
        ([(0, "a", "a"), (60, "b", "b"), (90, "c", "")], 2, None),
        ([(0, "a", "a"), (60, "b", ""), (70, "a", "a")], 2, 70),
        ([(0, None, "")], 0, None),
    ],
)
def test_it_lasts_from_the_last_success_before_to_the_first_after(
    runs: list[tuple[int, str | None, str]], changes: int, lasted_s: float | None
) -> None:
    """An uplink that is preferred and dead is none."""
    failover = seen(*runs)
    assert (failover.changes, failover.lasted_s) == (changes, lasted_s)

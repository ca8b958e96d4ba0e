# SPDX-License-Identifier: Apache-2.0
"""How often something may be done."""

from sansang_collector.web.limits import Limit


def test_each_key_has_its_own_count_and_begins_anew() -> None:
    """What is over is forgotten, so that keys do not pile up."""
    now = [100.0]
    limit = Limit(2, 60, lambda: now[0])
    assert [limit.allows("a") for _ in range(4)] == [True, True, False, False]
    assert limit.allows("b")
    now[0] = 159.9
    assert not limit.allows("a")
    now[0] = 160
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    assert len(limit._counts) == 1

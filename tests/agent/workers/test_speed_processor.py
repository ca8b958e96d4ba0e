# SPDX-License-Identifier: Apache-2.0
"""What a program had of the processors: by figures that are known, and as the kernel tells it."""

import json
import sys

import pytest

from sansang_agent.workers.speed_processor import Core, Processors, Task, Use, use
from tests.lab.netns import Lab
from tests.lab.quota import quota

BEFORE = Processors(
    at_s=100,
    cores=(Core(500, 100, 10, 5), Core(500, 100, 10, 5)),
    tasks={"7": Task(1, 1), "8": Task(0, 0)},
    process_s=1,
    throttled_s=3,
)
SPIN = """
import json
from sansang_agent.workers.speed_processor import processors, use
before = now = processors()
while now.process_s < before.process_s + 0.05:
    now = processors()
print(json.dumps(use(before, now)))
"""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # The second core is the busier one: 80 % of 10 s, 30 % with packets.
        (
            {"cores": (Core(510, 105, 10, 5), Core(510, 108, 10, 8)), "tasks": BEFORE.tasks},
            Use(busiest_core_pct=80, packets_pct=30, work_pct=0, throttled_pct=0),
        ),
        # A thread that ran 2 s and waited 3; another that waited less; one that is new.
        (
            {"tasks": {"7": Task(3, 4), "8": Task(0, 1), "9": Task(50, 50)}},
            Use(busiest_core_pct=0, packets_pct=0, work_pct=50, throttled_pct=0),
        ),
        # The quota took 8 s, which the scheduler counts as waiting.
        (
            {"tasks": {"7": Task(2, 9)}, "throttled_s": 11},
            Use(busiest_core_pct=0, packets_pct=0, work_pct=90, throttled_pct=80),
        ),
        # The host took 4 s of a core that did 5: that is neither running nor waiting.
        (
            {"cores": (Core(510, 109, 14, 5), BEFORE.cores[1]), "tasks": {"7": Task(6, 1)}},
            Use(busiest_core_pct=90, packets_pct=0, work_pct=90, throttled_pct=40),
        ),
        # A kernel that keeps no account of threads; groups of many cores add up.
        (
            {"tasks": {}, "process_s": 2, "throttled_s": 14},
            Use(busiest_core_pct=0, packets_pct=0, work_pct=100, throttled_pct=100),
        ),
    ],
)
def test_shares_of_the_time_between_two_looks(changes: dict[str, object], expected: Use) -> None:
    after = BEFORE._replace(at_s=110, **changes)  # pyright: ignore[reportArgumentType]
    assert use(BEFORE, after) == expected


def test_a_quota_is_seen(lab: Lab) -> None:
    """A program that would use all of a core and may use a twentieth of it waits."""
    box = lab.host("box")
    with quota(box, 0.05) as limited:
        seen = Use(*json.loads(box.run(*limited, sys.executable, "-c", SPIN)))
    assert seen.throttled_pct > 10
    assert seen.work_pct > 90

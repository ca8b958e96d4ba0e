# SPDX-License-Identifier: Apache-2.0
"""When a loss of reachability begins."""

import pytest

from sansang_agent.losses import AT_MOST_EVERY_S, Losses, has_lost
from sansang_wire.reading import Family, Outcome, Scope
from sansang_wire.readings import AnyReading, HostReading, ReachabilityReading

TOLD: dict[str, Scope] = {"g": "gateway", "d": "domestic", "i": "international"}
FAMILIES: dict[str, Family] = {"4": "ipv4", "6": "ipv6"}
OUTCOMES: dict[str, Outcome] = {"+": "ok", "-": "unreachable", "?": "broken"}


def run(text: str) -> list[AnyReading]:
    """Of `d4+ i6-` the readings: scope, family, outcome."""
    return [
        ReachabilityReading(
            at=1,
            outcome=OUTCOMES[outcome],
            target=f"target{number}",
            family=FAMILIES[family],
            scope=TOLD[scope],
        )
        for number, (scope, family, outcome) in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    ("before", "now", "lost"),
    [
        ("d4+ i4+", "d4+ i4+", False),
        ("d4+ i4+", "d4+ i4-", True),
        ("d4+ d6+", "d4+ d6-", True),
        ("i4+ i4+", "i4+ i4-", False),
        ("i4+ i4-", "i4- i4-", True),
        ("i4-", "i4-", False),
        ("i4-", "i4+", False),
        ("", "i4-", False),
        ("i4?", "i4-", False),
        ("i4+", "i4?", False),
        ("i4+ i4+", "i4- i4?", False),
        ("g4+ i4+", "g4- i4+", False),
    ],
)
def test_a_loss_begins_when_the_last_target_of_a_family_and_scope_falls_silent(
    before: str, now: str, lost: bool
) -> None:
    """What could not be measured is no loss, and the site's own router is no line."""
    assert has_lost(run(before), run(now)) is lost


def test_a_line_that_flaps_is_told_rarely() -> None:
    """A trace each time would cost more data than the line has."""
    losses = Losses()
    told = [
        losses.begin_with(run(text), now_s)
        for text, now_s in (
            ("i4+", 0),
            ("i4-", 30),
            ("i4+", 60),
            ("i4-", 90),
            ("i4+", 600),
            ("i4-", 30 + AT_MOST_EVERY_S),
        )
    ]
    assert told == [False, True, False, False, False, True]


def test_readings_of_other_probes_say_nothing() -> None:
    """They come in between."""
    losses = Losses()
    host = HostReading(at=1, outcome="ok", boot="b", uptime_s=1, clock="none")
    assert not losses.begin_with(run("i4+"), 0)
    assert not losses.begin_with([host], 1)
    assert not losses.begin_with([], 2)
    assert losses.begin_with(run("i4-"), 3)

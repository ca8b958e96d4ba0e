# SPDX-License-Identifier: Apache-2.0
"""The judge of services, as scripts of evidence and what is told."""

from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.watch.service import (
    GAP_US,
    MINUTE_US,
    TURNED_AWAY_US,
    HoldDown,
    Service,
    Speaker,
    Witness,
)

S = 1_000_000
HOLD = HoldDown(down_us=120 * S, up_us=60 * S)
START = 1_795_260_000 * S
Says = Literal["on", "off"]
WORDS: dict[Says, str] = {"on": "up", "off": "down"}


class Script:
    """Evidence in time order; `words` is what changed, and the second at which it began."""

    def __init__(self) -> None:
        self.state = Service(HOLD)
        self.words: list[tuple[str, int]] = []

    def says(self, second: float, says: Says, agent: str = "dong-1") -> None:
        """A radio."""
        self.hear(second, WORDS[says], agent, "radio")

    def guest(self, second: float, says: str, agent: str = "dong-1") -> None:
        """A guest got in, or at which stage not."""
        word = {"on": "up", "off": "associate"}.get(says, says)
        self.hear(second, word, agent, "guest")

    def hear(self, second: float, says: str, agent: str, witness: Witness) -> None:
        before = self.state.state
        if self.state.hear(START + int(second * S), Speaker(agent, witness), says):
            told = (self.state.state, (self.state.since - START) // S)
            if not (before == "unknown" and told[0] == "up"):
                self.words.append(told)


def test_an_outage_is_told_once_and_dated_back() -> None:
    """After two minutes of it, with the instant of the first evidence; and its end after one."""
    script = Script()
    script.says(0, "on")
    for second in range(30, 600, 30):
        script.says(second, "off")
        assert script.words == ([] if second < 150 else [("down", 30)])
    for second in range(600, 900, 30):
        script.says(second, "on")
        assert script.words[1:] == ([] if second < 660 else [("up", 600)])
    assert (script.state.state, script.state.since) == ("up", START + 600 * S)


def test_a_moment_off_air_is_no_outage() -> None:
    """Nor is a moment on air the end of one."""
    script = Script()
    for second in (0, 90):
        script.says(second, "on")
        script.says(second + 30, "off")
    assert script.words == []
    for second in range(150, 400, 30):
        script.says(second, "off")
    script.says(400, "on")
    script.says(430, "off")
    assert script.words == [("down", 120)]


def test_a_wifi_that_was_never_on_air_is_told_too() -> None:
    """A box that is set up beside a dead router says so; one beside a good router says nothing."""
    script = Script()
    for second in range(0, 150, 30):
        script.says(second, "off")
    assert script.words == [("down", 0)]
    good = Script()
    good.says(0, "on")
    assert (good.words, good.state.state) == ([], "up")


def test_silence_does_not_prove_an_outage() -> None:
    """Off once, then nothing for an hour, then off once: two moments, not an hour."""
    script = Script()
    script.says(0, "on")
    script.says(30, "off")
    script.says(30 + GAP_US / S + 1, "off")
    assert script.words == []
    assert script.state.state == "up"


def test_seldom_is_not_silent() -> None:
    """A quarter of an hour between two looks proves an outage, 25 minutes don't."""
    script = Script()
    script.says(0, "on")
    script.says(900, "off")
    script.says(1800, "off")
    assert script.words == [("down", 900)]
    seldomer = Script()
    seldomer.says(0, "on")
    seldomer.says(1500, "off")
    seldomer.says(3000, "off")
    assert seldomer.words == []


def test_a_moment_on_air_just_after_an_outage_began_is_not_its_end() -> None:
    """What was doubted before it was told says nothing for the end."""
    script = Script()
    script.says(0, "on")
    script.says(30, "off")
    script.says(150, "off")
    script.says(160, "on")
    assert script.words == [("down", 30)]
    assert script.state.state == "down"


def test_what_another_box_saw_long_ago_changes_nothing() -> None:
    """Its backlog comes when the line is back; and who was last heard an hour ago is forgotten."""
    script = Script()
    script.says(0, "on", "far")
    script.says(3600, "on")
    assert {who.agent for who in script.state.said} == {"dong-1"}
    before = script.state
    script.says(2900, "off", "far")
    assert script.state == before


def test_of_two_boxes_the_one_that_hears_it_is_right() -> None:
    """A listener behind a wall does not outvote the router itself, unless that falls silent."""
    script = Script()
    for second in range(0, 1200, 30):
        script.says(second, "on", "router")
        script.says(second + 15, "off", "listener")
    assert script.words == []
    for second in range(1200, 2400, 30):
        script.says(second, "off", "listener")
    assert script.words == [("down", 1800)]


def test_a_slow_box_that_hears_it_outweighs_a_quick_one_that_does_not() -> None:
    """One speaks every half minute; the other, on a metered line, every five minutes, and its word
    is minutes old when it arrives.
    """
    script = Script()
    script.says(0, "on", "slow")
    for second in range(30, 3000, 30):
        script.says(second, "off", "quick")
        if second % 300 == 210:
            script.says(second - 200, "on", "slow")
    assert script.words == []
    script.says(3000, "on", "quick")
    assert script.state.state == "up"


def test_once_no_box_hears_it_any_more_it_is_off() -> None:
    """Each takes back its own word; that of one that is silent wears off."""
    script = Script()
    for agent in ("a", "b"):
        script.says(0, "on", agent)
    for second in range(30, 300, 30):
        script.says(second, "off", "a")
    assert script.words == []
    script.says(290, "off", "b")
    script.says(420, "off", "a")
    assert script.words == [("down", 290)]


def test_a_wifi_on_air_that_lets_nobody_in_is_down() -> None:
    """The radio goes on saying that it is on air; the guest's second vain visit is told, dated to
    the first. One vain visit alone is not.
    """
    script = Script()
    for second in range(0, 900, 30):
        script.says(second, "on")
        if second % 300 == 0:
            script.guest(second + 5, "off" if second else "on")
        assert script.words == ([] if second < 600 else [("down", 305)])
    for second in range(900, 1200, 30):
        if second == 900:
            script.guest(second, "on")
        script.says(second + 5, "on")
    assert script.words == [("down", 305), ("up", 900)]


def test_an_access_point_that_dies_after_the_visit_is_down() -> None:
    """The guest got in; since then the radio knows better."""
    script = Script()
    script.says(0, "on")
    script.guest(10, "on")
    for second in range(30, 180, 30):
        script.says(second, "off")
    assert script.words == [("down", 30)]


def test_a_visitor_to_an_access_point_that_was_off_says_nothing_of_it_since() -> None:
    """It is back, and the recovery need not wait for the next visit; what was on air all along, and
    was not heard, needs it.
    """
    cases: list[tuple[Says, list[tuple[str, int]]]] = [
        ("off", [("down", 30), ("up", 330)]),
        ("on", [("down", 35)]),
    ]
    for before, expected in cases:
        script = Script()
        script.says(0, "on")
        for second in range(30, 330, 30):
            script.says(second, before)
            if second in {30, 300}:
                script.guest(second + 5, "scan")
        for second in range(330, 570, 30):
            script.says(second, "on")
        assert script.words == expected


def test_a_guest_who_got_in_after_the_radio_spoke_is_right() -> None:
    """A listener that heard nothing for a moment is corrected by who went in."""
    script = Script()
    script.says(0, "off")
    script.guest(10, "on")
    assert script.state.state == "up"


def test_a_guest_on_a_metered_line_is_not_outspoken_between_two_visits() -> None:
    """One visit in half an hour: one outage, not one after another."""
    script = Script()
    script.guest(0, "on")
    for second in range(30, 9000, 30):
        script.says(second, "on")
        if second % 1800 == 0:
            script.guest(second + 5, "off")
    assert script.words == [("down", 1805)]


def test_a_guest_who_comes_no_more_loses_the_word() -> None:
    """The spare radio was pulled out: what the access point knows counts again."""
    script = Script()
    script.guest(0, "off")
    script.guest(300, "off")
    assert script.words == [("down", 0)]
    for second in range(330, 330 + (TURNED_AWAY_US + 2 * MINUTE_US) // S, 30):
        script.says(second, "on")
    assert [state for state, _ in script.words] == ["down", "up"]


def test_of_two_boxes_one_whose_guest_got_in_is_enough() -> None:
    """Another house's box may stand beside an access point that turns guests away."""
    script = Script()
    for second in range(0, 1800, 300):
        script.guest(second, "off", "near")
        script.guest(second + 1, "on", "far")
    assert script.state.state == "up"
    assert script.words == []


def test_a_guest_who_got_in_counts_no_longer_than_a_radio() -> None:
    """Ten minutes after the visit the other box, which hears nothing, is right."""
    script = Script()
    script.guest(0, "on", "far")
    for second in range(30, 1200, 30):
        script.says(second, "off", "near")
    assert script.words == [("down", 630)]


def test_an_access_point_that_died_names_no_stage() -> None:
    """Guests were turned away before; since then the radio knows that it is off air."""
    script = Script()
    script.guest(0, "address")
    for second in range(30, 300, 30):
        script.says(second, "off")
    assert (script.words, script.state.against) == ([("down", 0)], "down")


@pytest.mark.parametrize(("radio", "stage"), [("off", "down"), ("on", "scan")])
def test_a_guest_who_hears_nothing_names_a_stage_only_if_a_radio_has_it_on_air(
    radio: Says, stage: str
) -> None:
    """Off air is off air, whoever speaks last."""
    script = Script()
    for second in (0, 300, 600):
        script.says(second, radio)
        script.guest(second + 5, "scan")
    assert (script.state.state, script.state.against) == ("down", stage)


def test_a_box_behind_a_wall_does_not_hide_the_stage() -> None:
    """It hears nothing; another one's guest is turned away at the third door."""
    script = Script()
    for second in (0, 300, 600):
        script.says(second, "off", "far")
        script.guest(second + 5, "address")
    assert script.state.against == "address"


def test_a_doubt_is_no_outage_yet() -> None:
    """One vain visit."""
    script = Script()
    script.guest(0, "on")
    script.guest(300, "address")
    assert (script.state.state, script.words) == ("up", [])


def test_three_looks_and_time_confirm_what_nobody_looks_at_again() -> None:
    """A change is told at the end of the hold-down, not half a minute after it; two looks are not
    enough, and what says otherwise meanwhile ends the doubt.
    """
    for looks, becomes in ((2, "up"), (3, "down")):
        script = Script()
        for second in (0, 30):
            script.says(second, "on")
        for number in range(looks):
            script.says(60 + 30 * number, "off")
        assert not script.state.mature(START + 179 * S)
        assert script.state.mature(START + 180 * S) == (looks == 3)
        assert script.state.state == becomes


def test_what_is_lossy_for_five_minutes_is_degraded_and_nothing_worse() -> None:
    """And up again after one."""
    script = Script()
    for second in range(0, 400, 30):
        script.hear(second, "lossy" if second else "up", "dong-1", "radio")
    for second in range(400, 520, 30):
        script.hear(second, "up", "dong-1", "radio")
    assert script.words == [("degraded", 30), ("up", 400)]


@given(
    st.lists(
        st.tuples(st.integers(1, 400), st.sampled_from(["up", "down", "lossy", "scan", "address"])),
        max_size=80,
    )
)
def test_states_are_dated_in_order_and_take_turns(steps: list[tuple[int, str]]) -> None:
    """Whatever is said: no state begins before the one before it, and none follows itself."""
    service = Service(HOLD)
    at, states = START, [("unknown", 0)]
    for step, says in steps:
        at += step * S
        witness: Witness = "guest" if says in {"scan", "address"} else "radio"
        if service.hear(at, Speaker("dong-1", witness), says):
            states.append((service.state, service.since))
    assert all(a[0] != b[0] and a[1] <= b[1] for a, b in pairwise(states))

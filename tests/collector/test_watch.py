# SPDX-License-Identifier: Apache-2.0
"""The judge of services, as scripts of evidence and what is told."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.watch import (
    FRESH_US,
    GAP_US,
    MINUTE_US,
    TURNED_AWAY_US,
    Alert,
    Evidence,
    HoldDown,
    ServiceState,
    Witness,
    alert,
    evidence_of,
    judge,
)
from sansang_wire.readings import (
    AnyReading,
    JourneyStage,
    LinkReading,
    WifiJourneyReading,
    WifiReading,
    WifiScanReading,
)

S = 1_000_000
HOLD = HoldDown(down_us=120 * S, up_us=60 * S)
START = 1_795_260_000 * S
Says = Literal["on", "off"]


def seen(second: float, says: Says, agent: str = "dong-1", witness: Witness = "radio") -> Evidence:
    at = START + int(second * S)
    return Evidence("wifi", "NVH", agent, at, up=says == "on", witness=witness)


def turned_away(second: float, stage: JourneyStage) -> Evidence:
    return seen(second, "off", witness="guest")._replace(stage=stage)


class Script:
    """Evidence in the order of arrival, each with its time; what was told stands in `told`."""

    def __init__(self) -> None:
        self.state = ServiceState()
        self.told: list[Alert] = []

    def says(self, second: float, says: Says, agent: str = "dong-1", late_us: int = 0) -> None:
        """Arrives `late_us` after it was seen."""
        self.hear(seen(second, says, agent), late_us)

    def guest(self, second: float, says: Says, agent: str = "dong-1") -> None:
        """A guest got in, or did not."""
        self.hear(seen(second, says, agent, "guest"))

    def hear(self, evidence: Evidence, late_us: int = 0) -> None:
        self.state = judge(self.state, evidence, HOLD)
        self.state, told = alert(self.state, evidence.at + late_us)
        if told is not None:
            self.told.append(told)

    @property
    def words(self) -> list[tuple[str, int]]:
        """What was told, with the second at which it began."""
        return [(each.state, (each.since - START) // S) for each in self.told]


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
    assert script.told[1].down_since == START + 30 * S
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


def test_what_comes_late_is_told_only_when_it_still_holds() -> None:
    """A line was cut while the Wi-Fi went off: the backlog tells nobody; the first fresh evidence
    that says the same does, with the true beginning.
    """
    script = Script()
    script.says(0, "on")
    for second in range(30, 3600, 30):
        script.says(second, "off", late_us=4000 * S)
    assert script.words == []
    script.says(3600, "off")
    assert script.words == [("down", 30)]


def test_an_outage_that_came_and_went_unseen_is_told_to_nobody() -> None:
    """It stays in the series, and nobody is called at night for it."""
    script = Script()
    script.says(0, "on")
    for second in range(30, 600, 30):
        script.says(second, "off", late_us=4000 * S)
    for second in range(600, 1200, 30):
        script.says(second, "on", late_us=3000 * S)
    script.says(1200, "on")
    assert script.words == []


def test_an_end_that_comes_late_is_told_when_it_still_holds() -> None:
    """Who was told of an outage is told of its end."""
    script = Script()
    script.says(0, "on")
    for second in range(30, 300, 30):
        script.says(second, "off")
    for second in range(300, 3000, 30):
        script.says(second, "on", late_us=FRESH_US + S)
    assert script.words == [("down", 30)]
    script.says(3000, "on")
    assert script.words == [("down", 30), ("up", 300)]


def test_older_than_the_newest_changes_nothing() -> None:
    """The newest batch travels first; the history behind it has no say."""
    script = Script()
    script.says(1000, "on")
    before = script.state
    for second in range(0, 900, 30):
        script.says(second, "off")
    assert script.state == before


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
            script.says(second - 200, "on", "slow", late_us=200 * S)
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
                script.hear(turned_away(second + 5, "scan"))
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


@pytest.mark.parametrize(
    ("stage", "up"),
    [
        (None, True),
        ("scan", False),
        ("associate", False),
        ("authenticate", False),
        ("address", False),
        ("gateway", False),
        ("dns", True),
        ("portal", True),
        ("internet", True),
    ],
)
def test_a_guest_is_in_once_the_router_has_answered(stage: JourneyStage | None, up: bool) -> None:
    """What fails behind it is the line's, or a login page."""
    outcome = "failed" if stage else "ok"
    reading = WifiJourneyReading(at=1, outcome=outcome, ssid="NVH", failed_stage=stage)
    turned_away = None if up else stage
    assert evidence_of("dong-1", [reading]) == [
        Evidence("wifi", "NVH", "dong-1", 1, up, "guest", turned_away)
    ]


def test_what_is_told_names_the_stage_and_so_does_its_end() -> None:
    """The last one before it was told; what fails later changes no message."""
    script = Script()
    script.says(0, "on")
    script.hear(turned_away(5, "gateway"))
    script.hear(turned_away(305, "address"))
    script.hear(turned_away(605, "associate"))
    assert script.state.stage == "associate"
    script.guest(905, "on")
    script.guest(1205, "on")
    assert [(each.state, each.stage) for each in script.told] == [
        ("down", "address"),
        ("up", "address"),
    ]
    assert (script.state.stage, script.state.told_stage) == (None, None)


def test_an_access_point_that_died_names_no_stage() -> None:
    """Guests were turned away before; since then the radio knows that it is off air."""
    script = Script()
    script.hear(turned_away(0, "address"))
    for second in range(30, 300, 30):
        script.says(second, "off")
    assert [(each.state, each.stage) for each in script.told] == [("down", None)]


@pytest.mark.parametrize(("radio", "stage"), [("off", None), ("on", "scan")])
def test_a_guest_who_hears_nothing_names_a_stage_only_if_a_radio_has_it_on_air(
    radio: Says, stage: JourneyStage | None
) -> None:
    """Off air is off air, whoever speaks last."""
    script = Script()
    for second in (0, 300, 600):
        script.says(second, radio)
        script.hear(turned_away(second + 5, "scan"))
    assert (script.state.state, script.state.stage) == ("down", stage)


def test_a_box_behind_a_wall_does_not_hide_the_stage() -> None:
    """It hears nothing; another one's guest is turned away at the third door."""
    script = Script()
    for second in (0, 300, 600):
        script.says(second, "off", "far")
        script.hear(turned_away(second + 5, "address"))
    assert script.state.stage == "address"


def test_a_doubt_is_no_outage_yet_and_names_no_stage() -> None:
    """One vain visit."""
    script = Script()
    script.guest(0, "on")
    script.hear(turned_away(300, "address"))
    assert (script.state.state, script.state.stage) == ("up", None)


@pytest.mark.parametrize(
    ("reading", "up"),
    [
        (WifiScanReading(at=1, outcome="ok", ssid="NVH", heard=True), True),
        (WifiScanReading(at=1, outcome="failed", ssid="NVH", heard=False), False),
        (WifiScanReading(at=1, outcome="broken", reason="radio_busy", ssid="NVH"), None),
        (
            WifiReading(at=1, outcome="failed", reason="starting", ssid="NVH", on_air=False),
            None,
        ),
        (
            WifiJourneyReading(at=1, outcome="broken", reason="no_spare_radio", ssid="NVH"),
            None,
        ),
    ],
)
def test_what_a_radio_hears_is_evidence_and_what_nobody_knows_is_none(
    reading: AnyReading,
    up: bool | None,
) -> None:
    """An access point that listens for radar first is not off air: it is starting."""
    expected = [] if up is None else [Evidence("wifi", "NVH", "dong-1", 1, up, "radio")]
    assert evidence_of("dong-1", [reading]) == expected


def test_only_readings_that_know_are_evidence() -> None:
    """A box that can't tell says nothing; another kind of reading neither."""
    wifi = WifiReading(at=2, outcome="failed", ssid="NVH", on_air=False)
    readings = [
        wifi,
        WifiReading(at=1, outcome="ok", ssid="NVH", on_air=True),
        WifiReading(at=3, outcome="broken", reason="no_nl80211", ssid="NVH"),
        LinkReading(at=1, outcome="ok", interface="wlan0", technology="wireless", up=True),
    ]
    assert evidence_of("dong-1", readings) == [
        Evidence("wifi", "NVH", "dong-1", 2, up=False),
        Evidence("wifi", "NVH", "dong-1", 1, up=True),
    ]


evidence = st.builds(
    seen,
    st.integers(0, 5000),
    st.sampled_from(["on", "off"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["radio", "guest"]),
)


@given(st.lists(st.tuples(evidence, st.integers(0, 2 * FRESH_US)), max_size=60))
def test_outages_and_their_ends_take_turns(arrivals: list[tuple[Evidence, int]]) -> None:
    """Whatever arrives in whatever order, late or not: never two of a kind in a row, and an end
    names the beginning that was told.
    """
    state = ServiceState()
    told: list[Alert] = []
    for each, late_us in arrivals:
        state = judge(state, each, HOLD)
        state, new = alert(state, each.at + late_us)
        told += [new] if new else []
    assert [each.state for each in told] == ["down", "up"] * (len(told) // 2) + ["down"] * (
        len(told) % 2
    )
    for down, up in zip(told[::2], told[1::2], strict=False):
        assert up.down_since == down.since


@given(st.lists(evidence, max_size=40))
def test_the_same_evidence_again_changes_nothing(arrivals: list[Evidence]) -> None:
    """What an outbox sends twice counts once."""
    state = ServiceState()
    for each in arrivals:
        state = judge(state, each, HOLD)
    for each in arrivals:
        assert judge(state, each, HOLD) == state

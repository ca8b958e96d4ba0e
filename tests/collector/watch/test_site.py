# SPDX-License-Identifier: Apache-2.0
"""One house's services judged together: silences, starts, and what explains what."""

from sansang_collector.config import HOLD
from sansang_collector.watch.box import BoxPlan
from sansang_collector.watch.entry import Entry, Key
from sansang_collector.watch.evidence import DOWN, UP, Boot, Fact
from sansang_collector.watch.service import MINUTE_US
from sansang_collector.watch.site import SiteJudge, judge

ONE = {"a": BoxPlan("main", HOLD.silent_us)}
PATIENT = 15 * MINUTE_US
Facts = list[tuple[str, Fact]]


def says(agent: str, key: str, begin: float, end: float, word: str = UP) -> Facts:
    """The same each half minute, from one minute until before another."""
    instants = range(int(begin * 2), int(end * 2))
    return [(agent, Fact(at * MINUTE_US // 2, key, word)) for at in instants]


def of(service: str, found: list[Entry]) -> list[Entry]:
    """Those about one service."""
    return [each for each in found if each.key.service == service]


def test_silences_are_judged_in_the_order_in_which_they_begin() -> None:
    """What two boxes knew is lost with the one that is missed last, however they are ordered."""
    boxes = {"a": BoxPlan("main", HOLD.silent_us), "b": BoxPlan("main", HOLD.silent_us)}
    for first, last in (("a", "b"), ("b", "a")):
        facts = [*says(first, "wifi/N", 0, 10), *says(last, "wifi/N", 0, 11)]
        [wifi] = of("wifi", judge(facts, [], boxes, HOLD, 60 * MINUTE_US))
        assert wifi.root is not None
        assert wifi.root.subject == last


def test_a_box_that_starts_for_itself_later_lost_no_power_before() -> None:
    """A start tells of the time before it, not of what another box met an hour earlier."""
    boxes = {"a": BoxPlan("main", HOLD.silent_us), "b": BoxPlan("main", PATIENT)}
    facts = [
        *says("a", "wifi/N", 0, 10), *says("a", "wifi/N", 20, 90),
        *says("b", "alive", 0, 9), *says("b", "alive", 15, 80), *says("b", "alive", 85, 90),
    ]  # fmt: skip
    boots = [
        ("a", Boot("1", 19 * MINUTE_US, clean=False)),
        ("b", Boot("2", 84 * MINUTE_US, clean=False)),
    ]
    found = judge(facts, boots, boxes, HOLD, 90 * MINUTE_US)
    assert of("power", found) == []
    assert [(each.key.subject, each.cause) for each in of("box", found)] == [
        ("a", "box_power"),
        ("b", "box_power"),
    ]


def test_a_start_dated_shortly_after_what_is_judged_is_late() -> None:
    """A start belongs to the first fact near it, whichever is heard of first."""
    site = SiteJudge(ONE, HOLD)
    site.hear("a", Fact(10 * MINUTE_US, "alive", UP))
    assert site.boot("a", Boot("1", 10 * MINUTE_US + 5_000_000, clean=False))
    assert not site.boot("a", Boot("2", 11 * MINUTE_US, clean=False))


def test_what_has_ended_is_named_when_the_silence_that_explains_it_is() -> None:
    """One box is back first and knows the Wi-Fi again; the other tells later what it all was."""
    boxes = {"a": BoxPlan("main", HOLD.silent_us), "b": BoxPlan("main", HOLD.silent_us)}
    facts = [
        *says("a", "wifi/N", 0, 10), *says("b", "wifi/N", 0, 11),
        *says("a", "wifi/N", 40, 60), *says("b", "wifi/N", 50, 60),
    ]  # fmt: skip
    boots = [
        ("a", Boot("1", 39 * MINUTE_US, clean=False)),
        ("b", Boot("2", 39 * MINUTE_US, clean=False)),
    ]
    found = judge(facts, boots, boxes, HOLD, 60 * MINUTE_US)
    [power] = of("power", found)
    [wifi] = of("wifi", found)
    assert (wifi.root, wifi.cause) == (power.key, "power_cut")


def test_what_nobody_speaks_of_any_more_is_unknown_by_evidence_alone() -> None:
    """Once its box has spoken of other things for long enough, without anybody looking."""
    facts = [*says("a", "wifi/N", 0, 10), *says("a", "alive", 0, 90)]
    [wifi] = of("wifi", judge(facts, [], ONE, HOLD, 90 * MINUTE_US))
    assert (wifi.state, wifi.key.start, wifi.root) == ("unknown", 19 * MINUTE_US // 2, None)
    assert of("wifi", judge(facts[:-30], [], ONE, HOLD, 75 * MINUTE_US)) == []


def test_what_lasts_is_taken_from_the_ledger() -> None:
    """It ends where it ends, under the key it has; so does what a silence explains."""
    down = Key("wifi", "N", 7)
    site = SiteJudge(ONE, HOLD)
    lasting = Entry(down, "down", None, "access_point", (("wifi:down", 3),))
    site.resume(100 * MINUTE_US, {("wifi", "N"): 5}, [lasting])
    for agent, fact in [*says("a", "wifi/N", 100, 110, DOWN), *says("a", "wifi/N", 110, 115)]:
        site.hear(agent, fact)
    ended = site.take()[down]
    assert ended is not None
    assert (ended.end, ended.cause) == (110 * MINUTE_US, "access_point")

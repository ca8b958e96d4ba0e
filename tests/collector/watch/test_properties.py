# SPDX-License-Identifier: Apache-2.0
"""What holds of every history of a house: of the ledger that comes of it, and of what is told."""

import random
from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sansang_collector import ledger_sql
from sansang_collector.availability import availability
from sansang_collector.config import HOLD
from sansang_collector.hours import Span, length_us, open_spans, subtract
from sansang_collector.message_sql import NewMessage
from sansang_collector.watch.box import BoxPlan
from sansang_collector.watch.entry import Entry
from sansang_collector.watch.evidence import boots_of, facts_of
from sansang_collector.watch.site import judge
from sansang_collector.watching import LAG_US
from tests.collector.watch.histories import MINUTE, START, History, Stretch, histories, stretches
from tests.collector.watch.houses import Box, S
from tests.collector.watch.lives import Centre, Life, centre, registry_of

OPEN = {"hours": {"daily": "06:00-09:30 10:00-24:00"}}
NOTICED_US = 10 * MINUTE
"""What lasts so long while all else is well has been noticed and told."""


def quick(examples: int) -> settings:
    """So many, however long one takes."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, suppress_health_check=slow)


def judged(it: Centre, history: History, now: int) -> list[Entry]:
    """By the pure judge, who has everything at once."""
    facts = [(each.box, fact) for each in history.arrivals for fact in facts_of(each.readings)]
    boots = {
        (each.box, boot.id): (each.box, boot)
        for each in history.arrivals
        for boot in boots_of(each.readings)
    }
    plans = {
        agent.id: BoxPlan(agent.line, it.watching.patience(agent.id))
        for agent in it.registry.agents
    }
    return judge(facts, boots.values(), plans, HOLD, now - LAG_US)


def compare(history: History, chance: random.Random, seldom_s: int) -> None:
    """What arrives, judged as it comes, is as if all had been there at once."""
    with centre(history.boxes) as it:
        settles = START
        for each in history.arrivals:
            while settles < each.here:
                it.settle(settles)
                settles += chance.randrange(1, 2 * seldom_s) * S
            it.hear(each.box, each, each.here)
        end = max(history.end, settles) + 30 * MINUTE
        it.settle(end)
        it.settle(end + MINUTE)
        assert it.ledger() == judged(it, history, end + MINUTE)


@quick(40)
@given(histories(), st.integers(0, 2**32), st.sampled_from([20, 120, 1200]))
def test_the_ledger_does_not_depend_on_the_order_of_arrival(
    history: History, seed: int, seldom_s: int
) -> None:
    """Batches in any order, some twice, time passing in between: the same as all at once."""
    compare(history, random.Random(seed), seldom_s)


def check_told(life: Life, end: int) -> None:
    """Nothing is told twice, or without an outage, and no outage that could be noticed is not."""
    messages, ever = life.it.messages, life.it.ever()
    about: dict[tuple[str, str], list[NewMessage]] = {}
    for each in messages:
        about.setdefault(each.about[1:], []).append(each)
    for some in about.values():
        states = [each.notice.state for each in some]
        assert states == ["down", "up"] * (len(states) // 2) + ["down"] * (len(states) % 2), some
    for service, subject, state, since in (
        (*each.about[1:], each.notice.state, each.notice.since) for each in messages
    ):
        kinds = {"box", "power"} if service == "contact" else {service}
        assert state == "up" or any(
            kind in kinds and start == since and (what == subject or service == "contact")
            for kind, what, start in ever
        ), (service, subject, since)
    known = {thing: list(_known(some, end)) for thing, some in about.items()}
    for thing, span in _noticed(life, end):
        told = [Span(each.start, each.end) for each in known.get(thing, ())]
        assert length_us(subtract([span], told)) <= NOTICED_US, (thing, span, messages)


def _known(messages: list[NewMessage], end: int) -> Iterator[Span]:
    """When people know of it: told of the down, not yet of the up."""
    for number, each in enumerate(messages):
        if each.notice.state == "down":
            later = messages[number + 1].made if number + 1 < len(messages) else end
            yield Span(each.made, later)


def _noticed(life: Life, end: int) -> Iterator[tuple[tuple[str, str], Span]]:
    """What was down by itself, while the house was open and heard of, and nothing muted."""
    entries = life.it.ledger()
    unheard = [
        Span(each.key.start - MINUTE, (each.end or end) + 2 * MINUTE)
        for each in entries
        if each.key.service in {"box", "power"}
    ]
    cut = [Span(start - MINUTE, stop + 15 * MINUTE) for start, stop in life.history.cuts()]
    serving = open_spans(life.it.registry.hours("dong"), START, end)
    for each in entries:
        named = each.state == "down" or each.cause == "international"
        if not named or each.root is not None or each.key.service in {"box", "power"}:
            continue
        if each.key.thing in life.muted:
            continue
        for span in subtract(serving, [*unheard, *cut]):
            lasts = Span(max(span.start, each.key.start), min(span.end, each.end or end))
            if lasts.end - lasts.start > NOTICED_US:
                yield each.key.thing, lasts


def live(boxes: list[Box], some: list[Stretch], seed: int, deaths: int) -> None:
    """A house lives through it; what stands in the ledger and what was told must be right."""
    history = History(boxes, some)
    for box in boxes:
        box.boot(START - 3600 * S, clean=None)
    with centre(boxes, **OPEN) as it:
        life = Life(history, it, random.Random(seed), deaths)
        end = life.live()
        assert it.ledger() == judged(it, history, end)
        check_told(life, end)


@quick(8)
@given(st.booleans(), stretches(), st.integers(0, 2**32))
def test_nothing_is_told_twice_or_without_an_outage_or_not_at_all(
    two: bool, some: list[Stretch], seed: int
) -> None:
    """Downs and ups alternate; each is of the ledger; what lasts is told."""
    live([Box("dong-1", "dong"), *[Box("dong-2", "dong", only_wifi=True)] * two], some, seed, 0)


@quick(8)
@given(st.booleans(), stretches(), st.integers(0, 2**32))
def test_a_centre_that_is_killed_tells_nothing_twice_and_loses_nothing(
    two: bool, some: list[Stretch], seed: int
) -> None:
    """Between any two transactions: the ledger is as if it had lived."""
    live([Box("dong-1", "dong"), *[Box("dong-2", "dong", only_wifi=True)] * two], some, seed, 5)


def test_what_came_late_is_judged_though_the_centre_dies_first() -> None:
    """Even when it is so old that nothing else would make anybody look there again."""
    box = Box("dong-1", "dong")
    box.boot(START - 3600 * S, clean=None)
    for at in range(START, START + 600 * MINUTE, 30 * S):
        if at in {START + 60 * MINUTE, START + 90 * MINUTE}:
            box.change("access point dead" if at < START + 90 * MINUTE else "well", at)
        box.measure(at)
    kept, box.held = box.held, []
    hidden = range(START + 50 * MINUTE, START + 100 * MINUTE)
    with centre([box]) as it:
        for batch in kept:
            if batch.at not in hidden:
                it.hear(box.id, batch, batch.at)
        it.settle(kept[-1].at)
        assert {each.cause for each in it.ledger()} == {"agent_fault"}
        for batch in kept:
            if batch.at in hidden:
                it.hear(box.id, batch, kept[-1].at)
        it.record.close()
        it.begin(kept[-1].at)
        for _ in range(3):
            it.settle(kept[-1].at + S)
        assert [(each.key.service, each.cause) for each in it.ledger()] == [
            ("wifi", "access_point")
        ]


def test_what_seemed_to_work_is_unlearnt_when_what_was_before_it_comes() -> None:
    """One answer of a line that never had IPv6, heard of first; a restart hours later makes no
    outage of it.
    """
    box = Box("dong-1", "dong", {"no IPv6 yet"})
    box.boot(START - 3600 * S, clean=None)
    chance = START + 90 * MINUTE
    for at in range(START, START + 240 * MINUTE, MINUTE):
        box.change("well" if at == chance else "no IPv6 yet", at)
        box.measure(at)
    before = [each for each in box.held if each.at < chance]
    with centre([box]) as it:
        for batch in [box.held[len(before)], *before]:
            it.hear(box.id, batch, chance)
        it.settle(chance + MINUTE)
        for batch in box.held[len(before) + 1 :]:
            it.hear(box.id, batch, batch.at)
        it.record.close()
        it.begin(box.held[-1].at)
        for _ in range(3):
            it.settle(box.held[-1].at + S)
        assert (it.ledger(), it.messages) == ([], [])
        with it.record.reading() as connection:
            worked = ledger_sql.load_worked(connection)["dong"]
        assert {service: first for (service, _), first in worked.items()} == dict.fromkeys(
            ["internet", "dns", "wifi", "power"], START
        )


edges = st.integers(0, 3 * 24 * 60).map(lambda minute: START + minute * MINUTE)
spans = st.lists(st.builds(Span, edges, edges), max_size=6)


@quick(50)
@given(spans, spans, spans, st.sampled_from(["07:00-11:00 14:00-17:00", "20:00-02:00", "closed"]))
def test_up_down_and_unknown_are_the_service_time(
    down: list[Span], unknown: list[Span], maintenance: list[Span], daily: str
) -> None:
    """Whatever the ledger, the hours and the maintenance: each minute is exactly one of them."""
    registry = registry_of([], hours={"daily": daily})
    hours = open_spans(registry.hours("dong"), START, START + 3 * 24 * 60 * MINUTE)
    found = availability(hours, down, unknown, maintenance)
    minutes = [
        at
        for at in range(START, START + 3 * 24 * 60 * MINUTE, MINUTE)
        if _within(at, hours) and not _within(at, maintenance)
    ]
    fails = sum(_within(at, down) for at in minutes)
    works = sum(not _within(at, [*down, *unknown]) for at in minutes)
    assert found.service_us == len(minutes) * MINUTE
    assert (found.down_us, found.up_us) == (fails * MINUTE, works * MINUTE)
    assert found.up_us + found.down_us + found.unknown_us == found.service_us


def _within(at: int, spans: list[Span]) -> bool:
    return any(span.start <= at < span.end for span in spans)

# SPDX-License-Identifier: Apache-2.0
"""The schedule: whatever one probe does, the others go on, and it is counted."""

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, ClassVar, cast

import pytest

from sansang_agent import schedule as schedule_module
from sansang_agent.probes.base import ProbeSettings
from sansang_agent.schedule import Schedule, cadence_s, start_offset_s
from sansang_wire.reading import Outcome
from sansang_wire.readings import AnyReading, LinkReading, ReachabilityReading
from tests.waiting import until

OFTEN_S = 0.01


def link(**values: Any) -> LinkReading:
    made: dict[str, Any] = {"interface": "eth0", "technology": "wired", "up": True, **values}
    return LinkReading(at=1, outcome="ok", **made)


class ScriptedProbe:
    """Does at each run what the test says; no `Probe`, so that no other test finds it."""

    every_s: ClassVar = {"default": 60.0, "metered": 300.0}
    on_link_event = False
    on_reachability_loss = False

    def __init__(self, run: Callable[[], Awaitable[Any]], settings: ProbeSettings) -> None:
        self.run = run
        self.settings = settings


def probe(run: Callable[[], Awaitable[Any]], *, enabled: bool = True) -> Any:
    settings = ProbeSettings(every_s=OFTEN_S, enabled=enabled)
    return cast("Any", ScriptedProbe(run, settings))


async def good() -> Sequence[AnyReading]:
    return [link()]


class Running:
    """A schedule and what it delivered."""

    def __init__(self) -> None:
        self.delivered: list[AnyReading] = []
        self.urgent = 0
        self.schedule = Schedule("nvh-1", "default", self._deliver)

    def _deliver(self, readings: Sequence[AnyReading], *, urgent: bool) -> None:
        self.delivered += readings
        self.urgent += urgent


@contextlib.asynccontextmanager
async def running(**probes: Any) -> AsyncGenerator[Running]:
    """No task is left when the block ends."""
    before = asyncio.all_tasks()
    made = Running()
    made.schedule.apply(probes)
    try:
        yield made
    finally:
        made.schedule.stop()
        await until(lambda: asyncio.all_tasks() == before, "every task ended")


async def raises() -> Any:
    raise RuntimeError("out of order")


async def hangs() -> Any:
    await asyncio.Event().wait()


async def is_cancelled() -> Any:
    """As when something it waits for is taken away."""
    raise asyncio.CancelledError


async def returns_nothing() -> Any:
    return None


async def returns_words() -> Any:
    return ["up"]


async def not_a_number() -> Any:
    return [link(speed_mbps=math.nan)]


async def out_of_range() -> Any:
    return [link(rx_bytes=-1)]


async def beyond_any_integer() -> Any:
    return [link(rx_bytes=2**80)]


async def broken_text() -> Any:
    """What Python makes of a name that is no UTF-8."""
    return [link(interface="\udcff")]


@pytest.mark.parametrize(
    "fault",
    [
        raises,
        hangs,
        is_cancelled,
        returns_nothing,
        returns_words,
        not_a_number,
        out_of_range,
        beyond_any_integer,
        broken_text,
    ],
)
async def test_a_fault_is_counted_at_each_run_and_stops_no_other_probe(
    fault: Callable[[], Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is delivered; the probe is run again all the same."""
    monkeypatch.setattr(schedule_module, "LONGEST_RUN_S", 0.05)
    async with running(bad=probe(fault), good=probe(good)) as made:
        await until(lambda: made.schedule.failures.get("bad", 0) >= 3, "three failures")
        known = len(made.delivered)
        await until(lambda: len(made.delivered) > known, "the other probe's readings")
    assert set(made.schedule.failures) == {"bad"}
    assert all(reading == link() for reading in made.delivered)


async def test_a_bad_reading_costs_itself() -> None:
    """The sound ones of the same run are delivered."""

    async def mixed() -> Any:
        return [link(interface="a"), link(interface="b", rx_bytes=-1), link(interface="c")]

    async with running(mixed=probe(mixed)) as made:
        await until(lambda: len(made.delivered) >= 2, "a run")
    names = [reading.interface for reading in made.delivered if isinstance(reading, LinkReading)]
    assert names[:2] == ["a", "c"]


async def test_a_probe_never_meets_itself_and_leaves_out_what_it_missed() -> None:
    """Its runs take longer than its cadence."""
    inside: list[int] = []
    most, runs = 0, 0

    async def slow() -> Any:
        nonlocal most, runs
        inside.append(1)
        most, runs = max(most, len(inside)), runs + 1
        await asyncio.sleep(OFTEN_S * 3.5)
        inside.pop()
        return []

    async with running(slow=probe(slow)):
        await until(lambda: runs >= 5, "five runs")
    assert most == 1


async def test_apply_replaces_what_runs() -> None:
    """Only what is in the new set runs on, and nothing that is switched off."""

    async def named(name: str) -> Any:
        return [link(interface=name)]

    async with running(one=probe(lambda: named("one")), two=probe(lambda: named("two"))) as made:
        await until(lambda: len(made.delivered) >= 4, "both")
        made.schedule.apply(
            {
                "two": probe(lambda: named("new two")),
                "off": probe(lambda: named("off"), enabled=False),
            }
        )
        made.delivered.clear()
        await until(lambda: len(made.delivered) >= 3, "the new one")
    assert all(reading == link(interface="new two") for reading in made.delivered)


async def test_a_new_probe_waits_until_the_one_before_has_let_go() -> None:
    """Two of a kind would measure each other: the end of the first is part of it."""
    release = asyncio.Event()
    order: list[str] = []

    async def first() -> Any:
        order.append("first begins")
        try:
            await asyncio.Event().wait()
        finally:
            await release.wait()
            order.append("first has let go")

    async def second() -> Any:
        order.append("second begins")
        return [link()]

    async with running(kind=probe(first), other=probe(good)) as made:
        await until(lambda: order, "the first run")
        made.schedule.apply({"kind": probe(second), "other": probe(good)})
        made.delivered.clear()
        await until(lambda: len(made.delivered) > 3, "the other probe's readings")
        release.set()
        await until(lambda: "second begins" in order, "the second probe")
    assert order[:3] == ["first begins", "first has let go", "second begins"]


def test_start_offsets_are_the_same_at_every_start_and_spread_over_ten_seconds() -> None:
    """A commune's boxes, all started by the return of the power, don't fire together."""
    assert start_offset_s("nvh-dong/host", 60) == pytest.approx(6.609385572)
    offsets = [start_offset_s(f"nvh-{number}/host", 60) for number in range(1000)]
    assert offsets == [start_offset_s(f"nvh-{number}/host", 60) for number in range(1000)]
    in_each_second = [sum(second <= each < second + 1 for each in offsets) for second in range(10)]
    assert sum(in_each_second) == 1000
    assert min(in_each_second) > 50
    assert all(0 <= start_offset_s(f"nvh-{number}", 1) < 1 for number in range(100))


def test_the_cadence_is_the_setting_s_or_the_profile_s() -> None:
    """A metered line measures less often."""
    told = cast("Any", ScriptedProbe(good, ProbeSettings(every_s=7)))
    untold = cast("Any", ScriptedProbe(good, ProbeSettings()))
    assert cadence_s(told, "metered") == 7
    assert (cadence_s(untold, "default"), cadence_s(untold, "metered")) == (60, 300)


async def test_a_change_of_an_interface_starts_those_that_look_at_it() -> None:
    """At once, and told at once where it tells something new; the others keep their time."""
    runs: list[bool] = []

    async def look() -> Sequence[AnyReading]:
        runs.append(True)
        return [link(), *([link(interface="eth1")] if len(runs) > 2 else [])]

    rarely = ProbeSettings(every_s=86_400)
    awake, asleep = (cast("Any", ScriptedProbe(each, rarely)) for each in (look, good))
    awake.on_link_event = True
    async with running(awake=awake, asleep=asleep) as made:
        for run, (delivered, urgent) in enumerate([(1, 1), (1, 1), (3, 2)], 1):
            made.schedule.wake()
            await until(lambda run=run: len(runs) == run, "a run")
            await until(lambda urgent=urgent: made.urgent == urgent, "what is new")
            assert len(made.delivered) == delivered


async def test_a_change_that_is_first_seen_in_turn_is_told_at_once_too() -> None:
    """The probe's turn may come between the change and the kernel's word of it."""
    interfaces = ["eth0"]

    async def look() -> Sequence[AnyReading]:
        return [link(interface=each) for each in interfaces]

    awake = cast("Any", ScriptedProbe(look, ProbeSettings(every_s=1)))
    awake.on_link_event = True
    async with running(awake=awake) as made:
        await until(lambda: len(made.delivered) > 1, "what does not change")
        assert made.urgent == 1
        interfaces.append("eth1")
        await until(lambda: made.urgent == 2, "what is new")


async def test_a_loss_of_reachability_starts_those_that_take_evidence() -> None:
    """And it is told at once, even what was found before; the others keep their time."""
    outcomes: list[Outcome] = ["ok"]

    async def reach() -> Sequence[AnyReading]:
        return [
            ReachabilityReading(
                at=1, outcome=each, target="a", family="ipv4", scope="international"
            )
            for each in outcomes
        ]

    rarely = ProbeSettings(every_s=86_400)
    taker, other = (cast("Any", ScriptedProbe(good, rarely)) for _ in range(2))
    taker.on_reachability_loss = True
    async with running(reach=probe(reach), taker=taker, other=other) as made:
        await until(lambda: len(made.delivered) > 2, "what is reachable")
        assert link() not in made.delivered
        outcomes[:] = ["unreachable"]
        await until(lambda: link() in made.delivered, "evidence")
        assert made.urgent == 1
        known = len(made.delivered)
        await until(lambda: len(made.delivered) > known + 2, "what stays lost")
    assert made.delivered.count(link()) == 1

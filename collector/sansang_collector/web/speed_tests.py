# SPDX-License-Identifier: Apache-2.0
"""The list of speed tests: each with what limited it, by which evidence, and what it cost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sansang_collector.hours import Span
from sansang_collector.language import NARROW, Translation
from sansang_collector.speed_judgement import sample
from sansang_collector.speed_views import SpeedTestView
from sansang_collector.web.answers import FAMILIES
from sansang_collector.web.sources import Sources
from sansang_collector.web.speed_drawings import tone
from sansang_collector.web.speed_words import (
    LIMITS,
    PHASES,
    STOPS,
    STREAMS,
    evidence,
    mbps,
    rate_words,
    why_missing,
)
from sansang_collector.web.states import WORST_FIRST, Tone
from sansang_wire.speed_readings import LimitedBy, SpeedPhase, Streams, ThroughputReading

APART_US = 5 * 60_000_000
"""Phases that lie so near each other belong to one test."""
ARROWS: Mapping[SpeedPhase, str] = {"download": "↓", "upload": "↑"}


class Enough(NamedTuple):
    """What is enough for downloads over so many connections; of others nobody said it."""

    mbps: float
    streams: Streams


class Phase(NamedTuple):
    """One direction: what it came to, why not more, and all that is known of it."""

    tone: Tone
    name: str
    result: str
    why: str
    details: list[str]
    retest: bool


class Test(NamedTuple):
    """What a box did at one time through one family: in a line, then phase by phase."""

    when: str
    tone: Tone
    summary: list[str]
    quiet: str
    phases: list[Phase]


def every_test(sources: Sources, site: str, span: Span) -> list[SpeedTestView]:
    """The newest first. Raises RecordUnavailableError."""
    found: list[SpeedTestView] = []
    until: int | None = span.end
    while until is not None:
        answer = sources.speed_tests(site, Span(span.start, until))
        found += answer.tests
        until = answer.next
    return found


def tests(
    views: Sequence[SpeedTestView], enough: Enough | None, now: int, translate: Translation
) -> list[Test]:
    """The newest first, as they come."""
    return [_test(run[::-1], enough, now, translate) for run in _runs(views)]


def _runs(views: Sequence[SpeedTestView]) -> Iterator[list[SpeedTestView]]:
    run: list[SpeedTestView] = []
    for each in views:
        if run and not _same(run[-1], each):
            yield run
            run = []
        run.append(each)
    if run:
        yield run


def _same(later: SpeedTestView, earlier: SpeedTestView) -> bool:
    """What was not made for one reason is told once, however often it was due."""
    broken = [(it.agent, it.reading.reason) for it in (later, earlier) if _is_broken(it)]
    if broken:
        return len(broken) > 1 and broken[0] == broken[1]
    near = later.reading.at - earlier.reading.at <= APART_US
    of = [(it.agent, it.reading.family, it.reading.server) for it in (later, earlier)]
    return near and of[0] == of[1]


def _is_broken(view: SpeedTestView) -> bool:
    return view.reading.outcome == "broken"


def _test(
    run: Sequence[SpeedTestView], enough: Enough | None, now: int, translate: Translation
) -> Test:
    if _is_broken(run[0]):
        return _not_made(run, now, translate)
    phases = [_phase(each.reading, enough, translate) for each in run]
    readings = [each.reading for each in run]
    used = sum(each.used_bytes or 0 for each in readings)
    limits: dict[LimitedBy, None] = {it.limited_by: None for it in readings if it.limited_by}
    limited = ", ".join(translate(LIMITS[each].name) for each in limits)
    names = [
        translate("limited by {names}", names=limited) if limits else "",
        translate("server {server}", server=readings[0].server),
        translate("box {agent}", agent=run[0].agent),
        translate("used {size}", size=translate.size(used)) if used else "",
    ]
    return Test(
        when=translate.when(readings[0].at, now),
        tone=_worst({each.tone for each in phases}),
        summary=[FAMILIES[readings[0].family], *_summary(readings, translate)],
        quiet=" · ".join(filter(None, names)),
        phases=phases,
    )


def _not_made(run: Sequence[SpeedTestView], now: int, translate: Translation) -> Test:
    why = why_missing(run[0].reading.reason or "", translate)
    times = translate.plural(
        "not made {count} time: {why}", "not made {count} times: {why}", len(run), why=why
    )
    first, last = (translate.when(run[at].reading.at, now) for at in (0, -1))
    when = last if first == last else translate("{first} to {last}", first=first, last=last)
    return Test(when, "none", [times], translate("box {agent}", agent=run[0].agent), [])


def _summary(readings: Sequence[ThroughputReading], translate: Translation) -> list[str]:
    """Of each direction the best, or why there is none."""
    parts: list[str] = []
    for phase, arrow in ARROWS.items():
        of = [each for each in readings if each.phase == phase]
        done = [each for each in of if each.outcome == "ok" and each.rate_mbps is not None]
        if done:
            best = max(done, key=lambda each: each.rate_mbps or 0)
            parts.append(f"{arrow}{NARROW}{_result(best, translate)}")
        elif of:
            parts.append(f"{arrow}{NARROW}{why_missing(of[-1].reason or '', translate)}")
    if not parts:
        parts = [_idle(each, translate) for each in readings]
    return parts


def _phase(test: ThroughputReading, enough: Enough | None, translate: Translation) -> Phase:
    name = translate(PHASES[test.phase])
    if test.phase != "idle":
        name = f"{name}, {translate(STREAMS[test.streams])}"
    if test.outcome != "ok":
        return Phase(
            tone="bad",
            name=name,
            result=translate("failed"),
            why=why_missing(test.reason or "", translate),
            details=[*_details(test, translate)],
            retest=bool(test.retest),
        )
    if test.phase == "idle":
        return Phase("none", name, _idle(test, translate), "", [], retest=False)
    return Phase(
        tone=_tone(test, enough),
        name=name,
        result=_result(test, translate),
        why=translate(LIMITS[test.limited_by].what) if test.limited_by else "",
        details=[*_details(test, translate)],
        retest=bool(test.retest),
    )


def _worst(tones: set[Tone]) -> Tone:
    """Of those that say something."""
    for each in WORST_FIRST:
        if each != "none" and each in tones:
            return each
    return "none"


def _tone(test: ThroughputReading, enough: Enough | None) -> Tone:
    """A lower bound below what is enough says nothing, and neither does what is not judged."""
    found = sample(test)
    if found is None or enough is None:
        return "none"
    if test.phase != "download" or test.streams != enough.streams:
        return "none"
    return "none" if found.bound and found.mbps < enough.mbps else tone(found.mbps, enough.mbps)


def _result(test: ThroughputReading, translate: Translation) -> str:
    found = sample(test)
    if found is None:
        return translate("not measured")
    return rate_words(found.mbps, translate, bound=found.bound)


def _idle(test: ThroughputReading, translate: Translation) -> str:
    if test.idle_rtt_ms is None:
        return translate("not measured")
    shown = translate.milliseconds(test.idle_rtt_ms)
    if test.jitter_ms is None:
        return shown
    jitter = translate.milliseconds(test.jitter_ms)
    return translate("{delay}, changes by {jitter}", delay=shown, jitter=jitter)


def _details(test: ThroughputReading, translate: Translation) -> Iterator[str]:
    """What speaks for the limit; raw beside corrected, and the delay; why it ended and its cost."""
    if found := evidence(test, translate):
        yield translate("Evidence: {facts}", facts=", ".join(found))
    if found := [*_other_figures(test, translate)]:
        yield ", ".join(found)
    if found := [*_cost(test, translate)]:
        yield ", ".join(found)


def _other_figures(test: ThroughputReading, translate: Translation) -> Iterator[str]:
    if test.raw_mbps is not None:
        yield translate("Slow start included: {rate}", rate=mbps(test.raw_mbps, translate))
    if test.loaded_rtt_ms is None:
        return
    loaded = translate.milliseconds(test.loaded_rtt_ms)
    if test.idle_rtt_ms is None:
        yield translate("delay under load {loaded}", loaded=loaded)
    else:
        idle = translate.milliseconds(test.idle_rtt_ms)
        yield translate("delay {idle}, under load {loaded}", idle=idle, loaded=loaded)


def _cost(test: ThroughputReading, translate: Translation) -> Iterator[str]:
    if test.stop_reason is not None:
        yield translate(STOPS[test.stop_reason])
    if test.duration_ms is not None:
        yield f"{translate.number(test.duration_ms / 1000, 1)}{NARROW}s"
    if test.used_bytes is not None:
        yield translate("used {size}", size=translate.size(test.used_bytes))

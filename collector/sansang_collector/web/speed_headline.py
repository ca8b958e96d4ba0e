# SPDX-License-Identifier: Apache-2.0
"""A line's speed in one sentence for people who keep a house, and the one thing to do."""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sansang_collector.language import Translation, mark
from sansang_collector.speed_judgement import NOT_THE_LINE, Judged, Rate
from sansang_collector.speed_views import SiteSpeedDetail, SiteSpeedView
from sansang_collector.web.speed_words import (
    LIMITS,
    VERDICTS,
    mbps,
    rate_words,
    verdict,
    why_missing,
)
from sansang_collector.web.states import Line
from sansang_wire.speed_readings import LimitedBy

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "no_server": mark("name a measuring server in [agents.probes.throughput] of the registry."),
        "budget_spent": mark("wait for next month, or let tests use more data."),
        "no_clock": mark("see that the box reaches the Internet: it takes the time from there."),
        "busy_line": mark("nothing: it tries again when the line is quiet."),
        "server_busy": mark("nothing: it tries again at its next turn."),
        "too_often": mark("have the box test less often, or let the server take more tests."),
        "unauthorised": mark("give the box the password that the measuring server has for it."),
        "no_token": mark("give the box the password that the measuring server has for it."),
        "no_budget_file": mark("see that the box's disk has room and its folder can be written."),
    }
)
"""About tests that were not made, by the reason; about others see to what the reason says."""

LINE = LIMITS["line"]


class Headline(NamedTuple):
    """How good it is, what it stands on, and what to do (empty: nothing)."""

    line: Line
    todo: str


def judged(view: SiteSpeedView) -> Judged | None:
    """Against the package, else against what the commune wants."""
    return view.package or view.target


def headline(view: SiteSpeedDetail, translate: Translation) -> Headline:
    """What counts most of a site's speed."""
    if view.download is None:
        return Headline(_unmeasured(view, translate), _why_unmeasured(view, translate))
    found = judged(view)
    if found is None:
        text = translate(
            "Downloads reach {rate}; nobody said how fast this line should be.",
            rate=reached(view.download, translate),
        )
        return Headline(Line("none", text), translate("write package_mbps into the registry."))
    tone, _ = VERDICTS[found.verdict]
    if found.verdict == "met":
        tone = "warn" if found.slow else "ok"
        return Headline(Line(tone, _met(view, found, translate)), "")
    if found.verdict == "not_met":
        text = translate(
            "The line is slow: downloads reach only {rate}, {aim}.",
            rate=mbps(found.median_mbps or 0, translate),
            aim=_aim(view, translate),
        )
        return Headline(Line(tone, text), translate(LINE.todo))
    return _too_few(view, found, translate)


def _met(view: SiteSpeedView, found: Judged, translate: Translation) -> str:
    values = {"rate": mbps(found.median_mbps or 0, translate), "aim": _aim(view, translate)}
    if found.slow:
        return translate(
            "Fast enough on the whole ({rate}, {aim}), but slow in the newest tests.", **values
        )
    return translate("The line is fast enough: downloads reach {rate}, {aim}.", **values)


def _too_few(view: SiteSpeedDetail, found: Judged, translate: Translation) -> Headline:
    """Too few tests, or too many that something else than the line held back."""
    held = held_back(view)
    if found.left_out and held is not None:
        text = translate(
            "It can't be told yet whether the line is fast enough: {limit} held back"
            " {count} of {tests} tests. The line can do at least {rate}, {aim}.",
            limit=translate(LIMITS[held].name),
            count=found.left_out,
            tests=view.tests,
            rate=mbps(_most(view.download), translate),
            aim=_aim(view, translate),
        )
        return Headline(Line("none", text), translate(LIMITS[held].todo))
    text = translate(
        "Too few tests to tell: {count} so far, {least} are needed. Downloads reach {rate}, {aim}.",
        count=found.counted,
        least=view.rules.least_tests,
        rate=reached(view.download, translate),
        aim=_aim(view, translate),
    )
    return Headline(Line("none", text), "")


def _aim(view: SiteSpeedView, translate: Translation) -> str:
    if view.package_mbps is not None:
        return translate("the package is {rate}", rate=mbps(view.package_mbps, translate))
    return translate("the commune wants {rate}", rate=mbps(view.target_mbps or 0, translate))


def reached(rate: Rate | None, translate: Translation) -> str:
    """The median of what was measured of the line itself, else the best lower bound."""
    if rate is None:
        return translate("not measured")
    if rate.rate_mbps is not None:
        return mbps(rate.rate_mbps.median, translate)
    return rate_words(_most(rate), translate, bound=True)


def _most(rate: Rate | None) -> float:
    spreads = [each for each in (rate and rate.rate_mbps, rate and rate.bounds_mbps) if each]
    return max((each.highest for each in spreads), default=0)


def held_back(view: SiteSpeedDetail) -> LimitedBy | None:
    """What held back most of the downloads, other than the line."""
    found: Counter[LimitedBy] = Counter()
    for each in view.figures:
        if each.phase == "download":
            found.update({it: each.limited_by.get(it, 0) for it in NOT_THE_LINE})
    [(name, count)] = found.most_common(1) or [("unknown", 0)]
    return name if count else None


def _unmeasured(view: SiteSpeedDetail, translate: Translation) -> Line:
    if not view.boxes:
        return Line("none", translate("Nobody measures the speed here: there is no box."))
    return Line("none", translate("The speed was not measured here in this time."))


def _why_unmeasured(view: SiteSpeedDetail, translate: Translation) -> str:
    if not view.boxes:
        return translate("put a box here, or enter what people measured with i-Speed.")
    return todo_of(view.freshness.missed, translate)


def todo_of(reason: str | None, translate: Translation) -> str:
    """About a test that was not made; empty when nobody has to do anything."""
    todo = ADVICE.get(reason or "")
    return translate(todo) if todo else ""


def notes(view: SiteSpeedDetail, now: int, translate: Translation) -> Iterator[Line]:
    """What must be known with it: another aim, that it is old, why the newest test is missing."""
    if view.package is not None and view.target is not None:
        label = translate("Target of the commune, {rate}", rate=mbps(_target(view), translate))
        yield verdict(view.target, translate)._replace(label=label)
    fresh = view.freshness
    if fresh.state != "fresh" and fresh.last is not None:
        when = translate.when(fresh.last, now)
        yield Line("warn", translate("The last test was on {when}: what stands here is old.",
                                     when=when))  # fmt: skip
    if fresh.missed is not None:
        why = why_missing(fresh.missed, translate)
        yield Line("warn", translate("The newest test was not made: {why}.", why=why))


def _target(view: SiteSpeedView) -> float:
    return view.target_mbps or 0

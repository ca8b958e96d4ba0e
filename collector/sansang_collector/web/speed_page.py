# SPDX-License-Identifier: Apache-2.0
"""What the page of one site's speed shows: a sentence, the package beside what was measured, how
tests lie, when it is slow, every test, what tests may still cost, and what people measured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlencode

from sansang_collector.hours import Span
from sansang_collector.ispeed_views import ISpeedView
from sansang_collector.language import Translation
from sansang_collector.periods import recent
from sansang_collector.speed_judgement import Figures, Sample, sample
from sansang_collector.speed_views import SiteSpeedDetail, SpeedTestView
from sansang_collector.web.answers import FAMILIES
from sansang_collector.web.ispeed_rows import ISpeedRow, ispeed_rows
from sansang_collector.web.sources import Sources
from sansang_collector.web.speed_drawings import (
    Aim,
    Histogram,
    by_hour,
    by_weekday,
    histogram,
    scale_top,
    weekdays,
)
from sansang_collector.web.speed_figures import FigureRow, figure_row
from sansang_collector.web.speed_headline import Headline, headline, judged, notes, reached, todo_of
from sansang_collector.web.speed_tests import Enough, Test, every_test, tests
from sansang_collector.web.speed_words import PHASES, STREAMS, mbps, why_missing
from sansang_collector.web.states import Line
from sansang_collector.web.strip import Strip
from sansang_wire.speed_readings import SpeedPhase

LISTED = 24
"""Tests that the page lists; its sheet has all of the time that it is about."""
DIRECTIONS: tuple[SpeedPhase, ...] = ("download", "upload")


class Direction(NamedTuple):
    """Download or upload: a row for each family, with one and with several connections."""

    name: str
    rows: list[FigureRow]


class Missing(NamedTuple):
    """A reason for which tests were not made, how often, and what to do (empty: nothing)."""

    what: str
    todo: str


class Pattern(NamedTuple):
    """When it is slow: by the hour and by the day of the week, of the same tests."""

    of: str
    hours: Strip | None
    days: Strip | None
    day_names: list[str]
    compared: str


@dataclass(frozen=True, slots=True)
class SpeedPage:
    """Everything on the page, in words."""

    title: str
    subtitle: str
    updated: str
    site: str
    simulated: bool
    headline: Headline
    basis: str
    notes: list[Line]
    aim: str
    """What tests are drawn beside."""
    directions: list[Direction]
    histograms: list[Histogram]
    pattern: Pattern | None
    tests: list[Test]
    tests_left_out: str
    sheet: str
    budget: str
    missing: list[Missing]
    ours: str
    """What our tests say, beside which the others stand."""
    ispeed: list[ISpeedRow]
    enter: str
    """Where another result of i-Speed is entered."""


class Known(NamedTuple):
    """What the page is made of: of our tests all of 30 days, the newest first; of i-Speed all."""

    view: SiteSpeedDetail
    tests: Sequence[SpeedTestView]
    ispeed: Sequence[ISpeedView]


def take(sources: Sources, site: str) -> Known | None:
    """None for a site that is not in the registry. Raises RecordUnavailableError."""
    span = recent(sources.now())
    view = sources.site_speed(site, span)
    if view is None:
        return None
    ispeed = [each for each in sources.ispeed(Span(0, span.end)) if each.site == site]
    return Known(view, every_test(sources, site, span), ispeed)


def build(known: Known, now: int, translate: Translation) -> SpeedPage:
    """Say in words what is known."""
    view, shown = known.view, known.tests
    enough = found.threshold_mbps if (found := judged(view)) else None
    at_least = Enough(enough, view.download.streams) if enough and view.download else None
    listed = tests(shown, at_least, now, translate)
    aim = _aim(view, translate)
    return SpeedPage(
        title=view.name,
        subtitle=translate("Line speed"),
        updated=translate.instant(now),
        site=f"/sites/{quote(view.site, safe='')}",
        simulated=view.simulated,
        headline=headline(view, translate),
        basis=_basis(view, translate),
        notes=list(notes(view, now, translate)),
        aim=aim.name if aim else "",
        directions=[*_directions(view, enough, aim, translate)],
        histograms=[*_histograms(view, shown, aim, translate)],
        pattern=_pattern(view, enough, translate),
        tests=listed[:LISTED],
        tests_left_out=_left_out(len(listed) - LISTED, translate),
        sheet=_sheet(view, translate),
        budget=_budget(shown, translate),
        missing=[*_missing(view, translate)],
        ours=translate(
            "Our own tests: download {download}, upload {upload}.",
            download=reached(view.download, translate),
            upload=reached(view.upload, translate),
        ),
        ispeed=ispeed_rows(known.ispeed, translate),
        enter=f"/ispeed?{urlencode({'site': view.site})}",
    )


def _sheet(view: SiteSpeedDetail, translate: Translation) -> str:
    """Where all tests of the time are that the page is about."""
    asked = urlencode({"from": view.start, "to": view.end, "lang": translate.language})
    return f"/api/v1/sites/{quote(view.site, safe='')}/speed/tests.csv?{asked}"


def _basis(view: SiteSpeedDetail, translate: Translation) -> str:
    """How many tests of which time, and by which rule."""
    start, end = _day(view.start, translate), _day(view.end - 1, translate)
    parts = [
        translate.plural(
            "{count} test from {start} to {end}",
            "{count} tests from {start} to {end}",
            view.tests,
            start=start,
            end=end,
        )
    ]
    if (found := judged(view)) is not None:
        enough = mbps(found.threshold_mbps, translate)
        if view.package is None:
            parts.append(translate("enough is {rate}", rate=enough))
        else:
            share = translate.percent(100 * view.rules.package_ratio)
            parts.append(
                translate("enough is {rate} ({share} of the package)", rate=enough, share=share)
            )
    return "; ".join(parts) + "."


def _day(at: int, translate: Translation) -> str:
    return translate.instant(at).partition(" ")[0]


def _aim(view: SiteSpeedDetail, translate: Translation) -> Aim | None:
    if view.package_mbps is not None:
        return Aim(translate("package"), view.package_mbps)
    return Aim(translate("target"), view.target_mbps) if view.target_mbps is not None else None


def _directions(
    view: SiteSpeedDetail, enough_mbps: float | None, aim: Aim | None, translate: Translation
) -> Iterator[Direction]:
    for phase in DIRECTIONS:
        found = [each for each in view.figures if each.phase == phase]
        top = max((_highest(each) for each in view.figures), default=0)
        rows = [
            figure_row(
                each,
                enough_mbps if _is_judged(each, view) else None,
                aim,
                top,
                translate,
            )
            for each in found
        ]
        if rows:
            yield Direction(translate(PHASES[phase]), rows)


def _is_judged(figures: Figures, view: SiteSpeedDetail) -> bool:
    """One connection may be slower than the line; what a package gives is told of downloads."""
    return figures.phase == "download" and (
        view.download is not None and figures.streams == view.download.streams
    )


def _highest(figures: Figures) -> float:
    spreads = (figures.rate_mbps, figures.bounds_mbps)
    return max((each.highest for each in spreads if each), default=0)


def _histograms(
    view: SiteSpeedDetail,
    shown: Sequence[SpeedTestView],
    aim: Aim | None,
    translate: Translation,
) -> Iterator[Histogram]:
    """Of what tells best what the line gives: several connections, where there are such tests."""
    for phase in DIRECTIONS:
        rate = view.download if phase == "download" else view.upload
        if rate is None:
            continue
        found: dict[str, list[Sample]] = {family: [] for family in FAMILIES}
        for each in shown:
            test = each.reading
            if test.phase == phase and test.streams == rate.streams and (it := sample(test)):
                found[test.family].append(it)
        top = scale_top([it for its in found.values() for it in its], aim)
        for family, samples in found.items():
            title = translate(
                "{direction}, {family}, {streams}",
                direction=translate(PHASES[phase]),
                family=FAMILIES[family],
                streams=translate(STREAMS[rate.streams]),
            )
            if drawn := histogram(title, samples, aim, top, translate):
                yield drawn


def _pattern(
    view: SiteSpeedDetail, enough_mbps: float | None, translate: Translation
) -> Pattern | None:
    """Of the downloads that the sentence is about; lower bounds say nothing of when it is slow."""
    rate = view.download
    for each in view.figures:
        if rate and (each.phase, each.family, each.streams) == (
            "download",
            rate.family,
            rate.streams,
        ):
            hours = by_hour(each.by_hour, enough_mbps, translate)
            if hours is None:
                return None
            days = by_weekday(each.by_weekday, enough_mbps, translate)
            compared = (
                translate("beside what is enough, {rate}", rate=mbps(enough_mbps, translate))
                if enough_mbps is not None
                else translate("beside what is usual here")
            )
            of = translate(
                "{direction}, {family}, {streams}",
                direction=translate(PHASES[each.phase]),
                family=FAMILIES[rate.family],
                streams=translate(STREAMS[rate.streams]),
            )
            return Pattern(of, hours, days, weekdays(translate), compared)
    return None


def _left_out(count: int, translate: Translation) -> str:
    if count <= 0:
        return ""
    return translate.plural("and {count} older test", "and {count} older tests", count)


def _budget(shown: Sequence[SpeedTestView], translate: Translation) -> str:
    """What the newest test that told says; boxes have budgets of their own."""
    left: dict[str, int] = {}
    for each in shown:
        if each.reading.budget_left_bytes is not None:
            left.setdefault(each.agent, each.reading.budget_left_bytes)
    parts = [
        translate("box {agent} may still use {size} this month", agent=agent,
                  size=translate.size(size))
        for agent, size in sorted(left.items())
    ]  # fmt: skip
    return "; ".join(parts)


def _missing(view: SiteSpeedDetail, translate: Translation) -> Iterator[Missing]:
    for reason, count in sorted(view.missed.items(), key=lambda each: -each[1]):
        why = why_missing(reason, translate)
        what = translate.plural("{count} time: {why}", "{count} times: {why}", count, why=why)
        yield Missing(what, todo_of(reason, translate))

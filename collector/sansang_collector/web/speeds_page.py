# SPDX-License-Identifier: Apache-2.0
"""What the page of all sites' speed shows: how many reach what they should, of how many, and which
do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlencode

from sansang_collector.hours import Span
from sansang_collector.language import Translation
from sansang_collector.periods import recent
from sansang_collector.speed_judgement import Rules, Share, Verdict, share
from sansang_collector.speed_views import SiteSpeedView, by_commune
from sansang_collector.web.sources import Sources
from sansang_collector.web.speed_headline import judged, reached
from sansang_collector.web.speed_words import mbps, verdict, why_missing
from sansang_collector.web.states import Line, Tone
from sansang_collector.web.summary import Tile, tile

WORST_FIRST: tuple[Verdict | None, ...] = ("not_met", "too_few", None, "met", "not_measured")
"""Of verdicts; None: nobody said what the site should reach. What nobody measured stands last."""


class SiteRow(NamedTuple):
    """One site: whether it is fast enough, what it reaches, and since when nobody knows better."""

    name: str
    link: str
    commune: str
    simulated: bool
    verdict: Line
    more: str
    download: str
    upload: str
    package: str
    last: Line


class GroupRow(NamedTuple):
    """A commune and its shares."""

    name: str
    simulated: bool
    shares: list[Line]


@dataclass(frozen=True, slots=True)
class SpeedsPage:
    """Everything on the page, in words."""

    title: str
    subtitle: str
    updated: str
    basis: str
    tiles: list[Tile]
    communes: list[GroupRow]
    sites: list[SiteRow]
    sheet: str


class Known(NamedTuple):
    """What the page is made of: every site by the tests of a span, and by which rules."""

    sites: Sequence[SiteSpeedView]
    span: Span
    rules: Rules


def take(sources: Sources) -> Known:
    """Raises RecordUnavailableError."""
    span = recent(sources.now())
    return Known(sources.speed(span), span, sources.speed_rules())


def build(known: Known, now: int, translate: Translation) -> SpeedsPage:
    """Say in words what is known."""
    sites = known.sites
    communes = by_commune(sites)
    several = len({each.commune for each in communes}) > 1
    return SpeedsPage(
        title=translate("Line speed"),
        subtitle=translate.plural("{count} site", "{count} sites", len(sites)),
        updated=translate.instant(now),
        basis=_basis(known, translate),
        tiles=[_tile(*each) for each in _shares(*_all(sites), translate)],
        communes=[
            GroupRow(each.name, each.simulated, _lines(each.package, each.target, translate))
            for each in (communes if several else ())
        ],
        sites=[
            _site(each, now, translate, several=several) for each in sorted(sites, key=_worst_first)
        ],
        sheet=f"/api/v1/speed.csv?{urlencode({'lang': translate.language})}",
    )


def _all(sites: Sequence[SiteSpeedView]) -> tuple[Share, Share]:
    """Simulated sites do not count among real ones."""
    real = [each for each in sites if not each.simulated] or sites
    return share(each.package for each in real), share(each.target for each in real)


def _basis(known: Known, translate: Translation) -> str:
    """From when to when, and by which rule."""
    first, last = (
        translate.instant(at).partition(" ")[0] for at in (known.span.start, known.span.end - 1)
    )
    text = translate(
        "Medians of the tests from {first} to {last}; enough is {share} of the package, from"
        " {least} tests on.",
        first=first,
        last=last,
        share=translate.percent(100 * known.rules.package_ratio),
        least=known.rules.least_tests,
    )
    if len({each.simulated for each in known.sites}) > 1:
        text += " " + translate("Simulated sites do not count.")
    return text


def _shares(
    package: Share, target: Share, translate: Translation
) -> list[tuple[str, Share, list[tuple[int, str]]]]:
    """What each is called, what it is, and what the rest of the sites is. Of a target that no
    commune has there is nothing to say.
    """
    named = [(translate("Sites as fast as their package"), package)]
    if target.no_threshold < target.of:
        named.append((translate("Sites as fast as the commune wants"), target))
    return [(name, found, _notes(found, translate)) for name, found in named]


def _notes(found: Share, translate: Translation) -> list[tuple[int, str]]:
    plural = translate.plural
    return [
        (found.not_met, plural("{count} too slow", "{count} too slow", found.not_met)),
        (
            found.too_few,
            plural("{count} with too few tests", "{count} with too few tests", found.too_few),
        ),
        (
            found.not_measured,
            plural("{count} not measured", "{count} not measured", found.not_measured),
        ),
        (
            found.no_threshold,
            plural("{count} without a figure", "{count} without a figure", found.no_threshold),
        ),
    ]


def _tile(label: str, found: Share, notes: list[tuple[int, str]]) -> Tile:
    unknown = found.too_few + found.not_measured + found.no_threshold
    parts: list[tuple[Tone, int]] = [
        ("ok", found.met),
        ("bad", found.not_met),
        ("none", unknown),
    ]
    return tile(label, parts, notes)


def _lines(package: Share, target: Share, translate: Translation) -> list[Line]:
    lines: list[Line] = []
    for label, found, notes in _shares(package, target, translate):
        rest = ", ".join(text for count, text in notes if count)
        met = found.met == found.of
        tone: Tone = "ok" if met else "bad" if found.not_met else "none"
        lines.append(
            Line(tone, f"{found.met} / {found.of}" + (f" ({rest})" if rest else ""), label)
        )
    return lines


def _worst_first(view: SiteSpeedView) -> tuple[int, bool, float, str]:
    found = judged(view)
    known = (found.verdict if found else None) if view.download else "not_measured"
    slow = bool(found and found.slow)
    reached_ = found.median_mbps or 0 if found else 0
    of_aim = reached_ / found.threshold_mbps if found else 0
    return WORST_FIRST.index(known), not slow, of_aim, view.name


def _site(view: SiteSpeedView, now: int, translate: Translation, *, several: bool) -> SiteRow:
    found = judged(view)
    shown = verdict(found, translate) if view.download else Line("none", translate("not measured"))
    return SiteRow(
        name=view.name,
        link=f"/sites/{quote(view.site, safe='')}/speed",
        commune=view.commune_name if several else "",
        simulated=view.simulated,
        verdict=shown,
        more=_more(view, translate) if view.download else "",
        download=reached(view.download, translate) if view.download else "—",
        upload=reached(view.upload, translate) if view.upload else "—",
        package=mbps(view.package_mbps, translate) if view.package_mbps else "—",
        last=_last(view, now, translate),
    )


def _more(view: SiteSpeedView, translate: Translation) -> str:
    """How many tests that stands on, and how many say too little."""
    parts = [translate.plural("{count} test", "{count} tests", view.tests)]
    found = judged(view)
    if found is not None and found.slow and found.verdict == "met":
        parts.append(translate("slow in the newest tests"))
    if found is not None and found.left_out:
        parts.append(
            translate.plural(
                "{count} held back by something else than the line",
                "{count} held back by something else than the line",
                found.left_out,
            )
        )
    return ", ".join(parts)


def _last(view: SiteSpeedView, now: int, translate: Translation) -> Line:
    """When it was last tested, or why not; a test that was not made is no fault of the line."""
    fresh = view.freshness
    if not view.boxes:
        return Line("none", translate("no box here yet"))
    why = why_missing(fresh.missed, translate) if fresh.missed else ""
    if fresh.last is None:
        return Line("none", why or translate("never tested"))
    when = translate.when(fresh.last, now)
    if fresh.state == "fresh" and not why:
        return Line("ok", when)
    return Line("warn", f"{when}; {why}" if why else when)

# SPDX-License-Identifier: Apache-2.0
"""What the page of all sites' IPv6 readiness shows: shares with what they are of, worst sites
first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlencode

from sansang_collector.language import Translation
from sansang_collector.readiness_views import (
    GroupReadinessView,
    ReadinessView,
    ShareView,
    group_view,
    grouped,
)
from sansang_collector.web.readiness_words import first_todo, standing, verdict
from sansang_collector.web.states import Line, Tone
from sansang_collector.web.summary import Tile, tile


class SiteRow(NamedTuple):
    """One site: its score, the first thing to do, whether it could do without IPv4."""

    name: str
    link: str
    commune: str
    simulated: bool
    standing: Line
    coverage: str
    todo: str
    verdict: Line


class GroupRow(NamedTuple):
    """A commune or carrier and its shares."""

    name: str
    simulated: bool
    shares: list[Line]


@dataclass(frozen=True, slots=True)
class Ipv6Page:
    """Everything on the page, in words."""

    title: str
    subtitle: str
    updated: str
    tiles: list[Tile]
    communes: list[GroupRow]
    carriers: list[GroupRow]
    sites: list[SiteRow]
    sheet: str


def build(sites: Sequence[ReadinessView], now: int, translate: Translation) -> Ipv6Page:
    """Say in words what is known."""
    communes = grouped(sites, "commune", now)
    carriers = [each for each in grouped(sites, "carrier", now) if each.group]
    several = len(communes) > 1
    return Ipv6Page(
        title=translate("IPv6 readiness"),
        subtitle=translate.plural("{count} site", "{count} sites", len(sites)),
        updated=translate.instant(now),
        tiles=[_tile(*each) for each in _shares(group_view("", "", sites, now), translate)],
        communes=[_group(each, translate) for each in communes] if several else [],
        carriers=[_group(each, translate) for each in carriers],
        sites=[
            _site(each, now, translate, several=several)
            for each in sorted(sites, key=lambda each: _worst_first(each, now))
        ],
        sheet=f"/api/v1/readiness.csv?{urlencode({'lang': translate.language})}",
    )


def _shares(group: GroupReadinessView, translate: Translation) -> list[tuple[str, ShareView, str]]:
    """What each is called, what it is, and of how many nobody can tell."""
    named = (
        (translate("Have IPv6 and reach the Internet"), group.capable),
        (translate("Prefer IPv6"), group.preferred),
        (translate("Ready for IPv6 alone"), group.ready_for_only),
    )
    return [(name, share, _not_measured(share, translate)) for name, share in named]


def _not_measured(share: ShareView, translate: Translation) -> str:
    if not share.not_measured:
        return translate("all measured")
    return translate.plural("{count} not measured", "{count} not measured", share.not_measured)


def _tile(label: str, share: ShareView, note: str) -> Tile:
    without = share.of - share.count - share.not_measured
    parts: list[tuple[Tone, int]] = [
        ("ok", share.count),
        ("warn", without),
        ("none", share.not_measured),
    ]
    return tile(label, parts, [(1, note)])


def _group(group: GroupReadinessView, translate: Translation) -> GroupRow:
    shares = [
        Line(
            "none"
            if share.not_measured == share.of
            else "ok"
            if share.count == share.of
            else "warn",
            f"{share.count} / {share.of}" + (f" ({note})" if share.not_measured else ""),
            label,
        )
        for label, share, note in _shares(group, translate)
    ]
    return GroupRow(group.name, group.simulated, shares)


def _worst_first(view: ReadinessView, now: int) -> tuple[bool, bool, float, str]:
    """What nobody measured stands last."""
    found = view.known(now)
    score = found.score if found else None
    return found is None, score is None, score or 0, view.name


def _site(view: ReadinessView, now: int, translate: Translation, *, several: bool) -> SiteRow:
    found = view.known(now)
    coverage = (
        translate("{share} known", share=translate.percent(found.coverage_pct)) if found else ""
    )
    nothing = Line("none", translate("not measured"))
    return SiteRow(
        name=view.name,
        link=f"/sites/{quote(view.site, safe='')}/ipv6",
        commune=view.commune_name if several else "",
        simulated=view.simulated,
        standing=standing(view, now, translate),
        coverage=coverage,
        todo=first_todo(found, translate) if found else "",
        verdict=verdict(found, translate) if found else nothing,
    )

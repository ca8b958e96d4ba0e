# SPDX-License-Identifier: Apache-2.0
"""What the live page shows, put together: findings, sites, the centre, agents nobody registered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sansang_collector.language import Translation
from sansang_collector.store.base import Latest, StoreUnavailableError
from sansang_collector.views import AgentView, CollectorView, SiteView
from sansang_collector.web import findings, summary
from sansang_collector.web.cards import SiteCard, site_card
from sansang_collector.web.findings import Finding
from sansang_collector.web.measured import FAMILIES, KINDS
from sansang_collector.web.sources import Sources
from sansang_collector.web.states import Line


class Stranger(NamedTuple):
    """An agent that sends and that the registry does not know."""

    id: str
    messages: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page, in words."""

    updated: str
    tiles: list[summary.Tile]
    findings: list[Finding]
    all_in_all: Line
    sites: list[SiteCard]
    collector: list[Line]
    strangers: list[Stranger]


def build(sources: Sources, translate: Translation) -> Page:
    """Ask the sources and say it in words."""
    now = sources.now()
    collector, sites = sources.collector(), sources.sites()
    found = findings.of_collector(collector, translate)
    read = _reader(sources, collector, found, translate)
    cards: list[SiteCard] = []
    for site in sites:
        card = site_card(site, read(site.site), now, translate)
        cards.append(card)
        found += _site_findings(site, card, now, translate)
    for family, name in FAMILIES.items():
        without = [
            card.name for card in cards if not card.cut_off and card.reaches(family) is False
        ]
        found += findings.of_family(name, without, translate)
    strangers = _strangers(sources.agents(), collector, translate)
    return Page(
        updated=translate.instant(now),
        tiles=summary.tiles(cards, collector, translate),
        findings=findings.worst_first(findings.gathered(found, translate)),
        all_in_all=summary.all_in_all(cards, translate),
        sites=cards,
        collector=summary.collector_lines(collector, translate),
        strangers=strangers,
    )


def _reader(
    sources: Sources, collector: CollectorView, found: list[Finding], translate: Translation
) -> Callable[[str], Sequence[Latest]]:
    """What reads a site's newest readings. The first failure becomes a finding, and is the last
    attempt: a store that does not answer would hold the page up once for each site.
    """
    failed = False

    def read(site: str) -> Sequence[Latest]:
        nonlocal failed
        if failed:
            return []
        try:
            return [each for kind in KINDS for each in sources.latest(kind, site)]
        except StoreUnavailableError as error:
            failed = True
            if collector.store is None:
                what = translate("can't read the stored readings")
                todo = translate("see that the series database runs and has room.")
                here = translate("The centre")
                found.append(Finding("bad", here, what, str(error), todo))
            return []

    return read


def _site_findings(
    site: SiteView, card: SiteCard, now: int, translate: Translation
) -> list[Finding]:
    link = f"#{site.site}"
    found: list[Finding] = []
    for agent, shown in zip(site.agents, card.agents, strict=True):
        found += findings.of_agent(agent, shown.state, now, (site.name, link), translate)
    if card.cut_off:
        found.append(findings.of_internet(site.name, link, translate))
    return found


def _strangers(
    agents: Sequence[AgentView], collector: CollectorView, translate: Translation
) -> list[Stranger]:
    known = {agent.agent for agent in agents if agent.site is not None}
    counts = {agent.agent: 0 for agent in agents if agent.site is None}
    counts |= {name: count for name, count in collector.unregistered.items() if name not in known}
    return [
        Stranger(name, translate.plural("{count} message", "{count} messages", count))
        for name, count in sorted(counts.items())
    ]

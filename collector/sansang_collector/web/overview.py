# SPDX-License-Identifier: Apache-2.0
"""What the page of all sites shows: what is wrong, the sites by commune, the centre, strangers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from sansang_collector.language import Translation
from sansang_collector.views import AgentView, CollectorView
from sansang_collector.web import findings, summary, troubles
from sansang_collector.web.answers import FAMILIES
from sansang_collector.web.board import Board
from sansang_collector.web.cards import SiteCard, site_card, site_findings
from sansang_collector.web.findings import Finding
from sansang_collector.web.states import AgentState, Line
from sansang_collector.web.strip import Strip, strip
from sansang_collector.web.uptime import Uptime


class Stranger(NamedTuple):
    """An agent that sends and that the registry does not know."""

    id: str
    messages: str


class SiteRow(NamedTuple):
    """One site in the table."""

    name: str
    link: str
    simulated: bool
    closed: bool
    state: AgentState
    wifi: Strip | None
    ipv6: Line
    abroad: str


class Commune(NamedTuple):
    """The sites of one commune."""

    name: str
    sites: list[SiteRow]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page, in words. `wifi_day`: what a table's strip of 24 hours is of."""

    title: str
    subtitle: str
    updated: str
    tiles: list[summary.Tile]
    findings: list[Finding]
    all_in_all: Line
    communes: list[Commune]
    collector: list[Line]
    collector_state: Line
    strangers: list[Stranger]


def build(board: Board, day: Uptime, translate: Translation) -> Overview:
    """Say in words what is known."""
    cards = [site_card(site, board, translate) for site in board.sites]
    found = _findings(cards, board, translate)
    title, subtitle = _titles(cards, translate)
    return Overview(
        title=title,
        subtitle=subtitle,
        updated=translate.instant(board.now),
        tiles=summary.tiles(cards, translate),
        findings=findings.worst_first(findings.gathered(found, translate)),
        all_in_all=summary.all_in_all(cards, translate),
        communes=_communes(cards, board.now, day, translate),
        collector=summary.collector_lines(board.collector, translate),
        collector_state=summary.collector_state(board.collector, translate),
        strangers=_strangers(board.agents, board.collector, translate),
    )


def _findings(cards: Sequence[SiteCard], board: Board, translate: Translation) -> list[Finding]:
    """The centre, many sites at once, then what is down the longest."""
    found = findings.of_collector(board.collector, translate)
    found += findings.of_reading(board.collector, board.store_fault, translate)
    found += troubles.of_centre(board, translate)
    silent = {card.view.site for card in cards if not card.heard}
    areas, lost = troubles.of_areas(board, silent, translate)
    of_sites = [
        each
        for card in cards
        for each in site_findings(card, board, translate, lost=card.view.site in lost)
    ]
    found += areas + sorted(of_sites, key=lambda each: each.since or board.now)
    for family, name in FAMILIES.items():
        without = [card.view.name for card in cards if _lacks(card, family, board)]
        found += findings.of_family(name, without, translate)
    return found


def _lacks(card: SiteCard, family: str, board: Board) -> bool:
    """It never worked there: what it lost is told by the ledger."""
    lost = {each.service for each in board.going_on.get(card.view.site, ())}
    return card.reaches(family) is False and not card.cut_off and not lost & {family, "internet"}


def _titles(cards: Sequence[SiteCard], translate: Translation) -> tuple[str, str]:
    names = list(dict.fromkeys(map(_commune, cards)))
    sites = translate.plural("{count} site", "{count} sites", len(cards))
    if len(names) == 1:
        return names[0][0], sites
    communes = translate.plural("{count} commune", "{count} communes", len(names))
    return "Sẵn Sàng", f"{communes} · {sites}" if cards else ""


def _communes(
    cards: Sequence[SiteCard], now: int, day: Uptime, translate: Translation
) -> list[Commune]:
    order = {key: at for at, key in enumerate(dict.fromkeys(map(_commune, cards)))}
    together = sorted(cards, key=lambda card: order[_commune(card)])
    return [
        Commune(name, [_row(card, now, day, translate) for card in of_commune])
        for (name, _), of_commune in groupby(together, _commune)
    ]


def _commune(card: SiteCard) -> tuple[str, str]:
    """Its name and its code: names are shared by many."""
    return card.view.commune_name, card.view.commune


def _row(card: SiteCard, now: int, day: Uptime, translate: Translation) -> SiteRow:
    ipv6 = {
        True: Line("ok", translate("Yes")),
        False: Line("warn", translate("Not yet")),
        None: Line("none", translate("not measured")),
    }
    abroad = card.abroad_ms
    return SiteRow(
        name=card.view.name,
        link=card.link,
        simulated=card.view.simulated,
        closed=card.closed,
        state=card.state,
        wifi=strip(day.sites.get(card.view.site, []), day.start, now, translate),
        ipv6=ipv6[card.reaches("ipv6")],
        abroad="—" if abroad is None else translate.milliseconds(abroad),
    )


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

# SPDX-License-Identifier: Apache-2.0
"""What the page of one site shows: how it is, what is wrong, the last day, the newest readings."""

from dataclasses import dataclass

from sansang_collector.language import Translation
from sansang_collector.web import findings
from sansang_collector.web.board import Board, Day
from sansang_collector.web.cards import SiteCard, site_card, site_findings
from sansang_collector.web.chart import Chart, hours
from sansang_collector.web.findings import Finding
from sansang_collector.web.history import History, charts
from sansang_collector.web.journey import Journey, journeys
from sansang_collector.web.states import Line
from sansang_collector.web.strip import Strip, strip
from sansang_collector.web.wifi import sentences


@dataclass(frozen=True, slots=True)
class SitePage:
    """Everything on the page, in words."""

    title: str
    subtitle: str
    updated: str
    card: SiteCard
    findings: list[Finding]
    wifi: list[Line]
    wifi_day: Strip | None
    journeys: list[Journey]
    hours: list[str]
    charts: list[Chart]


def build(
    site: str, board: Board, day: Day, history: History, translate: Translation
) -> SitePage | None:
    """None for a site that is not in the registry."""
    view = board.site(site)
    if view is None:
        return None
    card = site_card(view, board, translate)
    found = findings.of_reading(board.collector, board.store_fault, translate)
    found += site_findings(card, board, translate)
    return SitePage(
        title=view.name,
        subtitle=view.commune_name,
        updated=translate.instant(board.now),
        card=card,
        findings=findings.worst_first(found),
        wifi=sentences(card.wifi.networks, board.now, translate),
        wifi_day=strip(day.wifi.get(site, []), day.start, board.now, translate),
        journeys=journeys(board.latest.get(site, []), board.now, translate),
        hours=hours(day.start),
        charts=charts(history, day.start, translate),
    )

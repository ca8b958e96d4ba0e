# SPDX-License-Identifier: Apache-2.0
"""What the page of one site shows: how it is, what is wrong, the last day, the newest readings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sansang_collector.language import Translation
from sansang_collector.periods import reporting_quarter
from sansang_collector.views import AvailabilityView
from sansang_collector.web import findings, site_outages, troubles
from sansang_collector.web.board import Board
from sansang_collector.web.cards import SiteCard, site_card, site_findings
from sansang_collector.web.chart import Chart, hours
from sansang_collector.web.findings import Finding
from sansang_collector.web.history import History, charts
from sansang_collector.web.journey import Journey, journeys
from sansang_collector.web.ledger_past import Past
from sansang_collector.web.site_outages import SiteOutages
from sansang_collector.web.states import Line
from sansang_collector.web.strip import DAY_US, HOUR_US, SLOT_US, Strip, strip
from sansang_collector.web.uptime import Uptime, week_start
from sansang_collector.web.wifi import sentences

IN_3_HOURS, IN_A_DAY = 3 * HOUR_US // SLOT_US, DAY_US // SLOT_US


class Titled(NamedTuple):
    """A strip and what it is of."""

    title: str
    strip: Strip


class Known(NamedTuple):
    """What the page is made of: what is known now; the Wi-Fi of 24 hours, and of the week and the
    quarter; the ledger's week, and its quarter of every site; what is drawn as lines.
    """

    board: Board
    day: Uptime
    past: Uptime
    week: Past
    quarter: Sequence[AvailabilityView]
    history: History


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
    wifi_past: list[Titled]
    outages: SiteOutages
    journeys: list[Journey]
    hours: list[str]
    charts: list[Chart]


def build(site: str, known: Known, translate: Translation) -> SitePage | None:
    """None for a site that is not in the registry."""
    board, day, past = known.board, known.day, known.past
    view = board.site(site)
    if view is None:
        return None
    card = site_card(view, board, translate)
    found = findings.of_reading(board.collector, board.store_fault, translate)
    found += troubles.of_centre(board, translate)
    found += site_findings(card, board, translate)
    return SitePage(
        title=view.name,
        subtitle=view.commune_name,
        updated=translate.instant(board.now),
        card=card,
        findings=findings.worst_first(found),
        wifi=sentences(card.wifi.networks, board.now, translate),
        wifi_day=strip(day.sites.get(site, []), day.start, board.now, translate),
        wifi_past=_past(past, site, board.now, translate),
        outages=site_outages.build(view, board, known.week, known.quarter, translate),
        journeys=journeys(board.latest.get(site, []), board.now, translate),
        hours=hours(day.start),
        charts=charts(known.history, day.start, translate),
    )


def _past(past: Uptime, site: str, now: int, translate: Translation) -> list[Titled]:
    """The week in slots of three hours and the quarter in days, where there is any evidence."""
    known = past.sites.get(site, [])
    quarter = reporting_quarter(now).start
    since = translate.instant(quarter).partition(" ")[0]
    drawn = [
        (translate("The last 7 days"), week_start(now), IN_3_HOURS),
        (translate("This quarter, since {when}", when=since), quarter, IN_A_DAY),
    ]
    found: list[Titled] = []
    for title, start, together in drawn:
        shown = strip(known[(start - past.start) // SLOT_US :], start, now, translate, together)
        if shown is not None:
            found.append(Titled(title, shown))
    return found

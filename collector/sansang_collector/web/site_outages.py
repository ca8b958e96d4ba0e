# SPDX-License-Identifier: Apache-2.0
"""The outages of one site: seven days and the quarter of each service, and the last ten."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from sansang_collector.language import Translation
from sansang_collector.views import AvailabilityView, OutageView, SiteView
from sansang_collector.web.board import Board
from sansang_collector.web.ledger_past import Past, marks, roots
from sansang_collector.web.outage_words import SERVICES
from sansang_collector.web.outages_page import OutageRow, outage_row
from sansang_collector.web.strip import DAY_US, Strip, drawn

SHOWN = ("power", "internet", "ipv6", "dns", "wifi")
"""From the wall to the guest."""
ROWS = 10


class ServiceRow(NamedTuple):
    """One service: its seven days, and in words its quarter."""

    name: str
    week: Strip
    quarter: str


class DatedRow(NamedTuple):
    """An outage and the day on which it began."""

    day: str
    row: OutageRow


class SiteOutages(NamedTuple):
    """Everything of the section; `days`: what the strips begin with, day by day."""

    services: list[ServiceRow]
    days: list[str]
    rows: list[DatedRow]
    more: str


def build(
    site: SiteView,
    board: Board,
    past: Past,
    quarter: Sequence[AvailabilityView],
    translate: Translation,
) -> SiteOutages:
    """`past` is of this site, `quarter` of any."""
    own = {each.service: each for each in quarter if each.group == site.site}
    lines = {each.service: each for each in past.timeline}
    services: list[ServiceRow] = []
    for service in SHOWN:
        if (line := lines.get(service)) is not None:
            text = _week(service, past, board.now, translate)
            if all(each is None for each in line.shares):
                text = translate("not measured")
            strip = drawn(marks(line), len(past.steps), text)
            in_words = _quarter(own.get(service), translate)
            services.append(ServiceRow(translate(SERVICES[service]), strip, in_words))
    newest = roots(past.outages)[::-1][:ROWS]
    return SiteOutages(
        services=services,
        days=[translate.instant(step.start)[:5] for step in past.steps[:: _steps_a_day(past)]],
        rows=[
            DatedRow(
                translate.instant(view.start)[:5],
                outage_row(view, with_it, board, translate),
            )
            for view, with_it in newest
        ],
        more=f"/outages?site={quote(site.site, safe='')}",
    )


def _steps_a_day(past: Past) -> int:
    return DAY_US // (past.steps[0].end - past.steps[0].start)


def _week(service: str, past: Past, now: int, translate: Translation) -> str:
    """How often it was down in the time that is drawn, and for how long together."""
    start = past.steps[0].start
    down = [
        min(each.end or now, now) - max(each.start, start)
        for each in past.outages
        if each.service == service and _counts(each, start)
    ]
    if not down:
        return translate("7 days: no outage")
    return translate.plural(
        "7 days: {count} outage, {duration}",
        "7 days: {count} outages, {duration} together",
        len(down),
        duration=translate.duration(sum(down)),
    )


def _counts(view: OutageView, start: int) -> bool:
    return view.state == "down" and (view.end is None or view.end > start)


def _quarter(view: AvailabilityView | None, translate: Translation) -> str:
    """How much of its opening hours it worked, and how much of them is known."""
    if view is None or view.share is None or view.coverage is None:
        return translate("quarter: not measured")
    return translate(
        "quarter: {share}, measured {coverage} of the opening hours",
        share=translate.percent(100 * view.share, 1),
        coverage=translate.percent(100 * view.coverage, 1),
    )

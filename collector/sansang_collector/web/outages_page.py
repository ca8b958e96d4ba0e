# SPDX-License-Identifier: Apache-2.0
"""What the page of past outages shows: 30 days, the newest first, by site and cause if asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple
from urllib.parse import quote, urlencode

from sansang_collector.causes import CAUSES
from sansang_collector.language import Translation
from sansang_collector.ledger_words import cause_word
from sansang_collector.views import OutageView
from sansang_collector.watch.areas import causes_of, members_of
from sansang_collector.web import evidence, troubles
from sansang_collector.web.beside import Beside, beside
from sansang_collector.web.board import Board
from sansang_collector.web.findings import Finding
from sansang_collector.web.ledger_past import Past, roots, together
from sansang_collector.web.outage_words import BLIND, SERVICES, sentence, service, words
from sansang_collector.web.states import Tone
from sansang_collector.web.strip import Mark, Strip, drawn

ROWS_AT_MOST = 60
STRIPS_AT_MOST = 60
"""More make a page that nobody reads, and too large for a weak line."""


class Asked(NamedTuple):
    """Of one site or cause, or of all."""

    site: str | None
    cause: str | None


class Choice(NamedTuple):
    """One of the values that a filter may have."""

    value: str
    name: str
    chosen: bool


class OutageRow(NamedTuple):
    """One outage."""

    number: int
    tone: Tone
    where: str
    link: str
    simulated: bool
    kind: str
    times: str
    duration: str
    cause: str
    evidence: str
    with_it: str
    late: bool
    beside: Beside


class Day(NamedTuple):
    """The outages that began on a day."""

    name: str
    rows: list[OutageRow]


class SiteStrip(NamedTuple):
    """The days of one site."""

    name: str
    link: str
    strip: Strip


@dataclass(frozen=True, slots=True)
class OutagesPage:
    """Everything on the page, in words."""

    title: str
    subtitle: str
    updated: str
    findings: list[Finding]
    sites: list[Choice]
    causes: list[Choice]
    filtered: bool
    sheet: str
    days: list[Day]
    left_out: str
    strips: list[SiteStrip]
    strips_left_out: str


def build(asked: Asked, board: Board, past: Past, translate: Translation) -> OutagesPage:
    """Say in words what is known."""
    found = [each for each in roots(past.outages) if _fits(each[0], asked)][::-1]
    shown = found[:ROWS_AT_MOST]
    left = len(found) - len(shown)
    strips = _strips(asked, board, past, translate)
    query = {"lang": translate.language} | ({"site": asked.site} if asked.site else {})
    return OutagesPage(
        title=translate("Outage history"),
        subtitle=translate.plural(
            "{count} outage in 30 days", "{count} outages in 30 days", len(found)
        ),
        updated=translate.instant(board.now),
        findings=[troubles.of_record(past.fault, translate)] if past.fault else [],
        sites=[Choice(each.site, each.name, each.site == asked.site) for each in board.sites],
        causes=[
            Choice(cause, translate(each.name), cause == asked.cause)
            for cause, each in CAUSES.items()
        ],
        filtered=asked != Asked(None, None),
        sheet=f"/api/v1/outages.csv?{urlencode(query)}",
        days=[
            Day(name, [outage_row(*each, board, translate) for each in of_day])
            for name, of_day in groupby(shown, lambda each: _day(each[0].start, translate))
        ],
        left_out=translate.plural(
            "{count} older one is in the sheet.", "{count} older ones are in the sheet.", left
        )
        if left
        else "",
        strips=strips[:STRIPS_AT_MOST],
        strips_left_out=_strips_left_out(len(strips) - STRIPS_AT_MOST, translate),
    )


def _fits(view: OutageView, asked: Asked) -> bool:
    at_site = asked.site is None or view.site == asked.site
    member = view.service == "area" and asked.site in view.clues
    return (at_site or member) and asked.cause in {None, view.cause}


def _what_sites_met(view: OutageView, translate: Translation) -> str:
    met: list[str] = []
    for cause, count in causes_of(view.clues).items():
        name = cause_word(cause, translate)
        met.append(
            translate.plural(
                "{cause} at {count} site", "{cause} at {count} sites", count, cause=name
            )
        )
    return "; ".join(met)


def outage_row(
    view: OutageView, with_it: Sequence[OutageView], board: Board, translate: Translation
) -> OutageRow:
    """One outage and what it took along. `where` is empty for what is not of one site."""
    end, heard = view.end, evidence.sentence(view.clues, translate)
    names = [name for key, name in SERVICES.items() if any(each.service == key for each in with_it)]
    kind = service(view, translate)
    if view.service == "box":
        kind = " ".join([translate("Offline"), f"({view.subject})"])
    if view.service == "area":
        area = troubles.area_name(view, board, translate)
        kind = translate.plural(
            "{count} site at once: {name}",
            "{count} sites at once: {name}",
            len(members_of(view.clues)),
            name=area,
        )
        heard = _what_sites_met(view, translate)
    return OutageRow(
        number=view.number,
        tone=_tone(view),
        where=view.name if view.site else "",
        link=f"/sites/{quote(view.site, safe='')}" if view.site else "",
        simulated=view.simulated,
        kind=kind,
        times=times(view, translate),
        duration=translate.duration((board.now if end is None else end) - view.start),
        cause=_cause(view, translate),
        evidence=heard and sentence(heard),
        with_it=", ".join(map(translate, names)),
        late=view.late,
        beside=beside(view, board.now, translate),
    )


def _tone(view: OutageView) -> Tone:
    return "none" if view.state == "unknown" else "bad" if view.state == "down" else "warn"


def _cause(view: OutageView, translate: Translation) -> str:
    if view.service == "collector":
        return translate(BLIND.get(view.subject, words(view).what))
    if view.state == "unknown":
        return translate("not measured")
    return translate(words(view).name)


def times(view: OutageView, translate: Translation) -> str:
    """08:15–09:20, with the day of the end when that is another."""
    day, _, clock = translate.instant(view.start).partition(" ")
    if view.end is None:
        lasts = translate("still lasts")
        return f"{clock} – {lasts}"
    end_day, _, end_clock = translate.instant(view.end).partition(" ")
    if end_day == day:
        return f"{clock}–{end_clock}"
    return f"{clock} – {end_clock} {end_day[:5]}"


def _day(at: int, translate: Translation) -> str:
    return translate.instant(at).partition(" ")[0]


def _strips(asked: Asked, board: Board, past: Past, translate: Translation) -> list[SiteStrip]:
    found: list[SiteStrip] = []
    for site in board.sites:
        days = together([each for each in past.timeline if each.site == site.site])
        if days and asked.site in {None, site.site}:
            text = _in_words(days, translate)
            link = f"/sites/{quote(site.site, safe='')}"
            found.append(SiteStrip(site.name, link, drawn(days, len(past.steps), text)))
    if len(found) > STRIPS_AT_MOST:
        # Those that had something to show stand first.
        found.sort(key=lambda each: not ({"bad", "warn"} & each.strip.paths.keys()))
    return found


def _strips_left_out(count: int, translate: Translation) -> str:
    if count <= 0:
        return ""
    return translate.plural("{count} more site", "{count} more sites", count)


def _in_words(days: Sequence[Mark], translate: Translation) -> str:
    bad = sum(each in {"bad", "warn"} for each in days)
    parts = [
        (
            bad > 0,
            translate.plural("{count} day with outages", "{count} days with outages", bad),
        ),
        (
            days.count("ok") > 0,
            translate.plural("{count} day without", "{count} days without", days.count("ok")),
        ),
        (
            "none" in days,
            translate.plural(
                "{count} day not measured", "{count} days not measured", days.count("none")
            ),
        ),
        (
            "closed" in days,
            translate.plural("{count} day closed", "{count} days closed", days.count("closed")),
        ),
    ]
    return ", ".join(text for holds, text in parts if holds)

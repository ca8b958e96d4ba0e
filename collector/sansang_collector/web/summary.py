# SPDX-License-Identifier: Apache-2.0
"""What the page sums up: a few figures, the sentence when all is well, the centre's own state."""

from collections.abc import Sequence
from typing import NamedTuple

from sansang_collector.language import Translation
from sansang_collector.views import CollectorView
from sansang_collector.web.cards import SiteCard
from sansang_collector.web.measured import FAMILIES
from sansang_collector.web.states import Line


class Tile(NamedTuple):
    """One figure: what is counted, how many of how many, and a word more."""

    label: str
    figure: str
    of: str
    note: str


def tiles(
    cards: Sequence[SiteCard], collector: CollectorView, translate: Translation
) -> list[Tile]:
    """Each with the number of all sites beside it, and how many were not measured."""
    all_sites = str(len(cards))
    working = sum(card.state.tone == "ok" for card in cards)
    shown = [Tile(translate("Sites working"), str(working), all_sites, "")]
    for family, name in FAMILIES.items():
        answers = [reaches for card in cards if (reaches := card.reaches(family)) is not None]
        note = ""
        if unknown := len(cards) - len(answers):
            note = translate.plural("{count} not measured", "{count} not measured", unknown)
        label = translate("Sites with {family} Internet", family=name)
        shown.append(Tile(label, str(sum(answers)), all_sites, note))
    note = translate.plural("in {count} batch", "in {count} batches", collector.batches)
    since = translate("since {instant}", instant=translate.instant(collector.started))
    readings = translate.number(collector.readings)
    return [*shown, Tile(translate("Readings received"), readings, "", f"{note}, {since}")]


def all_in_all(cards: Sequence[SiteCard], translate: Translation) -> Line:
    """The sentence for when there is nothing to do; what is less than good is not hidden by it."""
    if not cards:
        return Line("none", translate("There is no site yet: add the first one to the registry."))
    agents = [agent for card in cards for agent in card.agents]
    working = [agent for agent in agents if agent.state.tone == "ok"]
    cells = [cell for agent in working for row in agent.measured.rows for cell in row.cells]
    if any(cell.tone in {"warn", "bad"} for cell in cells):
        text = translate(
            "{working} of {all} boxes are sending their readings; what is not good is marked.",
            working=len(working),
            all=len(agents),
        )
        return Line("warn", text)
    text = translate(
        "All is well: {working} of {all} boxes are sending their readings.",
        working=len(working),
        all=len(agents),
    )
    return Line("ok", text)


def collector_lines(view: CollectorView, translate: Translation) -> list[Line]:
    """The centre part by part."""
    fine = translate("working")
    lines = [
        Line("ok" if problem is None else "bad", fine if problem is None else problem, label)
        for label, problem in (
            (translate("Message broker"), view.broker),
            (translate("Series store"), view.store),
            (translate("Record"), view.record),
        )
    ]
    registry = translate("in use as it is on disk") if view.registry is None else view.registry
    tone = "ok" if view.registry is None else "warn"
    lines.append(Line(tone, registry, translate("Registry")))
    waiting = translate.plural("{count} message waiting", "{count} messages waiting", view.queued)
    if view.queue_dropped:
        waiting += ", " + translate.plural(
            "{count} turned away, to be sent again",
            "{count} turned away, to be sent again",
            view.queue_dropped,
        )
    tone = "warn" if view.queue_dropped else "ok"
    lines.append(Line(tone, waiting, translate("Queue")))
    if view.points_refused:
        text = translate.plural(
            "{count} reading refused by the store",
            "{count} readings refused by the store",
            view.points_refused,
        )
        lines.append(Line("warn", text, translate("Refused")))
    if view.failed:
        text = translate.plural(
            "{count} message could not be stored: the log says why",
            "{count} messages could not be stored: the log says why",
            view.failed,
        )
        lines.append(Line("warn", text, translate("Failed")))
    started = translate("since {instant}", instant=translate.instant(view.started))
    return [*lines, Line("ok", f"{view.version}, {started}", translate("Version"))]

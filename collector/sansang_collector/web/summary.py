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
        answers = [reaches for card in cards if (reaches := _reaches(card, family)) is not None]
        note = ""
        if unknown := len(cards) - len(answers):
            note = translate.plural("{count} not measured", "{count} not measured", unknown)
        label = translate("Sites with {family} Internet", family=name)
        shown.append(Tile(label, str(sum(answers)), all_sites, note))
    note = translate.plural("in {count} batch", "in {count} batches", collector.batches)
    since = translate("since {instant}", instant=translate.instant(collector.started))
    readings = translate.number(collector.readings)
    return [*shown, Tile(translate("Readings received"), readings, "", f"{note}, {since}")]


def _reaches(card: SiteCard, family: str) -> bool | None:
    """By the best evidence of the site's working agents; None when none of them has any."""
    answers = [
        each.measured.internet[family]
        for each in card.agents
        if each.state.tone == "ok" and family in each.measured.internet
    ]
    return any(answers) if answers else None


def all_is_well(cards: Sequence[SiteCard], translate: Translation) -> str:
    """For when there is nothing to do; a registry without sites is not that."""
    if not cards:
        return translate("There is no site yet: add the first one to the registry.")
    agents = [agent for card in cards for agent in card.agents]
    working = sum(agent.state.tone == "ok" for agent in agents)
    return translate(
        "All is well: {working} of {all} boxes are sending their readings.",
        working=working,
        all=len(agents),
    )


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
    dropped = translate.plural(
        "{count} turned away, to be sent again",
        "{count} turned away, to be sent again",
        view.queue_dropped,
    )
    tone = "warn" if view.queue_dropped else "ok"
    lines.append(Line(tone, f"{waiting}, {dropped}", translate("Queue")))
    if view.points_refused:
        text = translate.plural(
            "{count} reading refused by the store",
            "{count} readings refused by the store",
            view.points_refused,
        )
        lines.append(Line("warn", text, translate("Refused")))
    started = translate("since {instant}", instant=translate.instant(view.started))
    return [*lines, Line("ok", f"{view.version}, {started}", translate("Version"))]

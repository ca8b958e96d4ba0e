# SPDX-License-Identifier: Apache-2.0
"""What the page sums up: a few figures, the sentence when all is well, the centre's own state."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from sansang_collector.language import Translation
from sansang_collector.views import CollectorView
from sansang_collector.web.cards import SiteCard
from sansang_collector.web.states import Line, Tone


class Tile(NamedTuple):
    """One figure: what is counted, how many of how many, a word more; `bar` is a path for each
    tone in a box 100 wide.
    """

    label: str
    figure: str
    of: str
    note: str
    bar: Mapping[Tone, str]


def tiles(cards: Sequence[SiteCard], translate: Translation) -> list[Tile]:
    """Each with the number of all sites beside it, and how many were not measured."""
    houses = [card for card in cards if card.view.kind == "cultural_house"]
    shown = [_wifi(houses, translate)] if houses else []
    return [*shown, _ipv6(cards, translate), _heard(cards, translate), _abroad(cards, translate)]


def _wifi(houses: Sequence[SiteCard], translate: Translation) -> Tile:
    answers = [card.wifi.on_air for card in houses]
    there, gone, unknown = (answers.count(each) for each in (True, False, None))
    cut_off = sum(card.cut_off and card.wifi.on_air is True for card in houses)
    notes = [
        (gone, translate.plural("{count} off", "{count} off", gone)),
        (
            cut_off,
            translate.plural("{count} without Internet", "{count} without Internet", cut_off),
        ),
        (unknown, translate.plural("{count} not measured", "{count} not measured", unknown)),
    ]
    label = translate("Cultural houses with Wi-Fi now")
    return tile(label, [("ok", there), ("bad", gone), ("none", unknown)], notes)


def _ipv6(cards: Sequence[SiteCard], translate: Translation) -> Tile:
    answers = [card.reaches("ipv6") for card in cards]
    there, gone, unknown = (answers.count(each) for each in (True, False, None))
    notes = [
        (gone, translate.plural("{count} not yet", "{count} not yet", gone)),
        (unknown, translate.plural("{count} not measured", "{count} not measured", unknown)),
    ]
    label = translate("Sites with {family} Internet", family="IPv6")
    return tile(label, [("ok", there), ("warn", gone), ("none", unknown)], notes)


def _heard(cards: Sequence[SiteCard], translate: Translation) -> Tile:
    heard = sum(card.heard for card in cards)
    silent = sum(card.state.silent for card in cards)
    closed = sum(card.closed and not card.heard for card in cards)
    other = len(cards) - heard - silent - closed
    notes = [
        (silent, translate.plural("{count} offline", "{count} offline", silent)),
        (closed, translate.plural("{count} closed", "{count} closed", closed)),
        (other, translate.plural("{count} without data", "{count} without data", other)),
    ]
    label = translate("Sites heard now")
    return tile(label, [("ok", heard), ("bad", silent), ("none", closed + other)], notes)


def _abroad(cards: Sequence[SiteCard], translate: Translation) -> Tile:
    times = [time for card in cards if (time := card.abroad_ms) is not None]
    note = translate.plural("median of {count} site", "median of {count} sites", len(times))
    figure = translate.milliseconds(median(times)) if times else "—"
    label = translate("Round trip abroad")
    return Tile(label, figure, "", note if times else translate("not measured"), {})


def tile(label: str, parts: Sequence[tuple[Tone, int]], notes: Sequence[tuple[int, str]]) -> Tile:
    """The first part is the figure, all of them the denominator."""
    every = sum(count for _, count in parts)
    bar: dict[Tone, str] = {}
    at = 0
    for tone, count in parts:
        if count:
            bar[tone] = f"M{100 * at / every:.4g} 1h{100 * count / every:.4g}"
        at += count
    note = " · ".join(text for count, text in notes if count)
    return Tile(label, str(parts[0][1]), str(every), note, bar)


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


def collector_state(view: CollectorView, translate: Translation) -> Line:
    """The centre in one line: what came in, or that something needs a look."""
    if any((view.broker, view.store, view.record, view.registry)):
        return Line("bad", translate("something is wrong"))
    text = translate.plural(
        "{count} reading since {instant}",
        "{count} readings since {instant}",
        view.readings,
        instant=translate.instant(view.started),
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
    lines.append(_messages(view, translate))
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


def _messages(view: CollectorView, translate: Translation) -> Line:
    """Who is told, and who could not be."""
    label = translate("Messages to people")
    if not view.channels:
        return Line("none", translate("nobody is told"), label)
    text = translate(
        "{sent} sent, {waiting} waiting", sent=view.messages_sent, waiting=view.messages_waiting
    )
    if view.channels_failing:
        text += "; " + translate("not taken by {names}", names=", ".join(view.channels_failing))
    if view.messages_given_up:
        text += "; " + translate("{count} given up after a day", count=view.messages_given_up)
    tone = "warn" if view.channels_failing or view.messages_given_up else "ok"
    return Line(tone, text, label)

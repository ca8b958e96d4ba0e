# SPDX-License-Identifier: Apache-2.0
"""What the live page shows, put together: findings, sites, the centre, agents nobody registered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sansang_collector.language import Translation
from sansang_collector.store.base import Latest, StoreUnavailableError
from sansang_collector.views import AgentView, CollectorView, SiteView
from sansang_collector.web import findings
from sansang_collector.web.carriage import Carriage, carriage
from sansang_collector.web.findings import Finding
from sansang_collector.web.measured import FAMILIES, KINDS, Measured, measured
from sansang_collector.web.sources import Sources
from sansang_collector.web.states import WORST_FIRST, AgentState, Line, agent_state


class AgentCard(NamedTuple):
    """One agent as the page shows it."""

    id: str
    state: AgentState
    measured: Measured
    measured_at: str
    carriage: Carriage | None
    version: str | None


class SiteCard(NamedTuple):
    """One site as the page shows it."""

    id: str
    name: str
    kind: str
    simulated: bool
    state: AgentState
    cut_off: bool
    agents: list[AgentCard]


class Tile(NamedTuple):
    """One figure: what is counted, how many of how many, and a word more."""

    label: str
    figure: str
    of: str
    note: str


class Stranger(NamedTuple):
    """An agent that sends and that the registry does not know."""

    id: str
    messages: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page, in words."""

    updated: str
    tiles: list[Tile]
    findings: list[Finding]
    all_is_well: str
    sites: list[SiteCard]
    collector: list[Line]
    strangers: list[Stranger]


def build(sources: Sources, now: int, translate: Translation) -> Page:
    """Ask the sources and say it in words; `now` is µs since the Unix epoch."""
    collector, sites = sources.collector(), sources.sites()
    found = findings.of_collector(collector, translate)
    read = _reader(sources, collector, found, translate)
    cards: list[SiteCard] = []
    for site in sites:
        card = _site_card(site, read(site.site), now, translate)
        cards.append(card)
        found += _site_findings(site, card, now, translate)
    strangers = _strangers(sources.agents(), collector, translate)
    return Page(
        updated=translate.instant(now),
        tiles=_tiles(cards, collector, translate),
        findings=findings.worst_first(found),
        all_is_well=_all_is_well(cards, translate),
        sites=cards,
        collector=_collector_lines(collector, translate),
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


def _site_card(
    site: SiteView, latest: Sequence[Latest], now: int, translate: Translation
) -> SiteCard:
    cards = [_agent_card(agent, latest, now, translate) for agent in site.agents]
    no_agent = AgentState("none", translate("No data yet"), translate("no box here yet"))
    # A site is known as well as its best agent knows it; what is wrong with another is a finding.
    states = sorted((card.state for card in cards), key=lambda s: WORST_FIRST.index(s.tone))
    state = states[-1] if states else no_agent
    cut_off = findings.is_cut_off([card.measured for card in cards if card.state.tone == "ok"])
    if cut_off:
        state = AgentState("bad", translate("No Internet"), state.since)
    return SiteCard(
        id=site.site,
        name=site.name,
        kind=_kinds(translate).get(site.kind, site.kind),
        simulated=site.simulated,
        state=state,
        cut_off=cut_off,
        agents=cards,
    )


def _agent_card(
    agent: AgentView, latest: Sequence[Latest], now: int, translate: Translation
) -> AgentCard:
    own = measured([each for each in latest if each.agent == agent.agent], now, translate)
    return AgentCard(
        id=agent.agent,
        state=agent_state(agent, now, translate),
        measured=own,
        measured_at="" if own.at is None else translate.instant(own.at),
        carriage=carriage(agent, translate),
        version=agent.version,
    )


def _kinds(translate: Translation) -> dict[str, str]:
    return {
        "office": translate("Commune office"),
        "cultural_house": translate("Cultural house"),
        "school": translate("School"),
        "health_station": translate("Health station"),
        "other": translate("Other place"),
    }


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


def _tiles(
    cards: Sequence[SiteCard], collector: CollectorView, translate: Translation
) -> list[Tile]:
    all_sites = str(len(cards))
    working = sum(card.state.tone == "ok" for card in cards)
    tiles = [Tile(translate("Sites working"), str(working), all_sites, "")]
    for family, name in FAMILIES.items():
        answers = [reaches for card in cards if (reaches := _reaches(card, family)) is not None]
        note = ""
        if unknown := len(cards) - len(answers):
            note = translate.plural("{count} not measured", "{count} not measured", unknown)
        label = translate("Sites with {family} Internet", family=name)
        tiles.append(Tile(label, str(sum(answers)), all_sites, note))
    note = translate.plural("in {count} batch", "in {count} batches", collector.batches)
    since = translate("since {instant}", instant=translate.instant(collector.started))
    readings = translate.number(collector.readings)
    return [*tiles, Tile(translate("Readings received"), readings, "", f"{note}, {since}")]


def _reaches(card: SiteCard, family: str) -> bool | None:
    """By the best evidence of the site's working agents; None when none of them has any."""
    answers = [
        each.measured.internet[family]
        for each in card.agents
        if each.state.tone == "ok" and family in each.measured.internet
    ]
    return any(answers) if answers else None


def _all_is_well(cards: Sequence[SiteCard], translate: Translation) -> str:
    if not cards:
        return translate("There is no site yet: add the first one to the registry.")
    agents = [agent for card in cards for agent in card.agents]
    working = sum(agent.state.tone == "ok" for agent in agents)
    return translate(
        "All is well: {working} of {all} boxes are sending their readings.",
        working=working,
        all=len(agents),
    )


def _collector_lines(view: CollectorView, translate: Translation) -> list[Line]:
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

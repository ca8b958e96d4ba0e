# SPDX-License-Identifier: Apache-2.0
"""Sites and their agents as the pages show them."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from sansang_collector.language import Translation
from sansang_collector.store.base import Latest
from sansang_collector.views import AgentView, OutageView, SiteView
from sansang_collector.web import findings, troubles
from sansang_collector.web.board import Board
from sansang_collector.web.carriage import Carriage, carriage
from sansang_collector.web.fields import word
from sansang_collector.web.findings import Finding
from sansang_collector.web.measured import Measured, measured
from sansang_collector.web.outage_words import sentence, short
from sansang_collector.web.states import WORST_FIRST, AgentState, agent_state
from sansang_collector.web.wifi import Wifi, wifi

GUESTS_NEED = ("internet", "power", "dns", "wifi")


class AgentCard(NamedTuple):
    """One agent as the page shows it."""

    id: str
    state: AgentState
    measured: Measured
    measured_at: str
    carriage: Carriage | None
    version: str | None


class SiteCard(NamedTuple):
    """One site as the pages show it."""

    view: SiteView
    kind: str
    link: str
    state: AgentState
    heard: bool
    cut_off: bool
    closed: bool
    """It is outside its opening hours."""
    wifi: Wifi
    agents: list[AgentCard]

    def reaches(self, family: str) -> bool | None:
        """Whether the Internet is reached by this family, by the best evidence of the working
        agents; None when none of them has any.
        """
        answers = [
            each.measured.internet[family]
            for each in self.agents
            if each.state.tone == "ok" and family in each.measured.internet
        ]
        return any(answers) if answers else None

    @property
    def abroad_ms(self) -> float | None:
        """The shortest round trip abroad of the working agents."""
        times = [
            each.measured.abroad_ms
            for each in self.agents
            if each.state.tone == "ok" and each.measured.abroad_ms is not None
        ]
        return min(times, default=None)


def site_card(site: SiteView, board: Board, translate: Translation) -> SiteCard:
    """One site by what is known now."""
    now, latest = board.now, board.latest.get(site.site, [])
    cards = [_agent_card(agent, latest, now, translate) for agent in site.agents]
    no_agent = AgentState("none", translate("No data yet"), translate("no box here yet"))
    # A site is known as well as its best agent knows it; what is wrong with another is a finding.
    states = sorted((card.state for card in cards), key=lambda s: WORST_FIRST.index(s.tone))
    state = states[-1] if states else no_agent
    heard = state.tone == "ok"
    cut_off = findings.is_cut_off([card.measured for card in cards if card.state.tone == "ok"])
    services = board.services.get(site.site, [])
    on_air = wifi(site, services if heard else (), latest if heard else (), now)
    if doubted := on_air.doubted:
        since = min(each.doubted or now for each in doubted)
        state = AgentState("warn", translate("Wi-Fi just lost"), _since(since, now, translate))
    if missing := on_air.missing:
        since = min(each.since or now for each in missing)
        stage = missing[0].stage
        what = translate(stage.failing) if stage else translate("Wi-Fi off")
        state = AgentState("bad", what, _since(since, now, translate))
    if cut_off:
        state = AgentState("bad", translate("No Internet"), translate("the box can be heard"))
    if heard and (worst := _of_ledger(site.site, board)) is not None:
        word_ = sentence(short(worst, translate)).removesuffix(".")
        tone = troubles.tone_of(worst, ())
        state = AgentState(tone, word_, _since(worst.start, now, translate))
    closed = site.site in board.closed
    if closed:
        state = _while_closed(state, translate)
    return SiteCard(
        view=site,
        kind=_kinds(translate).get(site.kind, site.kind),
        link=f"/sites/{quote(site.site, safe='')}",
        state=state,
        heard=heard,
        cut_off=cut_off,
        closed=closed,
        wifi=on_air,
        agents=cards,
    )


def site_findings(
    card: SiteCard, board: Board, translate: Translation, *, lost: bool = False
) -> list[Finding]:
    """What is wrong at one site: as the ledger has it, then what it does not know, the Internet of
    one family aside. `lost`: that the site is not heard is told elsewhere.
    """
    site, where = card.view, (card.view.name, card.link)
    found = [] if lost else troubles.of_site(site, card.link, board, translate)
    known = {(each.service, each.subject) for each in board.going_on.get(site.site, ())}
    for agent, shown in zip(site.agents, card.agents, strict=True):
        told = lost or card.closed or ("box", agent.agent) in known
        of_box = findings.of_agent(agent, shown.state, board.now, where, translate)
        found += [each for each in of_box if not (told and each.group == "silent")]
    if card.closed:
        return found
    if card.cut_off and not any(service == "internet" for service, _ in known):
        found.append(findings.of_internet(*where, translate))
    for network in card.wifi.missing:
        if ("wifi", network.ssid) not in known:
            reason = _reason(network.ssid, board.latest.get(site.site, []))
            found.append(findings.of_wifi(network, where, reason, board.now, translate))
    for network in card.wifi.doubted:
        reason = _reason(network.ssid, board.latest.get(site.site, []))
        found.append(findings.of_doubted(network, where, reason, board.now, translate))
    return found


def _reason(ssid: str, latest: Sequence[Latest]) -> str:
    """What a box knows of why a network is not on air; empty when it knows nothing."""
    reasons = (
        word(each.fields, "reason")
        for each in latest
        if each.kind == "wifi" and each.labels.get("ssid") == ssid
    )
    return next(filter(None, reasons), "")


def _of_ledger(site: str, board: Board) -> OutageView | None:
    """The worst of what lasts there and keeps guests from the Internet."""
    open_ = board.going_on.get(site, ())
    found = [
        each
        for each in open_
        if each.service in GUESTS_NEED and each.state != "unknown"
        if troubles.is_root(each, open_)
    ]
    return min(
        found,
        key=lambda each: (each.state != "down", GUESTS_NEED.index(each.service)),
        default=None,
    )


def _while_closed(state: AgentState, translate: Translation) -> AgentState:
    """Nobody is kept from anything: not red, and a box that is switched off is as it should be."""
    if state.silent:
        return AgentState("none", translate("Closed"), state.since)
    return state if state.tone == "ok" else state._replace(tone="none")


def _agent_card(
    agent: AgentView, latest: Sequence[Latest], now: int, translate: Translation
) -> AgentCard:
    own = measured([each for each in latest if each.agent == agent.agent], now, translate)
    return AgentCard(
        id=agent.agent,
        state=agent_state(agent, now, translate),
        measured=own,
        measured_at="" if own.at is None else translate.when(own.at, now),
        carriage=carriage(agent, translate),
        version=agent.version,
    )


def _since(at: int, now: int, translate: Translation) -> str:
    return translate(
        "since {instant} ({duration})",
        instant=translate.when(at, now),
        duration=translate.duration(now - at),
    )


def _kinds(translate: Translation) -> dict[str, str]:
    return {
        "office": translate("Commune office"),
        "cultural_house": translate("Cultural house"),
        "school": translate("School"),
        "health_station": translate("Health station"),
        "other": translate("Other place"),
    }

# SPDX-License-Identifier: Apache-2.0
"""Sites and their agents as the page shows them."""

from collections.abc import Sequence
from typing import NamedTuple

from sansang_collector.language import Translation
from sansang_collector.store.base import Latest
from sansang_collector.views import AgentView, SiteView
from sansang_collector.web import findings
from sansang_collector.web.carriage import Carriage, carriage
from sansang_collector.web.measured import Measured, measured
from sansang_collector.web.states import WORST_FIRST, AgentState, agent_state


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


def site_card(
    site: SiteView, latest: Sequence[Latest], now: int, translate: Translation
) -> SiteCard:
    """`latest` are the site's newest readings; `now` is µs since the Unix epoch."""
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

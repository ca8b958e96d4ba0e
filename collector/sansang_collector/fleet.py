# SPDX-License-Identifier: Apache-2.0
"""`sansang agents`, `sansang sites`: ask the running collector, and show a table."""

import time

from rich.table import Table
from rich.text import Text

from sansang_collector import asking
from sansang_collector.language import Translation
from sansang_collector.views import AgentView, ServiceView, SiteView
from sansang_collector.web.states import SHAPES, WORST_FIRST, AgentState, Tone, agent_state
from sansang_collector.web.wifi import Network, wifi

STYLES: dict[Tone, str] = {"ok": "green", "warn": "yellow", "bad": "bold red", "none": "dim"}


def agents(url: str) -> list[AgentView]:
    """The agents as the collector at `url` (`http://host:port`) tells. Raises NoAnswerError."""
    return asking.get(url, "agents", list[AgentView])


def sites(url: str) -> tuple[list[SiteView], list[ServiceView]]:
    """The sites, and what is held of their services; otherwise as `agents`."""
    return asking.get(url, "sites", list[SiteView]), asking.get(url, "services", list[ServiceView])


def agents_table(found: list[AgentView], translate: Translation) -> Table:
    """One row an agent: id, site, state in words, what came and what did not."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for title in (translate("Box"), translate("Site"), translate("State"), ""):
        shown.add_column(title)
    for title in (translate("Batches"), translate("To come"), translate("Lost")):
        shown.add_column(title, justify="right")
    now = time.time_ns() // 1000
    for agent in found:
        state = agent_state(agent, now, translate)
        site = agent.site or translate("not registered")
        if agent.simulated:
            site += f" ({translate('simulated')})"
        figures = (agent.batches, agent.outstanding, agent.lost + agent.dropped_batches)
        shown.add_row(
            Text(agent.agent),
            Text(site),
            Text(f"{state.shape} {state.word}", style=STYLES[state.tone]),
            Text(state.since),
            *(translate.number(each) for each in figures),
        )
    return shown


def sites_table(
    found: list[SiteView], services: list[ServiceView], translate: Translation
) -> Table:
    """One row a site: id, name, state of its best box, each expected Wi-Fi."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for title in (translate("Site"), translate("Name"), translate("Box"), "", "Wi-Fi"):
        shown.add_column(title)
    now = time.time_ns() // 1000
    for site in found:
        name = site.name + (f" ({translate('simulated')})" if site.simulated else "")
        states = [agent_state(agent, now, translate) for agent in site.agents]
        nothing = AgentState("none", translate("No data yet"), translate("no box here yet"))
        state = max(states, key=lambda each: WORST_FIRST.index(each.tone), default=nothing)
        # What was held of a Wi-Fi before its box fell silent says nothing of now.
        heard = [each for each in services if each.site == site.site and state.tone == "ok"]
        shown.add_row(
            Text(site.site),
            Text(name),
            Text(f"{state.shape} {state.word}", style=STYLES[state.tone]),
            Text(state.since),
            _networks(wifi(site, heard, (), now).networks, translate),
        )
    return shown


def _networks(networks: list[Network], translate: Translation) -> Text:
    if not networks:
        return Text(translate("not measured"), style=STYLES["none"])
    parts: list[Text] = []
    for network in networks:
        tone: Tone = "none" if network.on_air is None else "ok" if network.on_air else "bad"
        words = {"none": translate("not measured"), "ok": translate("on air")}
        down = translate(network.stage.failing) if network.stage else translate("off air")
        word = words.get(tone, down)
        parts.append(Text(f"{SHAPES[tone]} {network.ssid}: {word}", style=STYLES[tone]))
    return Text(", ").join(parts)

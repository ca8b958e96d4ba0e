# SPDX-License-Identifier: Apache-2.0
"""`sansang agents`: ask the running collector for its agents, and show them as a table."""

import time

import msgspec
import urllib3
from rich.table import Table
from rich.text import Text

from sansang_collector.language import Translation
from sansang_collector.views import AgentView
from sansang_collector.web.states import Tone, agent_state

TIMEOUT_S = 5
STYLES: dict[Tone, str] = {"ok": "green", "warn": "yellow", "bad": "bold red", "none": "dim"}


class NoAnswerError(Exception):
    """The collector did not answer; the message says what came instead."""


def ask(url: str) -> list[AgentView]:
    """The agents as the collector at `url` (`http://host:port`) tells. Raises NoAnswerError."""
    try:
        answer = urllib3.request(
            "GET", f"{url.rstrip('/')}/api/v1/agents", timeout=TIMEOUT_S, retries=False
        )
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise NoAnswerError(str(error)) from error
    if answer.status != 200:
        raise NoAnswerError(f"HTTP {answer.status}")
    try:
        return msgspec.json.decode(answer.data, type=list[AgentView])
    except msgspec.DecodeError as error:
        raise NoAnswerError(str(error)) from error


def table(agents: list[AgentView], translate: Translation) -> Table:
    """One row an agent: id, site, state in words, what came and what did not."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for title in (translate("Box"), translate("Site"), translate("State"), ""):
        shown.add_column(title)
    for title in (translate("Batches"), translate("To come"), translate("Lost")):
        shown.add_column(title, justify="right")
    now = time.time_ns() // 1000
    for agent in agents:
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

# SPDX-License-Identifier: Apache-2.0
"""How an agent is, in a word: what the page shows as a shape, a word and a colour together."""

from typing import Literal, NamedTuple

from sansang_collector.language import MINUTE_US, Translation
from sansang_collector.views import AgentView

SILENT_AFTER_US = 3 * MINUTE_US
"""At the least; an agent that sends less often is silent when three of its batches are missing."""
"""Six batches of an ordinary agent; what a receipt gone astray delays is far less."""

Tone = Literal["ok", "warn", "bad", "none"]
SHAPES: dict[Tone, str] = {"ok": "●", "warn": "■", "bad": "◆", "none": "○"}
WORST_FIRST: tuple[Tone, ...] = ("bad", "warn", "none", "ok")


class Line(NamedTuple):
    """One thing that is so, and how good that is."""

    tone: Tone
    text: str
    label: str = ""


class AgentState(NamedTuple):
    """An agent's state: a word, since when, and whether a person should do something."""

    tone: Tone
    word: str
    since: str
    silent: bool = False

    @property
    def shape(self) -> str:
        """What tells the tone without colour."""
        return SHAPES[self.tone]


def last_batch(agent: AgentView) -> int | None:
    """When the collector last received a batch of this agent."""
    return max(
        (at for each in agent.epochs if (at := each.last_received) is not None), default=None
    )


def agent_state(agent: AgentView, now: int, translate: Translation) -> AgentState:
    """`now` is µs since the Unix epoch. Silence is judged here; the broker's word is a hint."""
    no_data = translate("No data yet")
    if agent.last_seen is None:
        return AgentState("none", no_data, translate("never heard from"))
    heard = last_batch(agent)
    patience_us = max(SILENT_AFTER_US, int(3 * agent.batch_every_s * 1_000_000))
    if heard is None and now - agent.last_seen <= patience_us:
        return AgentState("none", no_data, translate("connected, waiting for its first readings"))
    heard = heard or agent.last_seen
    if now - heard <= patience_us:
        since = translate("last heard {instant}", instant=translate.when(heard, now))
        return AgentState("ok", translate("Working"), since)
    since = translate(
        "since {instant} ({duration})",
        instant=translate.when(heard, now),
        duration=translate.duration(now - heard),
    )
    if agent.status == "leaving":
        return AgentState("none", translate("Switched off"), since)
    return AgentState("bad", translate("Offline"), since, silent=True)

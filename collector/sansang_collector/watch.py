# SPDX-License-Identifier: Apache-2.0
"""Is a service of a site up, since when, and who is to be told: two pure functions.

`judge` walks through evidence in time order; `alert` compares what people were told with what is
so. Neither knows a clock. Evidence about the Wi-Fi comes from `WifiReading`: a Wi-Fi that this box
can't judge, and a box that is silent, are no evidence at all: unknown is not down.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from sansang_wire.readings import AnyReading, WifiReading

State = Literal["unknown", "up", "down"]
MINUTE_US = 60_000_000
GAP_US = 15 * MINUTE_US
"""Longer than three rounds of a box on a metered line: a doubt from before it begins anew."""
BEST_WITHIN_US = 10 * MINUTE_US
"""So long a box's word counts beside another's: two rounds of a box on a metered line."""
FRESH_US = 10 * MINUTE_US
"""Older evidence corrects the state, and is told only once fresh evidence says the same."""


class Evidence(NamedTuple):
    """What one agent saw of a service at an instant (µs since the Unix epoch)."""

    service: str
    subject: str
    agent: str
    at: int
    up: bool


class HoldDown(NamedTuple):
    """How long evidence must go on saying so, in µs, before the state follows it."""

    down_us: int
    up_us: int


class Word(NamedTuple):
    """The newest that one agent said, at an instant in µs."""

    at: int
    up: bool


class ServiceState(NamedTuple):
    """What is held of a service. Instants are µs since the Unix epoch.

    `since`: when the state began, dated back to the first evidence of it. `doubted`: since when
    evidence contradicts it. `judged`: the newest evidence. `said`: the last word of each agent that
    spoke shortly before. `told_down`: the beginning of the outage that a message was made about.
    """

    state: State = "unknown"
    since: int = 0
    doubted: int | None = None
    judged: int = 0
    said: Mapping[str, Word] = MappingProxyType({})
    told_down: int | None = None


class Alert(NamedTuple):
    """Something to tell: what began at `since`; of a recovery, the outage began at `down_since`."""

    state: Literal["up", "down"]
    since: int
    down_since: int


def evidence_of(agent: str, readings: Iterable[AnyReading]) -> list[Evidence]:
    """The evidence that lies in readings."""
    return [
        Evidence("wifi", each.ssid, agent, each.at, each.on_air)
        for each in readings
        if isinstance(each, WifiReading) and each.on_air is not None
    ]


def judge(before: ServiceState, evidence: Evidence, hold: HoldDown) -> ServiceState:
    """The state after one more piece of evidence.

    What is older than its agent's last word changes nothing. The service is up while any agent's
    last word says so: one box may stand behind a wall, or beside another access point.
    """
    last = before.said.get(evidence.agent)
    if last is not None and evidence.at <= last.at:
        return before
    newest = max(before.judged, evidence.at)
    words = {**before.said, evidence.agent: Word(evidence.at, evidence.up)}
    said = {agent: word for agent, word in words.items() if newest - word.at <= BEST_WITHIN_US}
    says: State = "up" if any(word.up for word in said.values()) else "down"
    after = before._replace(judged=newest, said=said)
    if says == before.state:
        return after._replace(doubted=None)
    if before.state == "unknown" and says == "up":
        return after._replace(state="up", since=evidence.at, doubted=None)
    doubted = before.doubted
    if doubted is None or evidence.at - before.judged > GAP_US:
        doubted = evidence.at
    if newest - doubted < (hold.up_us if says == "up" else hold.down_us):
        return after._replace(doubted=doubted)
    return after._replace(state=says, since=doubted, doubted=None)


def alert(state: ServiceState, now: int) -> tuple[ServiceState, Alert | None]:
    """What people are to be told now, and the state that remembers that they were."""
    if now - state.judged > FRESH_US:
        return state, None
    if state.state == "down" and state.told_down is None:
        told = Alert("down", state.since, state.since)
        return state._replace(told_down=state.since), told
    if state.state == "up" and state.told_down is not None:
        told = Alert("up", state.since, state.told_down)
        return state._replace(told_down=None), told
    return state, None

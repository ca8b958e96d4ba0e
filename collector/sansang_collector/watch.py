# SPDX-License-Identifier: Apache-2.0
"""Is a service of a site up, since when, and who is to be told: two pure functions.

`judge` walks through evidence in time order; `alert` compares what people were told with what is
so. Neither knows a clock. Evidence about the Wi-Fi has two witnesses: a radio, which knows that it
is on air or hears it, and a guest, who went in. A Wi-Fi that this box can't judge, and a box that
is silent, are no evidence at all: unknown is not down.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from sansang_wire.readings import (
    AnyReading,
    JourneyStage,
    WifiJourneyReading,
    WifiReading,
    WifiScanReading,
)

State = Literal["unknown", "up", "down"]
Witness = Literal["radio", "guest"]
IN_THE_WIFI: frozenset[JourneyStage] = frozenset({"dns", "portal", "internet"})
"""A guest who fails at one of these is in: what is missing is the line's, or a login page."""
MINUTE_US = 60_000_000
GAP_US = 20 * MINUTE_US
"""Longer than a listener's round on a metered line: a doubt from before it begins anew."""
BEST_WITHIN_US = 10 * MINUTE_US
"""So long a word counts beside another's: two rounds of a guest, or of a metered box's radio."""
TURNED_AWAY_US = 35 * MINUTE_US
"""So long that of a guest who could not get in: a round on a metered line, and some. Were it
shorter, the radio's word would end and begin an outage between two visits."""
FRESH_US = 10 * MINUTE_US
"""Older evidence corrects the state, and is told only once fresh evidence says the same."""


class Evidence(NamedTuple):
    """What one agent saw of a service at an instant (µs since the Unix epoch).

    `stage`: where a guest was turned away.
    """

    service: str
    subject: str
    agent: str
    at: int
    up: bool
    witness: Witness = "radio"
    stage: JourneyStage | None = None


class HoldDown(NamedTuple):
    """How long evidence must go on saying so, in µs, before the state follows it."""

    down_us: int
    up_us: int


class Speaker(NamedTuple):
    """Whose word it is: each witness of each agent has its own."""

    agent: str
    witness: Witness


class Word(NamedTuple):
    """The newest that a witness said, at an instant in µs, and since when it says so; of a guest,
    where it was turned away.
    """

    at: int
    up: bool
    stage: JourneyStage | None = None
    since: int = 0


class ServiceState(NamedTuple):
    """What is held of a service. Instants are µs since the Unix epoch.

    `since`: when the state began, dated back to the first evidence of it. `doubted`: since when
    evidence contradicts it. `judged`: the newest evidence. `said`: the last word of each witness
    that spoke shortly before. `told_down`: the beginning of the outage that a message was made
    about; `told_stage`: at which stage it said that guests fail.
    """

    state: State = "unknown"
    since: int = 0
    doubted: int | None = None
    judged: int = 0
    said: Mapping[Speaker, Word] = MappingProxyType({})
    told_down: int | None = None
    told_stage: JourneyStage | None = None

    @property
    def stage(self) -> JourneyStage | None:
        """Where guests are turned away now; None of what is not down or simply off air."""
        against = [word for word in self.said.values() if not word.up]
        if self.state != "down" or not against:
            return None
        stage = max(against, key=lambda each: each.at).stage
        off_air = stage == "scan" and any(word.stage is None for word in against)
        return None if off_air else stage


class Alert(NamedTuple):
    """Something to tell: what began at `since`; of a recovery, the outage began at `down_since`.

    `stage`: where guests fail or, of a recovery, failed; None when it was off air.
    """

    state: Literal["up", "down"]
    since: int
    down_since: int
    stage: JourneyStage | None = None


def evidence_of(agent: str, readings: Iterable[AnyReading]) -> list[Evidence]:
    """The evidence that lies in readings."""
    found: list[Evidence] = []
    for each in readings:
        turned_away = None
        if isinstance(each, WifiReading) and each.reason != "starting":
            said, witness = each.on_air, "radio"
        elif isinstance(each, WifiScanReading):
            said, witness = each.heard, "radio"
        elif isinstance(each, WifiJourneyReading) and each.outcome != "broken":
            stage = each.failed_stage
            said, witness = stage is None or stage in IN_THE_WIFI, "guest"
            turned_away = None if said else stage
        else:
            continue
        if said is not None:
            found.append(Evidence("wifi", each.ssid, agent, each.at, said, witness, turned_away))
    return found


def judge(before: ServiceState, evidence: Evidence, hold: HoldDown) -> ServiceState:
    """The state after one more piece of evidence.

    What is older than its witness's last word, or too old to count, changes nothing. The service is
    up while any agent says so: one box may stand behind a wall, or beside another access point.
    Only evidence that itself says so confirms a change: that a radio is on air does not prove that
    guests are still turned away, their next visit does.
    """
    speaker = Speaker(evidence.agent, evidence.witness)
    last = before.said.get(speaker)
    since = evidence.at if last is None or last.up != evidence.up else last.since
    word = Word(evidence.at, evidence.up, evidence.stage, since)
    newest = max(before.judged, evidence.at)
    if (last is not None and word.at <= last.at) or not _counts(speaker, word, newest):
        return before
    words = {**before.said, speaker: word}
    said = {who: word for who, word in words.items() if newest - word.at <= TURNED_AWAY_US}
    counting = {who: word for who, word in said.items() if _counts(who, word, newest)}
    says: State = "up" if any(_says_up(who.agent, counting) for who in counting) else "down"
    after = before._replace(judged=newest, said=said)
    if says == before.state:
        return after._replace(doubted=None)
    if before.state == "unknown" and says == "up":
        return after._replace(state="up", since=evidence.at, doubted=None)
    doubted = before.doubted
    if doubted is None or evidence.at - before.judged > GAP_US:
        doubted = evidence.at
    held = newest - doubted >= (hold.up_us if says == "up" else hold.down_us)
    if not held or evidence.up != (says == "up"):
        return after._replace(doubted=doubted)
    return after._replace(state=says, since=doubted, doubted=None)


def _counts(who: Speaker, word: Word, newest: int) -> bool:
    turned_away = who.witness == "guest" and not word.up
    return newest - word.at <= (TURNED_AWAY_US if turned_away else BEST_WITHIN_US)


def _says_up(agent: str, said: Mapping[Speaker, Word]) -> bool:
    """A guest knows more than a radio, but for an access point that died after the visit, or that
    came on air after the visitor had not heard it.
    """
    guest, radio = said.get(Speaker(agent, "guest")), said.get(Speaker(agent, "radio"))
    if guest is None or radio is None:
        return any(word.up for word in (guest, radio) if word is not None)
    if guest.stage == "scan" and radio.since > guest.at:
        return radio.up
    return guest.up and (radio.up or radio.at <= guest.at)


def alert(state: ServiceState, now: int) -> tuple[ServiceState, Alert | None]:
    """What people are to be told now, and the state that remembers that they were."""
    if now - state.judged > FRESH_US:
        return state, None
    if state.state == "down" and state.told_down is None:
        told = Alert("down", state.since, state.since, state.stage)
        return state._replace(told_down=state.since, told_stage=state.stage), told
    if state.state == "up" and state.told_down is not None:
        told = Alert("up", state.since, state.told_down, state.told_stage)
        return state._replace(told_down=None, told_stage=None), told
    return state, None

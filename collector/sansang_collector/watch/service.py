# SPDX-License-Identifier: Apache-2.0
"""Is one service of a site up, and since when: evidence in time order, hold-down both ways.

Evidence about the Wi-Fi has two witnesses: a radio, which knows that it is on air or hears it, and
a guest, who went in. A change counts once evidence has gone on saying so for its hold-down, and is
dated back to the first of it. One look is never enough: a change needs a second one at the end of
the hold-down, or so many within it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from sansang_collector.watch.evidence import UP

State = Literal["unknown", "up", "degraded", "down"]
Level = Literal["up", "degraded", "down"]
Witness = Literal["radio", "guest"]
MINUTE_US = 60_000_000
GAP_US = 20 * MINUTE_US
"""Longer than a listener's round on a metered line: a doubt from before it begins anew."""
BEST_WITHIN_US = 10 * MINUTE_US
"""So long a word counts beside another's: two rounds of a guest, or of a metered box's radio."""
TURNED_AWAY_US = 35 * MINUTE_US
"""So long that of a guest who could not get in: a round on a metered line, and some. Were it
shorter, the radio's word would end and begin an outage between two visits."""
LOOKS: dict[Level, int] = {"down": 3, "degraded": 3, "up": 2}
"""So many looks that say the same let time alone confirm a change."""
_ORDER: dict[Level, int] = {"up": 0, "degraded": 1, "down": 2}
_DEGRADED = {"lossy", "no_international"}


class HoldDown(NamedTuple):
    """How long evidence must go on saying so, in µs, before the state follows it; and how long, at
    the least, a box may say nothing before it is silent.
    """

    down_us: int
    up_us: int
    silent_us: int = 3 * MINUTE_US
    degraded_us: int = 5 * MINUTE_US

    def before(self, level: Level) -> int:
        """A change to this level."""
        if level == "down":
            return self.down_us
        return self.up_us if level == "up" else self.degraded_us


class Speaker(NamedTuple):
    """Whose word it is: each witness of each agent has its own."""

    agent: str
    witness: Witness


@dataclass(slots=True)
class Said:
    """The newest that a witness said, at an instant in µs, and since when it says so."""

    at: int
    says: str
    since: int


@dataclass(slots=True)
class Doubt:
    """Evidence contradicts the state: what it says, since when, and how many looks said so."""

    level: Level
    since: int
    looks: int = 0


def level_of(says: str) -> Level:
    """How bad that word is."""
    if says == UP:
        return "up"
    return "degraded" if says in _DEGRADED else "down"


@dataclass(slots=True)
class Service:
    """What is held of one service. Instants are µs since the Unix epoch.

    `since`: when the state began, dated back to the first evidence of it. `judged`: the newest
    evidence. `first_up`: when it first worked. `clues`: what was heard beside it, from the first
    doubt on.
    """

    hold: HoldDown
    state: State = "unknown"
    since: int = 0
    judged: int = 0
    first_up: int | None = None
    doubt: Doubt | None = None
    said: dict[Speaker, Said] = field(default_factory=dict[Speaker, Said])
    clues: Counter[str] = field(default_factory=Counter[str])

    def hear(self, at: int, speaker: Speaker, says: str) -> bool:
        """One more piece of evidence, not older than any before; whether the state changed.

        The service is up while any agent says so: one box may stand behind a wall, or beside
        another access point. Only evidence that itself says so confirms a change: that a radio is
        on air does not prove that guests are still turned away, their next visit does.
        """
        last = self.said.get(speaker)
        if last is not None:
            if at <= last.at:
                return False
            if last.says == says and self.doubt is None and len(self.said) == 1:
                last.at = self.judged = at
                return False
        matured = self.mature(at)
        before = self.judged
        self.judged = at
        since = at if last is None or last.says != says else last.since
        self.said[speaker] = Said(at, says, since)
        self._forget(at)
        return self._weigh(at, before, level_of(says)) or matured

    @property
    def ripe(self) -> int | None:
        """When time alone confirms what is doubted now."""
        doubt = self.doubt
        if doubt is None or doubt.looks < LOOKS[doubt.level]:
            return None
        return doubt.since + self.hold.before(doubt.level)

    def mature(self, now: int) -> bool:
        """Whether time alone has confirmed a change by `now`."""
        doubt, ripe = self.doubt, self.ripe
        if doubt is None or ripe is None or now < ripe:
            return False
        return self._become(doubt.level, doubt.since)

    def lose(self, at: int) -> bool:
        """Nobody speaks of it since `at`: unknown, whatever it was; whether that is a change."""
        self.said.clear()
        self.doubt = None
        if self.state == "unknown":
            return False
        self.state, self.since = "unknown", at
        self.clues.clear()
        return True

    @property
    def doubted(self) -> int | None:
        """Since when evidence says that it does not work, though it is held to; None while none
        does.
        """
        return self.doubt.since if self.state == "up" and self.doubt is not None else None

    @property
    def against(self) -> str | None:
        """The newest word that it is not well; a dead access point before what its guests met."""
        bad = [word for word in self.said.values() if level_of(word.says) != "up"]
        if not bad:
            return None
        newest = max(bad, key=lambda each: each.at).says
        off_air = newest == "scan" and any(word.says == "down" for word in bad)
        return "down" if off_air else newest

    def _weigh(self, at: int, before: int, own: Level) -> bool:
        counting = {who: word for who, word in self.said.items() if _counts(who, word, at)}
        says = _best([_of_agent(each, counting) for each in {who.agent for who in counting}])
        if says == self.state:
            self._settle()
            return False
        if self.state == "unknown" and says == "up":
            return self._become("up", at)
        doubt = self.doubt
        if doubt is None or doubt.level != says or at - before > GAP_US:
            doubt = self.doubt = Doubt(says, at)
            if self.state in {"up", "unknown"}:
                self.clues.clear()
        if own != says:
            return False
        doubt.looks += 1
        if at - doubt.since < self.hold.before(says):
            return False
        return self._become(says, doubt.since)

    def _settle(self) -> None:
        if self.doubt is not None:
            self.doubt = None
            if self.state == "up":
                self.clues.clear()

    def _become(self, level: Level, since: int) -> bool:
        self.state, self.since, self.doubt = level, since, None
        if level == "up" and self.first_up is None:
            self.first_up = since
        return True

    def _forget(self, now: int) -> None:
        if len(self.said) > 1:
            for who in [who for who, word in self.said.items() if now - word.at > TURNED_AWAY_US]:
                del self.said[who]


def _best(levels: Sequence[Level]) -> Level:
    return min(levels, key=lambda each: _ORDER[each])


def _counts(who: Speaker, word: Said, now: int) -> bool:
    turned_away = who.witness == "guest" and word.says != UP
    return now - word.at <= (TURNED_AWAY_US if turned_away else BEST_WITHIN_US)


def _of_agent(agent: str, said: dict[Speaker, Said]) -> Level:
    """A guest knows more than a radio, but for an access point that died after the visit, or that
    came on air after the visitor had not heard it.
    """
    guest, radio = said.get(Speaker(agent, "guest")), said.get(Speaker(agent, "radio"))
    if guest is None or radio is None:
        return _best([level_of(word.says) for word in (guest, radio) if word is not None])
    if guest.says == "scan" and radio.since > guest.at:
        return level_of(radio.says)
    if guest.says == UP and (radio.says == UP or radio.at <= guest.at):
        return "up"
    return "down"

# SPDX-License-Identifier: Apache-2.0
"""A site judged anew, from what is kept of its evidence.

Boxes of one house do not speak in turn: nearly every batch of the second is a little older than
what the first has said. So what the facts of a site of several boxes came to some time ago is held,
and judged on from there.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import NamedTuple

from sansang_collector import evidence_sql
from sansang_collector.calm import load_calm
from sansang_collector.evidence_sql import Connection
from sansang_collector.stretch import Stretch
from sansang_collector.watch.box import BoxPlan
from sansang_collector.watch.entry import Entry, Key, Thing
from sansang_collector.watch.evidence import Boot
from sansang_collector.watch.service import MINUTE_US, HoldDown
from sansang_collector.watch.site import SiteJudge

INTERLEAVED_US = 10 * MINUTE_US
"""So much older than another box's word what a box says may be."""
HELD_US = 2 * INTERLEAVED_US
"""What is held is of so long ago at the most, so that there is not much to judge on from there."""
Found = dict[Key, Entry | None]


class Known(NamedTuple):
    """What is known of a site beside its evidence: its boxes, their starts (boot, agent) in time
    order, and since when (µs) each of its services had worked.
    """

    plans: Mapping[str, BoxPlan]
    boots: Sequence[tuple[Boot, str]]
    worked: Mapping[Thing, int]


class _Base(NamedTuple):
    """A site as all facts before `until` left it, and its entries from `first` on."""

    until: int
    first: int
    judge: SiteJudge
    found: Found


def calm_judge(
    connection: Connection, known: Known, begin: int, hold: HoldDown
) -> SiteJudge | None:
    """Of a site of which nothing but good was heard for a while; None when it is not so."""
    calm = load_calm(connection, known.plans, begin)
    newest = max((fact.at for fact, _ in calm.said), default=0)
    if not newest or any(boot.started > begin for boot, _ in known.boots):
        return None
    judge = SiteJudge(known.plans, hold)
    judge.resume(newest, known.worked)
    if not all(judge.recall(agent, fact) for fact, agent in calm.said):
        return None
    for fact, agent in calm.after:
        judge.hear(agent, fact)
    return judge


class Anew:
    """Judges sites anew, and holds what those of several boxes came to."""

    def __init__(self, hold: HoldDown) -> None:
        self._hold = hold
        self._bases: dict[str, _Base] = {}

    def forget(self, site: str) -> None:
        """More is known of it than its evidence: what is held is no more worth anything."""
        self._bases.pop(site, None)

    def judge(
        self, connection: Connection, site: str, known: Known, part: Stretch, start: int
    ) -> tuple[SiteJudge, Found]:
        """By every fact of the stretch, of which those from `start` (µs) on are new; and what came
        of them.
        """
        base = self._bases.get(site)
        if base is None or not _serves(base, known, part, start):
            base = self._begin(connection, known, part, start)
            if len(known.plans) > 1:
                self._bases[site] = base
        judge, found = deepcopy(base.judge), dict(base.found)
        _hear(connection, judge, found, base.until)
        if judge.judged - base.until > HELD_US:
            self.forget(site)
        return judge, found

    def _begin(self, connection: Connection, known: Known, part: Stretch, start: int) -> _Base:
        judge = SiteJudge(known.plans, self._hold)
        judge.resume(part.begin, known.worked, part.lasting.values())
        for boot, agent in known.boots:
            if boot.started > part.begin:
                judge.boot(agent, boot)
        found: Found = {key: judge.entries.get(key, entry) for key, entry in part.lasting.items()}
        if len(known.plans) == 1:
            return _Base(part.begin, part.first, judge, found)
        until = max(part.begin, start - INTERLEAVED_US)
        _hear(connection, judge, found, part.begin, until)
        return _Base(until, part.first, judge, found)


def _serves(base: _Base, known: Known, part: Stretch, start: int) -> bool:
    return (
        base.until <= start
        and base.first <= part.first
        and base.judge.plans == known.plans
        and part.lasting.keys() <= base.found.keys()
    )


def _hear(
    connection: Connection, judge: SiteJudge, found: Found, since: int, until: int | None = None
) -> None:
    """The facts of [since, until) in time order; puts down what comes of them."""
    facts = {
        (fact, agent)
        for agent in judge.plans
        for fact in evidence_sql.load_facts(connection, agent, since)
        if fact.at >= since and (until is None or fact.at < until)
    }
    for fact, agent in sorted(facts):
        judge.hear(agent, fact)
        if judge.changed:
            found |= judge.take()

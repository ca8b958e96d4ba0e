# SPDX-License-Identifier: Apache-2.0
"""What people are to be told, of every site and of many at once: from what is judged and what they
know.
"""

from collections.abc import Callable, Mapping, Sequence

from sansang_collector import ledger_sql, message_sql
from sansang_collector.closing import not_serving
from sansang_collector.hours import Span, is_open
from sansang_collector.ledger_sql import Revised
from sansang_collector.message_sql import NewMessage, Service
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.saving import Correction, Telling
from sansang_collector.watch.alerts import (
    CONTACT,
    Circumstances,
    Concern,
    Notice,
    Told,
    alerts,
    concerns,
)
from sansang_collector.watch.areas import Area, Lost, grouped
from sansang_collector.watch.entry import Entry, Key, Thing
from sansang_collector.watch.flapping import flaps
from sansang_collector.watch.service import MINUTE_US, HoldDown
from sansang_collector.watch.site import SiteJudge
from sansang_collector.watching import Watching

EXPLAINED_BY_LOSS = frozenset({"power", "box", "internet", "ipv6", "dns"})
"""What a loss of contact may turn out to be, or explains."""
DRAINING_US = 10 * MINUTE_US
"""So long the end of an outage waits for what the box has kept of it."""
IN_FLIGHT = 20
"""Batches that a box holds when all is well, at the most."""
DECLARED_READ_US = 10_000_000
FRESH_US = 15 * MINUTE_US
"""Older evidence corrects the state, and is told only once fresh evidence says the same."""


class Teller:
    """Looks at every site in turn. `is_leaving`: whether a box said goodbye; `backlog`: how many
    batches it still holds.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what it looks at
        self,
        record: Record,
        registry: Callable[[], Registry],
        watching: Watching,
        hold: HoldDown,
        is_leaving: Callable[[str], bool],
        backlog: Callable[[str], int],
    ) -> None:
        self._record = record
        self._registry = registry
        self._watching = watching
        self._gather_us = hold.silent_us // 3
        """So long a silent site waits for others: many at once are told as one."""
        self._is_leaving = is_leaving
        self._backlog = backlog
        self._up_us = hold.up_us
        self._back: dict[str, int] = {}
        """When a site that people know to be lost was heard again."""
        self._muted: dict[str, set[Thing]] = {}
        self.reset()

    def reset(self) -> None:
        """Begin with what is kept."""
        self._read_again = 0
        self._away: Mapping[str, Sequence[Span]] = {}
        with self._record.reading() as connection:
            self._told = message_sql.load_told(connection)
            areas = ledger_sql.load_since(connection, 0, "")
        self._areas = {
            each.entry.key: Area(
                each.entry.key.subject, each.entry.key.start, dict(each.entry.clues)
            )
            for each in areas
            if each.entry.end is None and each.entry.key.service == "area"
        }

    def look(self, now: int) -> Telling:
        """What is to be told now."""
        self._read_declared(now)
        changed: dict[str, Mapping[Thing, Told]] = {}
        messages: list[NewMessage] = []
        lost: list[Lost] = []
        due = False
        for site in sorted(self._watching.sites):
            judge = self._watching.judge(site)
            if judge is None or not (judge.entries or self._told.get(site)):
                continue
            known = self._told.get(site, {})
            concerned = self._concerns(site, judge, now)
            if CONTACT in concerned and CONTACT not in known:
                is_due, each = self._lost(site, judge, concerned.pop(CONTACT), now)
                lost += [each] if each else []
                due |= is_due
            after, notices = self._alerts(site, judge, concerned, now)
            if after != known:
                changed[site] = self._told[site] = after
            messages += [NewMessage(Service(site, *on), each, now) for on, each in notices.items()]
        areas = self._tell_of_lost(lost, changed, messages, now) if due else []
        areas += self._end_areas(messages, now)
        return Telling(changed, messages, [Correction("", areas)] if areas else [])

    def _read_declared(self, now: int) -> None:
        if now >= self._read_again:
            self._read_again = now + DECLARED_READ_US
            with self._record.reading() as connection:
                self._away = not_serving(connection, self._registry(), now, self._read_again)

    def _is_serving(self, site: str, now: int) -> bool:
        """Whether it is open, not closed by its keeper's word, and nobody works on it."""
        away = any(span.start <= now < span.end for span in self._away.get(site, ()))
        return not away and is_open(self._registry().hours(site), now)

    def _concerns(self, site: str, judge: SiteJudge, now: int) -> dict[Thing, Concern]:
        recent = self._watching.recent.get(site, ())
        found = concerns(judge.entries.values(), recent, now, lost=judge.is_lost)
        known = self._told.get(site, {})
        return {on: each for on, each in found.items() if on in known or not judge.mends(on)}

    def _alerts(
        self, site: str, judge: SiteJudge, concerned: Mapping[Thing, Concern], now: int
    ) -> tuple[dict[Thing, Told], dict[Thing, Notice]]:
        known = self._told.get(site, {})
        recent = self._watching.recent.get(site, [])
        when = Circumstances(
            now,
            serving=self._is_serving(site, now),
            fresh=self._watching.is_settled(site) and judge.is_fresh(now, FRESH_US),
            muted=self._mute(site, judge, recent, now),
        )
        well = judge.well(now)
        if CONTACT in known and not self._is_back(site, judge, now):
            well.discard(CONTACT)
            concerned = {
                on: each for on, each in concerned.items() if on[0] not in EXPLAINED_BY_LOSS
            }
        return alerts(known, concerned, well, recent, when)

    def _is_back(self, site: str, judge: SiteJudge, now: int) -> bool:
        """A site that was lost is heard for long enough to know what it was."""
        if judge.is_lost:
            self._back.pop(site, None)
            return False
        since = self._back.setdefault(site, now)
        cadence = max(map(self._watching.patience, judge.plans)) // 3
        if now - since < max(self._up_us, cadence):
            return False
        drains = any(map(self._has_backlog, judge.plans))
        return not drains or now - since > DRAINING_US

    def _has_backlog(self, agent: str) -> bool:
        """What it was will be known when that is here."""
        return self._backlog(agent) > IN_FLIGHT

    def _mute(self, site: str, judge: SiteJudge, recent: Sequence[Entry], now: int) -> set[Thing]:
        entries = {each.key: each for each in (*recent, *judge.entries.values())}
        muted = self._muted.get(site, set())
        of: dict[Thing, list[Entry]] = {}
        for each in entries.values():
            of.setdefault(each.key.thing, []).append(each)
        self._muted[site] = {
            thing for thing, some in of.items() if flaps(some, now, before=thing in muted)
        }
        return self._muted[site]

    def _lost(
        self, site: str, judge: SiteJudge, concern: Concern, now: int
    ) -> tuple[bool, Lost | None]:
        """A site that nobody was told of, and whether it has waited for others long enough."""
        registry = self._registry()
        place = registry.site(site)
        agents = list(judge.plans)
        known = self._told.get(site, {})
        told_enough = any(service in {"power", "internet"} for service, _ in known)
        left = all(self._is_leaving(agent) for agent in agents)
        if place is None or told_enough or left or not self._watching.is_settled(site):
            return False, None
        if not self._is_serving(site, now):
            return False, None
        patience = max(self._watching.patience(agent) for agent in agents)
        each = Lost(site, concern.since, patience // 3, place.commune, place.carrier)
        return now >= concern.since + patience + self._gather_us, each

    def _tell_of_lost(
        self,
        lost: Sequence[Lost],
        changed: dict[str, Mapping[Thing, Told]],
        messages: list[NewMessage],
        now: int,
    ) -> list[Revised]:
        """Many at once as one, the others each, when they have waited long enough."""
        revised: list[Revised] = []
        for area in grouped(lost, self._areas.values()):
            key = Key("area", area.name, area.since)
            before = self._areas.get(key)
            if before == area:
                continue
            self._areas[key] = area
            for site in area.members.keys() - (before.members.keys() if before else set()):
                told = Told(area.members[site], "silent", None, _name(key))
                changed[site] = self._told[site] = {**self._told.get(site, {}), CONTACT: told}
            revised.append(Revised(key, _entry(key, area)))
            if before is None:
                notice = Notice("down", area.since, area.since, "silent")
                about = Service("", "area", area.name)
                messages.append(NewMessage(about, notice, now, sorted(area.members)))
        for each in lost:
            known = self._told.get(each.site, {})
            if CONTACT in known or now < each.since + 3 * each.cadence_us + self._gather_us:
                continue
            told = Told(each.since, "silent")
            changed[each.site] = self._told[each.site] = {**known, CONTACT: told}
            notice = Notice("down", each.since, each.since, "silent")
            messages.append(NewMessage(Service(each.site, *CONTACT), notice, now))
        return revised

    def _end_areas(self, messages: list[NewMessage], now: int) -> list[Revised]:
        """One is over when none of its sites is lost any more."""
        names = {told.area for known in self._told.values() for told in known.values()}
        revised: list[Revised] = []
        for key, area in list(self._areas.items()):
            if _name(key) in names:
                continue
            del self._areas[key]
            revised.append(Revised(key, _entry(key, area)._replace(end=now)))
            notice = Notice("up", now, key.start, "silent")
            about = Service("", "area", area.name)
            messages.append(NewMessage(about, notice, now, sorted(area.members)))
        return revised


def _name(key: Key) -> str:
    return f"{key.subject} {key.start}"


def _entry(key: Key, area: Area) -> Entry:
    return Entry(key, "down", None, "silent", tuple(sorted(area.members.items())))

# SPDX-License-Identifier: Apache-2.0
"""The judges of all sites at work: what arrives is kept as evidence and judged, what comes of it is
handed over to be saved.

Facts that are newer than what was judged are judged at once. Those that come late wait until no
more of them come, or for half a minute; then their stretch is judged anew from what is kept, which
gives the same whatever the order of arrival, and the ledger is corrected.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from sansang_collector import evidence_sql, ledger_sql
from sansang_collector.anew import INTERLEAVED_US, Anew, Known, calm_judge
from sansang_collector.answer_sql import load_answers_after, outage_key
from sansang_collector.evidence_sql import PAGE_US, Connection, Page, PageName
from sansang_collector.ledger_sql import Revised, Worked
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.saving import Correction, Watched
from sansang_collector.stretch import corrections, stretch
from sansang_collector.watch.box import BoxPlan
from sansang_collector.watch.entry import Entry, Key, Thing
from sansang_collector.watch.evidence import Boot, Fact, boots_of, facts_of
from sansang_collector.watch.keeper import Word, with_words
from sansang_collector.watch.service import MINUTE_US, HoldDown, State
from sansang_collector.watch.site import SiteJudge, Standing
from sansang_wire.readings import AnyReading

DRAINED_US, SETTLED_US = 3_000_000, 30_000_000
"""No late fact for the first, or the second since the first of them: time to judge anew."""
LAG_US = 1_000_000
"""What contradicts is on its way for so long at the most."""
RECENT_US = 60 * MINUTE_US
ANEW_S = 0.5
"""So long history is judged anew before batches that have just come have their turn."""
UNHEARD_US = 60 * MINUTE_US
"""An answer may have come so long before a start without being heard."""
CENTRE = "collector"
"""The service of entries about the centre itself."""
Blindness = Literal["broker", "line", "clock", "stopped"]
"""Why the centre could not hear: no broker, no line, a clock that jumped, or it did not run."""


class Held(NamedTuple):
    """What is held of a service of a site: its state since when, by evidence of when. `doubted`:
    since when evidence says that it does not work after all. `says`: the newest word against it.
    """

    site: str
    thing: Thing
    state: State
    since: int
    judged: int
    doubted: int | None
    says: str | None


@dataclass(slots=True)
class _Late:
    """From when on a site is to be judged anew, since when that is known (0: it need not wait), and
    when the last of it came.
    """

    start: int
    known: int
    last: int
    reach: int
    """What is newer than this is not late."""


@dataclass(slots=True)
class _Pending:
    pages: dict[PageName, Page] = field(default_factory=dict[PageName, Page])
    boots: list[tuple[str, Boot]] = field(default_factory=list[tuple[str, Boot]])
    sites: set[str] = field(default_factory=set[str])
    worked: list[Worked] = field(default_factory=list[Worked])
    corrections: list[Correction] = field(default_factory=list[Correction])
    late: dict[str, int | None] = field(default_factory=dict[str, "int | None"])


class Watching:
    """Not for several threads at a time: the record's lock is held by whoever calls."""

    def __init__(
        self, record: Record, registry: Callable[[], Registry], hold: HoldDown, now: int
    ) -> None:
        self._record = record
        self._registry = registry
        self._hold = hold
        self.listening_since = now
        """Nobody is called silent for what could not be heard before."""
        self.recent: dict[str, list[Entry]] = {}
        """By site, what has ended within the hour."""
        self._begin_anew()

    def reset(self, now: int) -> None:
        """What was handed over could not be saved: begin with what is kept."""
        self.listening_since = now
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._judges: dict[str, SiteJudge] = {}
        self._pages: dict[str, tuple[int, Page]] = {}
        """By agent, the newest page that was written on, and its number."""
        self._newest: dict[str, int] = {}
        """By agent, the number of the newest page there is."""
        self._late: dict[str, _Late] = {}
        self._anew = Anew(self._hold)
        self._pending = _Pending()
        self._sites = self._registry()
        self._words: dict[str, dict[tuple[str, str], Word]] = {}
        """By site, what each contact says of each outage."""
        self._answers_heard = 0
        with self._record.reading() as connection:
            self._boots = evidence_sql.load_boots(connection)
            self._worked = ledger_sql.load_worked(connection)
            self._blind = _open_blindness(connection)
            late = evidence_sql.load_late(connection)
            self._late |= {
                site: _Late(start, 1, 0, self.listening_since)
                for site, start in late.items()
                if self._sites.agents_of(site)
            }
            self.unjudged = self._with_evidence(connection)
            """Sites with evidence that nobody has looked at since the start."""

    def _with_evidence(self, connection: evidence_sql.Connection) -> dict[str, int]:
        found: dict[str, int] = {}
        for agent in self._sites.agents:
            newest = self._newest[agent.id] = evidence_sql.newest_page(connection, agent.id)
            if newest >= 0:
                found[agent.site] = max(newest * PAGE_US, found.get(agent.site, 0))
        return found

    def hear(self, site: str, agent: str, readings: Iterable[AnyReading], now: int) -> None:
        """What a batch says."""
        some = list(readings)
        facts = self._keep(agent, sorted(facts_of(some)))
        boots = self._new_boots(agent, boots_of(some))
        if not facts and not boots:
            return
        if boots:
            self._anew.forget(site)
        start = min([*(each.at for each in facts), *(each.started for each in boots)])
        self._pending.sites.add(site)
        judge = self._judges.get(site)
        if judge is None and site not in self.unjudged:
            judge = self._judges[site] = SiteJudge(self._plans(site), self._hold)
        if (late := self._late.get(site)) is not None and facts and start > late.reach:
            # The newest of a box that goes on measuring holds nothing up.
            late.reach = facts[-1].at
            return
        if judge is None or late is not None or not facts:
            self._come_late(site, start, 0 if site in self.unjudged else now)
            return
        before = [boot for boot in boots if judge.boot(agent, boot)]
        if before or facts[0].at <= judge.judged:
            # Boxes of one house do not speak in turn: such facts are not late.
            newest = max(judge.alive(agent) or 0, judge.judged - INTERLEAVED_US)
            in_turn = not boots and facts[0].at > newest
            self._come_late(site, start, 0 if in_turn else now)
            return
        for fact in facts:
            judge.hear(agent, fact)

    def greet(self, agent: str) -> None:
        """A hello may say how often a box sends, and so how patient one has to be with it."""
        entry = self._sites.agent(agent)
        if entry is not None:
            self._follow_plans(entry.site)

    def settle(self, now: int, blindness: Collection[Blindness] = ()) -> None:
        """Judge anew what came late and waits no longer; let time pass at the others.

        `blindness`: why nobody can be heard now, through a fault of the centre.
        """
        for why in blindness:
            self._blind_by(why, now)
        for why in self._blind.keys() - set(blindness):
            self._see_again(why, now)
        self._follow_registry()
        self._hear_keepers(now)
        for site, newest in self.unjudged.items():
            late = self._late.setdefault(site, _Late(newest, 0, 0, now))
            late.start = min(late.start, newest)
        due = [site for site, late in self._late.items() if _is_due(late, now)]
        if due:
            with self._record.reading() as connection:
                end_s = time.monotonic() + ANEW_S
                for site in due:
                    self._judge_anew(connection, site, self._late.pop(site), now)
                    if time.monotonic() > end_s:
                        break
        since = now if self._blind else self.listening_since
        for site, judge in self._judges.items():
            judge.advance(now - LAG_US, since)
            if judge.changed:
                self._pending.sites.add(site)

    def _hear_keepers(self, now: int) -> None:
        """What was answered since this was last asked stands in the ledger, a revision each."""
        since: dict[str, int] = {}
        with self._record.reading() as connection:
            for number, answer in load_answers_after(connection, self._answers_heard):
                self._answers_heard = number
                words = self._words.setdefault(answer.site, {})
                about = answer.outage, answer.contact
                before = words.get(about)
                words[about] = Word(outage_key(answer.outage).thing, answer.answer, answer.at)
                if answer.at >= now - UNHEARD_US:
                    reach = min(since.get(answer.site, answer.at), before.at if before else now)
                    since[answer.site] = min(reach, answer.at)
            for site, start in since.items():
                held = [each.entry for each in ledger_sql.load(connection, start, None, site)]
                said = [(each, self._with_words(site, each)) for each in held]
                changes = [Revised(was.key, entry) for was, entry in said if entry != was]
                self._pending.corrections.append(Correction(site, changes))

    def _with_words(self, site: str, entry: Entry) -> Entry:
        return with_words(entry, self._words.get(site, {}).values())

    def _blind_by(self, why: str, now: int) -> None:
        if why not in self._blind:
            self._blind[why] = Key(CENTRE, why, now)
            self._note(Entry(self._blind[why], "unknown", None, "centre"))

    def _see_again(self, why: str, now: int) -> None:
        """Boxes have their whole patience to be heard again."""
        key = self._blind.pop(why)
        self.listening_since = now
        self._note(Entry(key, "unknown", max(now, key.start + 1), "centre"))

    def was_blind(self, start: int, now: int, why: Blindness) -> None:
        """Nobody could be heard, which is known only now."""
        self.listening_since = now
        self._note(Entry(Key(CENTRE, why, start), "unknown", now, "centre"))

    def _note(self, entry: Entry) -> None:
        self._pending.corrections.append(Correction("", [Revised(entry.key, entry)]))

    def pending(self, now: int) -> Watched:
        """All that is to be saved since this was last asked."""
        pending, self._pending = self._pending, _Pending()
        worked = pending.worked
        for site in pending.sites:
            judge = self._judges.get(site)
            if judge is None:
                continue
            worked += self._new_worked(site, judge)
            if judge.changed:
                changes = [
                    Revised(key, each and self._with_words(site, each))
                    for key, each in judge.take().items()
                ]
                self._remember(site, (each.entry for each in changes), now)
                pending.corrections.append(Correction(site, changes))
        return Watched(pending.pages, pending.boots, worked, pending.corrections, pending.late)

    def judge(self, site: str) -> SiteJudge | None:
        """Of a site that has evidence and was looked at."""
        return self._judges.get(site)

    def is_settled(self, site: str) -> bool:
        """Whether nothing of it waits to be judged anew."""
        return site not in self._late and site not in self.unjudged

    @property
    def sites(self) -> Iterable[str]:
        """All sites that are judged."""
        return self._judges

    def held(self) -> list[Held]:
        """What is held of every service of every site."""
        return [
            Held(site, thing, each.state, each.since, each.judged, each.doubted, each.against)
            for site, judge in sorted(self._judges.items())
            for thing, each in sorted(judge.services.items())
        ]

    def standing(self) -> Iterable[tuple[str, Standing]]:
        """By site, everything that is judged, and the boxes."""
        for site, judge in sorted(self._judges.items()):
            for each in judge.standing():
                entry = each.entry and self._with_words(site, each.entry)
                yield site, each._replace(entry=entry)

    def _plans(self, site: str) -> dict[str, BoxPlan]:
        return {
            agent.id: BoxPlan(agent.line, self.patience(agent.id))
            for agent in self._sites.agents_of(site)
        }

    def patience(self, agent: str) -> int:
        """How long a box may say nothing, in µs: until three of its batches are missing."""
        record = self._record.agents.get(agent)
        every_s = record.hello.batch_every_s if record and record.hello else 0
        return max(self._hold.silent_us, int(3 * every_s * 1_000_000))

    def _follow_registry(self) -> None:
        """A site whose boxes have changed is judged anew."""
        registry = self._registry()
        if registry is self._sites:
            return
        self._sites = registry
        for site in list(self._judges):
            self._follow_plans(site)

    def _follow_plans(self, site: str) -> None:
        judge = self._judges.get(site)
        if judge is not None and judge.plans != self._plans(site):
            self._come_late(site, judge.judged, 0)

    def _new_boots(self, agent: str, boots: Iterable[Boot]) -> list[Boot]:
        known = self._boots.setdefault(agent, {})
        # A late batch may name a start that is so old that it was forgotten with the next one.
        oldest = max((boot.started for boot in known.values()), default=0) - evidence_sql.KEPT_US
        fresh = (boot for boot in boots if boot.started >= oldest)
        new = [boot for boot in fresh if known.setdefault(boot.id, boot) is boot]
        if new:
            self._boots[agent] = evidence_sql.current_boots(known)
        self._pending.boots += [(agent, boot) for boot in new]
        return new

    def _keep(self, agent: str, facts: Sequence[Fact]) -> list[Fact]:
        """Those that are new."""
        new: list[Fact] = []
        for number, some in evidence_sql.pages_of(facts):
            page = self._page(PageName(agent, number))
            if added := evidence_sql.add(page, some):
                self._pending.pages[PageName(agent, number)] = page
                new += added
        return new

    def _page(self, name: PageName) -> Page:
        waiting = self._pending.pages.get(name)
        if waiting is not None:
            return waiting
        written = self._pages.get(name.agent)
        if written is not None and written[0] == name.number:
            return written[1]
        page = self._load_page(name)
        if written is None or name.number > written[0]:
            self._pages[name.agent] = (name.number, page)
        return page

    def _load_page(self, name: PageName) -> Page:
        """What is newer than all there is need not be looked for."""
        agent, number = name
        if number <= self._newest.get(agent, number):
            with self._record.reading() as connection:
                if agent not in self._newest:
                    self._newest[agent] = evidence_sql.newest_page(connection, agent)
                page = evidence_sql.load_page(connection, name)
        else:
            page = {}
        self._newest[agent] = max(self._newest[agent], number)
        return page

    def _come_late(self, site: str, start: int, now: int) -> None:
        judge = self._judges.get(site)
        late = self._late.setdefault(site, _Late(start, now, now, judge.judged if judge else start))
        late.start, late.last = min(late.start, start), max(late.last, now)
        if now:
            self._pending.late[site] = late.start

    def _judge_anew(self, connection: Connection, site: str, late: _Late, now: int) -> None:
        self.unjudged.pop(site, None)
        if late.known or late.last:
            self._pending.late[site] = None
        known = self._known(site)
        part = stretch(connection, site, late.start)
        whole = part.old or (late.known and self._worked_since(site, part.begin))
        judge = None if whole else calm_judge(connection, known, part.begin, self._hold)
        new: dict[Key, Entry | None] = {}
        if judge is None:
            judge, new = self._anew.judge(connection, site, known, part, late.start)
        if late.known:
            self._unlearn(site, judge, max(part.begin, now - evidence_sql.KEPT_US))
        old, lasting = part.old, part.lasting
        silent = {
            key.subject
            for key, entry in old.items()
            if key.service == "box" and entry.end is None and judge.alive(key.subject) == key.start
        }
        since = now if self._blind else self.listening_since
        judge.advance(now - LAG_US, since, silent)
        new |= judge.take()
        found = {
            key: self._with_words(site, each)
            for key, each in new.items()
            if each is not None and (key.start >= part.first or key in lasting)
        }
        changes = corrections(old, found)
        self._judges[site] = judge
        self._pending.sites.add(site)
        self._forget(site, old)
        self._remember(site, found.values(), now)
        if changes:
            self._pending.corrections.append(Correction(site, changes, late.known > 0))

    def _known(self, site: str) -> Known:
        plans = self._plans(site)
        boots = [(boot, it) for it in plans for boot in self._boots.get(it, {}).values()]
        return Known(
            plans,
            sorted(boots, key=lambda each: each[0].started),
            self._worked.get(site, {}),
        )

    def _worked_since(self, site: str, begin: int) -> dict[Thing, int]:
        known = self._worked.get(site, {})
        return {thing: first for thing, first in known.items() if first > begin}

    def _unlearn(self, site: str, judge: SiteJudge, begin: int) -> None:
        """What was first seen to work since `begin` may, by all that is known now, have done so
        later or never.
        """
        for thing, first in self._worked_since(site, begin).items():
            service = judge.services.get(thing)
            if service is None or service.first_up != first:
                del self._worked[site][thing]
                self._pending.worked.append((site, thing, None))

    def _new_worked(self, site: str, judge: SiteJudge) -> list[Worked]:
        known = self._worked.setdefault(site, {})
        found: list[Worked] = []
        for thing, service in judge.services.items():
            first = service.first_up
            if first is not None and first < known.get(thing, first + 1):
                known[thing] = first
                found.append((site, thing, first))
        return found

    def _remember(self, site: str, entries: Iterable[Entry | None], now: int) -> None:
        ended = [each for each in entries if each is not None and each.end is not None]
        if ended:
            held = {each.key: each for each in (*self.recent.get(site, ()), *ended)}
            self.recent[site] = [
                each for each in held.values() if now - (each.end or now) <= RECENT_US
            ]

    def _forget(self, site: str, old: Mapping[Key, Entry]) -> None:
        self.recent[site] = [each for each in self.recent.get(site, ()) if each.key not in old]


def _open_blindness(connection: Connection) -> dict[str, Key]:
    """What a centre that was killed while it was blind has left open, by why it was."""
    return {
        each.entry.key.subject: each.entry.key
        for each in ledger_sql.load_since(connection, 0, "")
        if each.entry.key.service == CENTRE and each.entry.end is None
    }


def _is_due(late: _Late, now: int) -> bool:
    return now - late.last >= DRAINED_US or now - late.known >= SETTLED_US

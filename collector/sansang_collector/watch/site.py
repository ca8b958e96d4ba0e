# SPDX-License-Identifier: Apache-2.0
"""All services of one site, judged together: facts in time order make entries of the ledger.

A box that measured nothing for longer than its patience is silent: what only it could know is
unknown from its last fact on. When it is heard again its boots tell what the silence was.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from sansang_collector.watch.book import Book
from sansang_collector.watch.box import Box, BoxPlan, all_lost_power, is_past
from sansang_collector.watch.cause import Cause, cause_of
from sansang_collector.watch.entry import CONTACT, POWER, Entry, Key, Thing
from sansang_collector.watch.evidence import UP, Boot, Fact
from sansang_collector.watch.service import MINUTE_US, HoldDown, Said, Service, Speaker, State

CLUES = frozenset({"gateway", "address", "carrier", "portal", "route"})
OF_THE_LINE = frozenset({"internet", "ipv6", "dns"})
CLUE_FRESH_US = 90_000_000
"""What was heard so long before an outage still tells of it."""
STALE_US = 75 * MINUTE_US
"""Two rounds of the seldomest look at a service, and some: its box lives and says nothing of it."""


class Standing(NamedTuple):
    """How a service or a box is now, and the entry about it when it is not well."""

    thing: Thing
    state: State
    entry: Entry | None


class SiteJudge:
    """What the facts of one site come to."""

    def __init__(self, boxes: Mapping[str, BoxPlan], hold: HoldDown) -> None:
        self._hold = hold
        self._boxes = {agent: Box(plan) for agent, plan in boxes.items()}
        self.services: dict[Thing, Service] = {}
        self._book = Book()
        self.judged = 0
        self.back = 0
        """When a box was last heard again after a silence."""
        self._power: Entry | None = None
        """The last power cut."""
        self._shaky: dict[Thing, Service] = {}
        """Those with a doubt or in trouble: clues are counted for them."""
        self._heard: dict[tuple[str, str], tuple[int, str]] = {}
        self._stale_from = 0
        """Until then nothing can have become stale."""

    def resume(self, at: int, worked: Mapping[Thing, int], lasting: Iterable[Entry] = ()) -> None:
        """Begin at `at`, in the midst of a history in which all is well there that had `worked` by
        then (since an instant in µs), but for what is `lasting`.
        """
        self.judged = at
        for thing, since in worked.items():
            if since <= at:
                self.services[thing] = Service(self._hold, "up", since, at, first_up=since)
        for key, state, _, cause, clues, root in lasting:
            if key.thing == POWER or (key.service == "box" and key.subject not in self._boxes):
                continue
            box = self._boxes.get(key.subject) if key.service == "box" else None
            if box is not None:
                box.alive, box.silent = key.start, key
            else:
                first_up = worked.get(key.thing)
                self._shaky[key.thing] = self.services[key.thing] = Service(
                    self._hold, state, key.start, at, first_up, clues=Counter(dict(clues))
                )
            self._book.resume(Entry(key, state, None, cause, clues, root))

    def recall(self, agent: str, fact: Fact) -> bool:
        """The newest that was said of something in a time in which all was well; whether it is
        known to have worked.
        """
        box, (at, key, says) = self._boxes[agent], fact
        box.alive = max(box.alive or 0, at)
        if key in CLUES:
            self._heard[agent, key] = (at, says)
        elif key != "alive":
            thing, speaker = _about(agent, box.plan.line, key)
            service = self.services.get(thing)
            if service is None:
                return False
            service.said[speaker] = Said(at, says, at)
            service.judged = max(each.at for each in service.said.values())
        return True

    def boot(self, agent: str, boot: Boot) -> bool:
        """A start of a box; whether it lies before what was judged already."""
        box = self._boxes.get(agent)
        if box is None:
            return False
        box.boots.append(boot)
        box.boots.sort(key=lambda each: each.started)
        return is_past(boot, self.judged)

    def hear(self, agent: str, fact: Fact) -> None:
        """One more fact, not older than `judged`."""
        box = self._boxes.get(agent)
        if box is None:
            return
        at, key, says = fact
        if at > self.judged:
            self.advance(at)
            self.judged = at
            if at > self._stale_from:
                self._forget_stale(at)
        if box.silent is not None or (box.boots and is_past(box.boots[0], at)):
            self._came_back(agent, box, at)
        if box.alive is not None and at > box.alive:
            box.steps.append(at - box.alive)
        box.alive = at
        if key in CLUES:
            self._heard[agent, key] = (at, says)
            if self._shaky:
                self._count(f"{key}:{says}", box.plan.line)
        elif key != "alive":
            self._weigh(agent, box.plan.line, fact)

    def advance(
        self, now: int, listening_since: int = 0, known_silent: Collection[str] = ()
    ) -> None:
        """Time has passed: doubts are confirmed by it, boxes fall silent; but for those that could
        not be heard before `listening_since`. What it changed is judged: older facts are late.

        A box that was known to be silent is so still, however short its patience has been.
        """
        late: list[tuple[int, str, Box]] = []
        for agent, box in self._boxes.items():
            if box.alive is None or box.silent is not None:
                continue
            since = max(box.alive, listening_since)
            is_late = now > since + box.plan.patience_us and now > since + box.patience_us
            if is_late or agent in known_silent:
                late.append((box.alive + box.patience_us, agent, box))
        for ends, agent, box in sorted(late, key=lambda each: each[:2]):
            self._mature(min(now, ends))
            self._fall_silent(agent, box)
        self._mature(now)

    def take(self) -> dict[Key, Entry | None]:
        """As the book has it."""
        lasting = {box.silent for box in self._boxes.values() if box.silent is not None}
        return self._book.take(lasting)

    @property
    def entries(self) -> Mapping[Key, Entry]:
        """As the book has them."""
        return self._book.entries

    @property
    def changed(self) -> Collection[Key]:
        """As the book has it."""
        return self._book.changed

    @property
    def plans(self) -> dict[str, BoxPlan]:
        """The boxes as they were given."""
        return {agent: box.plan for agent, box in self._boxes.items()}

    @property
    def is_lost(self) -> bool:
        """Whether none of its boxes is heard any more."""
        heard = [box for box in self._boxes.values() if box.alive is not None]
        return bool(heard) and all(box.silent is not None for box in heard)

    def is_fresh(self, now: int, within_us: int) -> bool:
        """Whether what is judged is of now: a box was heard lately, or all are lost."""
        newest = max((box.alive or 0 for box in self._boxes.values()), default=0)
        return self.is_lost or now - newest <= within_us

    def well(self, now: int) -> set[Thing]:
        """What works: of boxes and of the site itself, those that have been heard for a while."""
        found = {thing for thing, each in self.services.items() if each.state == "up"}
        if now - self.back >= self._hold.up_us:
            found |= {("box", agent) for agent, box in self._boxes.items() if box.silent is None}
            found |= set() if self.is_lost else {CONTACT}
        return found

    def standing(self) -> Iterable[Standing]:
        """Everything that is judged and the boxes. IPv6 that never worked there is not missing."""
        states: dict[Thing, State] = {
            thing: each.state for thing, each in self.services.items() if _is_offered(thing, each)
        }
        for agent, box in self._boxes.items():
            if box.alive is not None:
                states["box", agent] = "up" if box.silent is None else "down"
        for thing, state in states.items():
            yield Standing(thing, state, self._book.opened(thing))

    def mends(self, thing: Thing) -> bool:
        """Whether the newest that was said of a service is that it works again."""
        service = self.services.get(thing)
        return service is not None and bool(service.said) and service.against is None

    def is_silent(self, agent: str) -> bool:
        """Whether the box is silent by what was judged."""
        box = self._boxes.get(agent)
        return box is not None and box.silent is not None

    def alive(self, agent: str) -> int | None:
        """The newest fact of a box."""
        box = self._boxes.get(agent)
        return box and box.alive

    def _mature(self, now: int) -> None:
        for thing, service in list(self._shaky.items()):
            ripe = service.ripe
            if ripe is not None and service.mature(now):
                self.judged = max(self.judged, ripe)
                self._write(thing, service)

    def _weigh(self, agent: str, line: str, fact: Fact) -> None:
        thing, speaker = _about(agent, line, fact.key)
        service = self.services.get(thing)
        if service is None:
            service = self.services[thing] = Service(self._hold)
        was_doubted = service.doubt is not None
        changed = service.hear(fact.at, speaker, fact.says)
        if service.doubt is None:
            if service.state == "up":
                self._shaky.pop(thing, None)
        elif not was_doubted:
            self._shaky[thing] = service
            self._recall(thing, service, fact.at)
        if fact.says != UP and thing in self._shaky and _ails(service):
            service.clues[f"{thing[0]}:{fact.says}"] += 1
            if not changed:
                self._explain(thing, service)
        if changed:
            self._write(thing, service)

    def _recall(self, thing: Thing, service: Service, at: int) -> None:
        """What was heard shortly before."""
        for (agent, key), (when, says) in self._heard.items():
            own = thing[0] not in OF_THE_LINE or self._boxes[agent].plan.line == thing[1]
            if own and at - when <= CLUE_FRESH_US:
                service.clues[f"{key}:{says}"] += 1

    def _count(self, clue: str, line: str) -> None:
        for thing, service in self._shaky.items():
            own = thing[0] not in OF_THE_LINE or thing[1] == line
            if own and _ails(service):
                service.clues[clue] += 1
                self._explain(thing, service)

    def _explain(self, thing: Thing, service: Service) -> None:
        """More clues may mean another cause."""
        entry = self._book.opened(thing)
        if entry is None or entry.state == "unknown":
            return
        cause = cause_of(thing[0], service.clues)
        if cause != entry.cause:
            self._book.explain(entry, cause, _counted(service.clues))

    def _write(self, thing: Thing, service: Service, root: Key | None = None) -> None:
        """The state has changed: the entry before it ends, and another may begin."""
        self._book.close(thing, service.since, _counted(service.clues))
        if service.state == "up" or not _is_offered(thing, service):
            if service.state == "up" and service.doubt is None:
                self._shaky.pop(thing, None)
                service.clues.clear()
        else:
            self._shaky[thing] = service
            key, state = Key(*thing, service.since), service.state
            if state == "unknown":
                self._book.begin(Entry(key, state, root=root))
            else:
                cause = cause_of(thing[0], service.clues)
                self._book.begin(Entry(key, state, None, cause, _counted(service.clues), root))
        self._book.relate()

    def _fall_silent(self, agent: str, box: Box) -> None:
        since = box.alive or 0
        self.judged = max(self.judged, since + box.patience_us)
        box.silent = Key("box", agent, since)
        self._book.begin(Entry(box.silent, "down", None, "silent"))
        for thing, service in self.services.items():
            speakers = {who.agent for who in service.said}
            if agent in speakers and all(self.is_silent(each) for each in speakers):
                lost = max(self._boxes[each].alive or 0 for each in speakers)
                self._lose(thing, service, lost, box.silent)

    def _forget_stale(self, now: int) -> None:
        """Services that nobody speaks of though a box of the site lives are unknown."""
        oldest = now
        for thing, service in list(self.services.items()):
            if service.state == "unknown" and not service.said:
                continue
            if now - service.judged > STALE_US:
                self._lose(thing, service, service.judged)
            else:
                oldest = min(oldest, service.judged)
        self._stale_from = oldest + STALE_US

    def _lose(self, thing: Thing, service: Service, at: int, root: Key | None = None) -> None:
        """Nobody speaks of a service any more."""
        if service.lose(at):
            self._write(thing, service, root)

    def _came_back(self, agent: str, box: Box, at: int) -> None:
        """What the silence was: the boots since then know."""
        since, boot = box.alive, None
        while box.boots and is_past(box.boots[0], at):
            boot = box.boots.pop(0)
        silent, box.silent = box.silent, None
        self.back = self.back if silent is None else at
        if since is None or (boot is not None and boot.started <= since):
            boot = None
        if since is None or (silent is None and boot is None):
            return
        box.gap = (since, at if boot is None else boot.started)
        if boot is None or boot.clean:
            cause: Cause = "agent_fault" if boot is None else "switched_off"
            self._book.end_silence(silent, Entry(Key("box", agent, since), "down", at, cause))
        elif all_lost_power(self._boxes.values(), box.gap, at):
            self._book.end_silence(silent, self._power_cut(box.gap))
        else:
            cut = Entry(Key("box", agent, since), "down", boot.started, "box_power")
            self._book.end_silence(silent, cut)

    def _power_cut(self, gap: tuple[int, int]) -> Entry:
        """One of the site: from the last fact of any box until the first of them starts."""
        before = self._power
        start, end = gap
        if before is not None and before.overlaps(start, end):
            self._power = before._replace(end=min(end, before.end or end))
        else:
            self._power = Entry(Key(*POWER, start), "down", end, "power_cut")
        return self._power


def _about(agent: str, line: str, key: str) -> tuple[Thing, Speaker]:
    """Which service a fact is about, and who says it."""
    name, _, ssid = key.partition("/")
    if ssid:
        return ("wifi", ssid), Speaker(agent, "guest" if name == "guest" else "radio")
    thing = ("power", name) if name == "mains" else (name, line)
    return thing, Speaker(agent, "radio")


def _is_offered(thing: Thing, service: Service) -> bool:
    return service.first_up is not None or thing[0] != "ipv6"


def _ails(service: Service) -> bool:
    """What is heard while it seems to be well again says nothing of why it was not."""
    return service.doubt is None or service.doubt.level != "up"


def _counted(clues: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(clues.items()))


def judge(
    facts: Iterable[tuple[str, Fact]],
    boots: Iterable[tuple[str, Boot]],
    boxes: Mapping[str, BoxPlan],
    hold: HoldDown,
    now: int,
) -> list[Entry]:
    """Every entry that the facts (agent, fact) of a site come to by `now`, whatever their order."""
    site = SiteJudge(boxes, hold)
    for agent, boot in sorted(boots, key=lambda each: each[1].started):
        site.boot(agent, boot)
    found: dict[Key, Entry | None] = {}
    for agent, fact in sorted(set(facts), key=lambda each: (each[1], each[0])):
        site.hear(agent, fact)
        found |= site.take()
    site.advance(now)
    found |= site.take()
    return sorted((each for each in found.values() if each is not None), key=lambda each: each.key)

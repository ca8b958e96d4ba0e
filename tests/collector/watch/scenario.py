# SPDX-License-Identifier: Apache-2.0
"""The scenario language: what happens in houses, then what must stand in the ledger and be told.

    08:00 dong: well
    08:15 dong: line cut
    09:02 dong: well
    09:20 end

Times are of the sites' own clocks. `ledger` names what is its own cause, a line each:
`dong internet 08:15–09:02 line`; `told` what people read, in order: `08:19 dong contact down
silent`. Everything runs in the real judge, teller and record; only the time is made up.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

from sansang_collector import ledger_sql, message_sql
from sansang_collector.answer_sql import Answer, AnswerKind, outage_name
from sansang_collector.config import HOLD
from sansang_collector.hours import Span
from sansang_collector.ledger_sql import Outage
from sansang_collector.maintenance_sql import Maintenance, declare
from sansang_collector.record import Record, Saving
from sansang_collector.registry import Registry, check_registry
from sansang_collector.telling import Teller
from sansang_collector.watch.entry import CONTACT, Key
from sansang_collector.watching import Blindness, Watching
from tests.collector.ingesting import make_hello
from tests.collector.watch.houses import ROUND_S, SSID, Batch, Box, S

STEP_S = 5
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - where writing through costs nothing
NEARLY_S = 60
DAY = "2026-11-21"
CONTACT_ONCE = Key(*CONTACT, 0)
LINE = re.compile(r"(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d(?::\d\d)?) ?(.*)")


@dataclass
class Happening:
    """At an instant (µs), to a box or to the centre."""

    at: int
    whom: str
    what: str


@dataclass
class World:
    """All houses and the centre, in made-up time."""

    folder: Path
    registry: Registry
    zone: ZoneInfo
    boxes: dict[str, Box] = field(default_factory=dict[str, Box])
    told: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    leaving: set[str] = field(default_factory=set[str])
    blindness: set[Blindness] = field(default_factory=set[Blindness])
    centre_down: bool = False
    twice: bool = False
    link: Key = CONTACT_ONCE

    def begin(self, now: int) -> None:
        self.record = Record(self.folder / "record.db")
        self.watching = Watching(self.record, lambda: self.registry, HOLD, now)
        self.teller = Teller(
            self.record,
            lambda: self.registry,
            self.watching,
            HOLD,
            self.leaving.__contains__,
            lambda agent: len(self.boxes[agent].held),
        )
        for box in self.boxes.values():
            hello = make_hello(box.id, batch_every_s=float(box.round_s))
            self.record.agent(box.id).hello = hello

    def end(self) -> None:
        self.record.close()

    def step(self, now: int) -> None:
        """What arrives, what time changes, what is told."""
        if self.centre_down:
            return
        heard: list[tuple[Box, Batch]] = []
        for box in self.boxes.values():
            if now // S % box.round_s == 0:
                heard += [(box, batch) for batch in box.send()]
        heard *= 2 if self.twice else 1
        with self.record.lock:
            for box, batch in sorted(heard, key=lambda each: each[1].at):
                self.watching.hear(box.site, box.id, batch.readings, now)
            if heard:
                self.record.save(Saving(watched=self.watching.pending(now), at=now))
            self.watching.settle(now, self.blindness)
            telling = self.teller.look(now)
            watched = self.watching.pending(now)
            if any(watched) or any(telling):
                self.record.save(Saving(watched=watched, telling=telling, at=now))
        for each in telling.messages:
            site, service, subject = each.about
            what = service if service not in {"wifi", "area"} else f"{service} {subject}"
            whose = f"{site} " if site else f"{len(each.sites)} sites "
            cause = each.notice.stage or each.notice.cause
            self.told.append((now, f"{whose}{what} {each.notice.state} {cause}"))

    def happen(self, event: Happening) -> None:
        """Something happens."""
        if event.whom == "centre":
            self._of_centre(event)
            return
        for name in event.whom.split(", "):
            box = self.boxes.get(name) or self.boxes[f"{name}-1"]
            if event.what in {"slow", "no more slow"}:
                box.slow = event.what == "slow"
                continue
            if event.what.startswith("maintenance until "):
                end = _instant(DAY, event.what.removeprefix("maintenance until "), self.zone)
                window = Maintenance(box.site, Span(event.at, end), "", event.at - 1)
                with self.record.writing() as connection:
                    declare(connection, window)
                continue
            if event.what.startswith("keeper says "):
                self._answer(box.site, event)
                continue
            if event.what == "switched off":
                self.leaving.add(box.id)
            else:
                self.leaving.discard(box.id)
            box.change(event.what, event.at)

    def _answer(self, site: str, event: Happening) -> None:
        """Through the link of what was told first and lasts, or of what was told last at all."""
        said = event.what.removeprefix("keeper says ")
        with self.record.reading() as connection:
            known = message_sql.load_told(connection).get(site, {})
        about = [Key(*thing, each.since) for thing, each in known.items()]
        self.link = min(about, key=lambda each: each.start, default=self.link)
        [answer] = [each for each in get_args(AnswerKind) if each == said]
        self.record.answer(Answer(site, outage_name(self.link), "keeper", answer, "", event.at))

    def _of_centre(self, event: Happening) -> None:
        match event.what:
            case "stopped":
                self.end()
                self.centre_down = True
            case "started":
                self.begin(event.at)
                self.centre_down = False
            case "killed and started":
                self.end()
                self.begin(event.at)
            case "clock jumps":
                self.watching.was_blind(event.at - 1, event.at, "clock")
            case "everything arrives twice":
                self.twice = True
            case "blind":
                self.blindness.add("broker")
                for box in self.boxes.values():
                    box.slow = True
            case "sees again":
                self.blindness.clear()
                for box in self.boxes.values():
                    box.slow = False
            case _:
                raise ValueError(event.what)

    def ledger(self) -> list[Outage]:
        with self.record.reading() as connection:
            return ledger_sql.load(connection, 0)


@dataclass
class Came:
    """What came of a scenario."""

    world: World
    told: list[str]
    ledger: list[str]
    every: list[str]
    """With what another entry explains."""


def play(
    happenings: str,
    sites: Mapping[str, Mapping[str, object]] | None = None,
    boxes: Sequence[str] = (),
    closures: Sequence[Mapping[str, object]] = (),
    zone: str = "Asia/Ho_Chi_Minh",
) -> Came:
    """Let it happen. `sites`: their registry entries, by default one, `dong`; `boxes`: more of
    them, as `dong-2 metered` or `dong-2 wifi`.
    """
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        world = _world(Path(folder), sites or {"dong": {}}, boxes, closures, ZoneInfo(zone))
        events = [_event(line, world.zone) for line in happenings.strip().splitlines()]
        now = events[0].at // (ROUND_S * S) * ROUND_S * S
        for box in world.boxes.values():
            box.boot(now - 3600 * S, clean=None)
        world.begin(now)
        try:
            for event in events:
                while now < event.at:
                    _tick(world, now)
                    now += STEP_S * S
                if event.what != "end":
                    world.happen(event)
            return _came(world)
        finally:
            world.end()


def _tick(world: World, now: int) -> None:
    for number, box in enumerate(world.boxes.values()):
        if now // S % box.round_s == 0:
            box.measure(now - number % 7 * S)
    world.step(now)


def _world(
    folder: Path,
    sites: Mapping[str, Mapping[str, object]],
    boxes: Sequence[str],
    closures: Sequence[Mapping[str, object]],
    zone: ZoneInfo,
) -> World:
    entries = [
        {
            "id": name, "name": name, "commune": "11824", "commune_name": "Xã Vĩnh Bảo",
            "kind": "cultural_house", "ssids": [SSID], "time_zone": zone.key, **more,
        }
        for name, more in sites.items()
    ]  # fmt: skip
    wanted = [f"{name}-1" for name in sites] + [text.split()[0] for text in boxes]
    more = {text.split()[0]: text.split()[1:] for text in boxes}
    agents = [{"id": name, "site": name.rpartition("-")[0]} for name in dict.fromkeys(wanted)]
    data = {"sites": entries, "agents": agents, "closures": list(closures)}
    world = World(folder, check_registry(data, folder), zone)
    for agent in agents:
        said = more.get(agent["id"], [])
        world.boxes[agent["id"]] = Box(
            agent["id"], agent["site"], metered="metered" in said, only_wifi="wifi" in said
        )
    return world


def _event(line: str, zone: ZoneInfo) -> Happening:
    day, clock, rest = _parts(line)
    whom, _, what = rest.rpartition(": ")
    return Happening(_instant(day, clock, zone), whom, what)


def _parts(line: str) -> tuple[str, str, str]:
    found = LINE.fullmatch(line.strip())
    assert found is not None, line
    return found[1] or DAY, found[2], found[3]


def _instant(day: str, clock: str, zone: ZoneInfo) -> int:
    return int(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone).timestamp()) * S


def _came(world: World) -> Came:
    def clock(at: int | None) -> str:
        if at is None:
            return "now"
        local = datetime.fromtimestamp(at / S, world.zone)
        return f"{local:%H:%M:%S}" if f"{local:%Y-%m-%d}" == DAY else f"{local:%Y-%m-%d %H:%M:%S}"

    outages = world.ledger()
    lines: list[tuple[bool, str]] = []
    for each in outages:
        entry = each.entry
        span = f"{clock(entry.key.start)}–{clock(entry.end)}"
        what = entry.cause if entry.state == "down" else f"{entry.state} {entry.cause}"
        name = entry.key.service if entry.key.service != "box" else f"box {entry.key.subject}"
        lines.append((entry.root is None, f"{each.site or 'centre'} {name} {span} {what}"))
    return Came(
        world,
        [f"{clock(at)} {text}" for at, text in world.told],
        [line for is_root, line in lines if is_root],
        [line for _, line in lines],
    )


CLOCK = re.compile(r"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d(?::\d\d)?")


def agrees(found: Sequence[str], expected: str, within_s: int = NEARLY_S) -> bool:
    """Line by line the same, each time nearly."""
    wanted = [line.strip() for line in expected.strip().splitlines()]
    return len(found) == len(wanted) and all(
        CLOCK.sub("", a) == CLOCK.sub("", b)
        and all(
            _apart_s(x, y) <= within_s
            for x, y in zip(CLOCK.findall(a), CLOCK.findall(b), strict=True)
        )
        for a, b in zip(found, wanted, strict=True)
    )


def _apart_s(one: str, other: str) -> float:
    def moment(text: str) -> datetime:
        day, clock, _ = _parts(f"{text} -")
        return datetime.fromisoformat(f"{day}T{clock}")

    return abs((moment(one) - moment(other)).total_seconds())

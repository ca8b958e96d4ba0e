# SPDX-License-Identifier: Apache-2.0
"""Simulated agents for the demo: invented readings through the real outbox, uplink and broker.

Every hello says that it is simulated. Run as a program of its own with its settings as JSON on
standard input: `python -m sansang_agent.simulation < settings.json`. Ends on SIGTERM. While the
past is on its way, a line of JSON on standard output says how far it is: `{"done": 3, "of": 16}`.
"""

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

import sansang_agent
from sansang_agent import simulated_guest, simulated_ipv6, simulated_site, simulated_speed
from sansang_agent.clock import AgentClock, Offset
from sansang_agent.net.boot import boot_id, boottime_us
from sansang_agent.outbox import Outbox
from sansang_agent.simulated_site import DAY_US, MINUTE_US, Moment, SimulatedSite
from sansang_agent.uplink import Uplink
from sansang_wire.batch import Config, Hello, Machine
from sansang_wire.readings import AnyReading
from sansang_wire.session import Broker

BATCH_US = 30 * MINUTE_US
PAST_EVERY_US = 5 * MINUTE_US
OFF_AIR_AFTER_S, OFF_AIR_FOR_S, OFF_AIR_EVERY_S = 40, 180, 900
"""When a failing site's Wi-Fi stops, counted from the start."""
REPORT_EVERY_S = 0.5


class SimulatedAgent(Struct, frozen=True, kw_only=True):
    """One invented box and its site; the Wi-Fi of a `failing` one stops while you watch."""

    site: SimulatedSite
    password: str
    failing: bool


class Settings(Struct, frozen=True, kw_only=True):
    """What the demo passes in. `days`: how much of a past the sites have."""

    host: str
    port: int
    folder: str
    every_s: float
    days: int
    agents: list[SimulatedAgent]


async def simulate(settings: Settings) -> None:
    """Run every simulated agent until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    boxes = [_Box(settings, each) for each in settings.agents]
    tasks = [asyncio.create_task(each.run()) for each in boxes]
    tasks.append(asyncio.create_task(_bring_past(boxes, settings)))
    ended = asyncio.create_task(_until(stopping))
    waiting = {*tasks, ended}
    while not ended.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    await asyncio.gather(*(each.leave() for each in boxes))
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for box in boxes:
        box.close()


async def _bring_past(boxes: list["_Box"], settings: Settings) -> None:
    """Give all sites the days that they lack, the newest day first, and tell how far that is."""
    known_until = Path(settings.folder) / "past-until"
    while (offset := boxes[0].offset()) is None:  # noqa: ASYNC110 - a clock tells nobody
        await asyncio.sleep(0.1)
    now = boottime_us() + offset.us
    start = now - settings.days * DAY_US
    if known_until.exists():
        start = max(start, int(known_until.read_text()))
    batches = [(box, begin, end) for begin, end in _spans(start, now) for box in boxes]
    reporting = asyncio.create_task(_report(boxes, len(batches)))
    for box, begin, end in batches:
        box.remember(begin, end, offset)
        await asyncio.sleep(0)
    known_until.write_text(str(now))
    for box in boxes:
        box.all_remembered = True
    await reporting


def _spans(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Half hours from `start` to `end`, cut short there: those of the newest day first, of a day in
    order.
    """
    while end > start:
        day = max(start, end - DAY_US)
        begin = first = day - day % BATCH_US
        while begin < end:
            yield max(begin, start), min(begin + BATCH_US, end)
            begin += BATCH_US
        end = first


async def _report(boxes: list["_Box"], batches: int) -> None:
    done = 0
    while done < batches:
        await asyncio.sleep(REPORT_EVERY_S)
        waiting = sum(box.waiting() for box in boxes)
        done = max(done, sum(box.remembered for box in boxes) - waiting)
        if all(box.all_remembered for box in boxes):
            batches = sum(box.remembered for box in boxes)
            if waiting <= len(boxes):
                done = batches
        sys.stdout.write(f'{{"done": {done}, "of": {batches}}}\n')
        sys.stdout.flush()


class _Box:
    """One simulated agent: the real outbox and uplink around an invented network."""

    def __init__(self, settings: Settings, agent: SimulatedAgent) -> None:
        self._site = agent.site
        self._failing = agent.failing
        self._every_s = settings.every_s
        self._begun_us = boottime_us()
        self._clock = AgentClock()
        self._next_visit_us = 0
        self._next_speed_test_us = boottime_us() + simulated_speed.EVERY_US
        self.remembered = 0
        self.all_remembered = False
        name = agent.site.agent
        self._outbox = Outbox(
            Path(settings.folder) / f"{name}.db",
            agent=name,
            boot=boot_id(),
            max_bytes=2**26,
            max_age_s=(settings.days + 1) * 86_400,
        )
        broker = Broker(settings.host, settings.port, name, password=agent.password)
        self._uplink = Uplink(
            lambda: broker, self._outbox, self._clock, self._hello, self._ignore_config
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as both:
            both.create_task(self._uplink.run())
            both.create_task(self._measure_for_ever())

    async def _measure_for_ever(self) -> None:
        while True:
            offset = self.offset()
            if offset is not None:
                self._outbox.date(offset)
            self._outbox.commit(list(self._readings()), offset)
            self._uplink.wake()
            await asyncio.sleep(self._every_s)

    def remember(self, begin: int, end: int, offset: Offset) -> None:
        """Commit what this box would have measured from `begin` to `end` (µs, Unix epoch)."""
        readings: list[AnyReading] = []
        for us in range(begin, end, PAST_EVERY_US):
            moment = simulated_site.past(self._site, us, us - offset.us)
            if moment is None:
                continue
            readings += simulated_site.often(self._site, moment)
            readings += simulated_site.reaches(self._site, moment)
            readings += simulated_guest.visits(self._site, moment)
            if us == begin:
                readings += simulated_site.seldom(self._site, moment)
                readings += simulated_ipv6.readings(self._site, moment)
                readings += simulated_speed.readings(self._site, moment)
        if readings:
            self._outbox.commit(readings, offset)
            self._uplink.wake()
            self.remembered += 1

    def offset(self) -> Offset | None:
        """What dates readings, once something does."""
        return self._clock.offset()

    def waiting(self) -> int:
        """How many batches have no receipt yet."""
        return self._outbox.waiting_count()

    async def leave(self) -> None:
        await self._uplink.leave(1)

    def close(self) -> None:
        self._outbox.close()

    def _readings(self) -> Iterator[AnyReading]:
        at = boottime_us()
        offset = self.offset()
        moment = Moment(at + (offset.us if offset else 0), at, self._is_off_air(at))
        yield from simulated_site.often(self._site, moment)
        yield from simulated_site.reaches(self._site, moment)
        yield from simulated_site.seldom(self._site, moment)
        if at >= self._next_visit_us:
            self._next_visit_us = at + simulated_guest.EVERY_US
            yield from simulated_guest.visits(self._site, moment)
            yield from simulated_ipv6.readings(self._site, moment)
        if at >= self._next_speed_test_us:
            self._next_speed_test_us = at + simulated_speed.EVERY_US
            yield from simulated_speed.readings(self._site, moment)

    def _is_off_air(self, at: int) -> bool:
        since_s = (at - self._begun_us) / 1e6 - OFF_AIR_AFTER_S
        return self._failing and since_s >= 0 and since_s % OFF_AIR_EVERY_S < OFF_AIR_FOR_S

    def _hello(self, sent: int) -> Hello:
        state = self._clock.state()
        return Hello(
            agent=self._site.agent,
            epoch=self._outbox.epoch,
            boot=boot_id(),
            sent=sent,
            version=sansang_agent.__version__,
            machine=Machine(
                system="simulated",
                architecture="simulated",
                python="simulated",
                processors=1,
                memory_bytes=2**30,
            ),
            clock=state.clock,
            clock_error_ms=state.error_ms,
            certificate_dates_checked=False,
            batch_every_s=self._every_s,
            epochs=self._outbox.claims(),
            dropped_batches=self._outbox.dropped_batches,
            dropped_readings=self._outbox.dropped_readings,
            outbox_resets=self._outbox.resets,
            simulated=True,
        )

    def _ignore_config(self, _config: Config) -> None:
        """An invented network has no probes to set."""


async def _until(event: asyncio.Event) -> None:
    await event.wait()


if __name__ == "__main__":
    asyncio.run(simulate(msgspec.json.decode(sys.stdin.buffer.read(), type=Settings)))

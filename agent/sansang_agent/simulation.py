# SPDX-License-Identifier: Apache-2.0
"""Simulated agents for the demo: invented readings through the real outbox, uplink and broker.

Every hello says that it is simulated. Run as a program of its own with its settings as JSON on
standard input: `python -m sansang_agent.simulation < settings.json`. Ends on SIGTERM.
"""

import asyncio
import random
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

import sansang_agent
from sansang_agent.clock import AgentClock
from sansang_agent.net.boot import boot_id, boottime_us
from sansang_agent.outbox import Outbox
from sansang_agent.uplink import Uplink
from sansang_wire.batch import Config, Hello, Machine
from sansang_wire.readings import AnyReading, Family, HostReading, LinkReading, ReachabilityReading
from sansang_wire.session import Broker

TARGETS = (("gateway", 0.6), ("domestic", 8.0), ("international", 42.0))
"""Scope, and a usual round trip in ms."""


class SimulatedAgent(Struct, frozen=True, kw_only=True):
    """One invented box. `ipv6`: whether its line has it; `loss`: the share of lost packets."""

    agent: str
    password: str
    ipv6: bool
    loss: float


class Settings(Struct, frozen=True, kw_only=True):
    """What the demo passes in."""

    host: str
    port: int
    folder: str
    every_s: float
    agents: list[SimulatedAgent]


async def simulate(settings: Settings) -> None:
    """Run every simulated agent until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    boxes = [_Box(settings, each) for each in settings.agents]
    tasks = [asyncio.create_task(each.run()) for each in boxes]
    ended = asyncio.create_task(_until(stopping))
    done, _ = await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*(each.leave() for each in boxes))
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for box in boxes:
        box.close()
    for task in done:
        task.result()


class _Box:
    """One simulated agent: the real outbox and uplink around an invented network."""

    def __init__(self, settings: Settings, agent: SimulatedAgent) -> None:
        self._agent = agent
        self._every_s = settings.every_s
        self._random = random.Random(agent.agent)
        self._clock = AgentClock()
        self._outbox = Outbox(
            Path(settings.folder) / f"{agent.agent}.db",
            agent=agent.agent,
            boot=boot_id(),
            max_bytes=2**24,
            max_age_s=86_400,
        )
        broker = Broker(settings.host, settings.port, agent.agent, password=agent.password)
        self._uplink = Uplink(
            lambda: broker, self._outbox, self._clock, self._hello, self._ignore_config
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as both:
            both.create_task(self._uplink.run())
            both.create_task(self._measure_for_ever())

    async def _measure_for_ever(self) -> None:
        while True:
            offset = self._clock.offset()
            if offset is not None:
                self._outbox.date(offset)
            self._outbox.commit(list(self._readings(boottime_us())), offset)
            self._uplink.wake()
            await asyncio.sleep(self._every_s)

    async def leave(self) -> None:
        await self._uplink.leave(1)

    def close(self) -> None:
        self._outbox.close()

    def _readings(self, now: int) -> Iterator[AnyReading]:
        vary = partial(self._random.uniform, 0.9, 1.1)
        yield HostReading(
            at=now,
            outcome="ok",
            boot=boot_id(),
            uptime_s=now / 1e6,
            clock=self._clock.state().clock,
            cpu_pct=round(7 * vary(), 1),
            memory_total_bytes=2**30,
            memory_available_bytes=int(2**29 * vary()),
        )
        yield LinkReading(
            at=now, outcome="ok", interface="eth0", technology="wired", up=True, speed_mbps=1000
        )
        for scope, usual_ms in TARGETS:
            for family in ("ipv4", "ipv6"):
                yield self._reach(now, scope, family, usual_ms * vary())

    def _reach(self, now: int, scope: str, family: Family, rtt_ms: float) -> ReachabilityReading:
        sent = 5
        has_family = family == "ipv4" or self._agent.ipv6
        lost = sum(self._random.random() < self._agent.loss for _ in range(sent))
        if not has_family or lost == sent:
            return ReachabilityReading(
                at=now,
                outcome="unreachable",
                reason="no_answer" if has_family else "no_route",
                target=scope,
                family=family,
                scope=scope,  # pyright: ignore[reportArgumentType]
            )
        return ReachabilityReading(
            at=now,
            outcome="ok",
            target=scope,
            family=family,
            scope=scope,  # pyright: ignore[reportArgumentType]
            method="icmp_datagram",
            sent=sent,
            received=sent - lost,
            loss_pct=100 * lost / sent,
            rtt_min_ms=rtt_ms * 0.9,
            rtt_avg_ms=rtt_ms,
            rtt_max_ms=rtt_ms * 1.2,
            jitter_ms=rtt_ms * 0.05,
        )

    def _hello(self, sent: int) -> Hello:
        state = self._clock.state()
        return Hello(
            agent=self._agent.agent,
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

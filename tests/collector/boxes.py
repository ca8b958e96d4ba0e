# SPDX-License-Identifier: Apache-2.0
"""A small box in the test's own loop: the agent's real clock, outbox and uplink."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec

from sansang_agent.clock import AgentClock
from sansang_agent.net.boot import boot_id, boottime_us
from sansang_agent.outbox import Outbox
from sansang_agent.uplink import Uplink
from sansang_wire.batch import Config, ConfigAnswer, Hello
from sansang_wire.readings import AnyReading, LinkReading
from sansang_wire.session import Broker
from tests.collector.ingesting import make_hello


class SmallBox:
    """Measures when it is told to, and applies the settings it gets."""

    def __init__(self, outbox: Path, broker: Broker) -> None:
        self.agent = broker.user
        self.configs: list[Config] = []
        self._clock = AgentClock()
        self._answer: ConfigAnswer | None = None
        self.outbox = Outbox(
            outbox, agent=self.agent, boot=boot_id(), max_bytes=10**7, max_age_s=86_400
        )
        self.uplink = Uplink(lambda: broker, self.outbox, self._clock, self._hello, self._apply)

    def measure(self, reading: AnyReading | None = None) -> None:
        """One reading, of a port unless told, kept and sent."""
        offset = self._clock.offset()
        reading = reading or LinkReading(
            at=boottime_us(), outcome="ok", interface="eth0", technology="wired", up=True
        )
        self.outbox.commit([reading], offset)
        self.uplink.wake()

    def _apply(self, config: Config) -> None:
        self.configs.append(config)
        self._answer = ConfigAnswer(version=config.version)
        self.uplink.say_hello()

    def _hello(self, sent: int) -> Hello:
        claims = {each.epoch: (each.first, each.next) for each in self.outbox.claims()}
        told = make_hello(self.agent, self.outbox.epoch, claims, config=self._answer)
        return msgspec.structs.replace(told, sent=sent)


@contextlib.asynccontextmanager
async def small_box(outbox: Path, broker: Broker) -> AsyncGenerator[SmallBox]:
    """At work until the block ends."""
    box = SmallBox(outbox, broker)
    sending = asyncio.create_task(box.uplink.run())
    try:
        yield box
    finally:
        await box.uplink.leave(1)
        sending.cancel()
        await asyncio.wait({sending})
        box.outbox.close()

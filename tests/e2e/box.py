# SPDX-License-Identifier: Apache-2.0
"""A box of the campaign: the agent's real clock, outbox and uplink around readings that can be
recognised. Every batch holds `READINGS` readings that name their epoch and sequence number.

Run as `python -m tests.e2e.box SETTINGS.json`; SIGTERM ends it in good order. What was evicted goes
to the file `<outbox>.evicted`, and how many wait to `<outbox>.waiting`.
"""

import asyncio
import signal
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from sansang_agent.clock import AgentClock
from sansang_agent.net.boot import boot_id, boottime_us
from sansang_agent.outbox import Outbox
from sansang_agent.uplink import Uplink
from sansang_wire.batch import Config, Hello, Machine
from sansang_wire.readings import AnyReading, LinkReading
from sansang_wire.session import Broker

READINGS = 2


class BoxSettings(Struct, frozen=True, kw_only=True):
    """Where the broker is, who the box is, and how much it may keep."""

    agent: str
    password: str
    host: str
    port: int
    outbox: str
    max_bytes: int
    every_s: float


class Box:
    """One box at work."""

    def __init__(self, settings: BoxSettings) -> None:
        self._settings = settings
        self._clock = AgentClock()
        self._path = Path(settings.outbox)
        self._outbox = Outbox(
            self._path,
            agent=settings.agent,
            boot=boot_id(),
            max_bytes=settings.max_bytes,
            max_age_s=86_400,
        )
        self._broker = Broker(
            settings.host, settings.port, settings.agent, password=settings.password
        )
        self._uplink = Uplink(
            lambda: self._broker, self._outbox, self._clock, self._hello, self._ignore
        )

    async def run(self) -> None:
        stopping = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
        sending = asyncio.create_task(self._uplink.run())
        while not stopping.is_set() and not sending.done():
            self._commit()
            waiting = self._path.with_suffix(".waiting")
            waiting.write_text(str(self._outbox.waiting_count()))
            try:
                await asyncio.wait_for(stopping.wait(), self._settings.every_s)
            except TimeoutError:
                continue
        if sending.done():
            sending.result()
        await self._uplink.leave(1)
        sending.cancel()
        await asyncio.wait({sending})
        self._outbox.close()

    def _commit(self) -> None:
        offset = self._clock.offset()
        if offset is not None:
            self._outbox.date(offset)
        epoch = self._outbox._epoch
        before = self._held()
        now, seq = boottime_us(), epoch.next
        readings: list[AnyReading] = [
            LinkReading(
                at=now + index,
                outcome="ok",
                interface=epoch.name,
                technology="other",
                up=True,
                rx_bytes=seq,
                tx_bytes=index,
            )
            for index in range(READINGS)
        ]
        self._outbox.commit(readings, offset)
        self._uplink.wake()
        if gone := before - self._held():
            with self._path.with_suffix(".evicted").open("a") as log:
                log.writelines(f"{name} {number}\n" for name, number in sorted(gone))

    def _held(self) -> set[tuple[str, int]]:
        return {
            (epoch.name, number)
            for epoch in self._outbox._epochs.values()
            for low, high in epoch.held
            for number in range(low, high + 1)
        }

    def _hello(self, sent: int) -> Hello:
        state = self._clock.state()
        return Hello(
            agent=self._settings.agent,
            epoch=self._outbox.epoch,
            boot=boot_id(),
            sent=sent,
            version="campaign",
            machine=Machine(system="-", architecture="-", python="-", processors=1, memory_bytes=0),
            clock=state.clock,
            clock_error_ms=state.error_ms,
            epochs=self._outbox.claims(),
            dropped_batches=self._outbox.dropped_batches,
            dropped_readings=self._outbox.dropped_readings,
            outbox_resets=self._outbox.resets,
        )

    def _ignore(self, _config: Config) -> None:
        """The campaign sets no probes."""


async def main(settings: BoxSettings) -> None:
    """Run one box until SIGTERM."""
    await Box(settings).run()


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=BoxSettings)))

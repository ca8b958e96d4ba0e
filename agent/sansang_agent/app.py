# SPDX-License-Identifier: Apache-2.0
"""The agent at work: schedule, outbox and uplink under one roof, and an end in good order."""

import asyncio
import contextlib
import logging
import os
import platform
import signal
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil

import sansang_agent
from sansang_agent.clock import AgentClock
from sansang_agent.config import AgentConfig, check_probes
from sansang_agent.net.boot import boot_id
from sansang_agent.net.link_events import link_events
from sansang_agent.outbox import Outbox, OutboxFullError
from sansang_agent.outbox_file import OutboxUnusableError
from sansang_agent.probes.base import Probe, ProbeSettings, Surroundings, all_probes
from sansang_agent.schedule import Schedule
from sansang_agent.uplink import Uplink
from sansang_wire.batch import Config, ConfigAnswer, Hello, Machine
from sansang_wire.checking import InvalidSettingsError
from sansang_wire.readings import AnyReading
from sansang_wire.session import Broker

log = logging.getLogger(__name__)

LEAVE_WITHIN_S = 1.5
PENDING_AT_MOST = 5000
"""Readings kept in memory while the disk takes nothing."""
MISTAKES_TOLD = 20
MISTAKE_CHARACTERS = 200
"""A hello has to fit into a message, whatever the collector sent."""


class Agent:
    """One running agent. Raises OutboxUnusableError when made on an outbox that can't be opened."""

    def __init__(self, config: AgentConfig) -> None:
        self._config = config
        file = config.file
        self._boot = boot_id()
        self._clock = AgentClock()
        self._pending: list[AnyReading] = []
        self._answer: ConfigAnswer | None = None
        self._settings = config.probes
        self._dates_checked = False
        self._outbox = Outbox(
            Path(file.outbox.path),
            agent=file.agent,
            boot=self._boot,
            max_bytes=int(file.outbox.max_mib * 2**20),
            max_age_s=file.outbox.max_age_d * 86_400,
        )
        self._schedule = Schedule(file.agent, file.profile, self._deliver)
        self._uplink = Uplink(self._broker, self._outbox, self._clock, self._hello, self._on_config)

    async def run(self, stopping: asyncio.Event) -> None:
        """Measure, keep and send until `stopping` is set; then end within 2 s.

        Raises OutboxUnusableError when the outbox breaks: the next start sets a damaged one aside.
        """
        try:
            await self._work(stopping)
        except sqlite3.DatabaseError as error:
            path = self._config.file.outbox.path
            raise OutboxUnusableError(f"the outbox {path} broke: {error}; start again") from error

    async def _work(self, stopping: asyncio.Event) -> None:
        tasks = [
            asyncio.create_task(self._flush_for_ever(), name="flush"),
            asyncio.create_task(self._uplink.run(), name="uplink"),
            asyncio.create_task(self._wake_for_ever(), name="links"),
            asyncio.create_task(_until(stopping), name="stop"),
        ]
        try:
            self._apply(self._settings)
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._schedule.stop()
            try:
                self._flush()
                self._outbox.count_dropped(len(self._pending))
                await self._uplink.leave(LEAVE_WITHIN_S)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self._outbox.close()

    async def _wake_for_ever(self) -> None:
        try:
            async for _ in link_events():
                self._schedule.wake()
        except OSError as error:
            log.warning("the kernel does not tell when an interface changes: %s", error)
            await asyncio.Event().wait()

    def _deliver(self, readings: Sequence[AnyReading], *, urgent: bool) -> None:
        self._pending += readings
        if (excess := len(self._pending) - PENDING_AT_MOST) > 0:
            del self._pending[:excess]
            self._outbox.count_dropped(excess)
        if urgent:
            self._flush()

    async def _flush_for_ever(self) -> None:
        # The first batch goes early: whoever has just plugged the box in is waiting for it.
        wait_s = min(self._config.batch_every_s, 12)
        while True:
            await asyncio.sleep(wait_s)
            self._flush()
            wait_s = self._config.batch_every_s

    def _flush(self) -> None:
        offset = self._clock.offset()
        try:
            if offset is not None:
                self._outbox.date(offset)
            if self._pending:
                self._outbox.commit(self._pending, offset)
                self._pending.clear()
        except OutboxFullError as error:
            log.error("the disk of the outbox takes no more, make room on it: %s", error)
        self._uplink.wake()

    def _apply(self, settings: Mapping[str, ProbeSettings]) -> None:
        self._settings = settings
        surroundings = Surroundings(
            disk=Path(self._config.file.outbox.path).parent,
            clean_shutdown=self._outbox.clean_shutdown,
            clock=self._clock.state,
            agent=self._config.file.agent,
            profile=self._config.file.profile,
        )
        self._schedule.apply(dict(self._made(settings, surroundings)))

    def _made(
        self, settings: Mapping[str, ProbeSettings], surroundings: Surroundings
    ) -> Iterator[tuple[str, Probe[ProbeSettings]]]:
        probes = all_probes()
        for kind, each in settings.items():
            try:
                yield kind, probes[kind](each, surroundings)
            except Exception as error:  # noqa: BLE001 - one probe's fault must not end the agent
                self._schedule.count_failure(kind, error)

    def _on_config(self, config: Config) -> None:
        """What the collector sends goes over what the file says, key by key."""
        if (self._answer.version if self._answer else "") == config.version:
            return
        tables = {**self._config.file.probes}
        for kind, table in config.probes.items():
            tables[kind] = {**tables.get(kind, {}), **table}
        mistakes: list[str] = []
        try:
            settings = check_probes(tables)
        except InvalidSettingsError as error:
            mistakes = [str(each)[:MISTAKE_CHARACTERS] for each in error.mistakes]
            if (more := len(mistakes) - MISTAKES_TOLD) > 0:
                mistakes[MISTAKES_TOLD:] = [f"… and {more} more"]
        else:
            if settings != self._settings:
                self._apply(settings)
        answer = ConfigAnswer(version=config.version, mistakes=mistakes)
        self._answer = answer if config.version else None
        self._uplink.say_hello()

    def _broker(self) -> Broker:
        config = self._config
        self._dates_checked = config.tls and self._clock.state().clock == "kernel"
        return Broker(
            host=config.host,
            port=config.port,
            user=config.file.agent,
            tls=config.tls,
            ca_file=config.file.broker.ca_file,
            check_certificate_dates=self._dates_checked,
            password=config.password,
        )

    def _hello(self, sent: int) -> Hello:
        state = self._clock.state()
        return Hello(
            agent=self._config.file.agent,
            epoch=self._outbox.epoch,
            boot=self._boot,
            sent=sent,
            version=sansang_agent.__version__,
            machine=_machine(),
            clock=state.clock,
            clock_error_ms=state.error_ms,
            certificate_dates_checked=self._dates_checked,
            batch_every_s=self._config.batch_every_s,
            epochs=self._outbox.claims(),
            dropped_batches=self._outbox.dropped_batches,
            dropped_readings=self._outbox.dropped_readings,
            outbox_resets=self._outbox.resets,
            probes={kind: _plain(each) for kind, each in self._settings.items()},
            probe_failures=self._schedule.failures,
            config=self._answer,
        )


async def _until(event: asyncio.Event) -> None:
    await event.wait()


def run(config: AgentConfig) -> None:
    """Run the agent until SIGTERM or SIGINT. Raises OutboxUnusableError."""

    async def main() -> None:
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        # From here on the outbox is open: it has to be closed in good order.
        await Agent(config).run(stopping)

    asyncio.run(main())


def _machine() -> Machine:
    model = None
    with contextlib.suppress(OSError):
        model = Path("/proc/device-tree/model").read_text(errors="replace").strip("\0")[:128]
    return Machine(
        system=f"{platform.system()} {platform.release()}"[:128],
        architecture=platform.machine(),
        python=platform.python_version(),
        processors=os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        model=model,
    )


def _plain(settings: ProbeSettings) -> dict[str, Any]:
    return {key: each for key, each in msgspec.to_builtins(settings).items() if each is not None}

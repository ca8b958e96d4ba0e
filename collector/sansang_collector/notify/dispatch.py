# SPDX-License-Identifier: Apache-2.0
"""Sends the record's messages through every channel until each has what is meant for it.

Each channel is a task of its own: one that hangs keeps no other waiting. It gets its messages in
their order, and one only after the one before it. What it does not take is tried again, seldomer
and seldomer, for a day; then it is given up and counted. A message is noted as sent after it was: a
collector that dies just between the two sends it a second time, under the same key. A channel that
takes nothing for ten minutes is told through the others.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, ParamSpec

from sansang_collector.message_sql import Message, Standing
from sansang_collector.notify.channels import Channel
from sansang_collector.notify.recipients import Plan, Verdict, plan_for, verdict
from sansang_collector.notify.speech import Speech
from sansang_collector.record import Record, RecordUnavailableError
from sansang_collector.registry import Registry
from sansang_wire.threads import in_daemon_thread

P = ParamSpec("P")
log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 2, 300
LOOK_EVERY_S = 60
GIVE_UP_AFTER_US = 86_400 * 1_000_000
FAULT_TOLD_AFTER_US = 600 * 1_000_000


class _Line:
    """How a channel is doing."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.something = asyncio.Event()
        """There may be something for it."""
        self.wait_s = float(FIRST_WAIT_S)
        self.failing_since: int | None = None
        self.fault_told = False


class Dispatch:
    """Run it with `run`, and call `wake` (from any thread) when there is something to tell."""

    def __init__(
        self,
        record: Record,
        registry: Callable[[], Registry],
        channels: Sequence[Channel],
        speech: Speech,
    ) -> None:
        self._record = record
        self._registry = registry
        self._lines = [_Line(each) for each in channels]
        self._speech = speech
        self._moved = asyncio.Event()
        """A message is new, or one more channel has it."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self.sent = 0
        self.given_up = 0
        self.waiting = 0

    @property
    def channels(self) -> int:
        """How many ways there are to reach people."""
        return len(self._lines)

    @property
    def names(self) -> Mapping[str, str]:
        """What people may see of each channel, by what the record knows it by."""
        return {line.channel.id: line.channel.name for line in self._lines}

    @property
    def failing(self) -> list[str]:
        """The names of the channels that did not take what they were last given."""
        return [line.channel.name for line in self._lines if line.failing_since is not None]

    def wake(self) -> None:
        """There is something new to tell."""
        if self._loop is not None:
            for event in (self._moved, *(line.something for line in self._lines)):
                self._loop.call_soon_threadsafe(event.set)

    async def run(self) -> None:
        """Send for ever, until cancelled."""
        self._loop = asyncio.get_running_loop()
        serving = (_whenever(line.something, self._serve, line) for line in self._lines)
        await asyncio.gather(_whenever(self._moved, self._tidy), *serving)

    async def _serve(self, line: _Line) -> None:
        """Give a channel what it does not have, in order, until it does not take one."""
        standing = await in_daemon_thread(self._record.standing)
        for message in await in_daemon_thread(self._record.unfinished):
            fate, plan = self._fate(line, message, standing)
            if fate != "now" or plan is None or _is_old(message):
                continue
            if not await self._send(line, self._speech.text(message, plan), _key(message)):
                return
            now = _now()
            await in_daemon_thread(self._record.delivered, message.id, line.channel.id, now)
            self.sent += 1
            self._moved.set()
        await self._remind(line, standing)

    async def _remind(self, line: _Line, standing: Standing) -> None:
        """Of what lasts, those who wished it."""
        for message, at in await in_daemon_thread(self._record.delivered_to, line.channel.id):
            plan = self._plan(line.channel, message)
            every_us = plan and plan.remind_us
            if plan is None or every_us is None or plan.is_quiet(_now()):
                continue
            if not standing.lasts(message) or _now() - at < every_us:
                continue
            if await in_daemon_thread(self._record.silenced, message, _now()):
                continue
            text = self._speech.reminder(message, plan, _now())
            if not await self._send(line, text, f"{_key(message)}-{at}"):
                return
            await in_daemon_thread(self._record.reminded, message.id, line.channel.id, _now())
            self.sent += 1

    async def _send(self, line: _Line, text: str, key: str) -> bool:
        """Whether the channel took it; if not, after a while."""
        if await in_daemon_thread(line.channel.send, text, key):
            await self._note_recovery(line)
            return True
        await self._back_off(line)
        return False

    def _plan(self, channel: Channel, message: Message) -> Plan | None:
        registry = self._registry()
        contacts = registry.contacts
        return plan_for(channel, message, registry.site, contacts, self._speech.language)

    def _fate(
        self, line: _Line, message: Message, standing: Standing
    ) -> tuple[Verdict, Plan | None]:
        """What becomes of a message at a channel now, and how it is said there."""
        plan = self._plan(line.channel, message)
        if plan is None or line.channel.id in message.delivered:
            return "never", None
        knows = standing.knows(line.channel.id, message)
        return verdict(plan, message, _now(), lasts=standing.lasts(message), knows=knows), plan

    async def _back_off(self, line: _Line) -> None:
        now = _now()
        if line.failing_since is None:
            log.warning("%s takes no message now: it is tried again", line.channel.name)
            line.failing_since = now
        if now - line.failing_since >= FAULT_TOLD_AFTER_US and not line.fault_told:
            line.fault_told = True
            await self._tell_fault(line, "down", line.failing_since, line.failing_since)
        await asyncio.sleep(line.wait_s)
        line.wait_s = min(2 * line.wait_s, LONGEST_WAIT_S)
        line.something.set()

    async def _note_recovery(self, line: _Line) -> None:
        since, line.failing_since, line.wait_s = line.failing_since, None, FIRST_WAIT_S
        if since is not None and line.fault_told:
            line.fault_told = False
            await self._tell_fault(line, "up", _now(), since)

    async def _tell_fault(
        self, line: _Line, state: Literal["up", "down"], at: int, since: int
    ) -> None:
        """Through the others."""
        name = line.channel.name
        await in_daemon_thread(self._record.tell_of_channel, name, state, at, since)
        self.wake()

    async def _tidy(self) -> None:
        """Finish what everyone has and what is too old, and count the rest."""
        waiting = 0
        standing = await in_daemon_thread(self._record.standing)
        for message in await in_daemon_thread(self._record.unfinished):
            fates = [self._fate(line, message, standing)[0] for line in self._lines]
            missing = any(fate != "never" for fate in fates)
            if missing and not _is_old(message):
                waiting += 1
                continue
            await in_daemon_thread(self._record.finish, message.id)
            if missing:
                self.given_up += 1
                log.error("a message about %s is given up after a day", message.about.site)
        self.waiting = waiting


def _key(message: Message) -> str:
    """Another record numbers from 1 again, but not in the same instant."""
    return f"{message.made}-{message.id}"


def _is_old(message: Message) -> bool:
    return _now() - message.made > GIVE_UP_AFTER_US


def _now() -> int:
    return time.time_ns() // 1000


async def _whenever(
    event: asyncio.Event, work: Callable[P, Awaitable[None]], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Work at once, whenever the event is set, and now and then; for ever."""
    while True:
        event.clear()
        try:
            await work(*args, **kwargs)
        except RecordUnavailableError as error:
            log.error("messages wait: %s", error)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await event.wait()

# SPDX-License-Identifier: Apache-2.0
"""Sends the record's messages through every channel until each has what is meant for it.

Each channel is a task of its own: one that hangs keeps no other waiting. It gets its messages in
their order, and one only after the one before it. What it does not take is tried again, seldomer
and seldomer, for a day; then it is given up and counted. A message is noted as sent after it was: a
collector that dies just between the two sends it a second time, under the same key. A channel that
takes nothing for ten minutes is told through the others. Chats that people link while it runs are
channels, too.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, ParamSpec

from sansang_collector.holding import held_until
from sansang_collector.message_sql import Message, Standing
from sansang_collector.notify.channels import Channel
from sansang_collector.notify.recipients import Plan, Verdict, plan_for, verdict
from sansang_collector.notify.speech import Speech
from sansang_collector.record import Record, RecordUnavailableError
from sansang_collector.registry import Registry
from sansang_collector.views import SentView
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


def no_chats() -> list[Channel]:
    """Where no bot has a token."""
    return []


class Dispatch:
    """Run it with `run`, and call `wake` (from any thread) when there is something to tell.
    `chats`: the channels that come and go; it blocks, and raises RecordUnavailableError.
    """

    def __init__(
        self,
        record: Record,
        registry: Callable[[], Registry],
        channels: Sequence[Channel],
        speech: Speech,
        chats: Callable[[], list[Channel]] = no_chats,
    ) -> None:
        self._record = record
        self._registry = registry
        self._channels = channels
        self._chats = chats
        self._lines = {each.id: _Line(each) for each in channels}
        self._serving: dict[str, asyncio.Task[None]] = {}
        """By channel."""
        self._missing: Mapping[int, Sequence[str]] = {}
        """By message, the channels that are to have it and have it not."""
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
    def failing(self) -> list[str]:
        """The names of the channels that did not take what they were last given."""
        lines = self._lines.values()
        return [line.channel.name for line in lines if line.failing_since is not None]

    def reach(self, message: Message) -> list[SentView]:
        """Whom it reached, waits for, or does not reach now."""
        found: list[SentView] = []
        for channel, at in message.delivered.items():
            line = self._lines.get(channel)
            name, role = (line.channel.kind, self._role(line.channel)) if line else ("", None)
            found.append(SentView(role=role, channel=name, state="sent", at=at))
        for channel in self._missing.get(message.id, ()):
            line = self._lines.get(channel)
            if line is not None and channel not in message.delivered:
                state = "waiting" if line.failing_since is None else "failing"
                name, role = line.channel.kind, self._role(line.channel)
                found.append(SentView(role=role, channel=name, state=state, at=None))
        return found

    def _role(self, channel: Channel) -> str | None:
        """Of those who are reached there, when it is the same of all."""
        registry = self._registry()
        linked = [registry.contact(each) for each in channel.linked]
        roles = {each.role for each in linked or registry.contacts_at(channel.label) if each}
        return roles.pop() if len(roles) == 1 else None

    def wake(self) -> None:
        """There is something new to tell."""
        if self._loop is not None:
            for event in (self._moved, *(line.something for line in self._lines.values())):
                self._loop.call_soon_threadsafe(event.set)

    async def run(self) -> None:
        """Send for ever, until cancelled."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            await _whenever(self._moved, self._tidy, group)

    async def _follow_chats(self, group: asyncio.TaskGroup) -> None:
        """Serve every channel that there is, and none that there is not."""
        chats = await in_daemon_thread(self._chats)
        channels = {each.id: each for each in (*self._channels, *chats)}
        for gone in self._serving.keys() - channels.keys():
            self._serving.pop(gone).cancel()
        lines = {name: self._lines.get(name) or _Line(each) for name, each in channels.items()}
        for name, line in lines.items():
            if line.channel != channels[name]:
                # A chat has become that of one more contact, who may be waiting to be told.
                line.channel = channels[name]
                line.something.set()
        self._lines = lines
        for name in channels.keys() - self._serving.keys():
            line = self._lines[name]
            work = _whenever(line.something, self._serve, line)
            self._serving[name] = group.create_task(work)

    async def _serve(self, line: _Line) -> None:
        """Give a channel what it does not have, in order, until it does not take one."""
        standing = await in_daemon_thread(self._record.standing)
        for message in await in_daemon_thread(self._record.unfinished):
            fate, plan = await self._fate(line, message, standing)
            if fate != "now" or plan is None or await self._is_old(message):
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
            if await self._held_until(message) > _now():
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

    async def _fate(
        self, line: _Line, message: Message, standing: Standing
    ) -> tuple[Verdict, Plan | None]:
        """What becomes of a message at a channel now, and how it is said there."""
        plan = self._plan(line.channel, message)
        if plan is None or line.channel.id in message.delivered:
            return "never", None
        knows, now = standing.knows(line.channel.id, message), _now()
        fate = verdict(plan, message, now, lasts=standing.lasts(message), knows=knows)
        late = plan.after_us > 0 and message.notice.state == "down"
        if fate == "now" and late and await self._held_until(message) > now:
            return "wait", plan
        return fate, plan

    async def _held_until(self, message: Message) -> int:
        return await in_daemon_thread(self._ask_held, message)

    def _ask_held(self, message: Message) -> int:
        with self._record.reading() as connection:
            return held_until(connection, self._registry(), message, _now())

    async def _is_old(self, message: Message) -> bool:
        """A day has passed since it was made, or could first be told again."""
        old = _now() - message.made > GIVE_UP_AFTER_US
        return old and _now() - await self._held_until(message) > GIVE_UP_AFTER_US

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

    async def _tidy(self, group: asyncio.TaskGroup) -> None:
        """Finish what everyone has and what is too old, and note the rest."""
        # The messages before the chats: a chat that was linked before a message was made gets it.
        messages = await in_daemon_thread(self._record.unfinished)
        await self._follow_chats(group)
        missing: dict[int, list[str]] = {}
        standing = await in_daemon_thread(self._record.standing)
        for message in messages:
            lacking = [
                line.channel.id
                for line in self._lines.values()
                if (await self._fate(line, message, standing))[0] != "never"
            ]
            if lacking and not await self._is_old(message):
                missing[message.id] = lacking
                continue
            await in_daemon_thread(self._record.finish, message.id)
            if lacking:
                self.given_up += 1
                log.error("a message about %s is given up after a day", message.about.site)
        self._missing, self.waiting = missing, len(missing)


def _key(message: Message) -> str:
    """Another record numbers from 1 again, but not in the same instant."""
    return f"{message.made}-{message.id}"


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

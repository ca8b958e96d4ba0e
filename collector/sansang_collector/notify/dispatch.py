# SPDX-License-Identifier: Apache-2.0
"""Sends the record's messages through every channel until each has them.

Each channel is a task of its own: one that hangs keeps no other waiting. It gets its messages in
their order, and one only after the one before it. What it does not take is tried again, seldomer
and seldomer, for a day; then it is given up and counted. A message is noted as sent after it was: a
collector that dies just between the two sends it a second time.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ParamSpec

from sansang_collector.language import Translation
from sansang_collector.message_sql import Message
from sansang_collector.notify.channels import Channel
from sansang_collector.notify.wording import message_text
from sansang_collector.record import Record, RecordUnavailableError
from sansang_collector.registry import Registry
from sansang_wire.threads import in_daemon_thread

P = ParamSpec("P")
log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 2, 300
LOOK_EVERY_S = 60
GIVE_UP_AFTER_US = 86_400 * 1_000_000


class _Line:
    """How a channel is doing."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.something = asyncio.Event()
        """There may be something for it."""
        self.wait_s = float(FIRST_WAIT_S)
        self.failing = False


class Dispatch:
    """Run it with `run`, and call `wake` (from any thread) when there is something to tell."""

    def __init__(
        self,
        record: Record,
        registry: Callable[[], Registry],
        channels: Sequence[Channel],
        translate: Translation,
    ) -> None:
        self._record = record
        self._registry = registry
        self._lines = [_Line(each) for each in channels]
        self._translate = translate
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
        return [line.channel.name for line in self._lines if line.failing]

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
        for message in await in_daemon_thread(self._record.unfinished):
            if line.channel.id in message.delivered or _is_old(message):
                continue
            if not await in_daemon_thread(line.channel.send, self._text(message)):
                await self._back_off(line)
                return
            line.failing, line.wait_s = False, FIRST_WAIT_S
            now = time.time_ns() // 1000
            await in_daemon_thread(self._record.delivered, message.id, line.channel.id, now)
            self.sent += 1
            self._moved.set()

    async def _back_off(self, line: _Line) -> None:
        if not line.failing:
            log.warning("%s takes no message now: it is tried again", line.channel.name)
        line.failing = True
        await asyncio.sleep(line.wait_s)
        line.wait_s = min(2 * line.wait_s, LONGEST_WAIT_S)
        line.something.set()

    async def _tidy(self) -> None:
        """Finish what everyone has and what is too old, and count the rest."""
        waiting = 0
        for message in await in_daemon_thread(self._record.unfinished):
            everyone = all(line.channel.id in message.delivered for line in self._lines)
            if not everyone and not _is_old(message):
                waiting += 1
                continue
            await in_daemon_thread(self._record.finish, message.id)
            if not everyone:
                self.given_up += 1
                log.error("a message about %s is given up after a day", message.about.site)
        self.waiting = waiting

    def _text(self, message: Message) -> str:
        site = self._registry().site
        return message_text(message.about, message.notice, message.sites, site, self._translate)


def _is_old(message: Message) -> bool:
    return time.time_ns() // 1000 - message.made > GIVE_UP_AFTER_US


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

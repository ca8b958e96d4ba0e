# SPDX-License-Identifier: Apache-2.0
"""Sends the record's messages through every channel until each has them.

A channel gets its messages in their order, and one only after the one before it. What it does not
take is tried again, seldomer and seldomer, for a day; then it is given up and counted. A message is
noted as sent after it was: a collector that dies just between the two sends it a second time.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from sansang_collector.language import Translation
from sansang_collector.notify.channels import Channel
from sansang_collector.notify.wording import wifi_message
from sansang_collector.record import Record, RecordUnavailableError
from sansang_collector.registry import Registry
from sansang_collector.service_sql import Message
from sansang_wire.threads import in_daemon_thread

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 2, 300
LOOK_EVERY_S = 60
GIVE_UP_AFTER_US = 86_400 * 1_000_000


class _Line:
    """How a channel is doing."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.wait_s = float(FIRST_WAIT_S)
        self.not_before = 0.0
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
        self._wake = asyncio.Event()
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
        return [line.channel.name for line in self._lines if line.failing]

    def wake(self) -> None:
        """There is something new to tell."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Send for ever, until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            wait_s = float(LOOK_EVERY_S)
            try:
                wait_s = await self._round()
            except RecordUnavailableError as error:
                log.error("messages wait: %s", error)
            try:
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _round(self) -> float:
        """Try what is due once; returns how long nothing is due, in seconds."""
        unfinished = await in_daemon_thread(self._record.unfinished)
        await asyncio.gather(*(self._send_in_order(line, unfinished) for line in self._lines))
        waiting = 0
        for message in await in_daemon_thread(self._record.unfinished):
            if all(line.channel.id in message.delivered for line in self._lines):
                await in_daemon_thread(self._record.finish, message.id)
            elif _age_us(message) > GIVE_UP_AFTER_US:
                self.given_up += 1
                log.error("a message about %s is given up after a day", message.about.site)
                await in_daemon_thread(self._record.finish, message.id)
            else:
                waiting += 1
        self.waiting = waiting
        if not waiting:
            return LOOK_EVERY_S
        now = asyncio.get_running_loop().time()
        return max(0.1, min(line.not_before for line in self._lines if line.failing) - now)

    async def _send_in_order(self, line: _Line, unfinished: Sequence[Message]) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < line.not_before:
            return
        for message in unfinished:
            if line.channel.id in message.delivered:
                continue
            if not await in_daemon_thread(line.channel.send, self._text(message)):
                self._back_off(line)
                return
            line.failing, line.wait_s = False, FIRST_WAIT_S
            self.sent += 1
            now = time.time_ns() // 1000
            await in_daemon_thread(self._record.delivered, message.id, line.channel.id, now)

    def _back_off(self, line: _Line) -> None:
        if not line.failing:
            log.warning("%s takes no message now: it is tried again", line.channel.name)
        line.failing = True
        line.not_before = asyncio.get_running_loop().time() + line.wait_s
        line.wait_s = min(2 * line.wait_s, LONGEST_WAIT_S)

    def _text(self, message: Message) -> str:
        site = self._registry().site(message.about.site)
        return wifi_message(site, message.about.subject, message.alert, self._translate)


def _age_us(message: Message) -> int:
    return time.time_ns() // 1000 - message.made

# SPDX-License-Identifier: Apache-2.0
"""Sends the outbox to the collector: the newest batch at once, the backlog oldest first in between.

A batch is done with when the collector's receipt says so, never on the broker's word. At most
`WINDOW` batches wait for receipts, and fewer of the backlog while receipts are slow: when a whole
province returns at once, its history must not hold up what happens now. Without progress batches
are sent again after 5 s, doubling to 5 min, one at a time from the second try on, for data is paid
for.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from itertools import islice
from typing import Literal

from sansang_agent.clock import AgentClock
from sansang_agent.net.boot import boottime_us
from sansang_agent.outbox import Outbox, OutboxFullError, Waiting
from sansang_wire import topics
from sansang_wire.batch import (
    BadMessageError,
    CollectorStatus,
    Config,
    Hello,
    Receipt,
    Status,
    decode,
    encode,
)
from sansang_wire.session import Broker, Message, Session, connect, keep_connected

log = logging.getLogger(__name__)

WINDOW = 20
KEPT_FOR_LIVE = 2
"""Places in the window that history never takes."""
SLOW_RECEIPT_S = 0.5
"""Beyond this the collector is busy: half as much history at once."""
STALE_S = 60
FIRST_WAIT_S = 5
LONGEST_WAIT_S = 300
HELLO_EVERY_S = 600

MakeHello = Callable[[int], Hello]
"""The hello to send at this CLOCK_BOOTTIME."""
OnConfig = Callable[[Config], None]
NO_SETTINGS = Config(version="")
"""What an empty retained message stands for: the collector wants nothing (any more)."""


class Uplink:
    """One agent's line to its collector. `run()` goes on for ever."""

    def __init__(
        self,
        broker: Callable[[], Broker],
        outbox: Outbox,
        clock: AgentClock,
        make_hello: MakeHello,
        on_config: OnConfig,
    ) -> None:
        self._broker = broker
        self._outbox = outbox
        self._clock = clock
        self._make_hello = make_hello
        self._on_config = on_config
        self._agent = broker().user
        self._session: Session | None = None
        self._collector: CollectorStatus | None = None
        self._hello_due = False
        self._told: str | None = None
        self._in_flight: dict[int, float] = {}
        """When each was sent, by the loop's clock."""
        self._backlog_window = 1
        self._backlog_after = 0
        self._wait_s = float(FIRST_WAIT_S)
        self._resend_at: float | None = None
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Connect, send, and connect again, until cancelled."""
        will = self._status("offline")
        await keep_connected(
            lambda: connect(self._broker(), self._on_message, will), self._use, self._on_lost
        )

    def wake(self) -> None:
        """Look at the outbox now: something was committed."""
        self._wake.set()

    def say_hello(self) -> None:
        """Tell the collector anew who we are and what we hold."""
        self._hello_due = True
        self._wake.set()

    async def leave(self, timeout_s: float) -> None:
        """Send what can be sent, say that we go on purpose, and wait for the broker to have it."""
        if self._session is None:
            return
        try:
            self._send()
            farewell = self._status("leaving")
            self._session.publish(farewell.topic, farewell.payload, retain=True)
            await self._session.flush(timeout_s)
        except ConnectionError as error:
            log.warning("could not say goodbye: %s", error)

    async def _use(self, session: Session) -> None:
        # Before the subscription: what is retained comes together with the answer to it.
        self._collector = None
        await session.subscribe(
            [self._topic("receipt"), self._topic("config"), topics.COLLECTOR_STATUS]
        )
        self._session = session
        self._told = None
        try:
            online = self._status("online")
            session.publish(online.topic, online.payload, retain=True)
            self._start_over()
            sending = asyncio.create_task(self._send_for_ever())
            lost = asyncio.create_task(session.lost())
            try:
                done, _ = await asyncio.wait({sending, lost}, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                sending.cancel()
                lost.cancel()
                await asyncio.gather(sending, lost, return_exceptions=True)
        finally:
            self._session = None

    async def _send_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        next_hello = loop.time() + HELLO_EVERY_S
        while True:
            self._send()
            until = min(next_hello, self._resend_at or next_hello)
            # wait_for() of Python 3.11 forgets that it was cancelled when it is woken just then.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self._wake.wait()
            self._wake.clear()
            if self._resend_at is not None and loop.time() >= self._resend_at:
                self._send_again()
            if loop.time() >= next_hello:
                self.say_hello()
                next_hello = loop.time() + HELLO_EVERY_S

    def _send(self) -> None:
        if self._session is not None and self._hello_due:
            hello = self._make_hello(boottime_us())
            self._session.publish(self._topic("hello"), encode(hello), retain=True)
            self._hello_due = False
        window = WINDOW if self._wait_s == FIRST_WAIT_S else 1
        newest = self._outbox.newest()
        if newest is not None and len(self._in_flight) < window:
            self._publish(newest)
        room = min(self._backlog_window, window) - len(self._in_flight)
        for waiting in islice(self._outbox.backlog(self._backlog_after), max(room, 0)):
            self._backlog_after = waiting.number
            self._publish(waiting)

    def _publish(self, waiting: Waiting) -> None:
        if waiting.number in self._in_flight or self._session is None:
            return
        self._session.publish(self._topic("batch"), waiting.payload)
        self._in_flight[waiting.number] = asyncio.get_running_loop().time()
        if self._resend_at is None:
            self._set_resend()

    def _set_resend(self) -> None:
        wait_s = self._wait_s * random.uniform(1, 1.25)
        self._resend_at = asyncio.get_running_loop().time() + wait_s

    def _send_again(self) -> None:
        self._in_flight.clear()
        self._backlog_after = 0
        self._resend_at = None
        self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)

    def _start_over(self) -> None:
        self._send_again()
        self._wait_s = FIRST_WAIT_S
        self.say_hello()

    def _on_message(self, message: Message) -> None:
        try:
            if message.topic == topics.COLLECTOR_STATUS:
                self._on_collector(decode(message.payload, CollectorStatus))
            elif message.topic == self._topic("receipt"):
                self._on_receipt(decode(message.payload, Receipt))
            elif message.topic == self._topic("config"):
                wanted = decode(message.payload, Config) if message.payload else NO_SETTINGS
                self._on_config(wanted)
        except BadMessageError as error:
            log.warning("a message on %s can't be used: %s", message.topic, error)
        except Exception:
            # The session would be handed the same message again, for ever.
            log.exception("a message on %s could not be dealt with", message.topic)

    def _on_collector(self, status: CollectorStatus) -> None:
        """A collector that speaks anew has started, or takes readings again after a fault."""
        if status.state == "online" and status != self._collector:
            if self._collector is not None:
                self._start_over()
            self._collector = status

    def _on_receipt(self, receipt: Receipt) -> None:
        before = self._clock.state().clock
        if receipt.epoch == self._outbox.epoch:  # the echo of an earlier boot tells another time
            self._clock.learn(receipt)
        if before != self._clock.state().clock:
            self.say_hello()
        if (offset := self._clock.offset()) is not None:
            with contextlib.suppress(OutboxFullError):  # told and tried again with the next batch
                self._outbox.date(offset)
        if self._outbox.take(receipt):
            self._forget_receipted()
            self._wait_s = FIRST_WAIT_S
            self._resend_at = None
            if self._in_flight:
                self._set_resend()
        self._wake.set()

    def _forget_receipted(self) -> None:
        now = asyncio.get_running_loop().time()
        waits = [
            now - sent for each, sent in self._in_flight.items() if not self._outbox.holds(each)
        ]
        self._in_flight = {
            each: sent for each, sent in self._in_flight.items() if self._outbox.holds(each)
        }
        # What others overtook for so long was dropped on the way, by a queue that was full.
        if stale := [each for each, sent in self._in_flight.items() if now - sent > STALE_S]:
            for each in stale:
                del self._in_flight[each]
            self._backlog_after = 0
        if max(waits, default=0) > SLOW_RECEIPT_S:
            self._backlog_window = max(1, self._backlog_window // 2)
        else:
            self._backlog_window = min(WINDOW - KEPT_FOR_LIVE, self._backlog_window + 1)

    def _on_lost(self, reason: str) -> None:
        if reason != self._told:
            log.warning("no connection to the broker, readings are kept: %s", reason)
        self._told = reason

    def _status(self, state: Literal["online", "offline", "leaving"]) -> Message:
        status = Status(state=state, epoch=self._outbox.epoch)
        return Message(self._topic("status"), encode(status))

    def _topic(self, channel: topics.Channel) -> str:
        return str(topics.Topic(self._agent, channel))

# SPDX-License-Identifier: Apache-2.0
"""The line to the collector over a real Mosquitto: what goes when, and when it is let go."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from sansang_agent import clock as clock_module
from sansang_agent import uplink as uplink_module
from sansang_agent.clock import AgentClock, Offset
from sansang_agent.net.boot import boot_id, boottime_us
from sansang_agent.outbox import Outbox
from sansang_agent.uplink import WINDOW, OnConfig, Uplink
from sansang_wire.batch import Config, Hello, Machine
from sansang_wire.readings import LinkReading
from sansang_wire.session import Broker
from tests.agent.collector import FakeCollector, collecting
from tests.servers import Mosquitto
from tests.waiting import until

AGENT = "nvh-1"
SHORT_S, NEVER_S = 0.05, 10_000


class FixedClock(AgentClock):
    """A box whose kernel clock is synchronised, whatever the machine of the test says."""

    def offset(self) -> Offset:
        return Offset(time.time_ns() // 1000 - boottime_us(), "kernel", 0)


class Box:
    """An outbox and its uplink."""

    def __init__(self, folder: Path, port: int, clock: AgentClock, on_config: OnConfig) -> None:
        self.clock = clock
        self.outbox = Outbox(
            folder / "outbox.db", agent=AGENT, boot=boot_id(), max_bytes=10**8, max_age_s=10**7
        )
        broker = Broker("127.0.0.1", port, AGENT)
        self.uplink = Uplink(lambda: broker, self.outbox, clock, self._hello, on_config)

    def commit(self, batches: int = 1) -> None:
        """Each of one reading; the uplink is told after each, as the agent does."""
        for _ in range(batches):
            reading = LinkReading(
                at=boottime_us(), outcome="ok", interface="eth0", technology="wired", up=True
            )
            self.outbox.commit([reading], self.clock.offset())
            self.uplink.wake()

    @contextlib.asynccontextmanager
    async def sending(self) -> AsyncGenerator[None]:
        task = asyncio.create_task(self.uplink.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled(), "the uplink had ended by itself"

    async def commit_and_see_it_arrive(self, collector: FakeCollector) -> None:
        before = len(collector.batches)
        self.commit()
        await until(lambda: len(collector.batches) == before + 1, "a batch")

    async def fence(self, collector: FakeCollector) -> None:
        """All that was sent before has arrived: a broker keeps the order of one sender."""
        said = len(collector.hellos)
        self.uplink.say_hello()
        await until(lambda: len(collector.hellos) > said, "a hello")

    def _hello(self, sent: int) -> Hello:
        return Hello(
            agent=AGENT,
            epoch=self.outbox.epoch,
            boot=boot_id(),
            sent=sent,
            version="test",
            machine=Machine(system="-", architecture="-", python="-", processors=1, memory_bytes=0),
            clock=self.clock.state().clock,
            epochs=self.outbox.claims(),
        )


def ignore(_config: Config) -> None:
    """For boxes that no one configures."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "mosquitto") as running:
        yield running


@pytest.fixture
def box(tmp_path: Path, server: Mosquitto) -> Iterator[Box]:
    made = Box(tmp_path, server.port, FixedClock(), ignore)
    yield made
    made.outbox.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent again for want of progress."""
    monkeypatch.setattr(uplink_module, "FIRST_WAIT_S", NEVER_S)
    monkeypatch.setattr(uplink_module, "LONGEST_WAIT_S", NEVER_S)


async def test_hello_comes_first_and_claims_every_epoch(
    tmp_path: Path, server: Mosquitto, box: Box
) -> None:
    """The collector hears what the outbox holds of every run before it gets a batch."""
    box.commit(3)
    box.outbox.close()
    old = box.outbox.epoch
    box = Box(tmp_path, server.port, FixedClock(), ignore)
    box.commit()
    async with collecting(server.port) as collector, box.sending():
        await until(lambda: not box.outbox.waiting_count(), "all receipts")
    without_status = [each for each in collector.arrivals if hasattr(each, "epochs")]
    assert collector.states[0] == "online"
    assert collector.arrivals[1] is without_status[0]
    claims = {each.epoch: (each.first, each.next) for each in collector.hellos[0].epochs}
    assert claims == {old: (1, 4), box.outbox.epoch: (1, 2)}
    assert (collector.holds(old), collector.holds(box.outbox.epoch)) == ("1-3", "1")
    box.outbox.close()


@pytest.mark.usefixtures("patient")
async def test_a_batch_leaves_on_the_receipt_and_at_most_20_wait_for_one(
    server: Mosquitto, box: Box
) -> None:
    """The broker has acknowledged them all: that lets go of nothing, and makes no room."""
    async with collecting(server.port, answering=False) as collector, box.sending():
        await until(lambda: collector.hellos, "the connection")
        for _ in range(WINDOW):
            await box.commit_and_see_it_arrive(collector)
        box.commit(29)
        assert box.uplink._session is not None
        await box.uplink._session.flush(10)
        await box.fence(collector)
        assert [each.seq for each in collector.batches] == [*range(1, WINDOW + 1)]
        assert box.outbox.waiting_count() == WINDOW + 29
        collector.answering = True
        collector.receipt(AGENT, box.outbox.epoch)
        await until(lambda: not box.outbox.waiting_count(), "all receipts")
    assert collector.holds(box.outbox.epoch) == f"1-{WINDOW + 29}"


async def test_the_newest_goes_at_once_while_a_backlog_drains(server: Mosquitto, box: Box) -> None:
    """Oldest first, and what happens now in between: history never hides a live fault."""
    box.commit(400)
    async with collecting(server.port) as collector, box.sending():
        await until(lambda: len(collector.batches) > 50, "the backlog on its way")
        sent_before = len(collector.batches)
        box.commit()
        await until(lambda: not box.outbox.waiting_count(), "all receipts", 30)
    order = [each.seq for each in collector.batches]
    assert order[0] == 400, "the newest there was"
    assert order.index(401) - sent_before <= WINDOW
    rest = [seq for seq in order if seq < 400]
    assert rest == [*range(1, 400)], "each once, oldest first"


async def test_without_progress_one_batch_at_a_time_is_sent_again(
    server: Mosquitto, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data is paid for: from the second try on only the newest asks whether anyone is there."""
    monkeypatch.setattr(uplink_module, "FIRST_WAIT_S", NEVER_S)
    monkeypatch.setattr(uplink_module, "LONGEST_WAIT_S", SHORT_S)
    async with collecting(server.port) as collector, box.sending():
        box.commit(10)
        await until(lambda: collector.batches and not box.outbox.waiting_count(), "receipts")
        collector.answering = False
        for _ in range(5):
            await box.commit_and_see_it_arrive(collector)
        tried = len(collector.batches)
        box.uplink._send_again()
        box.uplink.wake()
        await until(lambda: len(collector.batches) >= tried + 4, "four further tries")
        assert {each.seq for each in collector.batches[tried:]} == {15}
        collector.answering = True
        await until(lambda: not box.outbox.waiting_count(), "all receipts")
    assert collector.holds(box.outbox.epoch) == "1-15"


@pytest.mark.usefixtures("patient")
async def test_a_batch_that_others_overtook_is_sent_again(
    server: Mosquitto, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full queue drops one here and there, while receipts for the others go on."""
    async with collecting(server.port) as collector, box.sending():
        collector.misses = {3}
        for _ in range(5):
            await box.commit_and_see_it_arrive(collector)
        monkeypatch.setattr(uplink_module, "STALE_S", SHORT_S)
        while box.outbox.waiting_count():
            before = len(collector.batches)
            box.commit()
            await until(lambda before=before: len(collector.batches) > before, "a batch")
        assert [each.seq for each in collector.batches].count(3) >= 2


@pytest.mark.usefixtures("patient")
async def test_a_collector_that_starts_anew_gets_everything_again_at_once(
    server: Mosquitto, box: Box
) -> None:
    """What was on its way to the one before may be lost; no timer runs out here."""
    async with collecting(server.port, answering=False) as collector, box.sending():
        await until(lambda: collector.hellos, "the connection")
        await until(lambda: box.uplink._collector, "the retained status")
        box.commit()
        await until(lambda: len(collector.batches) == 1, "the first try")
        said = len(collector.hellos)
        collector.begin_instance()
        await until(lambda: len(collector.batches) == 2, "the second try")
        assert len(collector.hellos) == said + 1


async def test_a_killed_broker_costs_nothing(server: Mosquitto, box: Box) -> None:
    """It forgets everything; the outbox doesn't."""
    async with box.sending():
        async with collecting(server.port) as collector:
            box.commit()
            await until(lambda: not box.outbox.waiting_count(), "a receipt")
            server.kill()
        box.commit(3)
        server.start()
        async with collecting(server.port) as collector:
            await until(lambda: not box.outbox.waiting_count(), "all receipts", 30)
    assert collector.holds(box.outbox.epoch) == "2-4"
    assert collector.hellos


async def test_a_box_that_vanishes_is_offline_and_one_that_ends_is_leaving(
    server: Mosquitto, box: Box
) -> None:
    """The broker says the one in our name; the other we say, after the last batch."""
    async with collecting(server.port) as collector, box.sending():
        await until(lambda: collector.states == ["online"], "online")
        session = box.uplink._session
        assert session is not None
        assert session._socket is not None
        with socket.fromfd(session._socket.fileno(), socket.AF_INET, socket.SOCK_STREAM) as same:
            same.shutdown(socket.SHUT_RDWR)
        await until(lambda: collector.states == ["online", "offline", "online"], "a return")
        await until(lambda: len(collector.hellos) == 2, "its hello")
        box.outbox.commit(
            [LinkReading(at=1, outcome="ok", interface="-", technology="other", up=True)],
            box.clock.offset(),
        )
        await box.uplink.leave(10)
        await until(lambda: collector.states[-1] == "leaving", "a goodbye")
        assert [each.seq for each in collector.batches] == [1]
    assert collector.states == ["online", "offline", "online", "leaving"]


async def test_a_box_without_a_clock_dates_by_the_answer_to_its_hello(
    tmp_path: Path, server: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent before; the hello is said anew with the clock; no other epoch's echo counts,
    for that is of another boot.
    """
    monkeypatch.setattr(clock_module, "kernel_offset", lambda: None)
    box = Box(tmp_path, server.port, AgentClock(), ignore)
    box.commit(2)
    async with collecting(server.port, answering=False) as collector, box.sending():
        await until(lambda: collector.hellos, "the hello")
        collector.receipt(AGENT, "0" * 16, echo=boottime_us(), time_us=1_000_000)
        await box.fence(collector)
        assert [each.clock for each in collector.hellos] == ["none", "none"]
        assert not collector.batches
        collector.answering = True
        collector.receipt(AGENT, box.outbox.epoch, echo=boottime_us())
        await until(lambda: not box.outbox.waiting_count(), "receipts")
        await until(lambda: collector.hellos[-1].clock == "collector", "a hello with the clock")
    offset = box.clock.offset()
    assert offset is not None
    for batch in collector.batches:
        assert batch.clock == "collector"
        (reading,) = batch.readings
        age_us = time.time_ns() // 1000 - reading.at
        assert -offset.error_us <= age_us < 180_000_000, "not of another year"
    box.outbox.close()


async def test_a_message_that_can_not_be_dealt_with_costs_itself(
    tmp_path: Path, server: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the wrong bytes nor a fault of ours keeps the receipts behind them from coming."""

    def at_a_loss(config: Config) -> None:
        raise RuntimeError(config.version)

    box = Box(tmp_path, server.port, FixedClock(), at_a_loss)
    async with collecting(server.port) as collector, box.sending():
        await until(lambda: collector.hellos, "the connection")
        collector._say(f"sansang/1/{AGENT}/receipt", b"\xff nothing", retain=False)
        collector.configure(AGENT, Config(version="strange"))
        await until(lambda: "could not be dealt with" in caplog.text, "a line in the log")
        box.commit(30)
        await until(lambda: not box.outbox.waiting_count(), "all receipts")
    assert "can't be used: bad_receipt" in caplog.text
    box.outbox.close()


async def test_taken_back_settings_are_no_settings(tmp_path: Path, server: Mosquitto) -> None:
    """An empty retained message is how MQTT takes one back."""
    told: list[Config] = []
    box = Box(tmp_path, server.port, FixedClock(), told.append)
    wanted = Config(version="7", probes={"host": {"every_s": 120}})
    async with collecting(server.port) as collector, box.sending():
        collector.configure(AGENT, wanted)
        await until(lambda: told, "settings")
        collector.configure(AGENT, None)
        await until(lambda: len(told) > 1, "none")
    assert told == [wanted, Config(version="")]
    box.outbox.close()

# SPDX-License-Identifier: Apache-2.0
"""The collector at work: broker, ingest, record, store and page in one process."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Generator

import uvicorn

import sansang_collector
from sansang_collector.alone import FolderUnusableError, alone_in
from sansang_collector.broker import COLLECTOR_USER, BrokerUnavailableError, EmbeddedBroker
from sansang_collector.change import Answer
from sansang_collector.config import (
    CollectorConfig,
)
from sansang_collector.evidence_files import EvidenceFiles
from sansang_collector.ingest import Ingest
from sansang_collector.ispeeds import ISpeeds
from sansang_collector.notify.dispatch import Dispatch, no_chats
from sansang_collector.notify.linking import Linking
from sansang_collector.notify.links import LinkKeyError, link_key
from sansang_collector.notify.recipients import unknown_channels
from sansang_collector.notify.speech import Links, Speech
from sansang_collector.own_line import OwnLine
from sansang_collector.readiness import Readiness
from sansang_collector.record import Record, RecordUnavailableError
from sansang_collector.registry import RegistryFile
from sansang_collector.repeated import repeated
from sansang_collector.speeds import Speeds
from sansang_collector.status import Status
from sansang_collector.store.base import StoreBrokenError, StoreUnavailableError
from sansang_collector.store.opening import open_store
from sansang_collector.telling import Teller
from sansang_collector.watching import Blindness, Watching
from sansang_collector.web import create_app
from sansang_collector.web.keeper import Keeper
from sansang_collector.web.zalo import Zalo
from sansang_wire import topics
from sansang_wire.batch import BadMessageError, CollectorStatus, encode
from sansang_wire.batch import Status as AgentStatus
from sansang_wire.batch import decode as decode_message
from sansang_wire.session import (
    Broker,
    DisconnectedError,
    Message,
    Session,
    connect,
    keep_connected,
)
from sansang_wire.threads import in_daemon_thread

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5
ASSESS_EVERY_S = 30
SUM_UP_EVERY_S = 2
BEFORE_GOODBYE = {"ingest", "look", "settle", "readiness", "speeds"}
"""Tasks that still write or read when the collector is told to stop."""
SETTLE_EVERY_S = 1
BEGIN_EVERY_S = 0.05
"""While sites are judged for the first time since the start, some at once: others must get in."""
STOPPED_AFTER_US = 60_000_000
STATES_AT_MOST = 100_000
COLLECT_AFTER = 50_000
"""More objects than ended: look for those that hold each other. Python's own number is 700."""


class PortTakenError(Exception):
    """The page can't listen where it should; the message says what to do."""


CAN_NOT_START = (
    FolderUnusableError,
    RecordUnavailableError,
    StoreBrokenError,
    StoreUnavailableError,
    BrokerUnavailableError,
    PortTakenError,
    LinkKeyError,
)
"""What stands in the way of a start; each says what to do."""


class Collector:
    """One running collector.

    Raises what is in `CAN_NOT_START`.
    """

    def __init__(self, config: CollectorConfig) -> None:
        self._config = config
        self._registry = RegistryFile(
            config.registry,
            lambda registry: unknown_channels(
                registry.contacts, config.notify.channels, has_bot=config.notify.bot is not None
            ),
        )
        self._record = Record(config.data_dir / "record.db")
        self._store = open_store(config.store, config.data_dir)
        key = link_key(config.data_dir / "link.key")
        links = Links(config.public_url, key) if config.public_url else None
        linking = Linking(key, self._record, lambda: self._registry.current)
        bot = config.notify.bot
        self._dispatch = Dispatch(
            self._record,
            lambda: self._registry.current,
            config.notify.channels,
            Speech(lambda: self._registry.current, config.notify.language, links),
            no_chats if bot is None else lambda: linking.channels(bot),
        )
        self._watching = Watching(
            self._record, lambda: self._registry.current, config.hold, time.time_ns() // 1000
        )
        self._note_stop()
        self._states: dict[str, str] = {}
        """By agent: what the broker last said of it."""
        teller = Teller(
            self._record,
            lambda: self._registry.current,
            self._watching,
            config.hold,
            lambda agent: self._states.get(agent) == "leaving",
            self._record.outstanding,
        )
        self._ingest = Ingest(
            lambda: self._registry.current,
            self._record,
            self._store,
            self._answer,
            self._watching,
            teller,
            self._dispatch.wake,
        )
        self._session: Session | None = None
        self._broker_problem: str | None = "not connected yet"
        self._readiness = Readiness(self._record, self._store, lambda: self._registry.current)
        self._older = True
        """Whether there may be assessments by an older formula."""
        self._speeds = Speeds(self._record, lambda: self._registry.current)
        self._status = Status(
            self._registry,
            self._record,
            self._store,
            self._watching,
            self._ingest,
            self._dispatch,
            linking,
            self._readiness,
            self._speeds,
            ISpeeds(
                self._record,
                lambda: self._registry.current,
                EvidenceFiles(config.data_dir / "evidence"),
            ),
            lambda: self._broker_problem,
            self._states,
        )
        self._own_line = OwnLine(config.own_line)
        self._sent_configs: dict[str, str] = {}
        self._embedded: EmbeddedBroker | None = None
        self._app = create_app(
            self._status,
            Keeper(key, self._record),
            config.public_url,
            Zalo(linking, config.notify.zalo_webhook_secret),
        )
        self._server: uvicorn.Server | None = None

    def _note_stop(self) -> None:
        """While the collector did not run nobody was heard."""
        now = time.time_ns() // 1000
        last = max((each.last_seen or 0 for each in self._record.agents.values()), default=0)
        if 0 < last < now - STOPPED_AFTER_US:
            self._watching.was_blind(last, now, "stopped")

    async def run(
        self, stopping: asyncio.Event, on_ready: Callable[[], None] | None = None
    ) -> None:
        """Serve until `stopping` is set; `on_ready` is called once everything answers."""
        tasks: list[asyncio.Task[None]] = []
        try:
            broker = await self._start_broker()
            server = self._page()
            tasks += [
                asyncio.create_task(server, name="page"),
                asyncio.create_task(self._ingest.run(), name="ingest"),
                asyncio.create_task(self._keep_connected(broker), name="session"),
                asyncio.create_task(self._look_around(), name="look"),
                asyncio.create_task(self._settle(), name="settle"),
                asyncio.create_task(
                    repeated(
                        ASSESS_EVERY_S,
                        self._assess,
                        "how ready the sites are for IPv6 can't be told",
                    ),
                    name="readiness",
                ),
                asyncio.create_task(
                    repeated(SUM_UP_EVERY_S, self._sum_up, "speed tests can't be summed up"),
                    name="speeds",
                ),
                asyncio.create_task(self._dispatch.run(), name="dispatch"),
                asyncio.create_task(_until(stopping), name="stop"),
            ]
            if self._config.own_line:
                tasks.append(asyncio.create_task(self._own_line.run(), name="own line"))
            if on_ready is not None:
                on_ready()
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._stop(tasks)

    async def _start_broker(self) -> Broker:
        address = self._config.broker
        if isinstance(address, Broker):
            return address
        embedded = EmbeddedBroker(address, lambda: self._registry.current)
        await embedded.start()
        self._embedded = embedded
        host = {"::": "::1", "0.0.0.0": "127.0.0.1"}.get(address.host, address.host)  # noqa: S104
        return Broker(host, address.port, COLLECTOR_USER, password=embedded.password)

    def _page(self) -> Coroutine[None, None, None]:
        address = self._config.web
        settings = uvicorn.Config(
            self._app,
            host=address.host,
            port=address.port,
            log_level="warning",
            # Paths of keepers hold their secret.
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        try:
            listening = socket.create_server((address.host, address.port), family=family)
        except OSError as error:
            what = f"the page can't listen on {address}: {error.strerror or error}"
            raise PortTakenError(f"{what}; choose another address in [web]") from error
        self._server = _QuietServer(settings)
        return self._server.serve([listening])

    async def _keep_connected(self, broker: Broker) -> None:
        will = Message(topics.COLLECTOR_STATUS, self._own_status("offline"))
        await keep_connected(
            lambda: connect(broker, self._on_message, will),
            self._use,
            self._on_lost,
            longest_wait_s=10,
        )

    async def _use(self, session: Session) -> None:
        await session.subscribe([topics.every_agent(name) for name in ("batch", "hello", "status")])
        self._session, self._broker_problem = session, None
        self._sent_configs.clear()
        try:
            session.publish(topics.COLLECTOR_STATUS, self._own_status("online"), retain=True)
            self._sync_configs()
            await session.lost()
        finally:
            self._session = None

    def _on_lost(self, reason: str) -> None:
        if reason != self._broker_problem:
            log.warning("no connection to the broker: %s", reason)
        self._broker_problem = reason

    def _on_message(self, message: Message) -> None:
        try:
            topic = topics.parse(message.topic)
        except topics.InvalidTopicError:
            return
        if topic.channel != "status":
            self._ingest.offer(topic, message.payload, retained=message.retained)
            return
        states = self._states
        if topic.agent not in states and len(states) >= STATES_AT_MOST:
            return
        with contextlib.suppress(BadMessageError):
            states[topic.agent] = decode_message(message.payload, AgentStatus).state

    def _answer(self, answers: list[Answer]) -> None:
        if self._session is None:
            return
        try:
            for agent, receipt in answers:
                topic = str(topics.Topic(agent, "receipt"))
                self._session.publish(topic, encode(receipt), qos=0)
                if receipt.echo is not None:
                    self._sync_config(agent)
        except DisconnectedError:
            log.info("receipts were not sent: the connection is gone, the agents send again")

    def _sync_configs(self) -> None:
        for agent in self._registry.current.agents:
            self._sync_config(agent.id)

    def _sync_config(self, agent: str) -> None:
        """Send an agent its settings, unless its last hello says that it has them."""
        wanted = self._registry.current.config_for(agent)
        if wanted is None or self._session is None:
            return
        record = self._record.agents.get(agent)
        hello = record.hello if record else None
        known = hello.config.version if hello and hello.config else None
        if wanted.version not in {known, self._sent_configs.get(agent)}:
            topic = str(topics.Topic(agent, "config"))
            self._session.publish(topic, encode(wanted), retain=True)
            self._sent_configs[agent] = wanted.version

    async def _look_around(self) -> None:
        """Take in a changed registry; tell agents to go on when a fault is over."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self._registry.reload():
                log.info("the registry has changed and is in use")
                self._ingest.forgive_strangers()
                with contextlib.suppress(DisconnectedError):
                    self._sync_configs()
                self._nudge()
            if await self._ingest.recovered():
                log.info("readings are taken again")
                self._nudge()

    async def _settle(self) -> None:
        while True:
            begins = self._watching.unjudged and not self._ingest.record_problem
            await asyncio.sleep(BEGIN_EVERY_S if begins else SETTLE_EVERY_S)
            await self._ingest.settle(self._blindness())

    async def _assess(self, now: int) -> None:
        self._older = self._older and await in_daemon_thread(self._readiness.replay)
        await self._ingest.keep(await in_daemon_thread(self._readiness.look, now))

    async def _sum_up(self, now: int) -> None:
        if not self._ingest.behind:
            await in_daemon_thread(self._speeds.refresh, now)

    def _blindness(self) -> set[Blindness]:
        """Why nobody can be heard now, if so."""
        found: set[Blindness] = set()
        if self._broker_problem is not None:
            found.add("broker")
        if self._own_line.lost:
            found.add("line")
        return found

    def _nudge(self) -> None:
        """A collector that says again that it is there: agents send what has no receipt."""
        if self._session is not None:
            with contextlib.suppress(DisconnectedError):
                online = self._own_status("online")
                self._session.publish(topics.COLLECTOR_STATUS, online, retain=True)

    def _own_status(self, state: str) -> bytes:
        return encode(
            CollectorStatus(
                state="online" if state == "online" else "offline",
                instance=self._status.instance,
                version=sansang_collector.__version__,
                time=time.time_ns() // 1000,
            )
        )

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        """The last readings first, then the goodbye: their receipts go before it."""
        await self._end([each for each in tasks if each.get_name() in BEFORE_GOODBYE])
        await self._ingest.store_lot()
        if self._session is not None:
            with contextlib.suppress(DisconnectedError):
                offline = self._own_status("offline")
                self._session.publish(topics.COLLECTOR_STATUS, offline, retain=True)
                await self._session.flush(1)
        if self._server is not None and (
            page := {each for each in tasks if each.get_name() == "page"}
        ):
            self._app.state.closing.set()
            self._server.should_exit = True
            await asyncio.wait(page, timeout=2)
        await self._end(tasks)
        if self._embedded is not None:
            await self._embedded.stop()
        self._store.close()
        self._record.close()

    @staticmethod
    async def _end(tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _QuietServer(uvicorn.Server):
    """Leaves the signals to the collector."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def run(config: CollectorConfig) -> int:
    """Run the collector until it is told to stop; returns the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)

    async def main() -> None:
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        collector = Collector(config)
        # A lot makes tens of thousands of objects that end with it: to look through them, and
        # through all that was there at the start, took a fifth of the processor.
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER)
        await collector.run(stopping)

    try:
        with alone_in(config.data_dir):
            asyncio.run(main())
    except CAN_NOT_START as error:
        log.error("%s", error)
        return 1
    return 0


async def _until(event: asyncio.Event) -> None:
    await event.wait()

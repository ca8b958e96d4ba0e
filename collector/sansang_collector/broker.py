# SPDX-License-Identifier: Apache-2.0
"""The embedded MQTT broker, for trials and small communes: amqtt with per-agent rights.

An agent's user name is its client id and its topic; it may write its own batch, hello and status,
and read its own receipt and config and the collector's status. Nothing else, as with the access
list for Mosquitto in `deploy/`.
"""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from amqtt.broker import Broker
from amqtt.contexts import Action, BrokerConfig, ListenerConfig
from amqtt.errors import AMQTTError, BrokerError
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from sansang_collector.config import Address
from sansang_collector.registry import Registry
from sansang_wire import topics

log = logging.getLogger(__name__)

COLLECTOR_USER = "collector"
WRITTEN_BY_AGENTS = ("batch", "hello", "status")
READ_BY_AGENTS = ("receipt", "config")
GOODBYE_S = 2
LOGIN_S = 10
"""How long a new connection may take to say who it is."""


class BrokerUnavailableError(Exception):
    """The embedded broker can't start; the message says why and what to do."""


class EmbeddedBroker:
    """A broker in this process. `password` is what the collector itself logs in with."""

    def __init__(self, address: Address, registry: Callable[[], Registry]) -> None:
        """`::` listens on every address of both families."""
        self.password = secrets.token_hex(16)
        self._address = address
        # amqtt takes an IPv6 address only without its brackets.
        host = "" if address.host == "::" else address.host
        plugin = f"{Rights.__module__}.{Rights.__qualname__}"
        access = Access(registry, self.password)
        self._broker = _Broker(
            BrokerConfig(
                listeners={"default": ListenerConfig(bind=f"{host}:{address.port}")},
                plugins={plugin: {"access": access}},
            )
        )

    async def start(self) -> None:
        """Raises BrokerUnavailableError."""
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("transitions").setLevel(logging.CRITICAL)
        try:
            await self._broker.start()
        except BrokerError as error:
            what = f"the broker can't listen on {self._address}: {error}"
            raise BrokerUnavailableError(f"{what}; choose another port in [broker]") from error

    async def stop(self) -> None:
        """End every connection."""
        await self._broker.shutdown()
        await self._broker.all_gone()


class _Subscriptions(dict[str, list[tuple[Session, int]]]):
    """amqtt 0.12 walks through its subscriptions while clients subscribe, and then trips."""

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().__iter__()))

    def items(self) -> Any:
        return list(super().items())


class _Handler(BrokerProtocolHandler):
    """amqtt 0.12 waits for ever for a reader that it stopped before its first step."""

    async def stop(self) -> None:
        if self._reader_ready is not None:
            await self._reader_ready.wait()
        await super().stop()


class _Broker(Broker):
    """amqtt 0.12 hands each new client the retained messages of everybody's subscriptions, and
    takes the session of the client id that a stranger names before it asks for the password.
    """

    def __init__(self, config: BrokerConfig) -> None:
        super().__init__(config)
        self._subscriptions = _Subscriptions()
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Kept account of: amqtt leaves some connections open when it stops."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._connections[task] = writer
        try:
            await super().stream_connected(reader, writer, listener_name)
        finally:
            del self._connections[task]
            writer.close()

    async def all_gone(self) -> None:
        """Break off what is left of every connection, and let the loop see it end."""
        for writer in self._connections.values():
            writer.transport.abort()
        if self._connections:
            await asyncio.wait(list(self._connections), timeout=GOODBYE_S)
        await asyncio.sleep(0)

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        subscribers = self._subscriptions.get(subscription[0], [])
        if any(each is session for each, _ in subscribers):
            await super()._publish_retained_messages_for_subscription(subscription, session)

    async def _initialize_client_session(
        self, reader: Any, writer: Any, remote_address: str, remote_port: int
    ) -> tuple[BrokerProtocolHandler, Session]:
        """Every session is a clean one: nobody leaves a queue behind."""
        del remote_address, remote_port
        try:
            async with asyncio.timeout(LOGIN_S):
                handler, session = await _Handler.init_from_connect(
                    reader, writer, self.plugins_manager
                )
        except Exception as error:
            # Any bytes may come from anybody: they cost the connection and nothing else.
            await writer.close()
            raise AMQTTError(f"no login: {error}") from error
        session.clean_session, session.parent = True, 0
        return handler, session

    async def _handle_client_session(  # noqa: PLR0913, PLR0917 - as amqtt calls it
        self,
        reader: Any,
        writer: Any,
        client_session: Session,
        handler: BrokerProtocolHandler,
        server: Any,
        listener_name: str,
    ) -> None:
        """Only with the right password does a client take the place of its earlier connection."""
        if await self._authenticate(client_session, self.listeners_config[listener_name]):
            await super()._handle_client_session(
                reader, writer, client_session, handler, server, listener_name
            )
            return
        handler.attach(client_session, reader, writer)
        with contextlib.suppress(OSError):
            await handler.mqtt_connack_authorize(authorize=False)
        await writer.close()

    async def _authenticate(self, session: Session, _: ListenerConfig) -> bool:
        """The last wait before amqtt notes the session: two that come at once must not both be."""
        if not await super()._authenticate(session, _):
            return False
        name = session.client_id or ""
        while (earlier := self._sessions.get(name)) is not None and earlier[0] is not session:
            if earlier[0].transitions.is_connected():
                await earlier[1].handle_connection_closed()
                await earlier[1].stop()
            if self._sessions.get(name) is earlier:
                await self._delete_session(name)
        return True


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in, and what they may do there."""

    registry: Callable[[], Registry]
    collector_password: str

    def admits(self, user: str, client_id: str, password: str) -> bool:
        """Whether this login is right; the client id must be the user name."""
        if user != client_id:
            return False
        if user == COLLECTOR_USER:
            return hmac.compare_digest(password.encode(), self.collector_password.encode())
        entry = self.registry().agent(user)
        if entry is None or entry.password_sha256 is None:
            return False
        digest = hashlib.sha256(password.encode()).hexdigest()
        return hmac.compare_digest(digest, entry.password_sha256)

    def allows(self, user: str, topic: str, *, write: bool) -> bool:
        """Whether this user may publish to, or subscribe to, this topic."""
        if user == COLLECTOR_USER:
            return True
        if not write and topic == topics.COLLECTOR_STATUS:
            return True
        channels = WRITTEN_BY_AGENTS if write else READ_BY_AGENTS
        return topic in {f"sansang/1/{user}/{channel}" for channel in channels}


class Rights(BaseAuthPlugin, BaseTopicPlugin):
    """amqtt's way to ask: it makes the plug-in by name and hands it its configuration."""

    @dataclass
    class Config(BaseAuthPlugin.Config):
        """What the broker was given."""

        access: Any

    async def authenticate(self, *, session: Session) -> bool:
        """amqtt: may this client connect?"""
        access: Access = cast("Any", self.config).access
        user, client_id = session.username or "", session.client_id or ""
        if not access.admits(user, client_id, session.password or ""):
            log.warning("the broker refused the login of %.80r: not in the registry", user)
            return False
        # The will is published without asking again.
        return not session.will_flag or access.allows(user, session.will_topic or "", write=True)

    async def topic_filtering(
        self,
        *,
        session: Session | None = None,
        topic: str | None = None,
        action: Action | None = None,
    ) -> bool:
        """amqtt: may this client publish, subscribe or receive here?"""
        if action is Action.RECEIVE:
            return True  # it was asked when it subscribed
        user = (session.username if session else None) or ""
        access: Access = cast("Any", self.config).access
        return access.allows(user, topic or "", write=action is Action.PUBLISH)

# SPDX-License-Identifier: Apache-2.0
"""One MQTT connection at a time: the only home of paho-mqtt.

paho runs inside the asyncio loop without a thread of its own: a thread that decodes while another
reads its socket packet by packet makes both wait for the interpreter lock at every packet.
"""

import asyncio
import random
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from sansang_wire.buffered import BufferedSocket
from sansang_wire.threads import in_daemon_thread

X509_V_FLAG_NO_CHECK_TIME = 0x200000
"""OpenSSL: verify everything of a certificate but its dates (x509_vfy.h)."""

ANSWER_TIMEOUT_S = 10
KEEPALIVE_S = 30
NOT_AUTHORIZED = {134, 135}
"""MQTT 5, 3.2.2.2: bad user name or password, not authorized; paho says so of MQTT 3.1.1, too."""


class InvalidBrokerUrlError(ValueError):
    """The broker's URL can't be used; the message says why."""


class DisconnectedError(ConnectionError):
    """There is no connection (any more); the message says why."""


class CaFileError(DisconnectedError):
    """The certificates that we are to trust can't be read."""


class NotAuthorizedError(DisconnectedError):
    """The broker knows no such user, or another password of it."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and who we are there: the user name is the client id."""

    host: str
    port: int
    user: str
    tls: bool = False
    ca_file: str | None = None
    check_certificate_dates: bool = True
    password: str | None = field(default=None, repr=False)


class Message(NamedTuple):
    """What the broker gave us, or shall say in our name when we vanish (the will)."""

    topic: str
    payload: bytes
    retained: bool = True


OnMessage = Callable[[Message], None]


def parse_url(url: str) -> tuple[str, int, bool]:
    """`mqtt://host[:1883]` or `mqtts://host[:8883]` to host, port, TLS. No secret may stand in it.

    Raises InvalidBrokerUrlError.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidBrokerUrlError(f"{url!r} is not a URL: {error}") from error
    if parts.username or parts.password:
        raise InvalidBrokerUrlError("the URL holds a user or password: use password_file")
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise InvalidBrokerUrlError(f"{url!r} is not mqtt://host[:port] or mqtts://host[:port]")
    tls = parts.scheme == "mqtts"
    return parts.hostname, port or (8883 if tls else 1883), tls


@asynccontextmanager
async def connect(
    broker: Broker, on_message: OnMessage, will: Message | None = None
) -> AsyncGenerator["Session", None]:
    """A connection with a clean session, closed at the end. Raises DisconnectedError, whose cause
    is the system's error where there was one.

    Each connection has a client of its own: what one had queued is never sent by the next.
    """
    client = _Client(
        CallbackAPIVersion.VERSION2,
        client_id=broker.user,
        protocol=paho.MQTTv311,
        clean_session=True,
    )
    client.connect_timeout = ANSWER_TIMEOUT_S
    client.username_pw_set(broker.user, broker.password)
    if broker.tls:
        client.tls_set_context(_tls_context(broker))  # pyright: ignore[reportUnknownMemberType]
    if will is not None:
        client.will_set(will.topic, will.payload, qos=1, retain=True)
    session = Session(client, on_message)
    try:
        await session.open(broker)
        yield session
    finally:
        session.close()


async def keep_connected(
    open_session: Callable[[], AbstractAsyncContextManager["Session"]],
    use: Callable[["Session"], Awaitable[None]],
    on_lost: Callable[[str], None],
    *,
    first_wait_s: float = 1,
    longest_wait_s: float = 60,
) -> None:
    """`use` one session after the other, for ever: a new one whenever the last is lost.

    Waits between attempts double from `first_wait_s` to `longest_wait_s`, each with jitter so that
    a commune's agents don't return in one instant; a connection that held resets them.
    """
    wait_s = first_wait_s
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            async with open_session() as session:
                await use(session)
        except DisconnectedError as error:
            on_lost(str(error))
        if loop.time() - began > longest_wait_s:
            wait_s = first_wait_s
        await asyncio.sleep(wait_s * random.uniform(0.5, 1))
        wait_s = min(wait_s * 2, longest_wait_s)


class Session:
    """An open connection; made by `connect`. Everything runs in the loop that opened it."""

    def __init__(self, client: "_Client", on_message: OnMessage) -> None:
        self._client = client
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._socket: BufferedSocket | None = None
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._subscribing: dict[int, asyncio.Future[None]] = {}
        self._unacknowledged: set[int] = set()
        self._flushed: asyncio.Future[None] | None = None
        self._misc: asyncio.TimerHandle | None = None
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._received
        client.on_subscribe = self._subscribed

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Hand a message to the broker. Raises DisconnectedError instead of queueing one.

        That the broker took it says nothing: MQTT 3.1.1 acknowledges what it denies, too.
        """
        if self._lost.done():
            raise DisconnectedError("not connected")
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        if qos > 0:
            self._unacknowledged.add(info.mid)
            self._client.on_publish = self._acknowledged

    async def subscribe(self, topics: Sequence[str], *, qos: int = 1) -> None:
        """Returns when the broker has answered. Raises DisconnectedError."""
        result, mid = self._client.subscribe([(topic, qos) for topic in topics])
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise DisconnectedError(paho.error_string(result))
        answered = self._subscribing[mid] = self._loop.create_future()
        await self._or_lost(answered)

    async def lost(self) -> None:
        """Waits as long as the connection holds; raises DisconnectedError when it is gone."""
        await asyncio.shield(self._lost)

    async def flush(self, timeout_s: float) -> None:
        """Wait until the broker has acknowledged all that was published, or for `timeout_s`."""
        if self._unacknowledged and not self._lost.done():
            self._flushed = self._loop.create_future()
            await asyncio.wait(
                {self._flushed, self._lost}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
            )

    async def open(self, broker: Broker) -> None:
        """Connect and wait for the broker's word. Raises DisconnectedError."""
        try:
            await in_daemon_thread(self._client.connect, broker.host, broker.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise DisconnectedError(f"{broker.host}:{broker.port}: {error}") from error
        opened: Any = self._client.socket()
        if opened is None:
            raise DisconnectedError(f"{broker.host}:{broker.port} closed the connection")
        self._socket = opened
        self._client.on_socket_close = self._socket_closed
        self._client.on_socket_register_write = self._want_write
        self._loop.add_reader(opened, self._read)
        self._write()
        self._misc = self._loop.call_later(1, self._keep_alive)
        await self._or_lost(self._accepted)

    def close(self) -> None:
        """Say goodbye to the broker, which then keeps the will to itself."""
        if self._misc is not None:
            self._misc.cancel()
        self._client.disconnect()
        # The goodbye is written here and now: the loop may never turn again.
        self._client.loop_write()
        if (socket := self._socket) is not None:
            self._socket_closed(None, None, socket)
            socket.close()
        self._drop("closed")

    async def _or_lost(self, event: asyncio.Future[None]) -> None:
        done, _ = await asyncio.wait(
            {event, self._lost}, timeout=ANSWER_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
        )
        if not done:
            raise DisconnectedError(f"no answer from the broker within {ANSWER_TIMEOUT_S} s")
        for future in done:
            future.result()

    def _drop(self, reason: str, kind: type[DisconnectedError] = DisconnectedError) -> None:
        if not self._lost.done():
            self._lost.set_exception(kind(reason))
            # Whoever waits for it gets it; that nobody does is no error.
            self._lost.exception()

    def _read(self) -> None:
        if self._socket is not None:
            self._socket.fill()
            self._client.loop_read()
        while self._socket is not None and self._socket.has_more:
            self._client.loop_read()

    def _write(self) -> None:
        self._client.loop_write()
        if self._socket is None:
            return
        try:
            written = self._socket.flush() and not self._client.want_write()
        except OSError:
            # Who reads meets the same end, and says so.
            written = True
        if written:
            self._loop.remove_writer(self._socket)
        else:
            self._loop.add_writer(self._socket, self._write)

    def _keep_alive(self) -> None:
        self._client.loop_misc()
        self._misc = self._loop.call_later(1, self._keep_alive)

    def _want_write(self, _client: object, _data: object, _socket: object) -> None:
        self._loop.call_soon(self._write)

    def _socket_closed(self, _client: object, _data: object, socket: Any) -> None:
        self._loop.remove_reader(socket)
        self._loop.remove_writer(socket)
        self._socket = None

    def _connected(
        self, _client: object, _data: object, _flags: object, reason: Any, _properties: object
    ) -> None:
        if reason.is_failure:
            denied = reason.value in NOT_AUTHORIZED
            kind = NotAuthorizedError if denied else DisconnectedError
            self._drop(f"refused by the broker: {reason}", kind)
        elif not self._accepted.done():
            self._accepted.set_result(None)

    def _disconnected(
        self, _client: object, _data: object, _flags: object, reason: Any, _properties: object
    ) -> None:
        # paho's word for a connection that ended without a goodbye says nothing.
        words = str(reason)
        self._drop("the connection broke off" if words == "Unspecified error" else words)

    def _subscribed(
        self, _client: object, _data: object, mid: int, reasons: list[Any], _properties: object
    ) -> None:
        answered = self._subscribing.pop(mid, None)
        if answered is None or answered.done():
            return
        if any(reason.is_failure for reason in reasons):
            answered.set_exception(DisconnectedError("the broker refused a subscription"))
        else:
            answered.set_result(None)

    def _acknowledged(
        self, _client: object, _data: object, mid: int, _reason: object, _properties: object
    ) -> None:
        self._unacknowledged.discard(mid)
        if not self._unacknowledged:
            # paho makes two large objects for each call, also for what nobody acknowledges.
            self._client.on_publish = None
        if self._flushed is not None and not self._unacknowledged and not self._flushed.done():
            self._flushed.set_result(None)

    def _received(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._on_message(Message(message.topic, bytes(message.payload), message.retain))


class _Client(paho.Client):
    """paho with a socket that is read and written in large pieces."""

    def _create_socket(self) -> Any:
        return BufferedSocket(super()._create_socket())  # pyright: ignore[reportArgumentType]


class _TlsSocket(ssl.SSLSocket):
    """Closed when its handshake fails: paho only lets go of it."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def _tls_context(broker: Broker) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=broker.ca_file)
    except OSError as error:
        raise CaFileError(f"the CA file {broker.ca_file} can't be read: {error}") from error
    context.sslsocket_class = _TlsSocket
    if not broker.check_certificate_dates:
        context.verify_flags |= X509_V_FLAG_NO_CHECK_TIME
    return context

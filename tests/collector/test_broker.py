# SPDX-License-Identifier: Apache-2.0
"""The broker inside the collector: who gets in, what they may do there, and what it forgets."""

import asyncio
import contextlib
import hashlib
import socket
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from sansang_collector.broker import COLLECTOR_USER, EmbeddedBroker
from sansang_collector.config import Address
from sansang_collector.registry import Agent, Registry, Site
from sansang_wire import topics
from sansang_wire.session import Broker, DisconnectedError, Message, Session, connect
from tests.servers import free_port
from tests.waiting import until

SITE = Site(id="s", name="s", commune="00000", commune_name="Lab", kind="other")
AGENTS = ("hall-1", "hall-2")
EVERY = [topics.every_agent(name) for name in topics.CHANNELS]


def secret(user: str) -> str:
    return f"mật khẩu of {user}"


class House:
    """The broker, and who talks to it."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        digests = {name: hashlib.sha256(secret(name).encode()).hexdigest() for name in AGENTS}
        registry = Registry(
            (SITE,),
            tuple(Agent(id=name, site="s", password_sha256=digests[name]) for name in AGENTS),
        )
        self.port = free_port()
        self.broker = EmbeddedBroker(Address(host, self.port), lambda: registry)

    def password(self, user: str) -> str:
        return self.broker.password if user == COLLECTOR_USER else secret(user)

    @contextlib.asynccontextmanager
    async def user(
        self, name: str, *subscriptions: str, host: str = "127.0.0.1", will: Message | None = None
    ) -> AsyncGenerator[tuple[Session, list[Message]]]:
        inbox: list[Message] = []
        broker = Broker(host, self.port, name, password=self.password(name))
        async with connect(broker, inbox.append, will) as session:
            if subscriptions:
                await session.subscribe(subscriptions)
            yield session, inbox


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    await made.broker.start()
    yield made
    await made.broker.stop()


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("hall-1", "wrong"),
        ("hall-1", "sai mật khẩu"),
        ("hall-1", ""),
        ("hall-3", "secret"),
        (COLLECTOR_USER, "wrong"),
        (COLLECTOR_USER, "sai mật khẩu"),
    ],
)
async def test_who_has_not_the_password_is_refused_and_disturbs_nobody(
    house: House, user: str, password: str
) -> None:
    """Above all not the one whose name is used: its connection and subscriptions stay."""
    async with house.user(COLLECTOR_USER, *EVERY) as (_, inbox), house.user("hall-1") as (box, _):
        broker = Broker("127.0.0.1", house.port, user, password=password)
        with pytest.raises(DisconnectedError, match="refused"):
            async with connect(broker, inbox.append):
                pytest.fail("was let in")
        box.publish("sansang/1/hall-1/batch", b"still here")
        await until(lambda: inbox, "the collector still hears the box")


def connect_packet(client_id: str, user: str, password: str, *, clean: bool) -> bytes:
    """MQTT 3.1.1, 3.1."""
    texts = [text.encode() for text in (client_id, user, password)]
    payload = b"".join(len(text).to_bytes(2, "big") + text for text in texts)
    head = b"\x00\x04MQTT\x04" + bytes([0xC2 if clean else 0xC0]) + b"\x00\x1e"
    return bytes([0x10, len(head) + len(payload)]) + head + payload


async def answer_to(port: int, packet: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(packet)
    answer = await asyncio.wait_for(reader.read(4), 10)
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize("clean", [True, False])
async def test_a_client_id_other_than_the_user_name_is_refused(house: House, clean: bool) -> None:
    """Else one agent could push another off. The right one is let in, and its session is new."""
    async with house.user(COLLECTOR_USER, *EVERY) as (_, inbox):
        for other in ("hall-2", COLLECTOR_USER, ""):
            packet = connect_packet(other, "hall-1", secret("hall-1"), clean=clean)
            assert (await answer_to(house.port, packet))[3:] != b"\x00"
        packet = connect_packet("hall-1", "hall-1", secret("hall-1"), clean=clean)
        assert await answer_to(house.port, packet) == b"\x20\x02\x00\x00"
        async with house.user("hall-2") as (box, _):
            box.publish("sansang/1/hall-2/batch", b"1")
            await until(lambda: inbox, "the collector still hears the boxes")


@pytest.mark.parametrize(
    "junk", [b"GET / HTTP/1.1\r\n\r\n", b"\x10\x04\x00\x04\xff\xff", b"\xf0" * 9]
)
async def test_bytes_that_are_no_login_cost_the_connection(house: House, junk: bytes) -> None:
    """Others come in as before."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(junk)
    writer.write_eof()
    assert not await asyncio.wait_for(reader.read(1), 10)
    writer.close()
    await writer.wait_closed()
    async with house.user("hall-1"):
        pass


async def test_an_agent_writes_its_own_tree_only(house: House) -> None:
    """Three channels; what it writes elsewhere reaches nobody."""
    async with house.user(COLLECTOR_USER, "#") as (_, inbox), house.user("hall-1") as (box, _):
        for agent in (*AGENTS, "collector"):
            for channel in topics.CHANNELS:
                box.publish(f"sansang/1/{agent}/{channel}", b"x", retain=True)
        box.publish("other/topic", b"x")
        box.publish("sansang/1/hall-1/batch", b"last")
        await until(lambda: inbox and inbox[-1].payload == b"last", "the last one arrives")
    written = {message.topic.removeprefix("sansang/1/") for message in inbox}
    assert written == {"hall-1/batch", "hall-1/hello", "hall-1/status"}


async def test_an_agent_reads_its_own_tree_only(house: House) -> None:
    """Every other subscription is refused, wildcards included."""
    allowed = {"sansang/1/hall-1/receipt", "sansang/1/hall-1/config", topics.COLLECTOR_STATUS}
    tried = {f"sansang/1/{agent}/{name}" for agent in AGENTS for name in topics.CHANNELS}
    for topic in {
        *tried,
        topics.COLLECTOR_STATUS,
        "#",
        "sansang/#",
        "sansang/1/+/receipt",
        "$SYS/#",
    }:
        async with house.user("hall-1") as (box, _):
            if topic in allowed:
                await box.subscribe([topic])
            else:
                with pytest.raises(DisconnectedError, match="refused a subscription"):
                    await box.subscribe([topic])


@pytest.mark.parametrize(
    "topic", ["sansang/1/hall-2/status", "sansang/1/collector/status", "sansang/1/hall-1/receipt"]
)
async def test_a_will_for_another_s_topic_is_refused(house: House, topic: str) -> None:
    """It would be published without asking again."""
    with pytest.raises(DisconnectedError, match="refused"):
        async with house.user("hall-1", will=Message(topic, b"forged")):
            pytest.fail("was let in")


async def test_status_is_retained_and_the_will_takes_its_place(house: House) -> None:
    """A box that vanishes is offline for those who come later, too."""
    status = "sansang/1/hall-1/status"
    will = Message(status, b"offline")
    async with (
        house.user(COLLECTOR_USER, status) as (_, inbox),
        house.user("hall-1", will=will) as (box, _),
    ):
        box.publish(status, b"online", retain=True)
        await until(lambda: [each.payload for each in inbox] == [b"online"], "online")
        assert box._socket is not None
        with socket.fromfd(box._socket.fileno(), socket.AF_INET, socket.SOCK_STREAM) as same:
            same.shutdown(socket.SHUT_RDWR)
        await until(lambda: inbox[-1].payload == b"offline", "the will")
    async with house.user(COLLECTOR_USER, status) as (_, inbox):
        await until(lambda: inbox, "the retained status")
        assert inbox == [Message(status, b"offline", retained=True)]


async def test_a_second_connection_ends_the_first(house: House) -> None:
    """As MQTT wants it: a box that is connected and hears nothing would wait for ever."""
    async with (
        house.user("hall-1", "sansang/1/hall-1/receipt") as (first, _),
        house.user("hall-1", "sansang/1/hall-1/receipt") as (_, inbox),
    ):
        with pytest.raises(DisconnectedError):
            await asyncio.wait_for(first.lost(), 10)
        async with house.user(COLLECTOR_USER) as (collector, _):
            collector.publish("sansang/1/hall-1/receipt", b"r", qos=0)
            await until(lambda: inbox, "the second hears")


async def test_nobody_gets_retained_messages_of_others(house: House) -> None:
    """A new client gets what it subscribed to, once."""
    async with house.user(COLLECTOR_USER, *EVERY) as (collector, inbox):
        for agent in AGENTS:
            collector.publish(f"sansang/1/{agent}/config", agent.encode(), retain=True)
        await until(lambda: len(inbox) == len(AGENTS), "both are retained")
        async with house.user("hall-1", "sansang/1/hall-1/config") as (_, its):
            await until(lambda: its, "its own")
            collector.publish("sansang/1/hall-1/config", b"last")
            await until(lambda: its[-1].payload == b"last", "what comes after")
            assert [each.payload for each in its] == [b"hall-1", b"last"]


async def test_subscribing_while_others_publish_loses_nothing(house: House) -> None:
    """Boxes come and go while one sends: the collector gets all of it, in order."""
    topic, count = "sansang/1/hall-1/batch", 300

    async def come_and_go() -> None:
        while True:
            async with house.user("hall-2", "sansang/1/hall-2/receipt"):
                pass

    async with house.user(COLLECTOR_USER, *EVERY) as (_, inbox), house.user("hall-1") as (box, _):
        others = asyncio.create_task(come_and_go())
        for number in range(count):
            box.publish(topic, str(number).encode())
            await asyncio.sleep(0)
        await until(lambda: len(inbox) >= count, "all of them arrive")
        others.cancel()
        await asyncio.wait({others})
    assert [int(each.payload) for each in inbox if each.topic == topic] == list(range(count))


async def test_it_listens_on_both_families() -> None:
    """`::` is every address of IPv6 and of IPv4."""
    both = House("::")
    await both.broker.start()
    for host in ("127.0.0.1", "::1"):
        async with both.user("hall-1", host=host):
            pass
    await both.broker.stop()


async def test_it_can_be_stopped_at_every_step_of_a_login() -> None:
    """A box that comes in at that moment doesn't hold the collector up."""
    login = connect_packet("hall-1", "hall-1", secret("hall-1"), clean=True)
    for steps in range(40):
        house = House()
        await house.broker.start()
        _, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(login)
        for _ in range(steps):
            await asyncio.sleep(0)
        async with asyncio.timeout(20):
            await house.broker.stop()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

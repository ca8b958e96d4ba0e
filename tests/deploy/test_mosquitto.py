# SPDX-License-Identifier: Apache-2.0
"""The configuration for Mosquitto as it is shipped, with other paths and another port: what an
agent may do, and what it can't do to others.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from sansang_wire import topics
from sansang_wire.session import Broker, DisconnectedError, Message, Session, connect
from tests.mosquitto import free_port, mosquitto, write_passwords

SHIPPED = Path(__file__).parents[2] / "deploy" / "mosquitto"
USERS = ("hall-1", "hall-2", "collector")
ARRIVES_WITHIN_S = 5


@dataclass
class Commune:
    """The broker, and who talks to it."""

    port: int
    ca_file: Path

    @contextlib.asynccontextmanager
    async def user(
        self, name: str, *subscriptions: str, password: str | None = None
    ) -> AsyncGenerator[tuple[Session, "asyncio.Queue[Message]"], None]:
        inbox: asyncio.Queue[Message] = asyncio.Queue()
        broker = Broker(
            "localhost",
            self.port,
            name,
            tls=True,
            ca_file=str(self.ca_file),
            password=password or f"secret of {name}",
        )
        async with connect(broker, inbox.put_nowait) as session:
            if subscriptions:
                await session.subscribe(subscriptions)
            yield session, inbox


@pytest.fixture
async def commune(tmp_path: Path) -> AsyncIterator[Commune]:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(tmp_path / "ca.crt")
    certificate.private_key_pem.write_to_path(tmp_path / "server.key")
    for part in certificate.cert_chain_pems:
        part.write_to_path(tmp_path / "server.crt", append=True)
    write_passwords(tmp_path / "passwords", {name: f"secret of {name}" for name in USERS})
    (tmp_path / "acl").write_text((SHIPPED / "acl").read_text())
    port = free_port()
    config = (
        (SHIPPED / "mosquitto.conf")
        .read_text()
        .replace("/etc/mosquitto/sansang", str(tmp_path))
        .replace("/var/lib/mosquitto", str(tmp_path))
        .replace("listener 8883", f"listener {port}")
    )
    async with mosquitto(tmp_path, config, port):
        yield Commune(port, tmp_path / "ca.crt")


async def arrived(inbox: "asyncio.Queue[Message]") -> tuple[str, bytes]:
    message = await asyncio.wait_for(inbox.get(), ARRIVES_WITHIN_S)
    return message.topic, message.payload


async def test_an_agent_and_the_collector_talk(commune: Commune) -> None:
    everything = [topics.every_agent(name) for name in ("batch", "hello", "status")]
    own = ["sansang/1/hall-1/receipt", "sansang/1/hall-1/config", topics.COLLECTOR_STATUS]
    async with (
        commune.user("collector", *everything) as (collector, incoming),
        commune.user("hall-1", *own) as (agent, answers),
    ):
        for name in ("batch", "hello", "status"):
            agent.publish(f"sansang/1/hall-1/{name}", b"mine")
            assert await arrived(incoming) == (f"sansang/1/hall-1/{name}", b"mine")
        for topic in own:
            collector.publish(topic, b"yours")
            assert await arrived(answers) == (topic, b"yours")


async def test_an_agent_can_not_write_where_it_should_not(commune: Commune) -> None:
    async with (
        commune.user("collector", "sansang/1/+/batch", "sansang/1/+/status") as (_, incoming),
        commune.user("hall-2", "sansang/1/hall-2/receipt", "sansang/1/hall-2/config") as (_, other),
        commune.user("hall-1", topics.COLLECTOR_STATUS) as (agent, own),
    ):
        for topic in (
            "sansang/1/hall-2/batch",
            "sansang/1/hall-2/status",
            "sansang/1/hall-2/receipt",
            "sansang/1/hall-2/config",
            topics.COLLECTOR_STATUS,
        ):
            agent.publish(topic, b"forged")
        agent.publish("sansang/1/hall-1/batch", b"honest")
        await agent.flush(ARRIVES_WITHIN_S)
        assert await arrived(incoming) == ("sansang/1/hall-1/batch", b"honest")
        assert incoming.empty()
        assert other.empty()
        assert own.empty()


async def test_an_agent_can_not_read_what_is_not_its_own(commune: Commune) -> None:
    nosy = ["#", "sansang/1/hall-2/receipt", "sansang/1/+/config", "sansang/1/+/batch"]
    async with (
        commune.user("collector", "sansang/1/+/batch") as (collector, incoming),
        commune.user("hall-2") as (victim, _),
        commune.user("hall-1", *nosy) as (_, overheard),
    ):
        victim.publish("sansang/1/hall-2/batch", b"private")
        await arrived(incoming)
        collector.publish("sansang/1/hall-2/receipt", b"private")
        collector.publish("sansang/1/hall-2/config", b"private", retain=True)
        collector.publish("sansang/1/hall-1/receipt", b"own")
        topic, payload = await arrived(overheard)
        assert (topic, payload) == ("sansang/1/hall-1/receipt", b"own")
        assert all(message.payload == b"own" for message in _drain(overheard))


def _drain(inbox: "asyncio.Queue[Message]") -> list[Message]:
    return [inbox.get_nowait() for _ in range(inbox.qsize())]


async def test_only_one_who_knows_the_password_takes_an_agents_place(commune: Commune) -> None:
    async with commune.user("hall-1") as (first, _):
        with pytest.raises(DisconnectedError, match="refused by the broker"):
            async with commune.user("hall-1", password="guessed"):
                pass
        first.publish("sansang/1/hall-1/status", b"still here")
        async with commune.user("hall-1"):
            with pytest.raises(DisconnectedError):
                await asyncio.wait_for(first.lost(), ARRIVES_WITHIN_S)


async def test_nobody_comes_in_without_a_name(commune: Commune) -> None:
    with pytest.raises(DisconnectedError, match="refused by the broker"):
        async with commune.user("", password="x"):
            pass

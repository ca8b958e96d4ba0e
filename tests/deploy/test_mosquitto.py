# SPDX-License-Identifier: Apache-2.0
"""The configuration for Mosquitto as it is shipped, with other paths and another port: what an
agent may do, and what it can't do to others.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from sansang_wire import topics
from sansang_wire.session import Broker, DisconnectedError, Message, Session, connect
from tests.servers import Mosquitto

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


class ShippedMosquitto(Mosquitto):
    """With the files of `deploy/mosquitto`; only paths and the port are this test's."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, users={name: f"secret of {name}" for name in USERS})

    def command(self) -> Sequence[str]:
        command = super().command()
        config = (SHIPPED / "mosquitto.conf").read_text()
        for shipped, here in {
            "/etc/mosquitto/sansang": str(self.folder),
            "/var/lib/mosquitto": str(self.folder),
            "listener 8883": f"listener {self.port}",
        }.items():
            assert shipped in config
            config = config.replace(shipped, here)
        if os.geteuid() == 0:
            config += "user root\n"  # it would give up the right to read the test's files
        (self.folder / "mosquitto.conf").write_text(config)
        (self.folder / "acl").write_text((SHIPPED / "acl").read_text())
        return command


@pytest.fixture
def commune(tmp_path: Path) -> Iterator[Commune]:
    server = ShippedMosquitto(tmp_path / "mosquitto")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    certificate.private_key_pem.write_to_path(str(server.folder / "server.key"))
    for part in certificate.cert_chain_pems:
        part.write_to_path(str(server.folder / "server.crt"), append=True)
    with server:
        yield Commune(server.port, tmp_path / "ca.crt")


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

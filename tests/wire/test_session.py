# SPDX-License-Identifier: Apache-2.0
"""The MQTT session against a real Mosquitto: what a caller sees, in good times and in bad."""

import asyncio
import contextlib
import datetime as dt
import signal
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from sansang_wire import session as session_module
from sansang_wire.session import (
    Broker,
    DisconnectedError,
    InvalidBrokerUrlError,
    Message,
    Session,
    connect,
    keep_connected,
    parse_url,
)
from tests.servers import Mosquitto, free_port

SOON_S = 5


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "mosquitto") as running:
        yield running


@pytest.fixture
def broker(server: Mosquitto) -> Broker:
    return Broker("127.0.0.1", server.port, "one")


def another(broker: Broker, user: str) -> Broker:
    return Broker(broker.host, broker.port, user)


def unexpected(message: Message) -> None:
    raise AssertionError(message)


async def test_what_one_publishes_another_receives_in_order(broker: Broker) -> None:
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    async with (
        connect(another(broker, "two"), inbox.put_nowait) as reader,
        connect(broker, unexpected) as writer,
    ):
        await reader.subscribe(["t/#", "u"])
        for number in range(500):
            writer.publish("t/x", str(number).encode())
        received = [await asyncio.wait_for(inbox.get(), SOON_S) for _ in range(500)]
    assert [int(message.payload) for message in received] == list(range(500))
    assert not any(message.retained for message in received)


async def test_a_retained_message_waits_for_its_reader(broker: Broker) -> None:
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    async with connect(broker, unexpected) as writer:
        writer.publish("t", b"kept", retain=True)
        await writer.flush(SOON_S)
    async with connect(another(broker, "two"), inbox.put_nowait) as reader:
        await reader.subscribe(["t"])
        assert await asyncio.wait_for(inbox.get(), SOON_S) == Message("t", b"kept", retained=True)


async def test_flush_returns_when_the_broker_has_everything(broker: Broker) -> None:
    async with connect(broker, unexpected) as session:
        await session.flush(SOON_S)
        for _ in range(300):
            session.publish("t", b"x" * 1000)
        started = time.monotonic()
        await session.flush(SOON_S)
        assert time.monotonic() - started < SOON_S
        assert not session._unacknowledged


async def test_flush_gives_up_on_a_frozen_broker(server: Mosquitto, broker: Broker) -> None:
    assert server._process is not None
    async with connect(broker, unexpected) as session:
        server._process.send_signal(signal.SIGSTOP)
        session.publish("t", b"x")
        started = time.monotonic()
        await session.flush(0.3)
        assert 0.25 < time.monotonic() - started < SOON_S
    server._process.send_signal(signal.SIGCONT)


async def test_after_the_loss_publishing_raises_instead_of_queueing(
    server: Mosquitto, broker: Broker
) -> None:
    async with connect(broker, unexpected) as session:
        server.kill()
        with pytest.raises(DisconnectedError):
            await asyncio.wait_for(session.lost(), SOON_S)
        with pytest.raises(DisconnectedError, match="not connected"):
            session.publish("t", b"x")
        with pytest.raises(DisconnectedError):
            await session.subscribe(["t"])
        await session.flush(SOON_S)
    with pytest.raises(DisconnectedError, match="not connected"):
        session.publish("t", b"x")


async def test_nobody_there_is_said_with_the_address() -> None:
    port = free_port()
    with pytest.raises(DisconnectedError, match=rf"127\.0\.0\.1:{port}: .*refused"):
        async with connect(Broker("127.0.0.1", port, "one"), unexpected):
            pass


VICTIM = """
import asyncio, sys
from sansang_wire.session import Broker, Message, connect

async def main():
    will = Message("will", b"gone")
    broker = Broker("127.0.0.1", int(sys.argv[1]), "victim")
    async with connect(broker, print, will) as session:
        print("connected", flush=True)
        await asyncio.sleep(60 if sys.argv[2] == "stay" else 0)

asyncio.run(main())
"""


async def victim(broker: Broker, what: str) -> "asyncio.subprocess.Process":
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", VICTIM, str(broker.port), what), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"connected\n"
    return process


async def test_the_will_is_published_for_one_who_is_killed(broker: Broker) -> None:
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    async with connect(broker, inbox.put_nowait) as reader:
        await reader.subscribe(["will"])
        process = await victim(broker, "stay")
        process.kill()
        await process.wait()
        assert (await asyncio.wait_for(inbox.get(), SOON_S)).payload == b"gone"


async def test_the_will_is_kept_back_for_one_who_says_goodbye(broker: Broker) -> None:
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    async with connect(broker, inbox.put_nowait) as reader:
        await reader.subscribe(["will", "end"])
        process = await victim(broker, "go")
        assert await process.wait() == 0
        reader.publish("end", b"end")
        assert (await asyncio.wait_for(inbox.get(), SOON_S)).topic == "end"


async def test_refused_credentials_give_the_brokers_words(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "mosquitto", users={"one": "right"}) as server:
        wrong = Broker("127.0.0.1", server.port, "one", password="wrong")
        with pytest.raises(DisconnectedError, match="refused by the broker: Not authorized"):
            async with connect(wrong, unexpected):
                pass
        right = Broker("127.0.0.1", server.port, "one", password="right")
        async with connect(right, unexpected):
            pass


async def test_keep_connected_returns_after_the_broker_does(tmp_path: Path) -> None:
    server = Mosquitto(tmp_path / "mosquitto")
    used: asyncio.Queue[Session] = asyncio.Queue()
    reasons: list[str] = []

    async def use(session: Session) -> None:
        used.put_nowait(session)
        await session.lost()

    keeping = asyncio.create_task(
        keep_connected(
            lambda: connect(Broker("127.0.0.1", server.port, "one"), unexpected),
            use,
            reasons.append,
            first_wait_s=0.02,
            longest_wait_s=0.1,
        )
    )
    try:
        await _several(reasons)  # it starts before there is a broker
        for _ in range(2):
            with server:
                session = await asyncio.wait_for(used.get(), SOON_S)
                session.publish("t", b"x")
                await session.flush(SOON_S)
                server.kill()
                await _several(reasons)
        assert used.empty()
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


async def _several(reasons: list[str]) -> None:
    reasons.clear()
    async with asyncio.timeout(SOON_S):
        while len(reasons) < 3:  # noqa: ASYNC110 - a list has no event
            await asyncio.sleep(0.01)


async def test_waits_double_and_a_connection_that_held_resets_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    outcomes = iter(["refused"] * 3 + ["open", "refused", "open", "refused", "end"])
    held_s = iter([0.1, 6])

    async def no_wait(seconds: float) -> None:
        waits.append(seconds)

    @contextlib.asynccontextmanager
    async def attempt() -> AsyncGenerator[Any, None]:
        match next(outcomes):
            case "refused":
                raise DisconnectedError("no")
            case "open":
                yield None
            case _:
                raise EOFError

    loop = asyncio.get_running_loop()
    real_time, shift = loop.time, [0.0]
    monkeypatch.setattr(loop, "time", lambda: real_time() + shift[0])

    async def use(_: Session) -> None:
        shift[0] += next(held_s)
        raise DisconnectedError("lost")

    monkeypatch.setattr(session_module.asyncio, "sleep", no_wait)
    monkeypatch.setattr(session_module.random, "uniform", max)
    with pytest.raises(EOFError):
        await keep_connected(attempt, use, lambda _: None, first_wait_s=1, longest_wait_s=5)
    assert waits == [1, 2, 4, 5, 5, 1, 2], "two boxes with one id must not push each other off fast"


class HungServer:
    """Accepts connections and never says a word."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []

    async def __call__(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_a_server_that_never_answers_fails_within_the_deadline(
    monkeypatch: pytest.MonkeyPatch, *, tls: bool
) -> None:
    monkeypatch.setattr(session_module, "ANSWER_TIMEOUT_S", 0.3)
    hung = HungServer()
    server = await asyncio.start_server(hung, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    started = time.monotonic()
    with pytest.raises(DisconnectedError, match=r"no answer|timed out"):
        async with connect(Broker("127.0.0.1", port, "one", tls=tls), unexpected):
            pass
    assert time.monotonic() - started < SOON_S
    await _close(server, hung)


async def test_a_hung_server_does_not_hold_up_the_end_of_the_program() -> None:
    hung = HungServer()
    server = await asyncio.start_server(hung, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    program = (
        "import asyncio; from sansang_wire.session import Broker, connect\n"
        "async def main():\n"
        f"    async with connect(Broker('127.0.0.1', {port}, 'x', tls=True), print): pass\n"
        "async def briefly():\n"
        "    try: await asyncio.wait_for(main(), 0.3)\n"
        "    except TimeoutError: print('gave up')\n"
        "asyncio.run(briefly())\n"
    )
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output == b"gave up\n"
    assert time.monotonic() - started < SOON_S
    await _close(server, hung)


async def _close(server: asyncio.Server, hung: HungServer) -> None:
    server.close()
    for writer in hung.writers:
        writer.transport.abort()
    await asyncio.sleep(0)


EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
PAST = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)


class TlsMosquitto(Mosquitto):
    """With a certificate of an authority made for the occasion; `ca_file` is the authority's."""

    def __init__(self, folder: Path, name: str, expires: dt.datetime | None = None) -> None:
        leaf_file = folder / "leaf.pem"
        super().__init__(folder, options={"certfile": str(leaf_file), "keyfile": str(leaf_file)})
        self.ca_file = str(folder / "ca.pem")
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        leaf = authority.issue_cert(name, not_before=EPOCH, not_after=expires)
        leaf.private_key_and_cert_chain_pem.write_to_path(str(leaf_file))

    def as_client(self, *, trusted: bool = True, check_dates: bool = True) -> Broker:
        return Broker(
            *("localhost", self.port, "one"),
            tls=True,
            ca_file=self.ca_file if trusted else None,
            check_certificate_dates=check_dates,
        )


async def test_over_tls_messages_larger_than_a_record_arrive(tmp_path: Path) -> None:
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    with TlsMosquitto(tmp_path / "mosquitto", "localhost") as server:
        async with connect(server.as_client(), inbox.put_nowait) as session:
            await session.subscribe(["t"])
            for size in (1, 60_000, 100, 60_000, 10):
                session.publish("t", b"x" * size)
            received = [await asyncio.wait_for(inbox.get(), SOON_S) for _ in range(5)]
    assert [len(message.payload) for message in received] == [1, 60_000, 100, 60_000, 10]


@pytest.mark.parametrize("check_dates", [True, False])
async def test_a_certificate_of_another_authority_or_name_is_refused(
    tmp_path: Path, *, check_dates: bool
) -> None:
    with TlsMosquitto(tmp_path / "right", "localhost") as server:
        stranger = server.as_client(trusted=False, check_dates=check_dates)
        with pytest.raises(DisconnectedError, match="certificate verify failed"):
            async with connect(stranger, unexpected):
                pass
    with TlsMosquitto(tmp_path / "wrong", "elsewhere.example") as server:
        client = server.as_client(check_dates=check_dates)
        with pytest.raises(DisconnectedError, match="Hostname mismatch"):
            async with connect(client, unexpected):
                pass


async def test_an_expired_certificate_passes_only_without_its_dates(tmp_path: Path) -> None:
    with TlsMosquitto(tmp_path / "mosquitto", "localhost", PAST) as server:
        with pytest.raises(DisconnectedError, match="certificate has expired"):
            async with connect(server.as_client(), unexpected):
                pass
        async with connect(server.as_client(check_dates=False), unexpected):
            pass


async def test_a_ca_file_that_is_not_there_is_said() -> None:
    with pytest.raises(DisconnectedError, match="the CA file /nowhere can't be read"):
        async with connect(Broker("h", 1, "one", tls=True, ca_file="/nowhere"), unexpected):
            pass


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        ("mqtt://broker.example", ("broker.example", 1883, False)),
        ("mqtts://broker.example", ("broker.example", 8883, True)),
        ("mqtts://[2001:db8::1]:99", ("2001:db8::1", 99, True)),
    ],
)
def test_a_broker_url(url: str, parsed: tuple[str, int, bool]) -> None:
    assert parse_url(url) == parsed


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("broker.example", "is not mqtt://"),
        ("http://broker.example", "is not mqtt://"),
        ("mqtt://", "is not mqtt://"),
        ("mqtt://broker.example:x", "is not a URL"),
        ("mqtt://[::1", "is not a URL"),
        ("mqtts://u:secret@broker.example", "use password_file"),
    ],
)
def test_a_url_that_is_none_is_refused_without_telling_secrets(url: str, complaint: str) -> None:
    with pytest.raises(InvalidBrokerUrlError, match=complaint) as raised:
        parse_url(url)
    assert "secret" not in str(raised.value)


async def test_what_does_not_fit_the_connection_goes_out_when_the_broker_reads_again(
    server: Mosquitto, broker: Broker
) -> None:
    """And what was read at once is given out at once: many small messages are not forgotten."""
    assert server._process is not None
    inbox: asyncio.Queue[Message] = asyncio.Queue()
    async with (
        connect(another(broker, "two"), inbox.put_nowait) as reader,
        connect(broker, unexpected) as writer,
    ):
        await reader.subscribe(["t"])
        server._process.send_signal(signal.SIGSTOP)
        for _ in range(200):
            writer.publish("t", b"x" * 60_000)
        await asyncio.sleep(0)
        server._process.send_signal(signal.SIGCONT)
        for _ in range(200):
            writer.publish("t", b"")
        sizes = [len((await asyncio.wait_for(inbox.get(), SOON_S)).payload) for _ in range(400)]
    assert sizes == [60_000] * 200 + [0] * 200

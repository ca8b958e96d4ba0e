# SPDX-License-Identifier: Apache-2.0
"""What a server on the open Internet meets: it refuses, counts, and goes on."""

import logging
import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sansang_collector.config import Address
from sansang_collector.speed_server.server import CanNotListenError, SpeedServer
from sansang_collector.speed_server.settings import LimitsSection, SpeedConfig
from sansang_wire.ndt7 import DOWNLOAD_PATH, UPLOAD_PATH
from tests.collector.speed_server.speaking import PATIENCE_S, Serving, Talk, handshake, serving
from tests.collector.speed_server.test_tests import contexts
from tests.waiting import wait_until


def answer_to(here: Serving, said: bytes) -> bytes:
    """All that comes back when nothing more is said."""
    with here.connect() as client:
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while more := client.recv(65_536):
            answer += more
        return answer


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"GET /sansang/v1/turn HTTP/1.1\r\n\r\n", 404),
        (b"PUT /healthz HTTP/1.1\r\n\r\n", 404),
        (b"GET /" + b"a" * 9000, 431),
        (b"POST /sansang/v1/turn HTTP/1.1\r\nContent-Length: 99999\r\n\r\n", 413),
        (b"POST /sansang/v1/turn HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 413),
        (b"GET /ndt/v7/download HTTP/1.1\r\n\r\n", 400),
        (handshake(DOWNLOAD_PATH, {"Sec-WebSocket-Version": "8"}), 400),
        (handshake(DOWNLOAD_PATH, {"Sec-WebSocket-Key": "short"}), 400),
        (handshake(DOWNLOAD_PATH, {"Sec-WebSocket-Protocol": "chat"}), 400),
        (handshake(DOWNLOAD_PATH, {"Connection": "keep-alive"}), 400),
        (handshake(DOWNLOAD_PATH, {"Upgrade": "h2c"}), 400),
    ],
    ids=range(15),
)
def test_what_is_no_request_is_answered_with_its_status(said: bytes, status: int) -> None:
    with serving(everybody=True) as here:
        assert answer_to(here, said).split()[1] == str(status).encode()
        assert sum(here.health["refused"].values()) == 1


def test_who_says_nothing_is_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """Nor who says a part: all must be there in time. The first is told, the next only counted."""
    with serving(everybody=True, request_s=0.05) as here:
        for _ in range(3):
            with here.connect() as client:
                client.sendall(b"GET /healthz HT")
                assert client.recv(1) == b""
        assert here.server.handler.tally.refusals() == {"too_slow": 3}
    assert caplog.text.count("a peer took too long") == 1


def test_a_round_trip_is_no_refusal() -> None:
    """A client connects and resets at once; one that has begun to speak is counted."""
    with serving(everybody=True) as here:
        for said in (b"", b"GET"):
            with here.connect() as client:
                client.sendall(said)
                reset = struct.pack("ii", 1, 0)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        wait_until(lambda: here.server.handler.tally.refusals() == {"broken_off": 1}, "one refusal")


def test_a_silent_peer_is_not_waited_for_before_tls_either() -> None:
    with serving(everybody=True, request_s=0.05, tls=contexts()) as here:
        with socket.create_connection(("127.0.0.1", here.port), PATIENCE_S) as client:  # noqa: TID251
            assert client.recv(1) == b""
        assert here.server.handler.tally.refusals() == {"too_slow": 1}


def test_a_port_that_is_taken_is_told() -> None:
    with serving(everybody=True, hosts=("127.0.0.1", "::1")) as here:
        config = SpeedConfig((Address("::1", here.port),), LimitsSection(), open=True)
        with pytest.raises(CanNotListenError, match=rf"can't listen on \[::1\]:{here.port}: Addr"):
            SpeedServer(config)


def test_as_many_connections_as_the_settings_say() -> None:
    """One more is closed at once; when one has gone there is room again."""
    with serving(everybody=True, limits=LimitsSection(connections=1)) as here:
        with here.connect() as first:
            first.sendall(b"G")
            with here.connect() as second:
                assert second.recv(1) == b""
        wait_until(lambda: _answers(here), "there is room again")
        assert here.server.handler.tally.refusals()["too_many"] >= 1


def _answers(here: Serving) -> bool:
    try:
        return here.health["status"] == "ok"
    except OSError:
        return False


def test_all_refusals_are_told_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with serving(everybody=True) as here:
        for path in ("/a", "/b", "/c"):
            here.ask("GET", path)
        here.turn(agent="box-1")
        here.turn(agent="box-2")
    assert "ends after 0 tests; refused: busy 1, unknown_path 3" in caplog.messages


@given(st.binary(max_size=300))
@example(b"\x82\xff" + bytes(8))  # a message of 0 bytes with the longest of lengths
@example(b"\x82\xff" + b"\xff" * 12)  # one of 2^64 - 1
@example(b"\x89\xfe\xff\xff" + bytes(4))  # a ping of 65,535
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_end_the_server(here: Serving, said: bytes) -> None:
    """Neither as a request nor behind the handshake of a test, in either direction."""
    answer_to(here, said)
    for path in (UPLOAD_PATH, DOWNLOAD_PATH):
        answer_to(here, handshake(path) + said)
    assert here.health["status"] == "ok"


@pytest.fixture(scope="module")
def here() -> Iterator[Serving]:
    """One for all the examples, in which a download is short."""
    limits = LimitsSection(turns_at_once=100, turns_per_hour=3600, max_gib_per_test=1e-6)
    with serving(everybody=True, limits=limits) as made:
        yield made


def test_a_client_that_vanishes_leaves_nothing_behind() -> None:
    """In the midst of a download, with a reset: its turn is free."""
    with serving(everybody=True) as here:
        with here.connect() as client:
            Talk(client).receive()
        wait_until(lambda: here.health["turns"] == 0, "the turn is free")

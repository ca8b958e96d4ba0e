# SPDX-License-Identifier: Apache-2.0
"""The speed worker and servers that tell little, lie, stop, break off or speak something else."""

import socket
import threading
import time
from pathlib import Path

import msgspec
import pytest

from sansang_wire.ndt7 import AppInfo, Measurement, TcpInfo
from sansang_wire.websocket import BINARY, CLOSE, PING, TEXT, FrameCounter, frame
from tests.agent.workers.speed_asking import DURATION_S, measure, odd_server, reset, send_for

SLOW_MBPS = 80


def read_slowly(connection: socket.socket, told: Measurement | None = None) -> None:
    """No faster than SLOW_MBPS; now and then it tells `told`."""
    began_s, received, counter = time.monotonic(), 0, FrameCounter(1 << 20)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    while data := connection.recv(1 << 14):
        received += len(data)
        if list(counter.feed(memoryview(data))):
            break  # it closes
        time.sleep(max(0, received * 8e-6 / SLOW_MBPS - (time.monotonic() - began_s)))
        if told is not None:
            elapsed_us = round((time.monotonic() - began_s) * 1e6)
            told = msgspec.structs.replace(told, app_info=AppInfo(elapsed_us, 10**15))
            connection.sendall(frame(TEXT, msgspec.json.encode(told), masked=False))


async def test_an_upload_is_as_fast_as_it_arrives() -> None:
    """Of a server that tells nothing: what it acknowledged counts, not what waits to be sent."""
    with odd_server(read_slowly) as port:
        found = await measure(port, phases=["upload"])
    upload = found.phases["upload"]
    assert (upload.outcome, upload.server_limit_mbps) == ("ok", None)
    assert upload.rate_mbps == pytest.approx(SLOW_MBPS, rel=0.25)


async def test_a_server_that_has_received_more_than_was_sent_is_not_believed() -> None:
    """Nobody looks good by lying: the bytes that left the box bound it."""
    with odd_server(lambda connection: read_slowly(connection, Measurement())) as port:
        found = await measure(port, phases=["upload"])
    upload = found.phases["upload"]
    assert upload.payload_bytes is not None
    assert upload.used_bytes is not None
    assert upload.payload_bytes <= upload.used_bytes


async def test_what_came_before_it_broke_off_is_kept() -> None:
    """The reading is `failed`, with the rate until then."""

    def break_off(connection: socket.socket) -> None:
        send_for(connection, DURATION_S / 2)
        connection.sendall(frame(BINARY, bytes(1000), masked=False)[:500])
        reset(connection)

    with odd_server(break_off) as port:
        found = await measure(port, phases=["download"])
    download = found.phases["download"]
    assert (download.outcome, download.reason) == ("failed", "connection_reset")
    assert download.stop_reason == "failed"
    assert download.rate_mbps
    assert download.payload_bytes


async def test_a_server_may_end_it() -> None:
    """With a close (RFC 6455 §5.5.1), as those do that think the rate is known; and pings."""
    sent: list[int] = []

    def end_soon(connection: socket.socket) -> None:
        connection.sendall(frame(PING, b"there?", masked=False))
        sent.append(send_for(connection, DURATION_S / 2))
        connection.sendall(frame(CLOSE, b"", masked=False))
        counter = FrameCounter(1000)
        while data := connection.recv(1000):
            pongs.extend(answer.payload for answer in counter.feed(memoryview(data)))

    pongs: list[bytes] = []
    with odd_server(end_soon) as port:
        found = await measure(port, phases=["download"])
    download = found.phases["download"]
    assert (download.outcome, download.stop_reason) == ("ok", "server")
    assert download.payload_bytes == sent[0]
    assert pongs[0] == b"there?"


async def test_figures_that_no_kernel_has_are_left_out() -> None:
    """And texts that are no measurement."""
    odd = TcpInfo(elapsed_time=1, bytes_sent=5, bytes_retrans=10, min_rtt=2**32 - 1)

    def tell_oddly(connection: socket.socket) -> None:
        for text in (b"", b"{", b"\xff", msgspec.json.encode(Measurement(tcp_info=odd))):
            connection.sendall(frame(TEXT, text, masked=False))
        connection.sendall(
            frame(TEXT, b'{"SanSang": {"LimitMbps": -1, "WorkPct": 1e9}}', masked=False)
        )
        send_for(connection, 2 * DURATION_S)

    with odd_server(tell_oddly) as port:
        found = await measure(port, phases=["download"])
    download = found.phases["download"]
    assert download.outcome == "ok"
    assert (download.min_rtt_ms, download.retransmitted_pct) == (None, 100)
    assert (download.server_limit_mbps, download.server_work_pct) == (None, None)


async def test_a_line_on_which_nothing_comes_is_no_slow_line() -> None:
    """The connection stands, and that is all."""
    with odd_server(lambda connection: connection.recv(1000)) as port:
        found = await measure(port, phases=["download"])
    download = found.phases["download"]
    assert (download.outcome, download.reason) == ("unreachable", "no_answer")
    assert download.rate_mbps is None


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "failed", "not_ndt7"),
        (b"HTTP/1.1 101 Yes\r\nSec-WebSocket-Accept: other\r\n\r\n", "failed", "not_ndt7"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "failed", "not_ndt7"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "failed", "unauthorised"),
        (b"HTTP/1.1 503 Busy\r\n\r\n", "broken", "server_busy"),
        (b"HTTP/1.1 500 Oops\r\n\r\n", "failed", "server_error"),
        (b"HTTP/1.1 101 Yes\r\nUpg", "failed", "incomplete_answer"),
    ],
    ids=["page", "stranger", "ssh", "forbidden", "busy", "ill", "cut"],
)
async def test_what_is_no_test_server_is_named(answer: bytes, outcome: str, reason: str) -> None:
    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        found = await measure(listener.getsockname()[1], phases=["download"], duration_s=0.1)
        thread.join(20)
    assert found.phases["download"].outcome == outcome
    assert found.phases["download"].reason == reason


async def test_a_file_of_authorities_that_is_not_there_is_named(tmp_path: Path) -> None:
    server = {"tls": True, "ca_file": str(tmp_path / "none.pem")}
    found = await measure(1, server=server, phases=["upload"])
    assert (found.phases["upload"].outcome, found.phases["upload"].reason) == (
        "broken",
        "ca_file_unusable",
    )

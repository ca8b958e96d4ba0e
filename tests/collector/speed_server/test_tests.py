# SPDX-License-Identifier: Apache-2.0
"""A download and an upload, as a client sees them: over both families, plain and with TLS."""

import ssl
import time

import pytest
import trustme

from sansang_collector.speed_server.settings import LimitsSection
from sansang_collector.speed_server.transfer import Messages
from sansang_wire.ndt7 import DOWNLOAD_PATH, UPLOAD_PATH, AppInfo
from sansang_wire.websocket import BINARY, CLOSE, PING
from tests.collector.speed_server.speaking import MIB, Talk, serving

SMALL = LimitsSection(max_gib_per_test=8 * MIB, turns_per_hour=1000)


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a server, and of a client that trusts it."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)  # pyright: ignore[reportUnknownMemberType]
    client = ssl.create_default_context()
    authority.configure_trust(client)  # pyright: ignore[reportUnknownMemberType]
    return server, client


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
def test_a_download_carries_what_the_last_measurement_says(host: str, encrypted: bool) -> None:
    """And that one tells of the server's own limits, and what TCP had to do."""
    tls = contexts() if encrypted else None
    with (
        serving(everybody=True, limits=SMALL, hosts=("127.0.0.1", "::1"), tls=tls) as here,
        here.connect(host) as client,
    ):
        talk = Talk(client)
        last = talk.until_closed()
        assert isinstance(last.app_info, AppInfo)
        assert last.app_info.num_bytes == talk.counter.payload_bytes
        assert talk.counter.payload_bytes >= 8 << 20
        assert last.san_sang is not None
        assert last.san_sang.limit_mbps == 1000
        assert last.san_sang.work_pct is not None
        assert 0 <= last.san_sang.work_pct <= 100
        assert last.tcp_info is not None
        assert last.tcp_info.min_rtt is not None
        assert last.tcp_info.bytes_acked > 0
        assert last.test == "download"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "TLS"])
def test_an_upload_is_counted_to_the_last_byte(host: str, encrypted: bool) -> None:
    tls = contexts() if encrypted else None
    with (
        serving(everybody=True, hosts=("127.0.0.1", "::1"), tls=tls) as here,
        here.connect(host) as client,
    ):
        talk = Talk(client, UPLOAD_PATH)
        for size in (1, 125, 126, 65_536, 1 << 20):
            talk.send(BINARY, bytes(size))
        talk.send(CLOSE, b"\x03\xe8")
        last = talk.until_closed()
        assert last.app_info is not None
        assert last.app_info.num_bytes == 1 + 125 + 126 + 65_536 + (1 << 20)
        assert last.test == "upload"
        assert last.tcp_info is not None
        assert last.tcp_info.bytes_received > last.app_info.num_bytes


def test_one_port_serves_both_families_on_every_address() -> None:
    """As it does where nothing else is said."""
    with serving(everybody=True, hosts=("0.0.0.0", "::"), limits=SMALL) as here:
        for host in ("127.0.0.1", "::1"):
            with here.connect(host) as client:
                assert Talk(client).until_closed().app_info


def test_a_download_ends_when_the_client_has_enough() -> None:
    """It closes after the first byte; the server ends the message it is at, and closes, too."""
    with serving(everybody=True) as here, here.connect() as client:
        talk = Talk(client)
        talk.receive()
        talk.send(CLOSE, b"\x03\xe8")
        last = talk.until_closed()
        assert last.app_info is not None
        assert last.app_info.elapsed_time < 10_000_000


def test_a_ping_is_answered_during_an_upload() -> None:
    with serving(everybody=True) as here, here.connect() as client:
        talk = Talk(client, UPLOAD_PATH)
        talk.send(PING, b"are you there?")
        assert client.recv(16) == b"\x8a\x0eare you there?"


def test_the_server_tells_where_it_is_while_nothing_comes() -> None:
    """A client that only waits hears of it four times a second."""
    with serving(everybody=True) as here, here.connect() as client:
        talk = Talk(client, UPLOAD_PATH)
        while len(talk.measurements) < 2:
            talk.receive()
        assert [each.san_sang for each in talk.measurements] == [None, None]
        first, second = (each.app_info for each in talk.measurements)
        assert first is not None
        assert second is not None
        assert second.elapsed_time - first.elapsed_time >= 250_000


def test_messages_grow_with_what_was_sent() -> None:
    """From 8 KiB to 1 MiB, never above 1/16 of it (the specification's way)."""
    messages = Messages()
    sizes = [messages.fitting(sent)[0] for sent in (0, 1 << 17, 1 << 18, 1 << 24, 1 << 40)]
    assert sizes == [1 << 13, 1 << 13, 1 << 14, 1 << 20, 1 << 20]


def test_a_rate_is_never_exceeded() -> None:
    """However the bytes come: at no instant are there more than the rate allows, and 10 ms."""
    rate = 20e6 / 8
    limits = LimitsSection(max_mbps=20, max_gib_per_test=MIB)
    with serving(everybody=True, limits=limits) as here, here.connect() as client:
        began = time.monotonic()
        talk = Talk(client)
        while not talk.closed:
            talk.receive()
            allowed = rate * (time.monotonic() - began + 0.010)
            assert talk.counter.payload_bytes <= allowed
        assert talk.counter.payload_bytes >= 1 << 20


def test_streams_of_a_turn_share_its_rate() -> None:
    rate = 20e6 / 8
    limits = LimitsSection(max_mbps=20, max_gib_per_test=MIB / 2)
    with serving(everybody=True, limits=limits) as here:
        turn = {"Sansang-Turn": here.turn()[1]["turn"]}
        began = time.monotonic()
        with here.connect() as one, here.connect() as other:
            talks = [Talk(one, DOWNLOAD_PATH, turn), Talk(other, DOWNLOAD_PATH, turn)]
            for talk in talks:
                talk.until_closed()
            together = sum(talk.counter.payload_bytes for talk in talks)
        assert 1 << 20 <= together <= rate * (time.monotonic() - began + 0.010)


def test_a_test_ends_with_its_turn() -> None:
    """Who goes on longer than asked for takes it from the next one."""
    with serving(everybody=True) as here, here.connect() as client:
        status, turn = here.turn(seconds=0.2)
        assert status == 200
        talk = Talk(client, DOWNLOAD_PATH, {"Sansang-Turn": turn["turn"]})
        last = talk.until_closed()
        assert last.app_info is not None
        assert last.app_info.elapsed_time < 5_000_000


def test_a_day_has_an_end() -> None:
    """What the day may carry is spent in a test's midst: that one ends, the next is told so."""
    limits = LimitsSection(max_gib_per_day=4 * MIB)
    with serving(everybody=True, limits=limits) as here:
        with here.connect() as client:
            talk = Talk(client)
            talk.until_closed()
        assert 4 << 20 <= talk.counter.payload_bytes < 6 << 20
        with here.connect() as client:
            talk = Talk(client)
            assert (talk.status, talk.refused) == (
                503,
                "this server has carried what it may today\n",
            )
        assert here.turn()[0] == 503
        assert here.health["bytes_today"] >= 4 << 20
        assert here.health["refused"] == {"day_spent": 2}

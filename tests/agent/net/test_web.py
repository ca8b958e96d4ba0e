# SPDX-License-Identifier: Apache-2.0
"""Fetches from servers as they are and as they should not be, on real sockets."""

import asyncio
import contextlib
import gc
import socket
import ssl
import struct
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from sansang_agent.net import tls
from sansang_agent.net.http import MOST_BODY_BYTES, MOST_HEAD_BYTES
from sansang_agent.net.web import Fetch, Place, Trust, fetch, parse_url
from tests.waiting import until

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
RESET = struct.pack("@ii", 1, 0)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(handle: Handler, context: ssl.SSLContext | None = None) -> AsyncGenerator[int]:
    """A server on a free port of 127.0.0.1, which it gives; what `handle` leaves open is closed."""
    at_work: set[asyncio.Task[None]] = set()

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        except (OSError, EOFError):
            pass  # the client has gone, as it should
        finally:
            writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at_work.add(asyncio.create_task(visit(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)


def answering(
    *pieces: bytes, forever: bytes = b"", hold: bool = False, requests: list[bytes] | None = None
) -> Handler:
    """Reads a request, sends the pieces, then `forever` again and again; `hold` keeps the
    connection open.
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if requests is not None:
            requests.append(request)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        while forever:
            writer.write(forever)
            await writer.drain()
            await asyncio.sleep(0.001 if len(forever) < 10 else 0)
        if not hold:
            writer.write_eof()
        await asyncio.Event().wait()

    return handle


NOBODY = Trust(tls.trusting_anybody(), dated=True)


def here(port: int, *, secure: bool = False) -> Place:
    return Place(secure, "127.0.0.1", port, "/")


async def get(handle: Handler, deadline_s: float = 10) -> Fetch:
    """Without TLS."""
    async with serving(handle) as port:
        return await fetch(here(port), "ipv4", NOBODY, deadline_s)


@pytest.mark.parametrize(
    ("answer", "status", "size"),
    [
        (HEAD + b"Content-Length: 5\r\n\r\nhello", 200, None),
        (HEAD + b"content-length:0\r\n\r\n", 200, None),
        (CHUNKED + b"5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n", 200, None),
        (HEAD + b"Transfer-Encoding: gzip, Chunked\r\n\r\n0\r\nTrailer: 1\r\n\r\n", 200, None),
        (b"HTTP/1.0 404 Not Found\nContent-Length: 2\n\nno", 404, None),
        (b"HTTP/1.1 204\r\n\r\n", 204, None),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 304, None),
        (EARLY + b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 503, None),
        (HEAD + b"Content-Length: 5\r\n\r\nhello, and more", 200, 43),
    ],
)  # fmt: skip
async def test_the_end_of_an_answer_is_known(answer: bytes, status: int, size: int | None) -> None:
    """Although the server keeps the connection: waiting for its end would last to the deadline."""
    came = await get(answering(answer, hold=True))
    assert (came.reason, came.status, came.received_bytes) == (None, status, size or len(answer))
    assert came.total_ms is not None
    assert came.connect_ms is not None
    assert came.first_byte_ms is not None
    assert came.total_ms >= came.connect_ms + came.first_byte_ms


async def test_answer_without_a_length_ends_with_the_connection() -> None:
    came = await get(answering(HEAD + b"\r\n", b"hello"))
    assert (came.reason, came.received_bytes) == (None, len(HEAD) + 7)


@pytest.mark.parametrize(
    "how", ["", "Content-Length: 999999999\r\n", "Transfer-Encoding: chunked\r\n"]
)
async def test_a_long_body_is_not_read_to_its_end(how: str) -> None:
    """Data is paid for; the answer is good all the same."""
    head = HEAD + how.encode() + b"\r\n"
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    came = await get(answering(head, forever=chunk))
    assert (came.reason, came.status) == (None, 200)
    assert came.received_bytes == len(head) + MOST_BODY_BYTES


@pytest.mark.parametrize("size", [b"1\r\nx\r\n", b"00000000000001;" + b"x" * 1000 + b"\r\nx\r\n"])
async def test_chunks_of_nearly_nothing_end_too(size: bytes) -> None:
    came = await get(answering(CHUNKED, forever=size * 99))
    assert came.received_bytes is not None
    assert came.received_bytes < MOST_HEAD_BYTES + MOST_BODY_BYTES
    assert came.reason is None


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"\0" * 100 + b"\r\n",
        b"HTTP/1.1 999 What\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: many\r\n\r\n",
        CHUNKED + b"xyz\r\n",
        CHUNKED + b"-5\r\nhello\r\n",
        CHUNKED + b"2\r\nhello\r\n",
        HEAD + b"A: " + b"x" * 2 * MOST_HEAD_BYTES,
        HEAD + b"A: x\r\n" * MOST_HEAD_BYTES,
        b"HTTP/1.1 100 Continue\r\n\r\n" * MOST_HEAD_BYTES,
    ],
)
async def test_what_is_not_http_is_malformed(answer: bytes) -> None:
    came = await get(answering(answer, hold=True))
    assert came.reason == "malformed_answer"
    assert came.total_ms is None


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 20",
        HEAD + b"Content-Le",
        HEAD + b"Content-Length: 6\r\n\r\nhello",
        CHUNKED + b"5\r\nhello\r\n",
    ],
)
async def test_answer_that_ends_early_is_incomplete(answer: bytes) -> None:
    came = await get(answering(answer))
    assert (came.reason, came.total_ms) == ("incomplete_answer", None)
    assert came.received_bytes == len(answer)


async def test_reset_within_the_body() -> None:
    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.write(HEAD + b"Content-Length: 6\r\n\r\nhell")

    came = await get(handle)
    assert came.reason == "connection_reset"


@pytest.mark.parametrize("drip", [b"x", b"X: y\r\n"])
async def test_dripping_server_meets_the_deadline(drip: bytes) -> None:
    """Although there is always something new."""
    came = await get(answering(HEAD, forever=drip), deadline_s=0.3)
    assert (came.reason, came.total_ms) == ("too_slow", None)


async def test_silent_server_meets_the_deadline() -> None:
    came = await get(answering(hold=True), deadline_s=0.3)
    assert (came.reason, came.first_byte_ms) == ("no_answer", None)
    assert came.connect_ms is not None


async def test_nobody_listens() -> None:
    async with serving(answering()) as port:
        pass
    came = await fetch(here(port), "ipv4", NOBODY, 5)
    assert (came.reason, came.connect_ms) == ("connection_refused", None)


class Authority:
    """A trusted authority and what it issues, for 127.0.0.1 unless told."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.file = str(folder / "ca.pem")
        self._authority.cert_pem.write_to_path(self.file)

    def server(self, name: str = "127.0.0.1", begin: int = -99, end: int = 30) -> ssl.SSLContext:
        """Valid from and to these days from now."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        issued = self._authority.issue_cert(
            name, not_before=NOW + begin * DAY, not_after=NOW + end * DAY
        )
        issued.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def get_tls(
    server: ssl.SSLContext | None, ca_file: str | None, *, dated: bool = True
) -> tuple[Fetch, list[bytes]]:
    """What came, and the requests that the server saw."""
    trust = Trust(tls.trusting(ca_file, check_dates=dated), dated)
    requests: list[bytes] = []
    answer = answering(HEAD + b"Content-Length: 0\r\n\r\n", hold=True, requests=requests)
    async with serving(answer, server) as port:
        return await fetch(here(port, secure=True), "ipv4", trust, 10), requests


async def test_good_certificate(authority: Authority) -> None:
    came, requests = await get_tls(authority.server(), authority.file)
    assert (came.reason, came.status) == (None, 200)
    assert came.certificate_left_d == pytest.approx(30, abs=0.1)
    assert came.tls_ms is not None
    assert b"Host: 127.0.0.1:" in requests[0]


@pytest.mark.parametrize(
    ("name", "begin", "end", "reason"),
    [
        ("127.0.0.1", -99, -3, "certificate_expired"),
        ("127.0.0.1", 3, 30, "certificate_not_yet_valid"),
        ("127.0.0.2", -99, 30, "certificate_name_mismatch"),
        ("portal.test", -99, 30, "certificate_name_mismatch"),
    ],
)
async def test_bad_certificate_is_named_and_dated(
    authority: Authority, name: str, begin: int, end: int, reason: str
) -> None:
    """And the server is not asked for anything."""
    came, requests = await get_tls(authority.server(name, begin, end), authority.file)
    assert (came.reason, came.tls_ms, came.status) == (reason, None, None)
    assert came.certificate_left_d == pytest.approx(end, abs=0.1)
    assert requests == []


async def test_failed_handshake_leaves_nothing_behind(authority: Authority) -> None:
    """Not even until the garbage collector runs: what a context trusts is 2 MiB."""
    context = tls.trusting(None, check_dates=True)
    gone = weakref.ref(context)
    gc.disable()
    try:
        async with serving(answering(), authority.server()) as port:
            trust = Trust(context, dated=True)
            came = await fetch(here(port, secure=True), "ipv4", trust, 10)
            del context, trust
            await until(lambda: gone() is None, "the end of the context")
    finally:
        gc.enable()
    assert came.reason == "certificate_untrusted"


async def test_unknown_authority_is_untrusted(authority: Authority) -> None:
    """The system's authorities have never heard of it."""
    came, requests = await get_tls(authority.server(), None)
    assert came.reason == "certificate_untrusted"
    assert came.certificate_left_d == pytest.approx(30, abs=0.1)
    assert requests == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [("127.0.0.1", None), ("portal.test", "certificate_name_mismatch")],
)
async def test_unsynchronised_clock_judges_no_dates(
    authority: Authority, name: str, reason: str | None
) -> None:
    """Everything else holds, and no days are told: they would be wrong."""
    came, _ = await get_tls(authority.server(name, -99, -3), authority.file, dated=False)
    assert (came.reason, came.certificate_left_d) == (reason, None)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"HTTP/1.1 400 Bad Request\r\n\r\n", "tls_failed"), (b"", "connection_reset")],
)
async def test_server_without_tls(answer: bytes, reason: str) -> None:
    """It answers a handshake with words, or hangs up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(answer)
        writer.write_eof()
        await reader.read()

    trust = Trust(tls.trusting(None, check_dates=True), dated=True)
    async with serving(handle) as port:
        came = await fetch(here(port, secure=True), "ipv4", trust, 10)
    assert (came.reason, came.tls_ms) == (reason, None)
    assert came.connect_ms is not None


@pytest.mark.parametrize(
    ("url", "place", "host"),
    [
        ("https://vnnic.vn", Place(True, "vnnic.vn", 443, "/"), b"vnnic.vn"),
        ("http://a.test:8080/x?y=1#z", Place(False, "a.test", 8080, "/x?y=1"), b"a.test:8080"),
        ("https://[2001:DB8::1]/", Place(True, "2001:db8::1", 443, "/"), b"[2001:db8::1]"),
        ("https://việt.vn/", Place(True, "xn--vit-5kz.vn", 443, "/"), b"xn--vit-5kz.vn"),
        ("http://192.0.2.1:443/", Place(False, "192.0.2.1", 443, "/"), b"192.0.2.1:443"),
    ],
)
def test_addresses_are_taken_apart(url: str, place: Place, host: bytes) -> None:
    assert parse_url(url) == place
    assert b"\r\nHost: " + host + b"\r\n" in place.request()


@pytest.mark.parametrize(
    "url",
    [
        *("vnnic.vn", "ftp://vnnic.vn/", "https://", "https:///x", "https://a:b@vnnic.vn/"),
        *("https://a.test:99999/", "https://a.test/x y", "https://a.test/ảnh", "https://a..b/"),
        *("https://[fe80::1%25eth0]/", "https://a b/", "https://[::1/"),
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_url(url)

# SPDX-License-Identifier: Apache-2.0
"""One fetch of a web address over one address family, to one address, phase by phase.

No redirect is followed. Nothing is asked of a server that TLS doesn't trust; its certificate is
looked at in a second handshake, so that its date is known.
"""

import asyncio
import contextlib
import errno
import socket
import ssl
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import sansang_agent
from sansang_agent.net import reasons
from sansang_agent.net.addresses import FAMILIES, Address, literal, socket_address
from sansang_agent.net.http import MOST_HEAD_BYTES, Answer, MalformedHttpError
from sansang_agent.net.targets import Located, locate
from sansang_agent.net.tls import days_left, reason_of, trusting, trusting_anybody
from sansang_wire.reading import Family
from sansang_wire.threads import in_daemon_thread

_PORTS = {"http": 80, "https": 443}
_RECEIVE_BUFFER_BYTES = 8192
"""The kernel makes room for twice as much (socket(7)) and offers the server about half of it."""


class Place(NamedTuple):
    """A web address, taken apart. `host` is a name or an address without brackets."""

    tls: bool
    host: str
    port: int
    path: str
    accept: str = "*/*"
    method: Literal["GET", "HEAD"] = "GET"

    def request(self) -> bytes:
        """RFC 9112 §3: the bytes that ask for it."""
        host = f"[{self.host}]" if isinstance(literal(self.host), IPv6Address) else self.host
        if self.port != _PORTS["https" if self.tls else "http"]:
            host += f":{self.port}"
        lines = (
            f"{self.method} {self.path} HTTP/1.1",
            f"Host: {host}",
            f"User-Agent: sansang-agent/{sansang_agent.__version__}",
            f"Accept: {self.accept}",
            "Connection: close",
        )
        return "\r\n".join((*lines, "", "")).encode("ascii")


def parse_url(url: str) -> Place:
    """Raises ValueError. A name may be spelled as people do (RFC 5891), the path only in ASCII."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or {"@", "%"} & {*parts.netloc}:
        raise ValueError(f"{url!r} is not http://host[:port]/path or https://host[:port]/path")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        raise ValueError(f"{url!r}: write what is not ASCII in the path as %XX")
    host = parts.hostname
    if literal(host) is None:
        host = host.encode("idna").decode("ascii")
        if not host.isprintable() or " " in host:
            raise ValueError(f"{url!r}: {parts.hostname!r} is no name")
    return Place(parts.scheme == "https", host, parts.port or _PORTS[parts.scheme], path)


@dataclass(slots=True)
class Fetch:
    """What came of it: phases that were not reached are None, `reason` is None when it came.

    `content` is the beginning of the body, as much as was read.
    """

    address: Address | None = None
    lookup_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    first_byte_ms: float | None = None
    total_ms: float | None = None
    status: int | None = None
    location: str | None = None
    received_bytes: int | None = None
    certificate_left_d: float | None = None
    content: bytes = b""
    reason: str | None = None


class Trust(NamedTuple):
    """`dated`: this box's clock is right, so that it may judge the dates of certificates."""

    context: ssl.SSLContext
    dated: bool


async def trust(ca_file: str | None, *, dated: bool) -> Trust | None:
    """In the system's authorities, or in those of a file; None when that can't be used."""
    try:
        # Some hundred authorities take a slow box a tenth of a second.
        return Trust(await in_daemon_thread(trusting, ca_file, check_dates=dated), dated)
    except OSError:
        return None


Locate = Callable[[str, Family], Awaitable[Located]]


async def fetch(
    place: Place, family: Family, trust: Trust, deadline_s: float, locate: Locate = locate
) -> Fetch:
    """Never raises for what the network or the server does; ends by the deadline."""
    came = Fetch()
    begun_ns = time.monotonic_ns()
    try:
        async with asyncio.timeout(deadline_s):
            located = await locate(place.host, family)
            came.address, came.lookup_ms, came.reason = located
            if came.address is not None:
                await _through_all_phases(place, family, trust, came)
    except TimeoutError:
        late = reasons.NO_ANSWER if came.first_byte_ms is None else reasons.TOO_SLOW
        came.reason = came.reason or late
    except MalformedHttpError:
        came.reason = reasons.MALFORMED_ANSWER
    except EOFError:
        came.reason = reasons.INCOMPLETE_ANSWER
    except ssl.SSLError as error:
        came.reason = reason_of(error)
    except OSError as error:
        # asyncio tells of a server that hangs up within the handshake without a number.
        came.reason = reasons.of_errno(error.errno or errno.ECONNRESET)
    if came.reason is None:
        came.total_ms = _since(begun_ns)
    return came


async def _through_all_phases(place: Place, family: Family, trust: Trust, came: Fetch) -> None:
    assert came.address is not None  # noqa: S101 - that it is known comes before
    begun_ns = time.monotonic_ns()
    sock = await _connected(came.address, place.port, family)
    came.connect_ms = _since(begun_ns)
    begun_ns = time.monotonic_ns()
    try:
        reader, writer = await _stream(sock, place, trust.context if place.tls else None)
    except ssl.SSLCertVerificationError as error:
        came.reason = reason_of(error)
        if trust.dated:
            with contextlib.suppress(OSError):
                await _look_at_certificate(came, place, family)
        return
    try:
        if place.tls:
            came.tls_ms = _since(begun_ns)
            if trust.dated:
                came.certificate_left_d = _left(writer)
        await _ask(reader, writer, place, came)
    finally:
        # Not closed in good order: what the server still wants to send is paid for, too.
        writer.transport.abort()


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: Place, came: Fetch
) -> None:
    answer = Answer(reader)
    begun_ns = time.monotonic_ns()
    writer.write(place.request())
    try:
        await answer.first_byte()
        came.first_byte_ms = _since(begun_ns)
        head = await answer.head()
        came.status, came.location = head.status, head.location
        if place.method == "GET":
            await answer.body(head)
    finally:
        came.received_bytes = answer.received_bytes
        came.content = bytes(answer.content)


async def _look_at_certificate(came: Fetch, place: Place, family: Family) -> None:
    """In a handshake that trusts anybody, and asks for nothing."""
    if came.address is None:
        return
    sock = await _connected(came.address, place.port, family)
    _, writer = await _stream(sock, place, trusting_anybody())
    came.certificate_left_d = _left(writer)
    writer.transport.abort()


def _left(writer: asyncio.StreamWriter) -> float | None:
    certificate: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return None if certificate is None else days_left(certificate, time.time())


async def _connected(address: Address, port: int, family: Family) -> socket.socket:
    sock = socket.socket(FAMILIES[family], socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        # What is on the way when enough was read has been paid for.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        await asyncio.get_running_loop().sock_connect(sock, socket_address(address, port))
    except BaseException:
        sock.close()
        raise
    return sock


async def _stream(
    sock: socket.socket, place: Place, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        return await asyncio.open_connection(
            sock=sock,
            ssl=context,
            server_hostname=place.host if context else None,
            limit=MOST_HEAD_BYTES,
        )
    except OSError as error:
        # asyncio's frames and the error hold each other, and all that the context trusts: 2 MiB.
        traceback.clear_frames(error.__traceback__)
        raise


def _since(begun_ns: int) -> float:
    return (time.monotonic_ns() - begun_ns) / 1e6

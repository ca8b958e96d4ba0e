# SPDX-License-Identifier: Apache-2.0
"""The way to a measuring server: TCP, TLS, and the head of an HTTP answer (RFC 9112)."""

import socket
import ssl
from collections.abc import Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from sansang_agent.net import reasons
from sansang_agent.net.addresses import FAMILIES, Address, family_of, socket_address
from sansang_agent.net.tls import reason_of, trusting
from sansang_wire.reading import Outcome

PATIENCE_S = 6
"""For each step on the way to the first byte of a test: the first SYN and two more."""
MOST_HEAD_BYTES = 16 * 1024

InHeader = Annotated[str, Meta(pattern=r"^[\x21-\x7e]+$", max_length=1024)]
"""Nothing that would begin a new header."""


class Server(Struct, frozen=True, kw_only=True):
    """As the settings have it. `turns`: it is one of ours and grants them. `dated`: this box knows
    the date, so that those of certificates can be checked.
    """

    name: str
    host: InHeader
    port: Annotated[int, Meta(ge=1, le=65535)]
    tls: bool
    ca_file: str | None = None
    token: InHeader | None = None
    turns: bool = False
    dated: bool = True


class NoTestError(Exception):
    """It can't be measured: outcome and reason of the reading."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome: Outcome = outcome
        self.reason = reason


class Answer(NamedTuple):
    """`headers` by their names in small letters; `rest`: what came after the head already."""

    status: int
    headers: Mapping[str, str]
    rest: bytes


class Way:
    """To one address of the server."""

    def __init__(self, server: Server, address: Address) -> None:
        self.server, self.address = server, address
        self._tls = _context(server) if server.tls else None

    def connect(self) -> socket.socket:
        """A connection that waits `PATIENCE_S` for each thing. Raises NoTestError."""
        connection = socket.socket(FAMILIES[family_of(self.address)], socket.SOCK_STREAM)
        connected = False
        try:
            connection.settimeout(PATIENCE_S)
            connection.connect(socket_address(self.address, self.server.port))
            connected = True
            if self._tls is None:
                return connection
            return self._tls.wrap_socket(connection, server_hostname=self.server.host)
        except OSError as error:
            connection.close()
            raise failure(error, connected=connected) from error

    def ask(
        self,
        connection: socket.socket,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes = b"",
    ) -> None:
        """Send a request. Raises NoTestError."""
        host, port = self.server.host, self.server.port
        named = {
            "Host": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "User-Agent": "sansang-agent",
            **({"Authorization": f"Bearer {self.server.token}"} if self.server.token else {}),
            **headers,
        }
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {named[name]}" for name in named), "", ""]
        try:
            connection.sendall("\r\n".join(lines).encode() + content)
        except OSError as error:
            raise failure(error, connected=True) from error


def answer_on(connection: socket.socket) -> Answer:
    """The head of an answer. Raises NoTestError."""
    head, end, rest = b"", b"", b""
    try:
        while not end:
            piece = connection.recv(4096)
            if not piece or len(head) > MOST_HEAD_BYTES:
                raise NoTestError("failed", reasons.INCOMPLETE_ANSWER)
            head, end, rest = (head + piece).partition(b"\r\n\r\n")
    except OSError as error:
        raise failure(error, connected=True) from error
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, status = first.partition(" ")
    if not version.startswith("HTTP/1.") or not status[:3].isdecimal():
        raise NoTestError("failed", "not_ndt7")
    pairs = (line.partition(":") for line in lines)
    return Answer(int(status[:3]), {name.lower(): value.strip() for name, _, value in pairs}, rest)


def failure(error: OSError, *, connected: bool) -> NoTestError:
    """Who refuses a connection, or breaks it off, is there."""
    if isinstance(error, ssl.SSLError):
        return NoTestError("failed", reason_of(error))
    silent = isinstance(error, TimeoutError)
    reason = reasons.NO_ANSWER if silent else reasons.of_errno(error.errno)
    if reason in reasons.BROKEN:
        return NoTestError("broken", reason)
    there = reason == "connection_refused" or (connected and not silent)
    return NoTestError("failed" if there else "unreachable", reason)


def _context(server: Server) -> ssl.SSLContext:
    try:
        return trusting(server.ca_file, check_dates=server.dated)
    except OSError as error:  # ssl.SSLError is one, too
        raise NoTestError("broken", "ca_file_unusable") from error

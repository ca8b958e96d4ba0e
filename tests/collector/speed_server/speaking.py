# SPDX-License-Identifier: Apache-2.0
"""A measuring server in a thread of the test, and a client that says to it what it is told to."""

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from sansang_collector.config import Address
from sansang_collector.speed_server.server import SpeedServer
from sansang_collector.speed_server.settings import LimitsSection, SpeedConfig
from sansang_wire.ndt7 import DOWNLOAD_PATH, SUBPROTOCOL, TURN_PATH, Measurement
from sansang_wire.websocket import CLOSE, TEXT, FrameCounter, frame, new_key
from tests.servers import free_port

PATIENCE_S = 20
MIB = 1 / 1024
"""As a share of a GiB."""


class Serving:
    """Where it listens, and what it holds."""

    def __init__(self, server: SpeedServer, port: int, tls: ssl.SSLContext | None) -> None:
        self.server = server
        self.port = port
        self.tls = tls

    def connect(self, host: str = "127.0.0.1") -> socket.socket:
        """A connection, with TLS when the server has it."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        client = socket.socket(family, socket.SOCK_STREAM)
        client.settimeout(PATIENCE_S)
        client.connect((host, self.port))
        if self.tls is not None:
            return self.tls.wrap_socket(client, server_hostname="localhost")
        return client

    def ask(
        self, method: str, path: str, token: str | None = None, body: object = None
    ) -> tuple[int, Any]:
        """Status and what was answered: of JSON its content, else the text."""
        with self.connect() as client:
            return ask(client, method, path, token, body)

    def turn(self, token: str | None = None, agent: str = "box-1", seconds: float = 30) -> Any:
        """Status and answer of asking for a turn."""
        return self.ask("POST", TURN_PATH, token, {"agent": agent, "seconds": seconds})

    @property
    def health(self) -> dict[str, Any]:
        """What it tells a watchdog."""
        status, told = self.ask("GET", "/healthz")
        assert status == 200
        return told


@contextlib.contextmanager
def serving(
    *,
    limits: LimitsSection | None = None,
    tokens_file: Path | None = None,
    everybody: bool = False,
    tls: tuple[ssl.SSLContext, ssl.SSLContext] | None = None,
    hosts: tuple[str, ...] = ("127.0.0.1",),
    request_s: float = 5.0,
) -> Generator[Serving]:
    """Until the block ends; then it has ended, too."""
    port = free_port()
    config = SpeedConfig(
        listen=tuple(Address(host, port) for host in hosts),
        limits=limits or LimitsSection(),
        tokens_file=tokens_file,
        open=everybody,
        tls=tls[0] if tls else None,
    )
    server = SpeedServer(config, request_s)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Serving(server, port, tls[1] if tls else None)
    finally:
        server.stop()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()


def ask(
    client: socket.socket, method: str, path: str, token: str | None, body: object
) -> tuple[int, Any]:
    """One request, with the standard library's own client."""
    connection = http.client.HTTPConnection("speed.test")
    connection.sock = client
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    text = None if body is None else json.dumps(body)
    connection.request(method, path, text, headers)
    answer = connection.getresponse()
    told = answer.read().decode()
    is_json = answer.headers.get("Content-Type") == "application/json"
    return answer.status, json.loads(told) if is_json else told


class Talk:
    """A WebSocket to the server, from the client's side."""

    def __init__(
        self,
        client: socket.socket,
        path: str = DOWNLOAD_PATH,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`refused` is the answer when it is not 101."""
        self.socket = client
        self.counter = FrameCounter(1 << 24)
        self.measurements: list[Measurement] = []
        self.closed = False
        self.ended = False
        self._buffer = memoryview(bytearray(1 << 16))
        client.sendall(handshake(path, headers))
        head = bytearray()
        while not head.endswith(b"\r\n\r\n") and (more := client.recv(1)):
            head += more
        self.status = int(head.split()[1])
        self.refused = "" if self.status == 101 else client.recv(1000).decode()

    def send(self, opcode: int, payload: bytes) -> None:
        """A whole message."""
        self.socket.sendall(frame(opcode, payload, masked=True))

    def receive(self) -> None:
        """What comes next."""
        got = self.socket.recv_into(self._buffer)
        self.ended = got == 0
        for control in self.counter.feed(self._buffer[:got]):
            if control.opcode == TEXT:
                self.measurements.append(msgspec.json.decode(control.payload, type=Measurement))
            self.closed |= control.opcode == CLOSE

    def until_closed(self) -> Measurement:
        """The server's last measurement."""
        while not self.closed and not self.ended:
            self.receive()
        assert self.closed, "the server ended without a word"
        return self.measurements[-1]


def handshake(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Of a client that wants NDT7; `headers` take the place of what it would send else."""
    wanted = {
        "Host": "speed.test",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": new_key(),
        "Sec-WebSocket-Protocol": SUBPROTOCOL,
        **(headers or {}),
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in wanted.items())]
    return "\r\n".join([*lines, "", ""]).encode()

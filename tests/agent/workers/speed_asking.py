# SPDX-License-Identifier: Apache-2.0
"""The speed worker as the agent runs it, and servers that are not as ours is."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple

import msgspec
import psutil

from sansang_agent.net.worker import follow
from sansang_wire.ndt7 import SUBPROTOCOL
from sansang_wire.speed_readings import ThroughputReading
from sansang_wire.websocket import BINARY, accept_key, frame

PATIENCE_S = 20
DURATION_S = 0.5
_RESET_ON_CLOSE = struct.pack("@ii", 1, 0)


class Told(NamedTuple):
    """`lines`: all of them. `phases`: by name, as readings. `used_bytes`: of all."""

    lines: list[dict[str, Any]]
    phases: dict[str, ThroughputReading]
    used_bytes: int

    @property
    def progress(self) -> list[dict[str, Any]]:
        return [line["progress"] for line in self.lines if "progress" in line]


def request(port: int, *, server: Mapping[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    """To this machine, with nobody else on the line; `values` instead of the usual ones."""
    usual: dict[str, Any] = {
        "agent": "box-1",
        "address": "127.0.0.1",
        "family": "ipv4",
        "phases": ["idle", "download", "upload"],
        "streams": 1,
        "duration_s": DURATION_S,
        "byte_cap": 10**12,
        "interface": "none",
        "is_router": False,
        "rtt_every_ms": 50,
    }
    where = {"name": "test", "host": "localhost", "port": port, "tls": False, **(server or {})}
    return usual | {"server": where} | values


async def measure(port: int, **values: Any) -> Told:
    """All that the worker tells."""
    asked = request(port, **values)
    async with contextlib.aclosing(follow("speed", asked, PATIENCE_S)) as lines:
        return told([line async for line in lines])


def told(lines: list[dict[str, Any]]) -> Told:
    """Each phase has to be a reading that the wire takes."""
    labels = {"kind": "throughput", "at": 0, "server": "test", "family": "ipv4", "streams": "none"}
    phases = [line["phase"] for line in lines if "phase" in line]
    readings = [msgspec.convert(labels | phase, ThroughputReading) for phase in phases]
    known = set(ThroughputReading.__struct_fields__)
    assert not {name for phase in phases for name in phase} - known
    return Told(lines, {each.phase: each for each in readings}, lines[-1]["done"]["used_bytes"])


@contextlib.contextmanager
def odd_server(play: Callable[[socket.socket], object]) -> Generator[int]:
    """Agrees to every test, and then does what it is told to; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, play))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_S)


def _serve(listener: socket.socket, play: Callable[[socket.socket], object]) -> None:
    threads: list[threading.Thread] = []
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threads.append(threading.Thread(target=_agree, args=(connection, play)))
            threads[-1].start()
    for thread in threads:
        thread.join(PATIENCE_S)


def _agree(connection: socket.socket, play: Callable[[socket.socket], object]) -> None:
    with connection, contextlib.suppress(OSError):
        head = connection.recv(4096).decode()
        if not head:
            return  # a round trip
        key = head.split("Sec-WebSocket-Key: ")[1].split("\r\n")[0]
        lines = (
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Accept: {accept_key(key)}",
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
        )
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        play(connection)


def send_for(connection: socket.socket, seconds: float) -> int:
    """Messages of 64 KiB; returns their payload. Raises OSError when nobody takes them."""
    message, sent = frame(BINARY, bytes(1 << 16), masked=False), 0
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        connection.sendall(message)
        sent += 1 << 16
    return sent


def reset(connection: socket.socket) -> None:
    """As a firewall that has had enough does it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    connection.close()


def running_workers() -> list[psutil.Process]:
    """Those of speed tests that this process has started; others may have left it children."""
    return [
        each
        for each in psutil.Process().children()
        if "sansang_agent.workers.speed" in each.cmdline()
    ]

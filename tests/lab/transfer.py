# SPDX-License-Identifier: Apache-2.0
"""A bare transfer over TCP: `python -m tests.lab.transfer serve`, and beside it

    python -m tests.lab.transfer ADDRESS IDLE_SECONDS LOADED_SECONDS

The server sends as fast as it can to whoever has sent it one byte, and nothing to others. The
other prints the round trips to it as `RoundTrips` sees them: a line of JSON of the idle line, then
one from beside downloads by a program that hardly keeps up with them.
"""

import json
import select
import socket
import sys
import threading
import time
from contextlib import ExitStack, suppress
from ipaddress import ip_address

from sansang_agent.net.addresses import FAMILIES, Address, family_of
from sansang_agent.workers.speed_latency import RoundTrips

PORT = 7777
EVERY_MS = 20
STREAMS = 8
"""So many take turns in giving way, and a queue that was full once stays nearly full."""
BUSY_WITH = 1_000_000
"""Some 20 ms in which no other thread has its turn."""
PIECE = bytes(1 << 18)


def serve() -> None:
    with socket.create_server(
        ("::", PORT), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128
    ) as listener:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_send, args=(connection,), daemon=True).start()


def _send(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        if connection.recv(1):
            while True:
                connection.sendall(PIECE)


def idle(address: Address, seconds: float) -> None:
    with RoundTrips(address, PORT, EVERY_MS) as trips:
        time.sleep(seconds)
    _tell(trips)


def load(address: Address, seconds: float) -> None:
    buffer = bytearray(PIECE)
    with ExitStack() as open_, RoundTrips(address, PORT, EVERY_MS) as trips:
        streams = [open_.enter_context(_download(address)) for _ in range(STREAMS)]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select(streams, [], [], 1)
            for stream in ready:
                stream.recv_into(buffer)
            sum(range(BUSY_WITH))
    _tell(trips)


def _download(address: Address) -> socket.socket:
    connection = socket.socket(FAMILIES[family_of(address)])
    connection.connect((str(address), PORT))
    connection.send(b"!")
    return connection


def _tell(trips: RoundTrips) -> None:
    told = {"ms": trips.samples_ms, "lost": trips.lost, "used_bytes": trips.used_bytes}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    server, idle_s, loaded_s = ip_address(sys.argv[1]), *map(float, sys.argv[2:])
    idle(server, idle_s)
    if loaded_s:
        load(server, loaded_s)

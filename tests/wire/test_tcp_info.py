# SPDX-License-Identifier: Apache-2.0
"""The kernel's figures of a real connection, beside what `ss` reads of the same one."""

import re
import socket
import subprocess

from sansang_wire.tcp_info import read_tcp_info
from tests.capabilities import program


def test_the_figures_are_those_that_ss_shows() -> None:
    """Bytes and the least round trip, of a connection that has carried 300,000 bytes."""
    ss = program("ss", "iproute2")
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        with server:
            client.sendall(bytes(300_000))
            left = 300_000
            while left:
                left -= len(server.recv(left))
            client.sendall(b"x")
            server.recv(1)
            port = client.getsockname()[1]
            shown = subprocess.run(
                [ss, "-tinH", f"sport = :{port}"], capture_output=True, text=True, check=True
            ).stdout
            found = read_tcp_info(client, 7)
            received = read_tcp_info(server)
    assert found.elapsed_time == 7
    assert found.bytes_sent == _shown(shown, "bytes_sent") == 300_001
    assert found.bytes_acked == _shown(shown, "bytes_acked")
    assert received.bytes_received == 300_001
    assert found.min_rtt is not None
    assert found.min_rtt / 1000 == _shown(shown, "minrtt")
    assert found.bytes_retrans == 0


def _shown(text: str, name: str) -> float:
    match = re.search(rf"\b{name}:([\d.]+)", text)
    assert match, text
    return float(match[1])

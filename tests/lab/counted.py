# SPDX-License-Identifier: Apache-2.0
"""Traffic of a known size, and what a firewall counts of it: the reference for who counts himself.

`python -m tests.lab.counted` sends back as much as it is sent, by either family.
"""

import socket
import sys
from collections.abc import Mapping
from typing import Any

from tests.capabilities import program
from tests.lab.netns import Host

EXCHANGE = """
import json, socket
address, size = {address!r}, {size}
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM) as sock:
    sock.connect((address, {port}))
    sock.sendall(bytes(size))
    sock.shutdown(socket.SHUT_WR)
    came = 0
    while piece := sock.recv(65536):
        came += len(piece)
print(json.dumps(came))
"""
COUNTING = """
table inet counted {
    counter ipv4 { }
    counter ipv6 { }
    chain received {
        type filter hook prerouting priority raw;
        iifname %(line)s meta nfproto ipv4 counter name ipv4
        iifname %(line)s meta nfproto ipv6 counter name ipv6
    }
    chain sent {
        type filter hook postrouting priority srcnat;
        oifname %(line)s meta nfproto ipv4 counter name ipv4
        oifname %(line)s meta nfproto ipv6 counter name ipv6
    }
}
"""
PORT = 7


def exchange(host: Host, address: str, size: int) -> None:
    """Send so many bytes to an echo server and take them back."""
    assert host.python(EXCHANGE.format(address=address, size=size, port=PORT)) == size


def count(host: Host, line: str) -> None:
    """Have nftables count what goes through an interface."""
    host.run(program("nft", "counters of a firewall"), COUNTING % {"line": line})


def counted(host: Host) -> Mapping[str, int]:
    """Bytes by family, IP headers included."""
    told: dict[str, Any] = host.json("nft", "-j", "list", "counters")
    counters = [each["counter"] for each in told["nftables"] if "counter" in each]
    return {each["name"]: each["bytes"] for each in counters}


def main() -> None:
    with socket.create_server(("::", PORT), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = server.accept()
            with connection:
                came = 0
                while piece := connection.recv(65536):
                    came += len(piece)
                connection.sendall(bytes(came))


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""The resolvers that the box asks, in the order in which it asks them.

Source: resolv.conf(5). Where that names only the stub of systemd-resolved, the servers behind it
stand in a file of its own (systemd-resolved.service(8)): asking the stub would hide which of them
is dead, and through which family they are reached.
"""

import contextlib
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address
from itertools import islice
from pathlib import Path

from sansang_agent.net.addresses import Address

RESOLV_CONF = Path("/etc/resolv.conf")
BEHIND_THE_STUB = Path("/run/systemd/resolve/resolv.conf")
STUB = IPv4Address("127.0.0.53")
MOST_SERVERS = 3
"""MAXNS of the C library: what stands further down is never asked."""


def name_servers() -> list[Address]:
    """Each once, empty when none is configured; a link-local one carries its zone, if it has one.

    A resolver on the box itself (127.0.0.1, as on a router) counts: programs ask it.
    """
    configured = list(dict.fromkeys(islice(_named_in(RESOLV_CONF), MOST_SERVERS)))
    if STUB not in configured:
        return configured
    return list(dict.fromkeys(_named_in(BEHIND_THE_STUB))) or configured


def _named_in(path: Path) -> Iterator[Address]:
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        words = line.split()
        # The word must begin the line: an indented one is none to the C library.
        if line.startswith("nameserver") and words[0] == "nameserver" and len(words) > 1:
            with contextlib.suppress(ValueError):
                yield ip_address(words[1])

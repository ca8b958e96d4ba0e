# SPDX-License-Identifier: Apache-2.0
"""Says when an interface of the box comes, goes or changes, without anyone asking for it.

Source: RTNLGRP_LINK of rtnetlink(7). Needs no privilege. What changed is not told: whoever is woken
looks for himself, so that an event that was lost (ENOBUFS) costs nothing either.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator

from sansang_agent.net import netlink

RTNLGRP_LINK = 1
SETTLES_IN_S = 0.3
"""One change is told in several messages, and a flapping cable in many."""


async def link_events() -> AsyncGenerator[None]:
    """An item for each burst of changes, for ever. Raises OSError where netlink is closed to us."""
    with netlink.listening(netlink.NETLINK_ROUTE, [RTNLGRP_LINK]) as sock:
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        loop.add_reader(sock, changed.set)
        try:
            while True:
                await changed.wait()
                await asyncio.sleep(SETTLES_IN_S)
                _empty(sock)
                changed.clear()
                yield
        finally:
            loop.remove_reader(sock)


def _empty(sock: socket.socket) -> None:
    while True:
        try:
            sock.recv(netlink.RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:  # ENOBUFS: some were lost, which is one more reason to look
            continue

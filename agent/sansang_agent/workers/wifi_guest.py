# SPDX-License-Identifier: Apache-2.0
"""One guest in a network of its own: `wifi_journey` starts it, gives it a radio, tells it to go.

It says {"ready": true} in its new network, reads one `Request`, says how far it came, and stays
connected until its input ends. Needs CAP_SYS_ADMIN and CAP_NET_ADMIN.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import msgspec

from sansang_agent.net import router_options
from sansang_agent.net.echo import echoes
from sansang_agent.net.private_network import end_with_parent, enter_new_network
from sansang_agent.workers import guest_address
from sansang_agent.workers.guest_internet import ECHOES, Guest
from sansang_agent.workers.guest_radio import connected
from sansang_agent.workers.guest_told import CannotGoError, Progress, Request, StoppedError

RADIO_WITHIN_S = 5


def main() -> None:
    """Say it is ready, go, and stay."""
    end_with_parent()
    enter_new_network()
    _say({"ready": True})
    request = msgspec.json.decode(sys.stdin.readline(), type=Request)
    progress = Progress()
    try:
        _go(request, progress)
    except StoppedError:
        _say(progress.end())
    except CannotGoError as error:
        _say({"broken": error.reason, "what": str(error)})


def _go(request: Request, progress: Progress) -> None:
    _wait_for_radio(request.interface)
    guest_address.prepare(request.interface)
    with router_options.listen() as options, connected(request, progress):
        asyncio.run(_as_guest(request, progress, options))


async def _as_guest(request: Request, progress: Progress, options: Any) -> None:
    async with guest_address.addressed(request.interface, options) as standings:
        progress.tell(dhcp_servers=standings["ipv4"].dhcp_servers)
        if request.reach is not None:
            _say({"reached": await _reached(request.reach)})
        else:
            await Guest(request, standings, progress).go_on()
            addresses = [str(each) for here in standings.values() for each in here.addresses]
            _say({**progress.end(), "addresses": addresses})
        # The other guest may still be on its way to this one.
        await asyncio.to_thread(sys.stdin.read)


async def _reached(addresses: Sequence[str]) -> bool:
    """Whether another guest answers at any of its addresses."""
    came = await asyncio.gather(*(echoes(ip_address(each), 80, ECHOES) for each in addresses))
    return any(each.received or each.reason == "connection_refused" for each in came)


def _wait_for_radio(interface: str) -> None:
    deadline = time.monotonic() + RADIO_WITHIN_S
    while not guest_address.is_here(interface):
        if time.monotonic() > deadline:
            raise CannotGoError("radio_fails", f"{interface} did not arrive in the guest's network")
        time.sleep(0.02)


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(what).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

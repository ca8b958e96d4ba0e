# SPDX-License-Identifier: Apache-2.0
"""One guest in a network of its own: a fork of `wifi_journey`, which gives it a radio.

It says {"ready": true} in its new network, takes one `Request`, says how far it came, and stays
connected until the other end of the connection is closed. Needs CAP_SYS_ADMIN and CAP_NET_ADMIN.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from ipaddress import ip_address
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

from sansang_agent.net import router_options
from sansang_agent.net.echo import echoes
from sansang_agent.net.private_network import end_with_parent, enter_new_network
from sansang_agent.workers import guest_address
from sansang_agent.workers.guest_internet import ECHOES, Guest
from sansang_agent.workers.guest_radio import connected
from sansang_agent.workers.guest_told import CannotGoError, Progress, Request, StoppedError
from sansang_wire.reading import Family

Told: TypeAlias = "Connection[dict[str, Any], Request]"
RADIO_WITHIN_S = 5


def be_guest(told: Told) -> None:
    """Say it is ready, go, and stay."""
    end_with_parent()
    try:
        enter_new_network()
    except OSError as error:
        told.send({"broken": "not_permitted", "what": f"no network of its own: {error}"})
        return
    told.send({"ready": True})
    progress = Progress()
    try:
        asyncio.run(_go(told, told.recv(), progress))
    except StoppedError:
        told.send(progress.end())
    except CannotGoError as error:
        told.send({"broken": error.reason, "what": str(error)})


async def _go(told: Told, request: Request, progress: Progress) -> None:
    _wait_for_radio(request.interface)
    guest_address.prepare(request.interface)
    with router_options.listen() as options, connected(request, progress):
        async with guest_address.addressed(request.interface, options) as standings:
            told.send(await _use(request, standings, progress))
            # The other guest may still be on its way to this one.
            with contextlib.suppress(EOFError):
                await asyncio.to_thread(told.recv)


async def _use(
    request: Request, standings: dict[Family, guest_address.Standing], progress: Progress
) -> dict[str, Any]:
    if request.reach is not None:
        return {"reached": await _reached(request.reach)}
    progress.tell(dhcp_servers=standings["ipv4"].dhcp_servers)
    await Guest(request, standings, progress).go_on()
    addresses = [str(each) for here in standings.values() for each in here.addresses]
    return {**progress.end(), "addresses": addresses}


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

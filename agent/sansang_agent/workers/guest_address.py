# SPDX-License-Identifier: Apache-2.0
"""A guest's address stage: IPv4 by DHCP (RFC 2131), IPv6 by router advertisements (RFC 4862)."""

import asyncio
import contextlib
import json
import socket
import sys
import time
from collections.abc import AsyncGenerator
from ipaddress import IPv4Address, IPv4Interface, ip_address
from typing import Any, NamedTuple

from sansang_agent.net import private_network, router_options
from sansang_agent.net.addresses import Address
from sansang_agent.net.own_addresses import own_addresses
from sansang_agent.net.own_setup import add_address, add_default_route
from sansang_agent.net.routes import default_route
from sansang_agent.workers.guest_told import CannotGoError
from sansang_wire.readings import Family

WITHIN_S: dict[Family, float] = {"ipv4": 12, "ipv6": 9}
"""Three tries of DHCP; three solicitations 4 s apart (RFC 4861 §10)."""
LOOK_EVERY_S = 0.05
DHCP = "sansang_agent.workers.dhcp"


class Standing(NamedTuple):
    """Where a guest stands in one address family; without an address `reason` says why."""

    took_ms: float = 0.0
    addresses: tuple[Address, ...] = ()
    router: Address | None = None
    name_servers: tuple[Address, ...] = ()
    portal: str | None = None
    dhcp_servers: int | None = None
    reason: str | None = None


def is_here(interface: str) -> bool:
    """Whether the radio has come into this network; /sys shows the network it was mounted in."""
    return interface in {name for _, name in socket.if_nameindex()}


def prepare(interface: str) -> None:
    """Before the radio is connected. Raises OSError."""
    # A guest's device takes what routers advertise, whatever this box does elsewhere.
    private_network.set_kernel(f"ipv6/conf/{interface}/accept_ra", "1")
    private_network.set_kernel(f"ipv6/conf/{interface}/disable_ipv6", "0")
    # An answer to one who has no address yet comes from where there is no route to.
    for which in ("all", interface):
        private_network.set_kernel(f"ipv4/conf/{which}/rp_filter", "0")


@contextlib.asynccontextmanager
async def addressed(
    interface: str, options: socket.socket
) -> AsyncGenerator[dict[Family, Standing]]:
    """Within the block the guest keeps its lease; it is given back at the end.

    Raises CannotGoError.
    """
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", DHCP),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=private_network.end_with_parent,
    )
    try:
        ipv4, ipv6 = await asyncio.gather(
            _by_dhcp(client, interface), _advertised(interface, options)
        )
        yield {"ipv4": ipv4, "ipv6": ipv6}
    finally:
        if client.stdin is not None:
            client.stdin.close()
        await client.wait()


async def _by_dhcp(client: asyncio.subprocess.Process, interface: str) -> Standing:
    assert client.stdin is not None  # noqa: S101 - it was asked for
    assert client.stdout is not None  # noqa: S101
    # The program takes a while to load, which is not the network's fault.
    await client.stdout.readline()
    begun = time.monotonic()
    request = {"interface": interface, "wait_s": WITHIN_S["ipv4"]}
    client.stdin.write(json.dumps(request).encode() + b"\n")
    line = await client.stdout.readline()
    if not line:
        raise CannotGoError("worker_failed", "the DHCP client ended without an answer")
    told: dict[str, Any] = json.loads(line)
    if "address" not in told:
        return Standing(reason=told["reason"], dhcp_servers=told["servers"])
    return _settled(interface, told, (time.monotonic() - begun) * 1000)


def _settled(interface: str, told: dict[str, Any], took_ms: float) -> Standing:
    own = IPv4Interface(f"{told['address']}/{told['mask']}")
    routers = [IPv4Address(each) for each in told["routers"]]
    add_address(interface, own)
    if routers:
        add_default_route(interface, routers[0])
    return Standing(
        took_ms=took_ms,
        addresses=(own.ip,),
        router=routers[0] if routers else None,
        name_servers=tuple(ip_address(each) for each in told["name_servers"]),
        portal=told["portal"],
        dhcp_servers=told["servers"],
    )


async def _advertised(interface: str, options: socket.socket) -> Standing:
    begun = time.monotonic()
    heard = router_options.RouterOptions()
    while time.monotonic() < begun + WITHIN_S["ipv6"]:
        more = router_options.heard(options, interface)
        heard = router_options.RouterOptions(
            (*heard.name_servers, *more.name_servers), more.portal or heard.portal
        )
        usable = tuple(
            each.address
            for each in own_addresses("ipv6")
            if each.kind in {"global", "unique_local"} and not each.tentative
        )
        route = default_route("ipv6")
        if usable and route is not None:
            return Standing(
                took_ms=(time.monotonic() - begun) * 1000,
                addresses=usable,
                router=route.router,
                name_servers=tuple(dict.fromkeys(heard.name_servers)),
                portal=heard.portal,
            )
        await asyncio.sleep(LOOK_EVERY_S)
    return Standing(reason="no_advertisement")

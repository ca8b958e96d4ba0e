# SPDX-License-Identifier: Apache-2.0
"""A guest's address stage: IPv4 by DHCP (RFC 2131), IPv6 by router advertisements (RFC 4862)."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncGenerator
from typing import NamedTuple

from sansang_agent.net import dhcp, private_network, reasons, router_options
from sansang_agent.net.addresses import Address
from sansang_agent.net.dhcp import Lease
from sansang_agent.net.own_addresses import own_addresses
from sansang_agent.net.own_setup import add_address, add_default_route
from sansang_agent.net.routes import default_route
from sansang_wire.reading import Family

WITHIN_S: dict[Family, float] = {"ipv4": 12, "ipv6": 9}
"""Three tries of DHCP; three solicitations 4 s apart (RFC 4861 §10)."""
LOOK_EVERY_S = 0.05


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
    """Both families at once; a lease is given back at the end of the block."""
    client = dhcp.Client(interface)
    leased: list[Lease] = []
    try:
        ipv4, ipv6 = await asyncio.gather(
            _by_dhcp(client, interface, leased), _advertised(interface, options)
        )
        yield {"ipv4": ipv4, "ipv6": ipv6}
    finally:
        with contextlib.suppress(OSError):
            for lease in leased:
                client.give_back(lease)
        client.close()


async def _by_dhcp(client: dhcp.Client, interface: str, leased: list[Lease]) -> Standing:
    begun = time.monotonic()
    try:
        lease = await client.lease(WITHIN_S["ipv4"])
    except dhcp.NoLeaseError as error:
        return Standing(reason=error.reason, dhcp_servers=error.servers)
    except OSError as error:
        return Standing(reason=reasons.of_errno(error.errno))
    leased.append(lease)
    told = lease.message
    add_address(interface, told.interface)
    if told.routers:
        add_default_route(interface, told.routers[0])
    return Standing(
        took_ms=(time.monotonic() - begun) * 1000,
        addresses=(told.address,),
        router=told.routers[0] if told.routers else None,
        name_servers=told.name_servers,
        portal=told.portal,
        dhcp_servers=lease.servers,
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

# SPDX-License-Identifier: Apache-2.0
"""Plays a device without IPv4 on the site's link, and fetches web services as it would.

Request: `Rehearsal`. Answer: {"address_ms": milliseconds, "services": [fields of `Ipv6OnlyReading`,
one for each service]}, or {"broken": reason, "what": sentence}; {"no_address": true} when nobody
gave the device one. It lives in a network of its own on a branch of the box's interface, and ends
with this process, however that ends. Needs CAP_SYS_ADMIN and CAP_NET_ADMIN.
"""

import asyncio
import errno
import json
import socket
import sys
import time
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from typing import Any

import msgspec
from msgspec import Struct

from sansang_agent.net import nat64, private_network, router_options
from sansang_agent.net.addresses import Address
from sansang_agent.net.asked_servers import locate_by
from sansang_agent.net.own_addresses import own_addresses
from sansang_agent.net.private_network import end_with_parent, enter_new_network_with
from sansang_agent.net.routes import default_route
from sansang_agent.net.services import CA_FILE_UNUSABLE, WebService, judged
from sansang_agent.net.targets import Located
from sansang_agent.net.web import Fetch, fetch, parse_url, trust
from sansang_wire.reading import Family

BRANCH = "ipv6only"
ADDRESS_WITHIN_S = 8
"""Two solicitations 4 s apart (RFC 4861 §10), and the check that the address is nobody's."""
LOOK_EVERY_S = 0.05
DNS_WITHIN_S = 3


class Rehearsal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`name_servers` are asked where routers name none; `dated`: this box's clock is right."""

    interface: str
    services: list[WebService]
    name_servers: list[str]
    timeout_s: float
    dated: bool


def main() -> None:
    """Answer the one request."""
    end_with_parent()
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=Rehearsal)
    sys.stdout.write(json.dumps(_answer(request)) + "\n")


def _answer(request: Rehearsal) -> dict[str, Any]:
    known = {errno.EPERM: "not_permitted", errno.EOPNOTSUPP: "no_macvlan"}
    try:
        enter_new_network_with(BRANCH, request.interface)
        with router_options.listen() as options:
            _connect()
            return asyncio.run(_rehearse(request, options))
    except OSError as error:
        reason = known.get(error.errno or 0, "worker_failed")
        return {"broken": reason, "what": f"{request.interface}: {error}"}


def _connect() -> None:
    """Take what routers advertise, and ask them at once. Raises OSError."""
    for name, value in (("accept_ra", "1"), ("autoconf", "1"), ("router_solicitation_delay", "0")):
        private_network.set_kernel(f"ipv6/conf/{BRANCH}/{name}", value)
    private_network.switch_on(socket.if_nametoindex(BRANCH))


async def _rehearse(request: Rehearsal, options: socket.socket) -> dict[str, Any]:
    begun = time.monotonic()
    while not _has_address():
        if time.monotonic() > begun + ADDRESS_WITHIN_S:
            return {"no_address": True}
        await asyncio.sleep(LOOK_EVERY_S)
    address_ms = _since(begun)
    heard = tuple(dict.fromkeys(router_options.heard(options, BRANCH).name_servers))
    device = _Device(request, heard or tuple(map(ip_address, request.name_servers)))
    await device.learn_prefixes()
    fetched = await asyncio.gather(*(device.use(service) for service in request.services))
    return {"address_ms": address_ms, "services": fetched}


def _has_address() -> bool:
    """One to be used, and a way out. Raises OSError."""
    usable = any(
        each.kind in {"global", "unique_local"} and not each.tentative
        for each in own_addresses("ipv6")
    )
    return usable and default_route("ipv6") is not None


class _Device:
    """With an address and the name servers of its network."""

    def __init__(self, request: Rehearsal, name_servers: Sequence[Address]) -> None:
        self._request = request
        self._name_servers = name_servers
        self._prefixes = {nat64.WELL_KNOWN_PREFIX}

    async def learn_prefixes(self) -> None:
        """So that an address that stands for one of IPv4 is known as such."""
        asked = (nat64.told_by(server, DNS_WITHIN_S) for server in self._name_servers)
        for told in await asyncio.gather(*asked):
            self._prefixes |= {*told.prefixes}

    async def use(self, service: WebService) -> dict[str, Any]:
        came = Fetch(reason=CA_FILE_UNUSABLE)
        trusted = await trust(service.ca_file, dated=self._request.dated)
        place = parse_url(service.url)
        if trusted is not None:
            came = await fetch(place, "ipv6", trusted, self._request.timeout_s, self._locate)
        outcome, reason = judged(place, came)
        return {
            "outcome": outcome,
            "reason": reason,
            "service": service.name,
            "address": str(came.address) if came.address else None,
            "by_nat64": None if came.address is None else self._is_translated(came.address),
            "lookup_ms": came.lookup_ms,
            "connect_ms": came.connect_ms,
            "total_ms": came.total_ms,
            "status": came.status,
        }

    async def _locate(self, host: str, family: Family) -> Located:
        located = await locate_by(self._name_servers, host, family)
        if located.address is not None and not isinstance(located.address, IPv6Address):
            return Located(reason="ipv4_literal")
        return located

    def _is_translated(self, address: Address) -> bool:
        return any(address in prefix for prefix in self._prefixes)


def _since(begun: float) -> float:
    return (time.monotonic() - begun) * 1000


if __name__ == "__main__":
    main()

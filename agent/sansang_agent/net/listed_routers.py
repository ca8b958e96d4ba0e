# SPDX-License-Identifier: Apache-2.0
"""Which routers belong to a site, as its settings name them; all others are strangers (RFC 6104).

What a stranger says of itself is no proof: who copies the address of a listed router is taken for
it. The switch has to keep such ones off (RFC 6105).
"""

import re
from collections.abc import Sequence
from ipaddress import IPv6Address, IPv6Network, ip_network

from sansang_agent.net.advertisement import Advertisement, Prefix
from sansang_agent.net.own_addresses import kind_of

HARDWARE_ADDRESS = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
TOLD_BITS = {"global": 48, "sixtofour": 16, "teredo": 32}
"""So much of a prefix is told: more would name the line, or hold somebody's IPv4 address."""


class ListedRouters:
    """Raises ValueError for an entry that is none of the three."""

    def __init__(self, entries: Sequence[str]) -> None:
        self._names: set[str] = set()
        self._networks: list[IPv6Network] = []
        for entry in entries:
            if HARDWARE_ADDRESS.fullmatch(entry.lower()):
                self._names.add(entry.lower())
            elif "/" in entry:
                self._networks.append(_network(entry))
            else:
                self._names.add(_link_local(entry))

    def __contains__(self, router: Advertisement) -> bool:
        """By name, or since all that it advertises lies within what is listed."""
        if {router.source, router.hardware_address} & self._names:
            return True
        prefixes = router.options.prefixes if router.options else []
        return bool(prefixes) and all(
            any(each.network.subnet_of(network) for network in self._networks) for each in prefixes
        )


def prefix_in_words(prefix: Prefix) -> str:
    """As much of it as may be told."""
    network = prefix.network
    bits = TOLD_BITS.get(kind_of(network.network_address), network.prefixlen)
    return str(ip_network((network.network_address, min(bits, network.prefixlen)), strict=False))


def _network(entry: str) -> IPv6Network:
    try:
        return IPv6Network(entry)
    except ValueError as error:
        raise ValueError(f"{entry!r} is no prefix of IPv6: write it like 2001:db8::/32") from error


def _link_local(entry: str) -> str:
    try:
        address = IPv6Address(entry)
    except ValueError:
        address = None
    if address is None or not address.is_link_local or address.scope_id:
        raise ValueError(
            f"{entry!r} names no router: write its link-local address (fe80::1), its hardware"
            " address (00:11:22:33:44:55) or its prefix (2001:db8::/32)"
        )
    return str(address)

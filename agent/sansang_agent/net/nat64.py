# SPDX-License-Identifier: Apache-2.0
"""IPv4 addresses within IPv6 ones, as translators write them, and how a resolver tells the prefix.

Source: RFC 6052 §2.2 (where the address stands), RFC 7050 §3 (the prefix out of ipv4only.arpa).
Nothing is ever sent to that name's addresses: they stand for nobody (RFC 7050 §3.2.1).
"""

from collections import defaultdict
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import NamedTuple

from sansang_agent.net.addresses import Address
from sansang_agent.net.dns_query import ask

WELL_KNOWN_NAME = "ipv4only.arpa"
WELL_KNOWN_ADDRESSES = (IPv4Address("192.0.0.170"), IPv4Address("192.0.0.171"))
WELL_KNOWN_PREFIX = IPv6Network("64:ff9b::/96")
LENGTHS = (32, 40, 48, 56, 64, 96)
_RESERVED = 8
"""The byte that the address leaves out, and that is nought (RFC 6052 §2.2)."""


class Told(NamedTuple):
    """What a resolver says of ipv4only.arpa. None of it when it has not answered: see `reason`."""

    prefixes: tuple[IPv6Network, ...] = ()
    dns64: bool | None = None
    hijacks: bool | None = None
    """It has addresses, and none is made of the well-known ones."""
    reason: str | None = None


async def told_by(server: Address, timeout_s: float) -> Told:
    """Never raises for what the network does."""
    came = await ask(server, WELL_KNOWN_NAME, "AAAA", timeout_s)
    if came.answer is None:
        return Told(reason=came.reason)
    if came.answer.rcode not in {"NOERROR", "NXDOMAIN"}:
        return Told(reason="resolver_failed")
    addresses = [each for each in came.answer.addresses if isinstance(each, IPv6Address)]
    found = prefixes(addresses)
    return Told(found, dns64=bool(found), hijacks=bool(addresses) and not found)


def embedded(prefix: IPv6Network, address: IPv4Address) -> IPv6Address:
    """The address that stands for one of IPv4. Raises ValueError for another length of prefix."""
    places = _places(prefix.prefixlen)
    whole = bytearray(prefix.network_address.packed)
    for place, byte in zip(places, address.packed, strict=True):
        whole[place] = byte
    return IPv6Address(bytes(whole))


def extracted(address: IPv6Address, length: int) -> IPv4Address | None:
    """The one of IPv4 after a prefix of this length; None where the reserved byte is not nought."""
    packed = address.packed
    if length < 96 and packed[_RESERVED]:
        return None
    return IPv4Address(bytes(packed[place] for place in _places(length)))


def prefixes(addresses: Iterable[IPv6Address]) -> tuple[IPv6Network, ...]:
    """Those that AAAA records of ipv4only.arpa were made with.

    A prefix may itself look like one of the two well-known addresses: what more of them agree on
    is the prefix (RFC 7050 §3).
    """
    agreeing: dict[IPv6Network, set[IPv4Address]] = defaultdict(set)
    for address in addresses:
        for length in LENGTHS:
            ipv4 = extracted(address, length)
            if ipv4 is not None and ipv4 in WELL_KNOWN_ADDRESSES:
                agreeing[IPv6Network((int(address), length), strict=False)].add(ipv4)
    most = max(map(len, agreeing.values()), default=0)
    return tuple(prefix for prefix, ipv4s in agreeing.items() if len(ipv4s) == most)


def _places(length: int) -> list[int]:
    if length not in LENGTHS:
        raise ValueError(f"a prefix of NAT64 has no {length} bits, but {LENGTHS} (RFC 6052 §2.2)")
    if length == 96:
        return [12, 13, 14, 15]
    return [place for place in range(length // 8, 16) if place != _RESERVED][:4]

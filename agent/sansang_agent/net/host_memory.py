# SPDX-License-Identifier: Apache-2.0
"""Which hosts were seen on the LAN, and when by which kind of address.

Kept in memory by hardware address, for a host has many addresses; nothing but counts comes out of
here, and all is forgotten when the agent ends.
"""

from collections import Counter
from typing import Literal, NamedTuple

MOST_HOSTS = 4096
RANDOMISED = 0x02
"""Bit of the first byte: locally administered (IEEE 802-2014, 8.4), as phones make them up."""

Seen = Literal["ipv4", "global", "link_local"]
"""By an address of IPv4, a global one of IPv6, another one of IPv6."""


class HostCounts(NamedTuple):
    """Hosts of one window; each is in one of the middle four."""

    hosts: int
    dual_stack: int
    ipv6_only: int
    ipv6_capable: int
    ipv4_only: int
    randomised: int


class HostMemory:
    """Times are seconds of one clock that only runs forward."""

    def __init__(self) -> None:
        self._seen_at: dict[bytes, dict[Seen, float]] = {}
        self.dropped = 0
        """Hosts that were forgotten for want of room."""

    def see(self, hardware_address: bytes, by: Seen, at_s: float) -> None:
        """The host was there at that time."""
        times = self._seen_at.setdefault(hardware_address, {})
        times[by] = max(at_s, times.get(by, at_s))

    def forget_before(self, since_s: float) -> None:
        """Who was not seen since, and of more than MOST_HOSTS who was not seen for longest."""
        last = {address: max(times.values()) for address, times in self._seen_at.items()}
        recent = sorted((a for a in last if last[a] >= since_s), key=last.__getitem__, reverse=True)
        self.dropped += len(recent[MOST_HOSTS:])
        self._seen_at = {address: self._seen_at[address] for address in recent[:MOST_HOSTS]}

    def count(self, since_s: float) -> HostCounts:
        """Those seen since then, by what they were seen with since then."""
        seen: dict[bytes, set[Seen]] = {
            address: {by for by, at_s in times.items() if at_s >= since_s}
            for address, times in self._seen_at.items()
        }
        kinds = Counter(_kind(by) for by in seen.values() if by)
        return HostCounts(
            hosts=kinds.total(),
            dual_stack=kinds["dual_stack"],
            ipv6_only=kinds["ipv6_only"],
            ipv6_capable=kinds["ipv6_capable"],
            ipv4_only=kinds["ipv4_only"],
            randomised=sum(bool(by and address[0] & RANDOMISED) for address, by in seen.items()),
        )


def _kind(by: set[Seen]) -> str:
    if "global" in by:
        return "dual_stack" if "ipv4" in by else "ipv6_only"
    return "ipv6_capable" if "link_local" in by else "ipv4_only"

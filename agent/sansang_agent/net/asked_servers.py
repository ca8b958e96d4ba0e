# SPDX-License-Identifier: Apache-2.0
"""Where a host is by the word of given name servers, whatever the box itself asks."""

import time
from collections.abc import Mapping, Sequence

from sansang_agent.net.addresses import Address, literal
from sansang_agent.net.dns_query import ask
from sansang_agent.net.dns_reasons import reason_of
from sansang_agent.net.targets import Located
from sansang_wire.reading import Family, RecordType

RECORD_TYPES: Mapping[Family, RecordType] = {"ipv4": "A", "ipv6": "AAAA"}
WITHIN_S = 3.0


async def locate_by(servers: Sequence[Address], host: str, family: Family) -> Located:
    """The first address that any of them knows. Never raises for what the network does."""
    if (address := literal(host)) is not None:
        return Located(address)
    begun = time.monotonic()
    reason = "no_dns_server"
    for server in servers:
        came = await ask(server, host, RECORD_TYPES[family], WITHIN_S)
        took_ms = (time.monotonic() - begun) * 1000
        if came.answer is not None and came.answer.addresses:
            return Located(came.answer.addresses[0], took_ms)
        reason = reason_of(came) or reason
    return Located(reason=reason)

# SPDX-License-Identifier: Apache-2.0
"""Ask one address whether it is there, in the best way this process is allowed.

ICMP datagram socket (`net.ipv4.ping_group_range`, icmp(7)), else raw socket (CAP_NET_RAW), else TCP
connect, which needs no right at all. What was used stands in the result.
"""

from typing import Literal

from sansang_agent.net.addresses import Address
from sansang_agent.net.echoes import Echoes, NotAllowedError, Plan
from sansang_agent.net.icmp import icmp_echoes, may_send
from sansang_agent.net.tcp import tcp_echoes
from sansang_wire.reading import EchoMethod

Wish = Literal["icmp", "tcp"]
_ICMP: tuple[EchoMethod, ...] = ("icmp_datagram", "icmp_raw")


def may_ping() -> bool:
    """Whether this process may send ICMP, in whichever way."""
    return any(map(may_send, _ICMP))


async def echoes(address: Address, port: int, plan: Plan, wish: Wish = "icmp") -> Echoes:
    """Never raises for what the network does; `port` is for TCP, wished for or fallen back to."""
    if wish == "icmp":
        for method in _ICMP:
            try:
                return await icmp_echoes(address, plan, method)
            except NotAllowedError:
                continue
    return await tcp_echoes(address, port, plan)

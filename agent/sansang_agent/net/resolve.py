# SPDX-License-Identifier: Apache-2.0
"""Names to addresses through the system's resolver, one address family at a time.

One family at a time, so that an answer in IPv4 never stands in for a missing one in IPv6.
"""

import asyncio
import socket
import time
from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple

from sansang_agent.net.addresses import FAMILIES, Address
from sansang_wire.reading import Family
from sansang_wire.threads import in_daemon_thread

# getaddrinfo(3). EAI_ADDRFAMILY and EAI_NODATA: the name exists, without an address of the family.
_REASONS = {
    socket.EAI_NONAME: "name_not_found",
    socket.EAI_NODATA: "no_address",
    socket.EAI_ADDRFAMILY: "no_address",
    socket.EAI_AGAIN: "resolver_failed",
    socket.EAI_FAIL: "resolver_failed",
}


class NotResolvedError(Exception):
    """No address. `reason` is `name_not_found`, `no_address`, `resolver_failed` or
    `resolver_no_answer`.
    """

    def __init__(self, name: str, reason: str, elapsed_ms: float) -> None:
        super().__init__(f"{name}: {reason}")
        self.reason = reason
        self.elapsed_ms = elapsed_ms


class Resolved(NamedTuple):
    address: Address
    elapsed_ms: float


async def first_address(name: str, family: Family, deadline_s: float) -> Resolved:
    """The address that programs would try first. Raises NotResolvedError."""
    begun_ns = time.monotonic_ns()
    [found, *_] = await _addresses(name, FAMILIES[family], deadline_s)
    return Resolved(found, _since(begun_ns))


async def addresses_in_order(name: str, deadline_s: float) -> Sequence[Address]:
    """Of both families, as programs would try them one after the other (RFC 6724 §6).

    Raises NotResolvedError.
    """
    return await _addresses(name, socket.AF_UNSPEC, deadline_s)


async def _addresses(name: str, family: socket.AddressFamily, deadline_s: float) -> list[Address]:
    """Never empty. A look-up that misses the deadline is left to end by itself in its thread: the C
    library gives up too (resolv.conf(5), `timeout` × `attempts`).
    """
    begun_ns = time.monotonic_ns()
    try:
        async with asyncio.timeout(deadline_s):
            return await in_daemon_thread(_look_up, name, family)
    except TimeoutError as error:
        raise NotResolvedError(name, "resolver_no_answer", _since(begun_ns)) from error
    except socket.gaierror as error:
        reason = _REASONS.get(error.errno or 0, "resolver_failed")
        raise NotResolvedError(name, reason, _since(begun_ns)) from error
    except (UnicodeError, OSError) as error:
        # UnicodeError: the name can't be spelled in DNS (RFC 5891).
        reason = "name_not_found" if isinstance(error, UnicodeError) else "resolver_failed"
        raise NotResolvedError(name, reason, _since(begun_ns)) from error


def _look_up(name: str, family: socket.AddressFamily) -> list[Address]:
    # The one place where it may block: it runs in a thread of its own.
    found = socket.getaddrinfo(name, None, family, socket.SOCK_STREAM)  # noqa: TID251
    return [ip_address(each[4][0]) for each in found]


def _since(begun_ns: int) -> float:
    return (time.monotonic_ns() - begun_ns) / 1e6

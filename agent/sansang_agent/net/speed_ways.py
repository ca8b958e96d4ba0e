# SPDX-License-Identifier: Apache-2.0
"""The server that speed is measured against: its settings, and the way there in each family."""

import stat
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from msgspec import Meta

from sansang_agent.net import interfaces, reasons
from sansang_agent.net.addresses import Address
from sansang_agent.net.role import role
from sansang_agent.net.routes import interface_to
from sansang_agent.net.targets import Place, locate
from sansang_wire.reading import Family


class Server(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any server that speaks NDT7. `turns`: it is one of ours, which says whose turn it is."""

    port: Annotated[int, Meta(ge=1, le=65_535)] = 4443
    tls: bool = True
    ca_file: str | None = None
    token_file: str | None = None
    turns: bool = True

    def asked(self, *, dated: bool) -> dict[str, Any]:
        """As the worker wants it. Raises OSError when the token can't be read, or by all."""
        return {
            "name": self.name,
            "host": self.host,
            "port": self.port,
            "tls": self.tls,
            "ca_file": self.ca_file,
            "token": None if self.token_file is None else _token(Path(self.token_file)),
            "turns": self.turns,
            "dated": dated,
        }


class Way(NamedTuple):
    """To the server, out of the box."""

    address: Address
    interface: str
    is_router: bool


class NoWayError(Exception):
    """`reason` is one of `net.reasons`, or why a name has no address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def ways(server: Server) -> dict[Family, Way]:
    """By family; those that the box, or the server, does not have are left out.

    Raises NoWayError where that leaves none.
    """
    found: dict[Family, Way] = {}
    reason = reasons.NO_ROUTE
    for family in server.measured_families():
        located = await locate(server.host, family)
        try:
            if located.address is None:
                reason = located.reason or reason
            elif (interface := interface_to(located.address)) is not None:
                here = role(interfaces.NOT_OF_THE_SITE)
                routes = here.is_router and interface in here.lines
                found[family] = Way(located.address, interface, routes)
        except OSError:
            reason = reasons.NO_NETLINK
    if not found:
        raise NoWayError(reason)
    return found


def _token(path: Path) -> str:
    if path.stat().st_mode & stat.S_IROTH:
        raise PermissionError(f"everybody can read {path}: chmod o-r {path}")
    return path.read_text().strip()

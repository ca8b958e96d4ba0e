# SPDX-License-Identifier: Apache-2.0
"""The link that the box shares with the site's devices, on which it may play one more of them.

Only where it is such a device itself: a box that routes has its own servers on one side and the
carrier's on the other, to whom a second client may look like a thief.
"""

from sansang_agent.net import interfaces
from sansang_agent.net.role import role
from sansang_agent.net.routes import default_route


class NoSiteLinkError(Exception):
    """`reason` is `no_default_route`, `box_routes` or `not_ethernet`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def site_link() -> str:
    """The interface of the default route, of IPv6 if there is one.

    Raises NoSiteLinkError, OSError.
    """
    route = default_route("ipv6") or default_route("ipv4")
    if route is None:
        raise NoSiteLinkError("no_default_route")
    if role(interfaces.NOT_OF_THE_SITE).is_router:
        raise NoSiteLinkError("box_routes")
    if interfaces.number(route.interface, "type") != interfaces.ARPHRD_ETHER:
        raise NoSiteLinkError("not_ethernet")
    return route.interface

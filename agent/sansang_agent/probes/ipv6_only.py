# SPDX-License-Identifier: Apache-2.0
"""If IPv4 were switched off tomorrow: which services would a device of this site still reach?

Method: for some seconds a device without IPv4 stands on the site's link, a branch of the box's own
cable in a network namespace. It takes an address and name servers from the routers alone, resolves
AAAA alone, and fetches each service. The box's own connections are never touched.
Source: RFC 4862, RFC 8106, RFC 7050 (NAT64), RFC 9110; Linux's macvlan.
Privileges: CAP_SYS_ADMIN and CAP_NET_ADMIN in a worker that lives as long as the rehearsal.
Data: see docs/probes/ipv6_only.md.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net import interfaces, reasons
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.name_servers import name_servers
from sansang_agent.net.own_addresses import own_addresses
from sansang_agent.net.services import WebService
from sansang_agent.net.site_link import NoSiteLinkError, site_link
from sansang_agent.net.worker import WorkerError, ask
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.readings import AnyReading, Ipv6OnlyReading

MOST_SERVICES = 16
NO_IPV6_ADDRESS = "no_ipv6_address"
BEFORE_S = 20
"""Until the device stands there: its network, its address, the prefix of NAT64."""
DEFAULT_SERVICES = (
    WebService(name="vnnic", url="https://vnnic.vn/"),
    WebService(name="dichvucong", url="https://dichvucong.gov.vn/"),
    WebService(name="zoom", url="https://zoom.us/"),
)


class Ipv6OnlySettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The services. At its most a run ends within 50 s."""

    enabled: bool = False
    services: Annotated[list[WebService], Meta(max_length=MOST_SERVICES)] = msgspec.field(
        default_factory=lambda: list(DEFAULT_SERVICES)
    )
    timeout_s: Annotated[float, Meta(ge=0.1, le=30)] = 15

    def __post_init__(self) -> None:
        names = [service.name for service in self.services]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"service {name}: named twice")


class Ipv6OnlyProbe(Probe[Ipv6OnlySettings]):
    """One reading for each service."""

    kind = "ipv6_only"
    settings_type = Ipv6OnlySettings
    every_s: ClassVar = {"default": 21_600, "metered": 86_400}

    def needs(self) -> set[Need]:
        return {"worker", "netlink"}

    async def run(self) -> Sequence[AnyReading]:
        at = boottime_us()
        answer = await self._rehearse()
        if "services" not in answer:
            return [
                Ipv6OnlyReading(
                    at=at,
                    outcome="unreachable" if answer["reason"] == NO_IPV6_ADDRESS else "broken",
                    reason=answer["reason"],
                    service=service.name,
                )
                for service in self.settings.services
            ]
        times = {"at": at, "address_ms": answer["address_ms"]}
        return [Ipv6OnlyReading(**times, **fetched) for fetched in answer["services"]]

    async def _rehearse(self) -> Mapping[str, Any]:
        """What the worker told, or the reason why there is nothing to tell."""
        try:
            interface = _cable()
            answer = await ask("ipv6_only", self._rehearsal(interface), self._within_s())
            if "no_address" in answer:
                return {"reason": _why_no_address(interface)}
        except (NoSiteLinkError, WorkerError) as error:
            return {"reason": error.reason}
        except OSError:
            return {"reason": reasons.NO_NETLINK}
        return {"reason": answer["broken"]} if "broken" in answer else answer

    def _rehearsal(self, interface: str) -> dict[str, Any]:
        # A link-local one is the box's own neighbour, by its own interface.
        servers = [each for each in name_servers() if each.version == 6 and "%" not in str(each)]
        return {
            "interface": interface,
            "services": msgspec.to_builtins(self.settings.services),
            "name_servers": [str(each) for each in servers],
            "timeout_s": self.settings.timeout_s,
            "dated": self.surroundings.clock().clock == "kernel",
        }

    def _within_s(self) -> float:
        return BEFORE_S + self.settings.timeout_s


def _cable() -> str:
    """Raises NoSiteLinkError, OSError."""
    interface = site_link()
    # An access point takes frames from the address that associated, and from no other.
    if interfaces.technology(interface) == "wireless":
        raise NoSiteLinkError("wireless_link")
    return interface


def _why_no_address(interface: str) -> str:
    """Where the box itself has one, a second device is not let on, or routers give none (DHCPv6).

    Raises OSError.
    """
    has_one = any(
        each.interface == interface and each.kind == "global" and not each.tentative
        for each in own_addresses("ipv6")
    )
    return "second_device_refused" if has_one else NO_IPV6_ADDRESS

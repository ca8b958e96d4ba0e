# SPDX-License-Identifier: Apache-2.0
"""Do the web services that people come for answer, over each address family by itself, how fast.

Method: one GET to one address of each service and family, timed in phases: name, connection, TLS,
first byte, all of it. At most 16 KiB of the body are read, no redirect is followed. Services are
asked at the same time, the families of one in turn.
Source: RFC 9110, RFC 9112 (HTTP/1.1), RFC 8446 (TLS), RFC 5280 §4.1.2.5 (dates of certificates).
Privileges: none. Data: see docs/probes/service.md.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net.addresses import family_of, literal
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.services import CA_FILE_UNUSABLE, WebService, judged
from sansang_agent.net.targets import BOTH
from sansang_agent.net.web import Fetch, Trust, fetch, parse_url, trust
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.reading import Family
from sansang_wire.readings import AnyReading, ServiceReading

MOST_SERVICES = 16
MOST_DAYS = 100_000
"""What a reading holds; there are certificates until the year 9999."""


class Service(WebService, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A web address, and the families to ask it over: one that is an address has only its own."""

    families: Annotated[list[Family], Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: list(BOTH)
    )

    def measured_families(self) -> list[Family]:
        """Those asked for; of an address only its own."""
        address = literal(parse_url(self.url).host)
        own = None if address is None else family_of(address)
        return [family for family in BOTH if family in self.families and own in {None, family}]


class ServiceSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The services, and how long a fetch may take. At its most a run ends within 60 s."""

    services: list[Service] = msgspec.field(
        default_factory=lambda: [Service(name="vnnic", url="https://vnnic.vn/")]
    )
    timeout_s: Annotated[float, Meta(ge=0.1, le=30)] = 15

    def __post_init__(self) -> None:
        if len(self.services) > MOST_SERVICES:
            raise ValueError(f"no more than {MOST_SERVICES} services")
        seen: set[tuple[str, Family]] = set()
        for service in self.services:
            if not service.measured_families():
                raise ValueError(f"service {service.name}: {service.url} is of another family")
            for family in service.measured_families():
                if (service.name, family) in seen:
                    raise ValueError(f"service {service.name}: named twice for {family}")
                seen.add((service.name, family))


class ServiceProbe(Probe[ServiceSettings]):
    """One reading for each service and family."""

    kind = "service"
    settings_type = ServiceSettings
    every_s: ClassVar = {"default": 1800, "metered": 21_600}

    def needs(self) -> set[Need]:
        hosts = [parse_url(service.url).host for service in self.settings.services]
        return {"resolver"} if any(literal(host) is None for host in hosts) else set()

    async def run(self) -> Sequence[AnyReading]:
        trusts = await self._trusts()
        services = self.settings.services
        asked = await asyncio.gather(*(self._ask(each, trusts[each.ca_file]) for each in services))
        return list(chain.from_iterable(asked))

    async def _trusts(self) -> Mapping[str | None, Trust | None]:
        """By file of authorities; None where that can't be used. Read anew: they change."""
        dated = self.surroundings.clock().clock == "kernel"
        ca_files = {service.ca_file for service in self.settings.services}
        return {each: await trust(each, dated=dated) for each in ca_files}

    async def _ask(self, service: Service, trusted: Trust | None) -> Sequence[ServiceReading]:
        """In turn, so that one family doesn't wait in the other's queue."""
        families = service.measured_families()
        return [await self._ask_over(service, family, trusted) for family in families]

    async def _ask_over(
        self, service: Service, family: Family, trusted: Trust | None
    ) -> ServiceReading:
        at = boottime_us()
        came = Fetch(reason=CA_FILE_UNUSABLE)
        place = parse_url(service.url)
        if trusted is not None:
            came = await fetch(place, family, trusted, self.settings.timeout_s)
        outcome, reason = judged(place, came)
        return ServiceReading(
            at=at,
            outcome=outcome,
            reason=reason,
            service=service.name,
            family=family,
            address=str(came.address) if came.address else None,
            lookup_ms=_to_the_us(came.lookup_ms),
            connect_ms=_to_the_us(came.connect_ms),
            tls_ms=_to_the_us(came.tls_ms),
            first_byte_ms=_to_the_us(came.first_byte_ms),
            total_ms=_to_the_us(came.total_ms),
            status=came.status,
            received_bytes=came.received_bytes,
            certificate_left_d=_days(came.certificate_left_d),
        )


def _to_the_us(milliseconds: float | None) -> float | None:
    """What is finer is noise, and every digit is paid for."""
    return None if milliseconds is None else round(milliseconds, 3)


def _days(days: float | None) -> float | None:
    return None if days is None else round(min(max(days, -MOST_DAYS), MOST_DAYS), 2)

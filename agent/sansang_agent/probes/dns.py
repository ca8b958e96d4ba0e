# SPDX-License-Identifier: Apache-2.0
"""Does each resolver of the box answer, how fast, and does it know both kinds of addresses.

Method: A and AAAA of a name from each resolver that the system is configured with, over the address
family that the resolver is reached by. Resolvers are asked at the same time, the questions to one
of them one after the other. UDP, sent again once after half of the time; TCP for what UDP cuts.
Source: RFC 1035, RFC 3596, RFC 6891, RFC 7766; `authenticated` as in RFC 6840 §5.7.
Privileges: none. Data: see docs/probes/dns.md.
"""

import asyncio
from collections.abc import Sequence
from itertools import chain
from typing import Annotated, ClassVar, get_args

import msgspec
from msgspec import Meta

from sansang_agent.net.addresses import Address, family_of
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.dns_message import wire_name
from sansang_agent.net.dns_query import ask
from sansang_agent.net.dns_reasons import outcome_of, reason_of
from sansang_agent.net.name_servers import name_servers
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.reading import RecordType
from sansang_wire.readings import AnyReading, DnsReading

RECORD_TYPES: tuple[RecordType, ...] = get_args(RecordType)


class DnsSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The names, and how long an answer may take. At its most a run ends within 80 s."""

    names: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(min_length=1, max_length=4)
    ] = msgspec.field(default_factory=lambda: ["vnnic.vn"])
    timeout_s: Annotated[float, Meta(ge=0.1, le=10)] = 5

    def __post_init__(self) -> None:
        if len({wire_name(name) for name in self.names}) < len(self.names):
            raise ValueError("names: one stands there twice")


class DnsProbe(Probe[DnsSettings]):
    """One reading for each resolver, name and type of record; none without a resolver."""

    kind = "dns"
    settings_type = DnsSettings
    every_s: ClassVar = {"default": 120, "metered": 900}

    def needs(self) -> set[Need]:
        return {"resolver"}

    async def run(self) -> Sequence[AnyReading]:
        asked = await asyncio.gather(*(self._ask(server) for server in name_servers()))
        return list(chain.from_iterable(asked))

    async def _ask(self, server: Address) -> Sequence[DnsReading]:
        return [
            await self._ask_for(server, name, record_type)
            for name in self.settings.names
            for record_type in RECORD_TYPES
        ]

    async def _ask_for(self, server: Address, name: str, record_type: RecordType) -> DnsReading:
        at = boottime_us()
        came = await ask(server, name, record_type, self.settings.timeout_s)
        reason = reason_of(came)
        return DnsReading(
            at=at,
            outcome=outcome_of(came),
            reason=reason,
            server=str(server),
            family=family_of(server),
            name=name,
            record_type=record_type,
            response_ms=None if came.response_ms is None else round(came.response_ms, 3),
            rcode=came.answer.rcode if came.answer else None,
            answers=len(came.answer.addresses) if came.answer else None,
            authenticated=came.answer.authenticated if came.answer else None,
            transport=came.transport,
        )

# SPDX-License-Identifier: Apache-2.0
"""What can each resolver of the box do for IPv6: AAAA by UDP and TCP, DNS64, DNSSEC, names far off.

Method: a known name's AAAA over UDP and over TCP; AAAA of ipv4only.arpa, which nobody has but who
makes addresses for NAT64; a name with a broken signature with and without checking; a name whose
name servers have IPv6 alone, where one is set. Resolvers are asked at the same time, the questions
to one of them one after the other.
Source: RFC 3596, RFC 7766 (TCP), RFC 7050 §3 and RFC 6052 §2.2 (DNS64), RFC 4035 §3.2.2 (CD).
Privileges: none. Data: see docs/probes/resolver.md.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net import nat64, reasons
from sansang_agent.net.addresses import Address, family_of
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.dns_message import wire_name
from sansang_agent.net.dns_query import Came, Transport, ask, ask_by_tcp
from sansang_agent.net.dns_reasons import outcome_of, reason_of
from sansang_agent.net.name_servers import name_servers
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.readings import AnyReading, ResolverReading

Name = Annotated[str, Meta(min_length=1, max_length=253)]


class ResolverSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The names; one that is None is not asked for. At its most a run ends within 60 s."""

    name: Name = "vnnic.vn"
    badly_signed_name: Name | None = "dnssec-failed.org"
    ipv6_authority_name: Name | None = None
    timeout_s: Annotated[float, Meta(ge=0.1, le=10)] = 5

    def __post_init__(self) -> None:
        for name in (self.name, self.badly_signed_name, self.ipv6_authority_name):
            if name is not None:
                wire_name(name)


class ResolverProbe(Probe[ResolverSettings]):
    """One reading for each resolver; none without one."""

    kind = "resolver"
    settings_type = ResolverSettings
    every_s: ClassVar = {"default": 3600, "metered": 21_600}

    def needs(self) -> set[Need]:
        return {"resolver"}

    async def run(self) -> Sequence[AnyReading]:
        return await asyncio.gather(*(self._ask(server) for server in name_servers()))

    async def _ask(self, server: Address) -> ResolverReading:
        at = boottime_us()
        question = (server, self.settings.name, "AAAA", self.settings.timeout_s)
        udp, tcp = await ask(*question), await ask_by_tcp(*question)
        answered = next((each for each in (udp, tcp) if reason_of(each) is None), udp)
        reading = ResolverReading(
            at=at,
            outcome=outcome_of(answered),
            reason=reason_of(answered),
            server=str(server),
            family=family_of(server),
            aaaa_udp=_came_over(udp, "udp"),
            aaaa_tcp=_came_over(tcp, "tcp"),
        )
        if udp.answer is None and tcp.answer is None:
            return reading
        told = await nat64.told_by(server, self.settings.timeout_s)
        return msgspec.structs.replace(
            reading,
            ipv6_authority=await self._reaches_ipv6_authority(server),
            validates=await self._validates(server),
            dns64=told.dns64,
            nat64_prefix=str(told.prefixes[0]) if told.prefixes else None,
            hijacks=told.hijacks,
        )

    async def _reaches_ipv6_authority(self, server: Address) -> bool | None:
        """None also for a name that does not exist: then the settings are wrong."""
        name = self.settings.ipv6_authority_name
        if name is None:
            return None
        came = await ask(server, name, "AAAA", self.settings.timeout_s)
        if came.answer is None:
            return None if came.reason in reasons.BROKEN else False
        return {"NOERROR": True, "SERVFAIL": False}.get(came.answer.rcode)

    async def _validates(self, server: Address) -> bool | None:
        """Whether it refuses what it would tell unchecked: else the name's own servers may be away.

        None when that can't be told.
        """
        name, timeout_s = self.settings.badly_signed_name, self.settings.timeout_s
        if name is None:
            return None
        # A: the name need not have an AAAA.
        checked = await ask(server, name, "A", timeout_s)
        if checked.answer is None or checked.answer.rcode != "SERVFAIL":
            return False if checked.answer and checked.answer.addresses else None
        unchecked = await ask(server, name, "A", timeout_s, unchecked=True)
        return True if unchecked.answer and unchecked.answer.addresses else None


def _came_over(came: Came, transport: Transport) -> bool | None:
    """None when the box could not ask."""
    reason = reason_of(came)
    if reason in reasons.BROKEN:
        return None
    return reason is None and came.transport == transport

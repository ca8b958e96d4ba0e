# SPDX-License-Identifier: Apache-2.0
"""Is the Internet there over IPv6, as fast as over IPv4, and which of the two do programs take.

Method: one TCP connection to a literal of each of several operators, each family by itself; a fetch
by HTTPS of a name that has IPv6 alone; and of a dual-stack name as a simple program makes it, which
tries the system's addresses one after the other: what happy eyeballs hides takes its time there.
Source: RFC 6724 §6 (order), RFC 8305 §8 (what is late), RFC 9293 §3.5, RFC 9110.
Privileges: none. Data: see docs/probes/ipv6_internet.md.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from typing import Annotated, ClassVar, NamedTuple

import msgspec
from msgspec import Meta, Struct

from sansang_agent.net import reasons
from sansang_agent.net.addresses import Address, family_of, literal
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.echoes import Echoes, Plan
from sansang_agent.net.resolve import NotResolvedError, addresses_in_order
from sansang_agent.net.targets import LOOKUP_DEADLINE_S, Located
from sansang_agent.net.tcp import tcp_echoes
from sansang_agent.net.web import Place, Trust, fetch, parse_url, trust
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.ipv6_readings import Ipv6InternetReading
from sansang_wire.reading import Family, Outcome
from sansang_wire.readings import AnyReading

LITERAL_DEADLINE_S = 3.0
NAME_DEADLINE_S = 8.0
ADDRESS_DEADLINE_S = 6.0
"""More than the 5 s from which on people call it broken."""
ENOUGH = 2 / 3

Url = Annotated[str, Meta(min_length=1, max_length=1024)]


class Operator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A server of one operator that answers on a port of TCP, as an address of each family."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    ipv6: str
    ipv4: str
    port: Annotated[int, Meta(ge=1, le=65_535)] = 443

    def __post_init__(self) -> None:
        for family, written in (("ipv6", self.ipv6), ("ipv4", self.ipv4)):
            address = literal(written)
            if address is None or family_of(address) != family:
                raise ValueError(f"operator {self.name}: {written!r} is no address of {family}")

    def address(self, family: Family) -> Address:
        """Raises ValueError for what `__post_init__` refused."""
        found = literal(self.ipv6 if family == "ipv6" else self.ipv4)
        if found is None:
            raise ValueError(self.name)
        return found


DEFAULT_OPERATORS = (
    Operator(name="cloudflare", ipv6="2606:4700:4700::1111", ipv4="1.1.1.1"),
    Operator(name="google", ipv6="2001:4860:4860::8888", ipv4="8.8.8.8"),
    Operator(name="quad9", ipv6="2620:fe::fe", ipv4="9.9.9.9"),
)


class Ipv6InternetSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to ask. With `ca_file` certificates must come from there."""

    operators: Annotated[list[Operator], Meta(min_length=1, max_length=8)] = msgspec.field(
        default_factory=lambda: list(DEFAULT_OPERATORS)
    )
    ipv6_url: Url = "https://ipv6.google.com/"
    dual_stack_url: Url = "https://vnnic.vn/"
    ca_file: str | None = None

    def __post_init__(self) -> None:
        for url in (self.ipv6_url, self.dual_stack_url):
            if literal(parse_url(url).host) is not None:
                raise ValueError(f"{url}: a name is needed here, not an address")


class Ipv6InternetProbe(Probe[Ipv6InternetSettings]):
    """One reading a run."""

    kind = "ipv6_internet"
    settings_type = Ipv6InternetSettings
    every_s: ClassVar = {"default": 3600, "metered": 21_600}

    def needs(self) -> set[Need]:
        return {"resolver"}

    async def run(self) -> Sequence[AnyReading]:
        at = boottime_us()
        # First these alone: what a fetch has on the line would count as time to connect.
        ipv6, ipv4 = await asyncio.gather(self._literals("ipv6"), self._literals("ipv4"))
        trusted = await trust(self.settings.ca_file, dated=self._is_dated())
        name_reason, dual_stack = await asyncio.gather(
            self._fetch_name(trusted), self._fetch_dual_stack(trusted)
        )
        reason = _reason(ipv6, name_reason)
        return [
            Ipv6InternetReading(
                at=at,
                outcome=_outcome(reason, ipv6),
                reason=reason,
                ipv6_asked=len(ipv6),
                ipv6_answered=_answered(ipv6),
                ipv4_asked=len(ipv4),
                ipv4_answered=_answered(ipv4),
                ipv6_name_ok=name_reason is None,
                ipv6_name_reason=name_reason,
                ipv6_connect_ms=_median_ms(ipv6),
                ipv4_connect_ms=_median_ms(ipv4),
                preferred_family=dual_stack.preferred,
                used_family=dual_stack.used,
                dual_stack_ms=dual_stack.elapsed_ms,
            )
        ]

    def _is_dated(self) -> bool:
        return self.surroundings.clock().clock == "kernel"

    async def _literals(self, family: Family) -> Sequence[Echoes]:
        plan = Plan(packets=1, interval_s=0, timeout_s=LITERAL_DEADLINE_S)
        return await asyncio.gather(
            *(tcp_echoes(each.address(family), each.port, plan) for each in self.settings.operators)
        )

    async def _fetch_name(self, trusted: Trust | None) -> str | None:
        """Why it did not come; None when it did."""
        if trusted is None:
            return "ca_file_unusable"
        place = _head(self.settings.ipv6_url)
        return (await fetch(place, "ipv6", trusted, NAME_DEADLINE_S)).reason

    async def _fetch_dual_stack(self, trusted: Trust | None) -> "DualStack":
        place = _head(self.settings.dual_stack_url)
        try:
            addresses = await addresses_in_order(place.host, LOOKUP_DEADLINE_S)
        except NotResolvedError:
            return DualStack()
        preferred = family_of(addresses[0])
        if trusted is None or len({family_of(each) for each in addresses}) == 1:
            return DualStack()  # there was no choice
        begun_ns = time.monotonic_ns()
        for address in _one_of_each(addresses):
            if await _fetch_from(place, address, trusted):
                elapsed_ms = round((time.monotonic_ns() - begun_ns) / 1e6, 3)
                return DualStack(preferred, family_of(address), elapsed_ms)
        return DualStack(preferred)


class DualStack(NamedTuple):
    """What became of a fetch of a name with both kinds of addresses."""

    preferred: Family | None = None
    used: Family | None = None
    elapsed_ms: float | None = None


def _head(url: str) -> Place:
    """It is the way there that counts, not the page."""
    return parse_url(url)._replace(method="HEAD")


def _one_of_each(addresses: Sequence[Address]) -> Sequence[Address]:
    """The first of each family, in order: a second one of a dead family would die as well."""
    first = {family_of(each): each for each in reversed(addresses)}
    return sorted(first.values(), key=addresses.index)


async def _fetch_from(place: Place, address: Address, trusted: Trust) -> bool:
    """Whether anybody answered there, whatever the answer."""

    async def there(_: str, __: Family) -> Located:
        return Located(address)

    came = await fetch(place, family_of(address), trusted, ADDRESS_DEADLINE_S, there)
    return came.status is not None


def _reason(ipv6: Sequence[Echoes], name_reason: str | None) -> str | None:
    if not _answered(ipv6):
        told = [each.reason for each in ipv6 if each.reason not in {None, reasons.NO_ANSWER}]
        return told[0] if told else reasons.NO_ANSWER
    if _answered(ipv6) < ENOUGH * len(ipv6):
        return "few_answered"
    return "ipv6_name_failed" if name_reason else None


def _outcome(reason: str | None, ipv6: Sequence[Echoes]) -> Outcome:
    if reason is None:
        return "ok"
    if _answered(ipv6):
        return "failed"
    return "broken" if reason in reasons.BROKEN else "unreachable"


def _answered(asked: Sequence[Echoes]) -> int:
    return sum(each.received > 0 for each in asked)


def _median_ms(asked: Sequence[Echoes]) -> float | None:
    trips = [trip for each in asked for trip in each.round_trips_ms]
    return round(statistics.median(trips), 3) if trips else None

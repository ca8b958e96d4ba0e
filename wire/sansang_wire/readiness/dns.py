# SPDX-License-Identifier: Apache-2.0
"""Name servers: are they there over IPv6, do they give IPv6 addresses, are they announced."""

from collections.abc import Iterable
from typing import NamedTuple

from sansang_wire.readiness.facts import Facts
from sansang_wire.readiness.result import UNKNOWN, Result, full, half, nothing
from sansang_wire.reading import Family


class Server(NamedTuple):
    """One resolver of the box, from the readings of `resolver` and `dns`; None: not known."""

    family: Family
    answers: bool | None
    aaaa: bool | None
    aaaa_tcp: bool | None


def servers(facts: Facts) -> list[Server]:
    """Every resolver that was asked."""
    named: dict[str, Family] = {each.server: each.family for each in (*facts.dns, *facts.resolvers)}
    return [_server(facts, name, family) for name, family in named.items()]


def _server(facts: Facts, name: str, family: Family) -> Server:
    asked = [each for each in facts.dns if each.server == name]
    looked = [each for each in facts.resolvers if each.server == name]
    # A name that is no more, or is refused, says nothing of AAAA.
    given = [each for each in looked if each.outcome != "failed" or each.reason == "no_address"]
    aaaa = [each.aaaa_udp for each in given if each.aaaa_udp is not None] or [
        each.outcome == "ok" for each in asked if each.record_type == "AAAA"
    ]
    answered = [each.outcome != "unreachable" for each in (*asked, *looked)]
    # Who can't give the IPv4 address either is no sieve for AAAA, but no use at all.
    names = [each.outcome == "ok" for each in asked if each.record_type == "A"] or [True]
    tcp = [each.aaaa_tcp for each in given if each.aaaa_tcp is not None]
    return Server(family, any(answered) and any(names), _any(aaaa), _any(tcp))


def _any(found: Iterable[bool]) -> bool | None:
    known = list(found)
    return any(known) if known else None


def ipv6_resolver(facts: Facts) -> Result:
    """One that is dead makes every page wait, whatever the others do."""
    asked = servers(facts)
    over_ipv6 = [each for each in asked if each.family == "ipv6"]
    evidence = {
        "ipv6_resolvers": len(over_ipv6),
        "answering": sum(bool(each.answers) for each in over_ipv6),
    }
    if not over_ipv6:
        listed = facts.addressing.dns_servers if facts.addressing else None
        is_known = listed == 0 or (listed is None and asked)
        return nothing("resolver_ipv4_only", **evidence) if is_known else UNKNOWN
    if all(each.answers for each in over_ipv6):
        return full(**evidence)
    working = any(each.answers for each in over_ipv6)
    return (half if working else nothing)("ipv6_resolver_dead", **evidence)


def aaaa(facts: Facts) -> Result:
    """Of resolvers that answer at all, whichever family they are asked over."""
    asked = servers(facts)
    if asked and not any(each.answers for each in asked):
        return nothing("resolver_dead", resolvers=len(asked))
    known = [each for each in asked if each.answers and each.aaaa is not None]
    if not known:
        return UNKNOWN
    giving = [each for each in known if each.aaaa]
    evidence = {"resolvers": len(known), "with_aaaa": len(giving)}
    if not giving:
        return nothing("aaaa_broken", **evidence)
    if len(giving) < len(known):
        return half("aaaa_broken", **evidence)
    if any(each.aaaa_tcp is False for each in giving):
        return half("dns_tcp_broken", **evidence)
    return full(**evidence)


def ipv6_authority(facts: Facts) -> Result:
    """A name whose own name servers have IPv6 alone."""
    known = [each.ipv6_authority for each in facts.resolvers if each.ipv6_authority is not None]
    if not known:
        return UNKNOWN
    evidence = {"resolvers": len(known), "with_ipv6_authority": sum(known)}
    if all(known):
        return full(**evidence)
    return (half if any(known) else nothing)("ipv6_authority_unknown", **evidence)


def rdnss(facts: Facts) -> Result:
    """The name servers of the advertisements (RFC 8106): Android takes them from nowhere else."""
    if facts.upstream and all(each.outcome == "unreachable" for each in facts.upstream):
        return nothing("ra_missing", dns_servers=0)
    heard = [each for each in facts.upstream if each.dns_servers is not None]
    if not heard:
        return UNKNOWN
    best = max(heard, key=lambda each: (each.dns_servers_answering or 0, each.dns_servers or 0))
    listed, answering = best.dns_servers or 0, best.dns_servers_answering
    evidence = {"dns_servers": listed, "dns_servers_answering": answering}
    if not listed:
        return nothing("no_rdnss", **evidence)
    if answering is None or facts.line_down:  # how should they know an answer
        return UNKNOWN
    if answering >= listed:
        return full(**evidence)
    return (half if answering else nothing)("rdnss_dead", **evidence)

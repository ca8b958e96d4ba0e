# SPDX-License-Identifier: Apache-2.0
"""Could the site do without IPv4? What that requires, what stands in its way, what helps.

Apart from the score: a site may score 100 with both families and have no NAT64.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sansang_wire.ipv6_readings import Ipv6OnlyReading, Verdict
from sansang_wire.readiness.assessment import CheckCode, Finding, Requirement, RequirementCode
from sansang_wire.readiness.facts import Facts
from sansang_wire.readiness.result import Result
from sansang_wire.readings import ServiceReading

NO_ADDRESS = {"no_address", "name_not_found"}
"""A service of which the name servers know no IPv6 address."""


class Standing(NamedTuple):
    """What is said of IPv6 alone."""

    verdict: Verdict
    requirements: tuple[Requirement, ...]
    blockers: tuple[Finding, ...]
    information: tuple[Finding, ...]


class _Met(NamedTuple):
    met: bool | None
    findings: tuple[Finding, ...] = ()


def judge(facts: Facts, results: Mapping[CheckCode, Result]) -> Standing:
    """`results` are those of the score's checks: some are required here, too."""
    met: dict[RequirementCode, _Met] = {
        "ipv6_reach": _whole(results, "literals"),
        "dns_over_ipv6": _works(results, "ipv6_resolver", "aaaa"),
        "nat64_prefix": _nat64_prefix(facts),
        "nat64_path": _nat64_path(facts),
        "path_mtu": _path_mtu(facts, results),
        "services": _services(facts),
    }
    ways = [*_ipv4_literals(facts), *_ipv4_only_devices(facts)]
    known = [each.met for each in met.values()]
    verdict: Verdict
    if False in known or ways:
        verdict = "not_ready"
    elif None in known:
        verdict = "unknown"
    else:
        verdict = "ready_with_clat" if _needs_clat(facts) else "ready"
    return Standing(
        verdict,
        tuple(Requirement(code=code, met=each.met) for code, each in met.items()),
        (*(finding for each in met.values() for finding in each.findings), *ways),
        tuple(_information(facts)),
    )


def _whole(results: Mapping[CheckCode, Result], code: CheckCode) -> _Met:
    """Met by a whole point alone."""
    credit, evidence, reason = results[code]
    if credit is None or reason is None:
        return _Met(None if credit is None else True)
    return _Met(met=False, findings=(Finding(reason=reason, evidence=evidence),))


def _works(results: Mapping[CheckCode, Result], *codes: CheckCode) -> _Met:
    """Met where all of them have half a point at least."""
    found = [results[code] for code in codes]
    missing = tuple(
        Finding(reason=each.reason, evidence=each.evidence)
        for each in found
        if each.credit == 0 and each.reason
    )
    if missing:
        return _Met(met=False, findings=missing)
    return _Met(None if any(each.credit is None for each in found) else True)


def _nat64_prefix(facts: Facts) -> _Met:
    if facts.nat64 is None:
        return _Met(None)
    if facts.nat64.prefix is not None:
        return _Met(met=True)
    if facts.nat64.outcome == "failed":
        return _Met(met=False, findings=(Finding(reason="no_nat64"),))
    return _Met(None)


def _nat64_path(facts: Facts) -> _Met:
    found = facts.nat64
    if found is None or found.prefix is None or found.path_ok is None:
        return _Met(None)
    if found.path_ok:
        return _Met(met=True)
    reason = "dns64_only_no_path" if found.prefix_from == "dns" else "nat64_no_path"
    return _Met(met=False, findings=(Finding(reason=reason, evidence={"prefix": found.prefix}),))


def _path_mtu(facts: Facts, results: Mapping[CheckCode, Result]) -> _Met:
    """Through NAT64, whose IPv6 headers are 20 bytes longer; and to what has IPv6 itself."""
    through = None if facts.nat64 is None else facts.nat64.path_mtu_ok
    found: list[Finding] = []
    if through is False:
        found.append(Finding(reason="nat64_black_hole"))
    credit, evidence, reason = results["no_black_hole"]
    if credit == 0 and reason == "pmtu_black_hole":
        found.append(Finding(reason=reason, evidence=evidence))
    return _Met(through if not found else False, tuple(found))


def _services(facts: Facts) -> _Met:
    """As a client without IPv4 fared, where one was tried, else by each service over IPv6."""
    tried: list[Ipv6OnlyReading | ServiceReading] = [*facts.ipv6_only]
    tried = tried or [*facts.ipv6_services]
    missing = tuple(_service(each) for each in tried if each.outcome != "ok")
    return _Met(not missing if tried else None, missing)


def _service(reading: Ipv6OnlyReading | ServiceReading) -> Finding:
    reason = reading.reason or "no_answer"
    return Finding(
        reason="services_without_ipv6" if reason in NO_ADDRESS else "service_fails_over_ipv6",
        evidence={"service": reading.service, "reason": reason},
    )


def _needs_clat(facts: Facts) -> bool:
    return (
        facts.nat64 is not None
        and facts.nat64.ipv4_literal_ok is False
        and facts.nat64.clat_ok is True
    )


def _ipv4_literals(facts: Facts) -> Iterator[Finding]:
    """Only where IPv4 is gone already: as long as it is there, literals answer by it."""
    found = facts.nat64
    if found is not None and found.ipv4_literal_ok is False and not found.clat_ok:
        yield Finding(reason="ipv4_literal_fail")


def _ipv4_only_devices(facts: Facts) -> Iterator[Finding]:
    seen = facts.neighbours.get("7d")
    if seen is not None and seen.ipv4_only_hosts:
        evidence = {"ipv4_only_hosts": seen.ipv4_only_hosts, "hosts": seen.hosts or 0}
        yield Finding(reason="lan_ipv4_only_devices", evidence={**evidence})


def _information(facts: Facts) -> Iterator[Finding]:
    if facts.line_down:
        yield Finding(reason="line_down")
    pref64 = [each.pref64 for each in facts.upstream if each.pref64]
    if pref64:
        yield Finding(reason="pref64_ra", evidence={"pref64": pref64[0]})
    if any(each.hijacks for each in facts.resolvers):
        yield Finding(reason="resolver_hijacks")
    if facts.nat64 is None:
        return
    if facts.nat64.option_108_s is not None:
        evidence = {"option_108_s": facts.nat64.option_108_s}
        yield Finding(reason="option_108", evidence={**evidence})
    if facts.nat64.mismatch:
        yield Finding(reason="prefix_mismatch")

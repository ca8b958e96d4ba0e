# SPDX-License-Identifier: Apache-2.0
"""The IPv6 readiness formula: from readings to a score, its caps and reasons, and a verdict on IPv6
alone. Pure, and the same on a box and at the collector; explained in docs/readiness.md.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from sansang_wire.ipv6_readings import ReadinessReading
from sansang_wire.readiness import addressing, dns, internet
from sansang_wire.readiness.assessment import (
    FORMULA_VERSION,
    WEIGHTS,
    Assessment,
    Cap,
    Check,
    CheckCode,
    Stability,
)
from sansang_wire.readiness.caps import caps
from sansang_wire.readiness.facts import Facts, gather, routes
from sansang_wire.readiness.ipv6_only import judge
from sansang_wire.readiness.result import Result
from sansang_wire.readings import AnyReading

LEAST_COVERAGE_PCT = 70.0

CHECKS: Mapping[CheckCode, Callable[[Facts], Result]] = MappingProxyType(
    {
        "link_local": addressing.link_local,
        "router_advertisement": addressing.router_advertisement,
        "native_address": addressing.native_address,
        "default_route": addressing.default_route,
        "advertisement_hygiene": addressing.advertisement_hygiene,
        "delegated_prefix": addressing.delegated_prefix,
        "lan_advertisement": addressing.lan_advertisement,
        "lan_share": addressing.lan_share,
        "ipv6_resolver": dns.ipv6_resolver,
        "aaaa": dns.aaaa,
        "ipv6_authority": dns.ipv6_authority,
        "rdnss": dns.rdnss,
        "literals": internet.literals,
        "ipv6_name": internet.ipv6_name,
        "preference": internet.preference,
        "latency": internet.latency,
        "large_transfer": internet.large_transfer,
        "no_black_hole": internet.no_black_hole,
        "stability": internet.stability,
    }
)


def assess(readings: Iterable[AnyReading], stability: Stability | None) -> Assessment:
    """Of the latest readings of each series of one box.

    `stability` comes from its history, and None where there is none.
    """
    facts = gather(readings, stability)
    results: dict[CheckCode, Result] = {code: check(facts) for code, check in CHECKS.items()}
    checks = tuple(
        _check(code, result)
        for code, result in results.items()
        if WEIGHTS[code].group != "router" or routes(facts.addressing)
    )
    holding = caps(facts, results)
    coverage_pct = _coverage_pct(checks)
    standing = judge(facts, results)
    return Assessment(
        formula=FORMULA_VERSION,
        score=_score(checks, holding) if coverage_pct >= LEAST_COVERAGE_PCT else None,
        coverage_pct=coverage_pct,
        checks=checks,
        caps=holding,
        capable=_capable(results),
        preferred=_whole(results["preference"].credit),
        ready_for_only={"unknown": None, "not_ready": False}.get(standing.verdict, True),
        **standing._asdict(),
    )


def reading(assessment: Assessment, at: int) -> ReadinessReading:
    """As a point of the series store; `at` in µs since the Unix epoch."""
    return ReadinessReading(
        at=at,
        outcome="broken" if assessment.score is None else "ok",
        reason="too_little_known" if assessment.score is None else None,
        formula=assessment.formula,
        score=assessment.score,
        coverage_pct=assessment.coverage_pct,
        capped_at=assessment.capped_at,
        capable=assessment.capable,
        preferred=assessment.preferred,
        ready_for_only=assessment.ready_for_only,
        verdict=assessment.verdict,
        reasons=",".join(assessment.reasons) or None,
    )


def _check(code: CheckCode, result: Result) -> Check:
    group, points = WEIGHTS[code]
    return Check(code=code, group=group, weight=points, **result._asdict())


def _coverage_pct(checks: Iterable[Check]) -> float:
    checks = list(checks)
    known = sum(each.weight for each in checks if each.credit is not None)
    return round(100 * known / sum(each.weight for each in checks), 1)


def _score(checks: Iterable[Check], caps: Iterable[Cap]) -> float:
    known = [(each.weight, each.credit) for each in checks if each.credit is not None]
    earned = sum(weight * credit for weight, credit in known)
    score = 100 * earned / sum(weight for weight, _ in known)
    return round(min(score, *(each.at for each in caps), 100), 1)


def _capable(results: Mapping[CheckCode, Result]) -> bool | None:
    parts = (results["native_address"].credit, _whole(results["literals"].credit))
    if 0 in parts:  # False is 0
        return False
    return None if None in parts else True


def _whole(credit: float | None) -> bool | None:
    return None if credit is None else credit == 1

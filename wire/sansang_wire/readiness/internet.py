# SPDX-License-Identifier: Apache-2.0
"""The Internet over IPv6: is it there, is it taken, do large packets pass, does it stay."""

from sansang_wire.readiness.facts import Facts
from sansang_wire.readiness.result import UNKNOWN, Result, full, half, nothing

SLOWER_MS = 250
"""How long a program waits for IPv6 before it tries IPv4, too (RFC 8305 §8)."""
STEADY_PCT, SHAKY_PCT = 99.0, 90.0
LEAST_SLOTS = 12
"""An hour with IPv4, for a share that means something."""


def literals(facts: Facts) -> Result:
    found = facts.internet
    if found is None or not found.ipv6_asked or found.ipv6_answered is None:
        return UNKNOWN
    evidence = {"ipv6_asked": found.ipv6_asked, "ipv6_answered": found.ipv6_answered}
    if found.ipv6_answered * 3 >= found.ipv6_asked * 2:
        return full(**evidence)
    if found.ipv6_answered:
        return half("few_answered", **evidence)
    advertised = any(each.outcome == "ok" for each in facts.upstream)
    return nothing("ra_but_no_upstream" if advertised else "no_ipv6_internet", **evidence)


def ipv6_name(facts: Facts) -> Result:
    found = facts.internet
    if found is None or found.ipv6_name_ok is None:
        return UNKNOWN
    evidence = {"ipv6_name_ok": found.ipv6_name_ok, "ipv6_name_reason": found.ipv6_name_reason}
    return full(**evidence) if found.ipv6_name_ok else nothing("ipv6_name_fail", **evidence)


def preference(facts: Facts) -> Result:
    """What was used counts; where nothing was fetched, what the system would take first."""
    found = facts.internet
    if found is None or (family := found.used_family or found.preferred_family) is None:
        return UNKNOWN
    evidence = {"preferred_family": found.preferred_family, "used_family": found.used_family}
    if family == "ipv6":
        return full(**evidence)
    chosen = found.preferred_family == "ipv6"
    return nothing("ipv6_not_used" if chosen else "ipv4_preferred", **evidence)


def latency(facts: Facts) -> Result:
    found = facts.internet
    if found is None or found.ipv6_connect_ms is None or found.ipv4_connect_ms is None:
        return _unmeasured(facts)
    evidence = {
        "ipv6_connect_ms": found.ipv6_connect_ms,
        "ipv4_connect_ms": found.ipv4_connect_ms,
    }
    slow = found.ipv6_connect_ms > found.ipv4_connect_ms + SLOWER_MS
    return nothing("slow_ipv6", **evidence) if slow else full(**evidence)


def large_transfer(facts: Facts) -> Result:
    """A fetch with TLS holds packets of the full size: it ends, or stops right after connecting."""
    whole = sum(each.outcome == "ok" for each in facts.ipv6_services)
    stalled = sum(
        each.connect_ms is not None and each.reason in {"no_answer", "too_slow"}
        for each in facts.ipv6_services
    )
    if facts.internet is not None and facts.internet.ipv6_name_ok:
        whole += 1
    evidence = {"whole": whole, "stalled": stalled}
    if not whole and not stalled:
        return _unmeasured(facts)
    if not stalled:
        return full(**evidence)
    return (half if whole else nothing)("large_transfer_stalls", **evidence)


def no_black_hole(facts: Facts) -> Result:
    """A hole on the way to one target of several may be that target's own."""
    holes = [each for each in facts.path_mtu if each.reason == "black_hole"]
    asked = [*holes, *(each for each in facts.path_mtu if each.outcome == "ok")]
    if not asked:
        return _unmeasured(facts)
    evidence = {
        "targets": len(asked),
        "black_holes": len(holes),
        "largest_bytes": asked[0].largest_bytes,
        "silent_from_bytes": asked[0].silent_from_bytes,
    }
    if not holes:
        return full(**evidence)
    every = len(holes) == len(asked)
    return (nothing if every else half)("pmtu_black_hole", **evidence)


def _unmeasured(facts: Facts) -> Result:
    """Where nothing of the Internet answers, that nothing passes is known."""
    reached = literals(facts)
    return nothing("no_ipv6_internet", **reached.evidence) if reached.credit == 0 else UNKNOWN


def stability(facts: Facts) -> Result:
    slots = facts.stability
    if slots is None or slots.ipv4_up_slots < LEAST_SLOTS:
        return UNKNOWN
    up_pct = 100 * slots.ipv6_up_slots / slots.ipv4_up_slots
    evidence = {"ipv6_up_pct": round(up_pct, 1), "ipv4_up_slots": slots.ipv4_up_slots}
    if up_pct >= STEADY_PCT:
        return full(**evidence)
    return (half if up_pct >= SHAKY_PCT else nothing)("ipv6_unstable", **evidence)

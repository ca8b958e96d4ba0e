# SPDX-License-Identifier: Apache-2.0
"""What a score is never above, however much else is well: the strictest of what holds counts."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sansang_wire.readiness.assessment import Cap, CheckCode, ReasonCode
from sansang_wire.readiness.facts import Facts
from sansang_wire.readiness.result import Result

STALL_MS = 5000
Results = Mapping[CheckCode, Result]


class Rule(NamedTuple):
    """A bound and when it holds."""

    at: int
    holds: Callable[[Facts, Results], bool]


def _stalls(facts: Facts, _: Results) -> bool:
    found = facts.internet
    if found is None or not found.ipv4_answered or found.dual_stack_ms is None:
        return False
    return found.dual_stack_ms > STALL_MS


def _has_none(facts: Facts, results: Results) -> bool:
    """An address that is made for a tunnel is one, and has a cap of its own."""
    tunnelled = _has_sixtofour(facts, results) or _has_teredo(facts, results)
    return results["native_address"].credit == 0 and not tunnelled


def _is_cut_off(_: Facts, results: Results) -> bool:
    return results["literals"].credit == 0


def _has_hole(_: Facts, results: Results) -> bool:
    found = results["no_black_hole"]
    return found.credit == 0 and found.reason == "pmtu_black_hole"


def _has_sixtofour(facts: Facts, _: Results) -> bool:
    return bool(facts.addressing and facts.addressing.sixtofour_addresses)


def _has_teredo(facts: Facts, _: Results) -> bool:
    return bool(facts.addressing and facts.addressing.teredo_addresses)


def _has_rogue(_: Facts, results: Results) -> bool:
    return results["advertisement_hygiene"].reason == "rogue_ra"


CAPS: Mapping[ReasonCode, Rule] = MappingProxyType(
    {
        "dual_stack_stalls": Rule(10, _stalls),
        "no_global_address": Rule(30, _has_none),
        "no_ipv6_internet": Rule(30, _is_cut_off),
        "pmtu_black_hole": Rule(40, _has_hole),
        "sixtofour": Rule(60, _has_sixtofour),
        "teredo": Rule(60, _has_teredo),
        "rogue_ra": Rule(70, _has_rogue),
    }
)


def caps(facts: Facts, results: Results) -> tuple[Cap, ...]:
    """All that hold, the strictest first."""
    return tuple(
        Cap(reason=reason, at=rule.at)
        for reason, rule in CAPS.items()
        if rule.holds(facts, results)
    )

# SPDX-License-Identifier: Apache-2.0
"""What is said of a site's IPv6 readiness: score, checks with their evidence, caps, verdict.

Made by `readiness`, worded by `readiness_words`, kept as JSON beside the version of the formula. A
code never changes its meaning and none goes away, so that what was kept can be read for ever.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from sansang_wire.ipv6_readings import Verdict
from sansang_wire.reading import Count, Percent

FORMULA_VERSION = 1

Group = Literal["addressing", "router", "dns", "reachability", "path_mtu", "stability"]
CheckCode = Literal[
    "link_local",
    "router_advertisement",
    "native_address",
    "default_route",
    "advertisement_hygiene",
    "delegated_prefix",
    "lan_advertisement",
    "lan_share",
    "ipv6_resolver",
    "aaaa",
    "ipv6_authority",
    "rdnss",
    "literals",
    "ipv6_name",
    "preference",
    "latency",
    "large_transfer",
    "no_black_hole",
    "stability",
]
RequirementCode = Literal[
    "ipv6_reach", "dns_over_ipv6", "nat64_prefix", "nat64_path", "path_mtu", "services"
]
ReasonCode = Literal[
    "no_link_local",
    "dad_failed",
    "ra_missing",
    "ra_invalid",
    "router_lifetime_zero",
    "no_global_address",
    "ula_only",
    "sixtofour",
    "teredo",
    "deprecated_prefix",
    "no_default_route",
    "next_hop_failed",
    "rogue_ra",
    "several_routers",
    "no_delegated_prefix",
    "lan_ra_missing",
    "lan_without_rdnss",
    "few_hosts_with_ipv6",
    "resolver_ipv4_only",
    "ipv6_resolver_dead",
    "aaaa_broken",
    "dns_tcp_broken",
    "resolver_dead",
    "ipv6_authority_unknown",
    "rdnss_dead",
    "no_rdnss",
    "no_ipv6_internet",
    "ra_but_no_upstream",
    "few_answered",
    "ipv6_name_fail",
    "ipv4_preferred",
    "ipv6_not_used",
    "slow_ipv6",
    "dual_stack_stalls",
    "large_transfer_stalls",
    "pmtu_black_hole",
    "ipv6_unstable",
    "line_down",
    "no_nat64",
    "nat64_no_path",
    "dns64_only_no_path",
    "nat64_black_hole",
    "services_without_ipv6",
    "service_fails_over_ipv6",
    "ipv4_literal_fail",
    "lan_ipv4_only_devices",
    "option_108",
    "pref64_ra",
    "prefix_mismatch",
    "resolver_hijacks",
]

Evidence = dict[str, bool | int | float | str]
"""Values as on the wire, by their names there, and counts of them; names end in their unit."""
Credit = Annotated[float, Meta(ge=0, le=1)]


class Weight(NamedTuple):
    """Where a check belongs, and how much of the 100 points it is worth."""

    group: Group
    points: int


WEIGHTS: Mapping[CheckCode, Weight] = MappingProxyType(
    {
        "link_local": Weight("addressing", 2),
        "router_advertisement": Weight("addressing", 5),
        "native_address": Weight("addressing", 8),
        "default_route": Weight("addressing", 3),
        "advertisement_hygiene": Weight("addressing", 2),
        "delegated_prefix": Weight("router", 6),
        "lan_advertisement": Weight("router", 5),
        "lan_share": Weight("router", 4),
        "ipv6_resolver": Weight("dns", 6),
        "aaaa": Weight("dns", 4),
        "ipv6_authority": Weight("dns", 3),
        "rdnss": Weight("dns", 2),
        "literals": Weight("reachability", 10),
        "ipv6_name": Weight("reachability", 8),
        "preference": Weight("reachability", 4),
        "latency": Weight("reachability", 3),
        "large_transfer": Weight("path_mtu", 6),
        "no_black_hole": Weight("path_mtu", 4),
        "stability": Weight("stability", 15),
    }
)


class Stability(Struct, frozen=True, kw_only=True):
    """The last 24 hours in slots of five minutes."""

    ipv4_up_slots: Annotated[Count, Meta(description="slots with the Internet over IPv4")]
    ipv6_up_slots: Annotated[Count, Meta(description="of them, those with it over IPv6, too")]


class Check(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One item of the score. `credit` is 0, 0.5 or 1, and None when it is not known; below 1 there
    is a reason.
    """

    code: CheckCode
    group: Group
    weight: Count
    credit: Credit | None
    evidence: Evidence = {}
    reason: ReasonCode | None = None


class Cap(Struct, frozen=True, kw_only=True):
    """Why the score is not above `at`, whatever the checks add up to."""

    reason: ReasonCode
    at: Count


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that keeps a site from IPv6 alone, or that is good to know for it."""

    reason: ReasonCode
    evidence: Evidence = {}


class Requirement(Struct, frozen=True, kw_only=True):
    """One thing that IPv6 alone needs; None when it is not known."""

    code: RequirementCode
    met: bool | None


class Assessment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is said of one site at one instant. `checks` are those that apply to it.

    `score` is None where less than 70 % of the weight is known. `capable`: it has IPv6 and reaches
    the Internet with it. `preferred`: programs take IPv6 where they may choose. `ready_for_only`:
    it could do without IPv4, as `verdict` says; None of any of them: not known.
    """

    formula: Count
    score: Percent | None
    coverage_pct: Percent
    checks: tuple[Check, ...]
    caps: tuple[Cap, ...]
    capable: bool | None
    preferred: bool | None
    ready_for_only: bool | None
    verdict: Verdict
    requirements: tuple[Requirement, ...]
    blockers: tuple[Finding, ...]
    information: tuple[Finding, ...]

    @property
    def capped_at(self) -> int | None:
        """The strictest of the caps."""
        return min((each.at for each in self.caps), default=None)

    @property
    def reasons(self) -> list[ReasonCode]:
        """Every reason once: caps, then checks by what they cost, then what IPv6 alone lacks."""
        costly = sorted(self.checks, key=_cost, reverse=True)
        found: list[ReasonCode] = [
            *(each.reason for each in self.caps),
            *(each.reason for each in costly if each.reason),
            *(each.reason for each in self.blockers),
        ]
        return list(dict.fromkeys(found))


def _cost(check: Check) -> float:
    return check.weight * (1 - (1 if check.credit is None else check.credit))

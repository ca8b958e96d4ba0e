# SPDX-License-Identifier: Apache-2.0
"""Offices well and ill, each with what must be said of its IPv6. Measured in readiness_labs.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sansang_wire.ipv6_readings import Verdict
from sansang_wire.readiness.assessment import ReasonCode
from tests.lab import faults
from tests.lab.home import PORTAL
from tests.lab.netns import WITHOUT_CAPABILITIES
from tests.lab.networks import NOBODY4, NOBODY6, ROUTER4, ROUTER6, SERVER4
from tests.lab.office import NAMES, NATIVE, Office


class Expected(NamedTuple):
    """`score` from and to; None: too little can be known. `reasons` are all of them, those of the
    caps and of the verdict included; `told` is the information beside the verdict. `evidence` is a
    value of some check, where nothing else shows that the lab is what it says.
    """

    score: tuple[float, float] | None
    verdict: Verdict
    reasons: Sequence[ReasonCode]
    caps: Sequence[ReasonCode] = ()
    told: Sequence[ReasonCode] = ()
    evidence: tuple[str, object] | None = None


HEALTHY = Office()


@dataclass(frozen=True, kw_only=True)
class ReadinessLab:
    """`routers` and `services` are settings of the agent; `before` are words before its command."""

    what: str
    office: Office = HEALTHY
    expected: Expected
    routers: Sequence[str] = ()
    services: Sequence[str] = (PORTAL,)
    before: Sequence[str] = ()


SIXTOFOUR, TEREDO = "2002:c000:201:1::", "2001:0:cb00:7101::"
NAT64 = Office(dns64=True, nat64=True)
IPV6_ALONE = replace(NAT64, ipv4=False, resolvers=(ROUTER6,), pref64=True)
CUT_OFF: tuple[ReasonCode, ...] = (
    *("no_ipv6_internet", "ipv6_name_fail", "service_fails_over_ipv6", "no_nat64"),
)
"""What is said wherever IPv6 leads nowhere."""
UPSTREAM: tuple[ReasonCode, ...] = (*CUT_OFF, "ra_but_no_upstream")

WHOLE: Mapping[str, ReadinessLab] = {
    "healthy": ReadinessLab(
        what="Both families, and everything works.",
        expected=Expected((100, 100), "not_ready", ["no_nat64"]),
    ),
    "without_rights": ReadinessLab(
        what="The same, and the agent has no rights.",
        before=WITHOUT_CAPABILITIES,
        expected=Expected((100, 100), "not_ready", ["no_nat64"]),
    ),
    "narrow": ReadinessLab(
        what="The line takes 1300 bytes, and the router says so.",
        office=Office(change=faults.narrow_way),
        expected=Expected((100, 100), "not_ready", ["no_nat64"], evidence=("largest_bytes", 1300)),
    ),
    "slow": ReadinessLab(
        what="IPv6 takes 400 ms longer than IPv4, which browsers hide.",
        office=Office(change=faults.late_ipv6),
        expected=Expected((90, 99), "not_ready", ["slow_ipv6", "no_nat64"]),
    ),
    "service_ipv4_only": ReadinessLab(
        what="One of the two services has IPv4 alone.",
        services=(PORTAL, "old.test"),
        expected=Expected((100, 100), "not_ready", ["no_nat64", "services_without_ipv6"]),
    ),
    "black_hole": ReadinessLab(
        what="IPv6 packets above 1300 bytes vanish, and nobody says so.",
        office=Office(change=faults.router_drops("meta nfproto ipv6 meta length > 1300")),
        expected=Expected(
            (30, 40),
            "not_ready",
            ["pmtu_black_hole", "large_transfer_stalls", "service_fails_over_ipv6", "no_nat64"],
            caps=["pmtu_black_hole"],
        ),
    ),
}
NO_WAY: Mapping[str, ReadinessLab] = {
    "ipv4_alone": ReadinessLab(
        what="Neither the router nor the carrier knows of IPv6.",
        office=Office(ipv6=False, resolvers=(ROUTER4,)),
        expected=Expected(
            (0, 20),
            "not_ready",
            [
                *(*CUT_OFF, "no_global_address", "ra_missing", "no_default_route"),
                *("resolver_ipv4_only", "ipv6_authority_unknown", "ipv4_preferred"),
            ],
            caps=["no_global_address", "no_ipv6_internet"],
        ),
    ),
    "no_upstream": ReadinessLab(
        what="The router advertises a prefix; the carrier gives it none.",
        office=Office(change=faults.no_upstream),
        expected=Expected(
            (20, 30),
            "not_ready",
            [*UPSTREAM, "ipv6_not_used", "ipv6_authority_unknown"],
            caps=["no_ipv6_internet"],
        ),
    ),
    "swallowed": ReadinessLab(
        what="IPv6 goes into the router and never comes back.",
        office=Office(change=faults.router_drops("meta nfproto ipv6")),
        expected=Expected(
            (0, 10),
            "not_ready",
            [*UPSTREAM, "dual_stack_stalls", "ipv6_not_used"],
            caps=["dual_stack_stalls", "no_ipv6_internet"],
        ),
    ),
    "lifetime_zero": ReadinessLab(
        what="The router advertises a prefix and says that it is no way out.",
        office=Office(lifetime_s=0),
        expected=Expected(
            (20, 30),
            "not_ready",
            [*CUT_OFF, "router_lifetime_zero", "no_default_route", "ipv4_preferred"],
            caps=["no_ipv6_internet"],
        ),
    ),
    "line_down": ReadinessLab(
        what="Nothing comes through the line, of either family.",
        office=Office(change=faults.line_cut),
        expected=Expected(None, "unknown", [], told=["line_down"]),
    ),
}
ADDRESSES: Mapping[str, ReadinessLab] = {
    "ula_only": ReadinessLab(
        what="The router advertises a prefix of its own making; there is no way out.",
        office=Office(
            prefixes=("fd00:1::/64",),
            rdnss="fd00:1::1",
            resolvers=(ROUTER4, "fd00:1::1"),
            change=faults.ula_without_upstream,
        ),
        expected=Expected(
            (20, 30),
            "not_ready",
            [
                *(*UPSTREAM, "no_global_address", "ula_only"),
                *("ipv4_preferred", "ipv6_authority_unknown"),
            ],
            caps=["no_global_address", "no_ipv6_internet"],
        ),
    ),
    "sixtofour": ReadinessLab(
        what="The prefix is made of an IPv4 address (6to4).",
        office=Office(prefixes=(f"{SIXTOFOUR}/64",), change=faults.router_has(f"{SIXTOFOUR}1/64")),
        expected=Expected(
            (50, 60), "not_ready", ["sixtofour", "ipv4_preferred", "no_nat64"], caps=["sixtofour"]
        ),
    ),
    "teredo": ReadinessLab(
        what="The prefix is that of a tunnel through UDP (Teredo).",
        office=Office(prefixes=(f"{TEREDO}/64",), change=faults.router_has(f"{TEREDO}1/64")),
        expected=Expected(
            (50, 60), "not_ready", ["teredo", "ipv4_preferred", "no_nat64"], caps=["teredo"]
        ),
    ),
    "renumbered": ReadinessLab(
        what="The carrier gave a new prefix; the old one is still there, deprecated.",
        office=Office(prefixes=("2001:db8:9::/64 AdvPreferredLifetime 0;", NATIVE)),
        expected=Expected((95, 99), "not_ready", ["deprecated_prefix", "no_nat64"]),
    ),
    "all_deprecated": ReadinessLab(
        what="The one prefix is being taken back.",
        office=Office(prefixes=(f"{NATIVE} AdvPreferredLifetime 0;",)),
        expected=Expected(
            (80, 95), "not_ready", ["deprecated_prefix", "ipv4_preferred", "no_nat64"]
        ),
    ),
    "address_taken": ReadinessLab(
        what="The box's one address was found on another device, too (dadfailed).",
        office=Office(prefixes=(f"{NATIVE} AdvAutonomous off;",), change=faults.address_is_taken),
        expected=Expected(
            (20, 30),
            "not_ready",
            [*UPSTREAM, "no_global_address", "dad_failed", "ipv4_preferred"],
            caps=["no_global_address", "no_ipv6_internet"],
        ),
    ),
    "rogue": ReadinessLab(
        what="A device that is not on the list advertises itself as a router.",
        office=Office(change=faults.stranger_advertises),
        routers=(NATIVE,),
        expected=Expected((60, 70), "not_ready", ["rogue_ra", "no_nat64"], caps=["rogue_ra"]),
    ),
    "two_routers": ReadinessLab(
        what="The same, and nobody has listed the routers.",
        office=Office(change=faults.stranger_advertises),
        expected=Expected((95, 99), "not_ready", ["several_routers", "no_nat64"]),
    ),
}
RESOLVERS: Mapping[str, ReadinessLab] = {
    "aaaa_broken": ReadinessLab(
        what="The resolver gives IPv4 addresses alone.",
        office=Office(names={name: [SERVER4] for name in NAMES}),
        expected=Expected(
            (60, 90),
            "not_ready",
            ["aaaa_broken", "ipv6_name_fail", "services_without_ipv6", "no_nat64"],
        ),
    ),
    "resolver_ipv4_only": ReadinessLab(
        what="The router names no resolver of IPv6; the box asks one over IPv4.",
        office=Office(rdnss=None, resolvers=(ROUTER4,)),
        expected=Expected((80, 95), "not_ready", ["resolver_ipv4_only", "no_rdnss", "no_nat64"]),
    ),
    "rdnss_dead": ReadinessLab(
        what="The resolver that the router advertises is not there.",
        office=Office(rdnss=NOBODY6),
        expected=Expected((90, 99), "not_ready", ["rdnss_dead", "no_nat64"]),
    ),
    "resolver_dead": ReadinessLab(
        what="The box's resolver of IPv6 is not there; that of IPv4 is.",
        office=Office(resolvers=(ROUTER4, NOBODY6)),
        expected=Expected((80, 95), "not_ready", ["ipv6_resolver_dead", "no_nat64"]),
    ),
    "no_resolver": ReadinessLab(
        what="No resolver answers at all.",
        office=Office(
            resolvers=(NOBODY4, NOBODY6),
            change=faults.router_drops("udp dport 53", "tcp dport 53"),
        ),
        expected=Expected(
            None, "not_ready", ["resolver_dead", "ipv6_resolver_dead", "ipv6_name_fail"]
        ),
    ),
}
ALONE: Mapping[str, ReadinessLab] = {
    "nat64": ReadinessLab(
        what="NAT64, told of by the resolver and by the router (PREF64), beside IPv4.",
        office=replace(NAT64, pref64=True),
        expected=Expected((100, 100), "ready", [], told=["pref64_ra"]),
    ),
    "dns64_without_path": ReadinessLab(
        what="The resolver makes addresses for a NAT64 that is not there.",
        office=Office(dns64=True),
        expected=Expected((100, 100), "not_ready", ["dns64_only_no_path"]),
    ),
    "nat64_black_hole": ReadinessLab(
        what="Packets above 1300 bytes vanish in NAT64.",
        office=replace(
            NAT64, change=faults.router_drops("ip6 daddr 2001:db8:64::/96 meta length > 1300")
        ),
        expected=Expected((100, 100), "not_ready", ["nat64_black_hole"]),
    ),
    "clat": ReadinessLab(
        what="No IPv4 on the line; the box makes its own out of IPv6 (464XLAT).",
        office=replace(IPV6_ALONE, change=faults.with_clat),
        expected=Expected((100, 100), "ready_with_clat", [], told=["pref64_ra"]),
    ),
    "option_108": ReadinessLab(
        what="NAT64, and DHCP says that IPv6 alone will do.",
        office=replace(NAT64, dhcp=("--dhcp-option=108,0:0:7:8",)),
        expected=Expected((100, 100), "ready", [], told=["option_108"]),
    ),
    "ipv6_alone": ReadinessLab(
        what="No IPv4 at all: everything works but programs with IPv4 literals.",
        office=IPV6_ALONE,
        expected=Expected((100, 100), "not_ready", ["ipv4_literal_fail"], told=["pref64_ra"]),
    ),
    "old_printer": ReadinessLab(
        what="All is ready for IPv6 alone, but for a printer.",
        office=replace(NAT64, change=faults.printer),
        expected=Expected((100, 100), "not_ready", ["lan_ipv4_only_devices"]),
    ),
}
GROUPS: Mapping[str, Mapping[str, ReadinessLab]] = {
    "whole": WHOLE,
    "no_way": NO_WAY,
    "addresses": ADDRESSES,
    "resolvers": RESOLVERS,
    "alone": ALONE,
}

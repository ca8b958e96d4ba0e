# SPDX-License-Identifier: Apache-2.0
"""The readiness score: what each check makes of what was measured, and what bounds the score."""

from typing import Any, get_args

import msgspec
import pytest

from sansang_wire import readiness
from sansang_wire.readiness import assess
from sansang_wire.readiness.assessment import (
    FORMULA_VERSION,
    WEIGHTS,
    Assessment,
    Check,
    CheckCode,
    Stability,
)
from sansang_wire.readiness.caps import CAPS
from sansang_wire.readings import AnyReading
from tests.wire.ipv6_site import readings, router

STEADY = Stability(ipv4_up_slots=288, ipv6_up_slots=288)
Change = dict[str, dict[str, Any] | None]


def check(found: Assessment, code: CheckCode) -> Check:
    (only,) = (each for each in found.checks if each.code == code)
    return only


def test_the_weights_are_100_points_by_group() -> None:
    groups: dict[str, int] = {}
    for group, points in WEIGHTS.values():
        groups[group] = groups.get(group, 0) + points
    assert groups == {
        "addressing": 20,
        "router": 15,
        "dns": 15,
        "reachability": 25,
        "path_mtu": 10,
        "stability": 15,
    }
    assert set(WEIGHTS) == set(readiness.CHECKS) == set(get_args(CheckCode))


@pytest.mark.parametrize("site", [readings(), router()], ids=["host", "router"])
def test_a_site_where_all_is_well_has_100(site: list[AnyReading]) -> None:
    """All of it known, nothing to say. The router's own items count on a router alone."""
    found = assess(site, STEADY)
    assert (found.score, found.coverage_pct, found.capped_at) == (100, 100, None)
    assert (found.caps, found.reasons, found.formula) == ((), [], FORMULA_VERSION)
    assert (found.capable, found.preferred) == (True, True)
    assert all(each.credit == 1 and each.evidence for each in found.checks)


def test_a_temporary_address_of_yesterday_is_no_fault() -> None:
    changing = {"temporary_addresses": 1, "deprecated_addresses": 1}
    found = assess(readings(addressing=changing), STEADY)
    assert check(found, "advertisement_hygiene").credit == 1


def test_items_of_a_router_count_on_a_router_alone() -> None:
    host = {each.group for each in assess(readings(), STEADY).checks}
    routing = {each.group for each in assess(router(), STEADY).checks}
    assert routing - host == {"router"}


DEAD = {"outcome": "unreachable", "reason": "no_answer"}
FEW_V6: Change = {"ipv6_internet": {"ipv6_answered": 1}}
NO_V6_VALUES = {"outcome": "unreachable", "ipv6_answered": 0, "ipv6_name_ok": False}
NO_V6: Change = {"ipv6_internet": NO_V6_VALUES}
RESOLVER4 = {"server": "192.0.2.1", "family": "ipv4"}
HOLE = {"outcome": "failed", "reason": "black_hole", "silent_from_bytes": 1340}


@pytest.mark.parametrize(
    ("changes", "code", "credit", "reason"),
    [
        ({"addressing": {"link_local_addresses": 0}}, "link_local", 0, "no_link_local"),
        ({"addressing": {"tentative_addresses": 1}}, "link_local", 0.5, "dad_failed"),
        ({"router_advertisement": DEAD}, "router_advertisement", 0, "ra_missing"),
        (
            {"router_advertisement": {"outcome": "failed", "reason": "lifetime_zero"}},
            "router_advertisement",
            0,
            "router_lifetime_zero",
        ),
        (
            {"router_advertisement": {"outcome": "failed", "reason": "invalid"}},
            "router_advertisement",
            0,
            "ra_invalid",
        ),
        ({"addressing": {"global_addresses": 0}}, "native_address", 0, "no_global_address"),
        (
            {"addressing": {"global_addresses": 0, "unique_local_addresses": 1}},
            "native_address",
            0,
            "ula_only",
        ),
        (
            {"addressing": {"global_addresses": 0, "sixtofour_addresses": 1}},
            "native_address",
            0,
            "sixtofour",
        ),
        (
            {"addressing": {"global_addresses": 0, "teredo_addresses": 1}},
            "native_address",
            0,
            "teredo",
        ),
        (
            {"addressing": {"global_addresses": 0, "deprecated_addresses": 1}},
            "native_address",
            0.5,
            "deprecated_prefix",
        ),
        ({"addressing": {"default_routes": 0}}, "default_route", 0, "no_default_route"),
        ({"addressing": {"next_hop_state": "failed"}}, "default_route", 0, "next_hop_failed"),
        (
            {"router_advertisement": {"routers": 2, "unlisted_routers": 1}},
            "advertisement_hygiene",
            0,
            "rogue_ra",
        ),
        (
            {"router_advertisement": {"routers": 2, "unlisted_routers": None}},
            "advertisement_hygiene",
            0.5,
            "several_routers",
        ),
        (
            {"addressing": {"deprecated_addresses": 1}},
            "advertisement_hygiene",
            0.5,
            "deprecated_prefix",
        ),
        (
            {"resolver": RESOLVER4, "dns": RESOLVER4, "addressing": None},
            "ipv6_resolver",
            0,
            "resolver_ipv4_only",
        ),
        (
            {"resolver": None, "dns": None, "addressing": {"dns_servers": 0}},
            "ipv6_resolver",
            0,
            "resolver_ipv4_only",
        ),
        ({"resolver": DEAD, "dns": DEAD}, "ipv6_resolver", 0, "ipv6_resolver_dead"),
        (
            {"second": {"kind": "resolver", "server": "2001:db8::2", "family": "ipv6", **DEAD}},
            "ipv6_resolver",
            0.5,
            "ipv6_resolver_dead",
        ),
        ({"resolver": {"aaaa_udp": False}}, "aaaa", 0, "aaaa_broken"),
        (
            {"resolver": None, "dns": {"outcome": "failed", "reason": "no_address"}},
            "aaaa",
            0,
            "aaaa_broken",
        ),
        (
            {"second": {"kind": "resolver", **RESOLVER4, "aaaa_udp": False}},
            "aaaa",
            0.5,
            "aaaa_broken",
        ),
        ({"resolver": {"aaaa_tcp": False}}, "aaaa", 0.5, "dns_tcp_broken"),
        ({"resolver": DEAD, "dns": DEAD}, "aaaa", 0, "resolver_dead"),
        ({"resolver": {"ipv6_authority": False}}, "ipv6_authority", 0, "ipv6_authority_unknown"),
        (
            {"second": {"kind": "resolver", **RESOLVER4, "ipv6_authority": False}},
            "ipv6_authority",
            0.5,
            "ipv6_authority_unknown",
        ),
        ({"router_advertisement": {"dns_servers": 0}}, "rdnss", 0, "no_rdnss"),
        ({"router_advertisement": {"dns_servers_answering": 0}}, "rdnss", 0, "rdnss_dead"),
        ({"router_advertisement": {"dns_servers": 2}}, "rdnss", 0.5, "rdnss_dead"),
        (FEW_V6, "literals", 0.5, "few_answered"),
        (NO_V6, "literals", 0, "ra_but_no_upstream"),
        ({**NO_V6, "router_advertisement": DEAD}, "literals", 0, "no_ipv6_internet"),
        ({"ipv6_internet": {"ipv6_name_ok": False}}, "ipv6_name", 0, "ipv6_name_fail"),
        ({"ipv6_internet": {"used_family": "ipv4"}}, "preference", 0, "ipv6_not_used"),
        (
            {"ipv6_internet": {"used_family": "ipv4", "preferred_family": "ipv4"}},
            "preference",
            0,
            "ipv4_preferred",
        ),
        ({"ipv6_internet": {"ipv6_connect_ms": 275.0}}, "latency", 0, "slow_ipv6"),
        (
            {"service": {"total_ms": None, **DEAD}},
            "large_transfer",
            0.5,
            "large_transfer_stalls",
        ),
        (
            {"service": {"total_ms": None, **DEAD}, "ipv6_internet": {"ipv6_name_ok": False}},
            "large_transfer",
            0,
            "large_transfer_stalls",
        ),
        ({"path_mtu": HOLE}, "no_black_hole", 0, "pmtu_black_hole"),
        (
            {"second": {"kind": "path_mtu", "target": "own", "family": "ipv6", **HOLE}},
            "no_black_hole",
            0.5,
            "pmtu_black_hole",
        ),
    ],
)
def test_a_fault_costs_what_its_check_weighs(
    changes: Change, code: CheckCode, credit: float, reason: str
) -> None:
    """It has a reason, and the site has less than 100."""
    found = assess(readings(**changes), STEADY)
    its = check(found, code)
    assert (its.credit, its.reason) == (credit, reason)
    assert its.evidence
    assert reason in found.reasons
    assert found.score is None or found.score < 100


@pytest.mark.parametrize(
    ("changes", "code", "credit", "reason"),
    [
        ({"addressing": {"lans_with_prefix": 0}}, "delegated_prefix", 0, "no_delegated_prefix"),
        ({"lan": DEAD}, "lan_advertisement", 0, "lan_ra_missing"),
        ({"lan": {"dns_servers": 0}}, "lan_advertisement", 0.5, "lan_without_rdnss"),
        ({"lan": None}, "lan_advertisement", None, None),
        ({"traffic": None}, "lan_advertisement", None, None),
        ({"neighbours": {"ipv6_share_pct": 50.0}}, "lan_share", 1, None),
        ({"neighbours": {"ipv6_share_pct": 49.9}}, "lan_share", 0.5, "few_hosts_with_ipv6"),
        ({"neighbours": {"ipv6_share_pct": 0.0}}, "lan_share", 0, "few_hosts_with_ipv6"),
        ({"neighbours": {"hosts": 0}}, "lan_share", None, None),
    ],
)
def test_a_router_gives_ipv6_on(
    changes: Change, code: CheckCode, credit: float | None, reason: str | None
) -> None:
    its = check(assess(router(**changes), STEADY), code)
    assert (its.credit, its.reason) == (credit, reason)


@pytest.mark.parametrize(
    ("ipv4_up_slots", "ipv6_up_slots", "credit"),
    [(288, 286, 1), (288, 285, 0.5), (100, 90, 0.5), (288, 259, 0), (11, 0, None), (0, 0, None)],
)
def test_ipv6_is_to_be_there_whenever_ipv4_is(
    ipv4_up_slots: int, ipv6_up_slots: int, credit: float | None
) -> None:
    """99 % is steady, 90 % half so; of less than an hour nothing is said."""
    slots = Stability(ipv4_up_slots=ipv4_up_slots, ipv6_up_slots=ipv6_up_slots)
    its = check(assess(readings(), slots), "stability")
    assert its.credit == credit
    assert its.reason == ("ipv6_unstable" if credit in {0, 0.5} else None)


@pytest.mark.parametrize(
    ("changes", "reason", "at"),
    [
        ({"ipv6_internet": {"dual_stack_ms": 5000.1}}, "dual_stack_stalls", 10),
        ({"addressing": {"global_addresses": 0}}, "no_global_address", 30),
        (
            {"addressing": {"global_addresses": 0, "unique_local_addresses": 1}},
            "no_global_address",
            30,
        ),
        (NO_V6, "no_ipv6_internet", 30),
        ({"path_mtu": HOLE}, "pmtu_black_hole", 40),
        ({"addressing": {"global_addresses": 0, "sixtofour_addresses": 1}}, "sixtofour", 60),
        ({"addressing": {"sixtofour_addresses": 1}}, "sixtofour", 60),
        ({"addressing": {"teredo_addresses": 1}}, "teredo", 60),
        ({"router_advertisement": {"unlisted_routers": 1}}, "rogue_ra", 70),
    ],
)
def test_a_cap_holds_whatever_else_is_well(changes: Change, reason: str, at: int) -> None:
    """The one fault leaves most of the points, and the score is the cap's all the same."""
    found = assess(readings(**changes), STEADY)
    assert [(each.reason, each.at) for each in found.caps] == [(reason, at)]
    assert found.score is not None
    assert found.score == found.capped_at == at
    assert found.reasons[0] == reason
    assert dict(CAPS)[found.caps[0].reason].at == at


def test_the_strictest_cap_counts_and_all_are_listed() -> None:
    found = assess(
        readings(
            path_mtu=HOLE,
            router_advertisement={"unlisted_routers": 1},
            ipv6_internet={"dual_stack_ms": 9000.0},
        ),
        STEADY,
    )
    assert [each.at for each in found.caps] == [10, 40, 70]
    assert (found.capped_at, found.score) == (10, 10)


@pytest.mark.parametrize("changes", [{"ipv4_answered": 0}, {"dual_stack_ms": None}])
def test_a_stall_needs_a_sound_ipv4(changes: dict[str, Any]) -> None:
    slow = {"dual_stack_ms": 9000.0, **changes}
    found = assess(readings(ipv6_internet=slow, addressing4={"default_routes": 0}), STEADY)
    assert found.caps == ()


def test_what_could_not_be_measured_is_not_known_and_no_failure() -> None:
    """No privilege to listen for routers: less is known, and the score is that of the rest."""
    changes: Change = {"router_advertisement": {"outcome": "broken", "reason": "not_permitted"}}
    found = assess(readings(**changes), STEADY)
    unknown = {each.code for each in found.checks if each.credit is None}
    assert unknown == {"router_advertisement", "advertisement_hygiene", "rdnss"}
    assert found.score == 100
    assert found.coverage_pct == round(100 * (85 - 9) / 85, 1)
    assert found.reasons == []


def test_without_70_percent_there_is_no_score() -> None:
    """Though caps and reasons are told."""
    site = readings(
        ipv6_internet=None, path_mtu=None, service=None, addressing={"global_addresses": 0}
    )
    found = assess(site, STEADY)
    assert found.coverage_pct < 70
    assert found.score is None
    assert (found.capped_at, found.reasons) == (30, ["no_global_address"])
    assert found.capable is False
    assert assess([], None).coverage_pct == 0


def test_a_line_that_is_down_says_nothing_of_ipv6() -> None:
    """Neither family answers, and IPv4 has a way: wait for the line. Without IPv4 it counts."""
    dead: Change = {
        "ipv6_internet": {"outcome": "unreachable", "ipv6_answered": 0, "ipv4_answered": 0},
        "resolver": DEAD,
        "dns": DEAD,
        "service": DEAD,
        "router_advertisement": {"dns_servers_answering": 0},
    }
    found = assess(readings(**dead), STEADY)
    assert (found.score, found.caps, found.verdict) == (None, (), "unknown")
    assert [each.reason for each in found.information] == ["line_down"]
    assert found.reasons == [], "its name servers have nobody to ask"
    alone = assess(readings(**dead, addressing4={"default_routes": 0}), STEADY)
    assert (alone.score, alone.verdict) == (30, "not_ready")


def test_a_service_that_is_ill_over_both_families_says_nothing_of_ipv6() -> None:
    """One that has never had IPv4, or a site without it, is judged by IPv6 alone."""
    stalled = {"total_ms": None, **DEAD}
    ill = assess(readings(service=stalled, service4=stalled), STEADY)
    assert check(ill, "large_transfer").credit == 1
    for reason in ("no_address", "no_route"):
        none = {"outcome": "unreachable", "reason": reason}
        alone = assess(readings(service=stalled, service4=none), STEADY)
        assert check(alone, "large_transfer").credit == 0.5


@pytest.mark.parametrize("advertised", [True, False])
def test_a_site_without_ipv6_has_a_score_though_much_can_t_be_measured(advertised: bool) -> None:
    """A low one, not none: where nothing answers nothing passes, and where no router is heard no
    name server is announced. A moment is enough to know; it is no black hole.
    """
    ended: Change = {
        "ipv6_internet": {**NO_V6_VALUES, "ipv6_connect_ms": None},
        "service": {"connect_ms": None, "outcome": "unreachable", "reason": "no_route"},
        "path_mtu": {"outcome": "unreachable", "largest_bytes": None},
        "resolver": {"ipv6_authority": None},
    }
    if not advertised:
        ended["router_advertisement"] = {**DEAD, "dns_servers": None, "routers": None}
        ended["addressing"] = {"global_addresses": 0, "default_routes": 0}
    found = assess(readings(**ended), None)
    for code in ("literals", "latency", "large_transfer", "no_black_hole"):
        assert check(found, code).credit == 0
    assert check(found, "rdnss").credit == (1 if advertised else 0)
    assert found.score is not None
    assert 0 < found.score <= 30
    assert {each.reason for each in found.caps} <= {"no_ipv6_internet", "no_global_address"}


@pytest.mark.parametrize("reason", ["name_not_found", "refused"])
def test_a_name_that_is_no_more_says_nothing_of_aaaa(reason: str) -> None:
    """The other probe asks for another name. One without AAAA says it all."""
    gone = {"outcome": "failed", "reason": reason, "aaaa_udp": False, "aaaa_tcp": False}
    swallowed = assess(readings(resolver={**gone, "reason": "no_address"}), STEADY)
    assert check(swallowed, "aaaa").reason == "aaaa_broken"
    assert check(assess(readings(resolver=gone), STEADY), "aaaa").credit == 1
    assert check(assess(readings(resolver=gone, dns=None), STEADY), "aaaa").credit is None


def test_a_resolver_of_ipv6_that_could_not_be_asked_is_not_missing() -> None:
    """The box has one; that of IPv4 beside it was asked."""
    found = assess(readings(resolver=RESOLVER4, dns=RESOLVER4), STEADY)
    assert check(found, "ipv6_resolver").credit is None


def test_a_resolver_that_knows_no_ipv4_address_either_is_no_sieve_for_aaaa() -> None:
    """It is of no use at all, which is another fault with another remedy."""
    nothing = {"outcome": "failed", "reason": "server_failure"}
    ipv4 = {"kind": "dns", "server": "2001:db8:1::1", "family": "ipv6", "name": "vnnic.vn"}
    asked: Change = {"dns": nothing, "dns_a": {**ipv4, "record_type": "A", **nothing}}
    found = assess(readings(resolver=None, **asked), STEADY)
    assert check(found, "aaaa").reason == "resolver_dead"
    asked["dns_a"] = {**ipv4, "record_type": "A"}
    found = assess(readings(resolver=None, **asked), STEADY)
    assert check(found, "aaaa").reason == "aaaa_broken"


def test_an_assessment_is_kept_as_json_and_as_a_point() -> None:
    found = assess(router(path_mtu=HOLE, nat64={"path_ok": False}), STEADY)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Assessment) == found
    point = readiness.reading(found, 7)
    assert (point.at, point.outcome, point.score, point.capped_at) == (7, "ok", 40, 40)
    assert (point.verdict, point.ready_for_only, point.formula) == ("not_ready", False, 1)
    assert point.reasons == "pmtu_black_hole,dns64_only_no_path"
    nothing = readiness.reading(assess([], None), 7)
    assert (nothing.outcome, nothing.reason) == ("broken", "too_little_known")
    assert (nothing.score, nothing.reasons) == (None, None)

# SPDX-License-Identifier: Apache-2.0
"""Could the site do without IPv4: the four verdicts, and every reason."""

from typing import Any

import pytest

from sansang_wire.readiness import assess
from tests.wire.ipv6_site import readings

Change = dict[str, dict[str, Any] | None]
CLAT = {"ipv4_literal_ok": False, "clat": True, "clat_ok": True}


def test_ready_without_anything_in_the_way() -> None:
    found = assess(readings(), None)
    assert (found.verdict, found.ready_for_only) == ("ready", True)
    assert all(each.met for each in found.requirements)
    assert found.blockers == ()


def test_ready_where_devices_translate() -> None:
    """IPv4 is gone already, literals answer through CLAT."""
    found = assess(readings(nat64=CLAT), None)
    assert (found.verdict, found.ready_for_only, found.blockers) == ("ready_with_clat", True, ())


@pytest.mark.parametrize(
    ("changes", "requirement"),
    [
        ({"ipv6_internet": None}, "ipv6_reach"),
        ({"resolver": None, "dns": None}, "dns_over_ipv6"),
        ({"nat64": None}, "nat64_prefix"),
        ({"nat64": {"outcome": "broken"}}, "nat64_prefix"),
        ({"nat64": {"path_ok": None}}, "nat64_path"),
        ({"nat64": {"path_mtu_ok": None}}, "path_mtu"),
        ({"service": None}, "services"),
        ({"service": {"outcome": "broken"}}, "services"),
    ],
)
def test_unknown_where_something_required_was_not_measured(
    changes: Change, requirement: str
) -> None:
    found = assess(readings(**changes), None)
    assert (found.verdict, found.ready_for_only) == ("unknown", None)
    assert requirement in {each.code for each in found.requirements if each.met is None}
    assert found.blockers == ()


FAILS = {"outcome": "unreachable", "reason": "no_answer"}
NO_AAAA = {"outcome": "unreachable", "reason": "no_address"}
REHEARSED = {"kind": "ipv6_only", "service": "portal"}


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"ipv6_internet": {"ipv6_answered": 1}}, ["few_answered"]),
        ({"ipv6_internet": {"ipv6_answered": 0}}, ["ra_but_no_upstream"]),
        ({"resolver": {"aaaa_udp": False}}, ["aaaa_broken"]),
        ({"nat64": {"outcome": "failed", "prefix": None}}, ["no_nat64"]),
        ({"nat64": {"path_ok": False}}, ["dns64_only_no_path"]),
        ({"nat64": {"path_ok": False, "prefix_from": "pref64"}}, ["nat64_no_path"]),
        ({"nat64": {"path_mtu_ok": False}}, ["nat64_black_hole"]),
        ({"path_mtu": {"outcome": "failed", "reason": "black_hole"}}, ["pmtu_black_hole"]),
        ({"service": NO_AAAA}, ["services_without_ipv6"]),
        ({"service": FAILS}, ["service_fails_over_ipv6"]),
        ({"nat64": {**CLAT, "clat_ok": False}}, ["ipv4_literal_fail"]),
        ({"neighbours7": {"ipv4_only_hosts": 3}}, ["lan_ipv4_only_devices"]),
        (
            {"nat64": {"path_ok": False, "ipv4_literal_ok": False}, "service": NO_AAAA},
            ["dns64_only_no_path", "services_without_ipv6", "ipv4_literal_fail"],
        ),
    ],
)
def test_not_ready_with_every_reason(changes: Change, reasons: list[str]) -> None:
    """One thing that is missing is enough, whatever else is not known."""
    for more in (changes, {**changes, "traffic": {"interface": "eth0"}}):
        found = assess(readings(**more), None)
        assert (found.verdict, found.ready_for_only) == ("not_ready", False)
        assert [each.reason for each in found.blockers] == reasons


def test_each_failing_service_is_named() -> None:
    second: dict[str, Any] = {"kind": "service", "service": "email", "family": "ipv6", **FAILS}
    found = assess(readings(service=NO_AAAA, second=second), None)
    assert [each.evidence for each in found.blockers] == [
        {"service": "portal", "reason": "no_address"},
        {"service": "email", "reason": "no_answer"},
    ]


def test_what_a_client_without_ipv4_met_decides() -> None:
    """A service without AAAA that is reached through NAT64 works; one that is not, does not."""
    reached: dict[str, Any] = {**REHEARSED, "by_nat64": True}
    assert assess(readings(service=NO_AAAA, tried=reached), None).verdict == "ready"
    found = assess(readings(tried={**REHEARSED, **FAILS}), None)
    assert [each.reason for each in found.blockers] == ["service_fails_over_ipv6"]
    untried: dict[str, Any] = {**REHEARSED, "outcome": "broken", "reason": "no_helper"}
    assert assess(readings(service=NO_AAAA, tried=untried), None).verdict == "not_ready"


def test_what_is_good_to_know_changes_no_verdict() -> None:
    found = assess(
        readings(
            nat64={"option_108_s": 1800, "mismatch": True},
            router_advertisement={"pref64": "64:ff9b::/96"},
            resolver={"hijacks": True},
        ),
        None,
    )
    assert found.verdict == "ready"
    assert [each.reason for each in found.information] == [
        "pref64_ra",
        "resolver_hijacks",
        "option_108",
        "prefix_mismatch",
    ]

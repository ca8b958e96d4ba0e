# SPDX-License-Identifier: Apache-2.0
"""What holds of the readiness formula whatever is measured."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sansang_wire import readiness
from sansang_wire.language import Language
from sansang_wire.readiness import LEAST_COVERAGE_PCT, assess
from sansang_wire.readiness.assessment import Assessment, Stability
from sansang_wire.readiness.reasons import REASONS, advice, sentence
from tests.wire.generated import of_kind
from tests.wire.ipv6_site import readings

KINDS = (
    *("addressing", "router_advertisement", "resolver", "dns", "ipv6_internet", "path_mtu"),
    *("nat64", "service", "neighbours", "ipv6_only", "traffic"),
)
LANGUAGES: tuple[Language, ...] = ("vi", "en")
STEADY = Stability(ipv4_up_slots=288, ipv6_up_slots=288)
SLOTS = st.integers(0, 288).flatmap(
    lambda up: st.builds(Stability, ipv4_up_slots=st.just(up), ipv6_up_slots=st.integers(0, up))
)
WORSE: dict[str, list[dict[str, Any]]] = {
    "addressing": [
        {},
        {"deprecated_addresses": 1},
        {"deprecated_addresses": 1, "global_addresses": 0},
        {"deprecated_addresses": 0, "global_addresses": 0, "sixtofour_addresses": 1},
        {"global_addresses": 0},
        {"global_addresses": 0, "default_routes": 0},
        {"global_addresses": 0, "default_routes": 0, "link_local_addresses": 0},
    ],
    "router_advertisement": [
        {},
        {"dns_servers": 2},
        {"dns_servers": 2, "dns_servers_answering": 0},
        {"dns_servers": 0, "dns_servers_answering": 0, "unlisted_routers": 1},
        {"outcome": "unreachable", "dns_servers": 0, "unlisted_routers": 1},
    ],
    "resolver": [
        {},
        {"aaaa_tcp": False},
        {"aaaa_udp": False},
        {"aaaa_udp": False, "ipv6_authority": False},
    ],
    "ipv6_internet": [
        {},
        {"ipv6_connect_ms": 900.0},
        {"ipv6_answered": 1, "ipv6_connect_ms": 900.0},
        {"ipv6_answered": 0, "ipv6_connect_ms": 900.0, "ipv6_name_ok": False},
        {
            "ipv6_answered": 0,
            "ipv6_connect_ms": 900.0,
            "ipv6_name_ok": False,
            "used_family": "ipv4",
            "dual_stack_ms": 9000.0,
        },
    ],
    "path_mtu": [{}, {"outcome": "failed", "reason": "black_hole"}],
    "service": [{}, {"outcome": "unreachable", "reason": "no_answer"}],
}
"""By kind: ever worse, from what is well on."""


@settings(max_examples=25, deadline=None)
@given(
    found=st.lists(st.sampled_from(KINDS).flatmap(of_kind), max_size=24),
    slots=st.none() | SLOTS,
)
def test_every_assessment_is_in_bounds_and_in_words(
    found: list[Any], slots: Stability | None
) -> None:
    """Whatever probes may send: and a point of it always fits the store's limits."""
    made = assess(found, slots)
    assert 0 <= made.coverage_pct <= 100
    assert (made.score is None) == (made.coverage_pct < LEAST_COVERAGE_PCT)
    if made.score is not None:
        assert 0 <= made.score <= (100 if made.capped_at is None else made.capped_at)
    for each in made.checks:
        assert each.credit in {None, 0, 0.5, 1}
        assert (each.reason is None) == (each.credit in {None, 1})
    assert (made.ready_for_only is None) == (made.verdict == "unknown")
    assert (made.ready_for_only is False) == bool(made.blockers)
    assert readiness.reading(made, 1).formula == made.formula
    for language in LANGUAGES:
        _in_words(made, language)


def _in_words(made: Assessment, language: Language) -> None:
    """No blank stays empty, and whatever is not well has something to do."""
    for cap in made.caps:
        assert sentence(cap.reason, {}, language)
        assert advice(cap.reason, {}, language)
    for each in (*made.checks, *made.blockers):
        if each.reason is not None:
            assert sentence(each.reason, each.evidence, language)
            assert advice(each.reason, each.evidence, language)
    for each in made.information:
        assert sentence(each.reason, each.evidence, language)


LEVELS = st.fixed_dictionaries(
    {
        name: st.lists(st.sampled_from(range(len(steps))), min_size=2, max_size=2).map(sorted)
        for name, steps in WORSE.items()
    }
)


@settings(max_examples=100, deadline=None)
@given(levels=LEVELS)
def test_a_worse_value_never_raises_the_score(levels: dict[str, list[int]]) -> None:
    better, worse = (
        assess(readings(**{name: WORSE[name][pair[end]] for name, pair in levels.items()}), STEADY)
        for end in (0, 1)
    )
    if better.score is not None and worse.score is not None:
        assert worse.score <= better.score


@settings(max_examples=100, deadline=None)
@given(gone=st.sets(st.sampled_from(list(WORSE))), more=st.sets(st.sampled_from(list(WORSE))))
def test_what_is_not_known_costs_coverage_and_no_points(gone: set[str], more: set[str]) -> None:
    """The less is known, the smaller the coverage; what is known is well, so the score stays."""
    most = assess(readings(**dict.fromkeys(gone)), STEADY)
    least = assess(readings(**dict.fromkeys(gone | more)), STEADY)
    assert least.coverage_pct <= most.coverage_pct
    assert {most.score, least.score} <= {100, None}
    assert most.reasons == least.reasons == []


def test_all_reasons_at_once_fit_a_point() -> None:
    """1200 letters are what a long text of a reading holds."""
    assert len(",".join(REASONS)) <= 1200

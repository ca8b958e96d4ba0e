# SPDX-License-Identifier: Apache-2.0
"""What invented houses tell of IPv6, by the formula that the collector uses."""

import pytest

from sansang_agent import simulated_ipv6, simulated_site
from sansang_agent.simulated_site import Moment, SimulatedSite
from sansang_wire.batch import encode
from sansang_wire.readiness import assess
from sansang_wire.readiness.assessment import Assessment, Stability

NOON_US = 1_795_237_200_000_000
MANY = 100


def assessed(moment: Moment, *, ipv6: bool = True, ipv6_as: str = "healthy") -> Assessment:
    site = SimulatedSite(
        agent="sim-1",
        ssid="NVH",
        ipv6=ipv6,
        ipv6_as=ipv6_as,  # pyright: ignore[reportArgumentType] - a word of the settings
        loss=0,
        dark=False,
    )
    readings = [*simulated_site.seldom(site, moment), *simulated_ipv6.readings(site, moment)]
    assert encode(readings)
    steady = Stability(ipv4_up_slots=MANY, ipv6_up_slots=MANY if ipv6 else 0)
    return assess(readings, steady)


@pytest.mark.parametrize(
    ("kind", "score", "reason", "verdict"),
    [
        ({"ipv6": True}, 100, "no_nat64", "not_ready"),
        ({"ipv6": False}, None, "no_global_address", "not_ready"),
        ({"ipv6": True, "ipv6_as": "black_hole"}, 40, "pmtu_black_hole", "not_ready"),
        ({"ipv6": True, "ipv6_as": "nat64"}, 100, None, "ready"),
    ],
)
def test_each_kind_of_house_is_told_from_the_others(
    kind: dict[str, object], score: float | None, reason: str | None, verdict: str
) -> None:
    """Everything that can be known of each is, and its first reason is what it stands for."""
    found = assessed(Moment(NOON_US, NOON_US), **kind)  # pyright: ignore[reportArgumentType]
    assert next(iter(found.reasons), None) == reason
    assert found.verdict == verdict
    if score is None:
        assert found.score is not None
        assert found.score <= 30
        assert found.capable is False
    else:
        assert found.score == score
        assert found.coverage_pct == 100


def test_a_cut_line_says_nothing_of_ipv6() -> None:
    """The house is not the worse for it."""
    found = assessed(Moment(NOON_US, NOON_US, cut=True))
    assert [each.reason for each in found.information] == ["line_down"]
    assert found.capable is None
    assert "no_ipv6_internet" not in found.reasons

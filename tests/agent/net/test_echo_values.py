# SPDX-License-Identifier: Apache-2.0
"""The figures of a run of echoes, from round trips that are known."""

import statistics
from itertools import pairwise

import pytest

from sansang_agent.net.echo_values import echo_values
from sansang_agent.net.echoes import Echoes
from sansang_agent.net.round_trips import percentile_95_ms
from sansang_agent.net.targets import Located


def test_statistics_are_those_of_the_round_trips() -> None:
    """Jitter is the mean of the absolute differences of successive round trips."""
    trips = (10.0, 14.0, 11.0, 11.5)
    came = Echoes("icmp_datagram", sent=5, received=4, round_trips_ms=trips, reason=None)
    values = echo_values(Located(), came)
    assert (values["rtt_min_ms"], values["rtt_max_ms"], values["rtt_avg_ms"]) == (10, 14, 11.625)
    assert values["jitter_ms"] == statistics.fmean(abs(b - a) for a, b in pairwise(trips))
    assert values["loss_pct"] == 20
    assert (values["outcome"], values["reason"]) == ("ok", None)


def test_nothing_sent_is_nothing_lost() -> None:
    came = Echoes("icmp_datagram", sent=0, received=0, round_trips_ms=(), reason="no_route")
    values = echo_values(Located(), came)
    assert values["outcome"] == "unreachable"
    assert values["loss_pct"] is values["rtt_avg_ms"] is values["jitter_ms"] is None


@pytest.mark.parametrize("reason", ["not_permitted", "no_netlink", "too_many_open_files"])
def test_what_says_nothing_of_the_target_is_broken(reason: str) -> None:
    assert echo_values(Located(reason=reason), None)["outcome"] == "broken"


@pytest.mark.parametrize(
    ("count", "expected"), [(0, None), (1, 1), (19, 19), (20, 19), (21, 20), (100, 95)]
)
def test_nineteen_of_twenty_round_trips_are_not_longer(count: int, expected: float | None) -> None:
    """Whatever their order; of few it is the longest."""
    trips = [float(each) for each in range(count, 0, -1)]
    assert percentile_95_ms(trips) == expected

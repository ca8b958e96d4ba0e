# SPDX-License-Identifier: Apache-2.0
"""What set the limit, by what was seen: every rule, its edge, and which of two goes first."""

import pytest

from sansang_agent.workers.speed_facts import Facts
from sansang_agent.workers.speed_verdict import Transfer, Verdict, verdict
from sansang_wire.ndt7 import ServerInfo

QUIET = Facts(busiest_core_pct=30, packets_pct=5, work_pct=10, throttled_pct=0, port_mbps=1000)
FULL = Transfer(
    rate_mbps=95,
    plateau=True,
    idle_rtt_ms=5,
    loaded_rtt_ms=60,
    retransmitted_pct=0.4,
    server=ServerInfo(limit_mbps=1000, work_pct=20),
    streams=4,
)
"""A line of 100 Mbit/s with a full queue."""
SILENT = Transfer(
    95, plateau=False, idle_rtt_ms=5, loaded_rtt_ms=5, retransmitted_pct=0, server=None, streams=4
)
"""A transfer that shows nothing."""


@pytest.mark.parametrize(
    ("transfer", "known"),
    [
        (FULL, True),
        (SILENT._replace(loaded_rtt_ms=7), True),
        (SILENT._replace(loaded_rtt_ms=6.9), False),
        # A far server's round trip varies by more.
        (SILENT._replace(idle_rtt_ms=80, loaded_rtt_ms=87), False),
        (SILENT._replace(idle_rtt_ms=80, loaded_rtt_ms=88), True),
        (SILENT._replace(idle_rtt_ms=None), False),
        (SILENT._replace(retransmitted_pct=0.1), True),
        (SILENT._replace(retransmitted_pct=0.09), False),
        (SILENT._replace(plateau=True), True),
        # 199 and 201 Mbit/s over 80 ms: two million bytes under way.
        (SILENT._replace(plateau=True, rate_mbps=199, idle_rtt_ms=80, loaded_rtt_ms=80), True),
        (SILENT._replace(plateau=True, rate_mbps=201, idle_rtt_ms=80, loaded_rtt_ms=80), False),
        (SILENT._replace(plateau=True, loaded_rtt_ms=None), False),
        (SILENT, False),
    ],
)
def test_a_line_shows_that_it_is_full(transfer: Transfer, known: bool) -> None:
    """By a queue, by what was sent again, or by a steady rate that no window explains."""
    expected = Verdict("line", lower_bound=False) if known else Verdict("unknown", lower_bound=True)
    assert verdict(QUIET, transfer) == expected


@pytest.mark.parametrize(
    ("facts", "limited_by"),
    [
        # A quota: the line's queue is full now and then all the same.
        (QUIET._replace(work_pct=95, throttled_pct=80), "cpu"),
        (QUIET._replace(work_pct=60, throttled_pct=40), "line"),
        (QUIET._replace(busiest_core_pct=99, packets_pct=60), "cpu"),
        (QUIET._replace(busiest_core_pct=99, packets_pct=40), "line"),
        (QUIET._replace(busiest_core_pct=60, packets_pct=55), "line"),
        # 100 Mbit/s of a port carry 94.9 of payload.
        (QUIET._replace(port_mbps=100), "port"),
        (QUIET._replace(port_mbps=106), "port"),
        (QUIET._replace(port_mbps=107), "line"),
        (QUIET._replace(port_mbps=10), "line"),
        (QUIET._replace(port_mbps=None), "line"),
        # Others' traffic fills a port, too: 190 Mbit/s as an interface counts them.
        (QUIET._replace(port_mbps=200, line_mbps=190, cross_traffic=True), "port"),
        (QUIET._replace(wifi_mbps=190), "wifi"),
        (QUIET._replace(wifi_mbps=191), "line"),
        # The last frame was a slow one: no transfer is faster than its radio.
        (QUIET._replace(wifi_mbps=6), "line"),
    ],
)
def test_what_is_certain_of_the_box_goes_before_the_line(facts: Facts, limited_by: str) -> None:
    """Whatever it is then, the line can do this at least."""
    assert verdict(facts, FULL) == (limited_by, limited_by != "line")


@pytest.mark.parametrize(
    ("server", "limited_by"),
    [
        (ServerInfo(limit_mbps=100), "server"),
        (ServerInfo(limit_mbps=101), "line"),
        (ServerInfo(), "line"),
        (None, "line"),
    ],
)
def test_a_server_at_its_limit_says_so(server: ServerInfo | None, limited_by: str) -> None:
    """The limit is of payload and headers, and pacing is not exact."""
    assert verdict(QUIET, FULL._replace(server=server)).limited_by == limited_by


def test_the_server_s_word_goes_before_all_else() -> None:
    """Nothing is as exact; then the port, of which the figure is calculated."""
    facts = QUIET._replace(port_mbps=100, wifi_mbps=100, work_pct=100, throttled_pct=90)
    assert verdict(facts, FULL._replace(server=ServerInfo(limit_mbps=100))) == ("server", True)
    assert verdict(facts, FULL) == ("port", True)


@pytest.mark.parametrize(
    ("facts", "server", "limited_by"),
    [
        (QUIET._replace(work_pct=90), None, "cpu"),
        (QUIET._replace(work_pct=89.9), None, "line"),
        (QUIET, ServerInfo(work_pct=90), "server"),
        (QUIET, ServerInfo(work_pct=89.9), "line"),
        (QUIET._replace(work_pct=95), ServerInfo(work_pct=95), "cpu"),
    ],
)
def test_a_busy_processor_is_the_limit_where_no_queue_is(
    facts: Facts, server: ServerInfo | None, limited_by: str
) -> None:
    """With a queue it is the line, but only what it can do at least is known."""
    steady = SILENT._replace(plateau=True, server=server)
    assert verdict(facts, steady) == (limited_by, limited_by != "line")
    queue = FULL._replace(server=server)
    assert verdict(facts, queue) == ("line", limited_by != "line")


@pytest.mark.parametrize(("cross_traffic", "bound"), [(True, True), (False, False), (None, False)])
def test_with_others_on_the_line_its_speed_is_a_lower_bound(
    cross_traffic: bool | None,
    bound: bool,
) -> None:
    assert verdict(QUIET._replace(cross_traffic=cross_traffic), FULL) == ("line", bound)


@pytest.mark.parametrize(
    ("transfer", "bound"),
    [
        (SILENT._replace(retransmitted_pct=0.9, streams=1), True),
        (SILENT._replace(retransmitted_pct=0.9, streams=4), False),
        (FULL._replace(retransmitted_pct=0.9, streams=1), False),
    ],
)
def test_loss_without_a_queue_slows_a_stream_and_not_the_line(
    transfer: Transfer, bound: bool
) -> None:
    """Others beside it would get as much: all together they tell."""
    assert verdict(QUIET, transfer) == ("line", bound)


def test_what_a_kernel_does_not_tell_counts_against_nobody() -> None:
    assert verdict(Facts(), FULL) == ("line", False)
    assert verdict(Facts(), SILENT) == ("unknown", True)

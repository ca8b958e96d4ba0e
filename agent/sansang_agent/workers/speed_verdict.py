# SPDX-License-Identifier: Apache-2.0
"""What set the limit of a transfer: the line, or something else that has to be told from it.

In the order of their weight. A ceiling that was reached is a proof, so the two that are known in
figures come first: the server's own limit, which is exact, then the port's. Next what is certain
from the box outwards: a processor without anything to spare, a radio that carries what it can. A
queue on the way proves that it is the way that is full: who has no time to send or receive fills
none. Without one, having had work for a processor all the time tells against the box, a busy
processor against the server; then what else a full line shows. The line is known to do no more only
if nothing but the line was short.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sansang_agent.workers.speed_facts import Facts
from sansang_wire.ndt7 import ServerInfo
from sansang_wire.speed_readings import LimitedBy

SERVER_LIMIT_SHARE = 0.95
"""What a limit is for counts headers, too, and pacing is not exact."""
CORE_PCT = 90.0
"""In use over a whole test: there were seconds without anything to spare."""
PACKETS_PCT = 50.0
"""Half of that core's time: the kernel itself could not take packets any faster."""
WORK_PCT = 90.0
"""Who waits for data sleeps meanwhile. Where others want the processors, too, each piece of data is
waited with, at no cost to the speed: so this alone is no proof."""
THROTTLED_PCT = 10.0
"""More than a quota or a host takes by the way."""
PORT_GOODPUT = 0.9492
"""Payload of what a port sends: 1460 of 1538 bytes with MTU 1500 (RFC 6349 §2.2: 949.2 of 1000)."""
PORT_SHARE = 0.94
"""IPv6, time stamps and TLS leave less of it."""
COUNTED_GOODPUT = 1460 / 1514
"""Payload of what an interface counts: neither preamble nor gap between frames."""
WIFI_SHARE = 0.5
"""Acknowledgements, contention and preambles take the other half of a radio's bit rate."""
QUEUE_MS, QUEUE_SHARE = 2.0, 0.1
"""More than what an idle line's round trip varies by, near and far."""
RETRANSMITTED_PCT = 0.1
WINDOW_BYTES = 2_000_000
"""Half of what Linux lets one stream have under way: a steady rate with that may be its limit."""


class Transfer(NamedTuple):
    """What was seen of the transfer itself; named as in `ThroughputReading`.

    `plateau`: its rate came to rest. `server`: what our own server tells of itself.
    """

    rate_mbps: float
    plateau: bool
    idle_rtt_ms: float | None
    loaded_rtt_ms: float | None
    retransmitted_pct: float | None
    server: ServerInfo | None
    streams: int


class Verdict(NamedTuple):
    """`lower_bound`: the line can do this at least, perhaps more."""

    limited_by: LimitedBy
    lower_bound: bool


def verdict(facts: Facts, seen: Transfer) -> Verdict:
    """Of one transfer, by what was seen of it and around it."""
    found: list[LimitedBy] = [limit for limit, holds in _rules(facts, seen) if holds]
    if not found:
        return Verdict("unknown", lower_bound=True)
    sure = set(found) == {"line"} and not facts.cross_traffic and not _is_slowed_by_loss(seen)
    return Verdict(found[0], lower_bound=not sure)


def _rules(facts: Facts, seen: Transfer) -> Iterator[tuple[LimitedBy, bool]]:
    """What could be the limit, and whether it was seen to be."""
    rate_mbps, server = seen.rate_mbps, seen.server
    worked = (facts.work_pct or 0) >= WORK_PCT
    yield "server", _gives_no_more(server, rate_mbps)
    yield "port", _is_full(facts, rate_mbps)
    yield "cpu", worked and (facts.throttled_pct or 0) >= THROTTLED_PCT
    yield "cpu", _is_full_of_packets(facts)
    yield "wifi", _is_full_air(facts.wifi_mbps, rate_mbps)
    yield "line", _has_queue(seen.idle_rtt_ms, seen.loaded_rtt_ms)
    yield "cpu", worked
    yield "server", server is not None and (server.work_pct or 0) >= WORK_PCT
    yield "line", (seen.retransmitted_pct or 0) >= RETRANSMITTED_PCT
    yield "line", seen.plateau and _is_within_window(rate_mbps, seen.loaded_rtt_ms)


def _gives_no_more(server: ServerInfo | None, rate_mbps: float) -> bool:
    limit_mbps = server.limit_mbps if server else None
    return limit_mbps is not None and rate_mbps >= SERVER_LIMIT_SHARE * limit_mbps


def _is_full(facts: Facts, rate_mbps: float) -> bool:
    """With the traffic of others. A virtual port that carries more than it says is no limit."""
    if facts.port_mbps is None:
        return False
    payload_mbps = max(rate_mbps, COUNTED_GOODPUT * (facts.line_mbps or 0))
    return PORT_SHARE * PORT_GOODPUT * facts.port_mbps <= payload_mbps <= facts.port_mbps


def _is_full_of_packets(facts: Facts) -> bool:
    core_pct, packets_pct = facts.busiest_core_pct or 0, facts.packets_pct or 0
    return core_pct >= CORE_PCT and packets_pct >= PACKETS_PCT


def _is_full_air(wifi_mbps: float | None, rate_mbps: float) -> bool:
    """The bit rate is that of the last frame: one that is too low for this was of another kind."""
    return wifi_mbps is not None and WIFI_SHARE * wifi_mbps <= rate_mbps <= wifi_mbps


def _has_queue(idle_rtt_ms: float | None, loaded_rtt_ms: float | None) -> bool:
    if idle_rtt_ms is None or loaded_rtt_ms is None:
        return False
    return loaded_rtt_ms - idle_rtt_ms >= max(QUEUE_MS, QUEUE_SHARE * idle_rtt_ms)


def _is_slowed_by_loss(seen: Transfer) -> bool:
    """Without a queue, each stream by itself (Mathis et al., 1997): others would get as much."""
    lost = (seen.retransmitted_pct or 0) >= RETRANSMITTED_PCT
    return seen.streams == 1 and lost and not _has_queue(seen.idle_rtt_ms, seen.loaded_rtt_ms)


def _is_within_window(rate_mbps: float, rtt_ms: float | None) -> bool:
    return rtt_ms is not None and rate_mbps * rtt_ms * 1000 / 8 < WINDOW_BYTES

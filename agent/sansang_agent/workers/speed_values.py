# SPDX-License-Identifier: Apache-2.0
"""What a phase of a speed test was, in the names of `ThroughputReading`; None is not known."""

from collections.abc import Sequence
from typing import Any

from sansang_agent.net import reasons
from sansang_agent.workers import speed_verdict
from sansang_agent.workers.speed_facts import Facts
from sansang_agent.workers.speed_latency import RoundTrips, summary
from sansang_agent.workers.speed_rates import rates
from sansang_agent.workers.speed_transfer import Transfer
from sansang_wire.ndt7 import ServerInfo, TcpInfo

_MOST_MBPS, _MOST_RTT_US = 10_000_000, 3_600_000_000


def idle_values(trips: RoundTrips, elapsed_s: float) -> dict[str, Any]:
    """Of a line that only these round trips used."""
    seen = summary(trips.samples_ms)
    return {
        **_outcome(None if trips.samples_ms else reasons.NO_ANSWER),
        "protocol": "tcp_connect",
        "duration_ms": round(elapsed_s * 1000, 3),
        "idle_rtt_ms": seen.median_ms,
        "jitter_ms": seen.jitter_ms,
        "rtt_samples": len(trips.samples_ms),
        "rtt_lost": trips.lost,
    }


def transfer_values(
    transfer: Transfer, facts: Facts, idle_rtt_ms: float | None, loaded_ms: Sequence[float]
) -> dict[str, Any]:
    """`loaded_ms`: the round trips that were made while the line was full."""
    seen = summary(loaded_ms)
    values = {
        **_outcome(_reason(transfer)),
        **facts._asdict(),
        "protocol": "ndt7",
        "stop_reason": transfer.stop_reason or "failed",
        "duration_ms": round(transfer.duration_s * 1000, 3),
        "payload_bytes": transfer.payload_bytes,
        "idle_rtt_ms": idle_rtt_ms,
        "loaded_rtt_ms": seen.median_ms,
        "loaded_rtt_p95_ms": seen.p95_ms,
        "jitter_ms": seen.jitter_ms,
        "rtt_samples": len(loaded_ms),
        "min_rtt_ms": _min_rtt_ms(transfer.kernels),
        "retransmitted_pct": _retransmitted_pct(transfer.kernels),
    }
    if transfer.server is not None:
        values |= _of_server(transfer.server)
    return values | (_rates(transfer, facts, values) if transfer.payload_bytes else {})


def _rates(transfer: Transfer, facts: Facts, values: dict[str, Any]) -> dict[str, Any]:
    found = rates(transfer.points)
    seen = speed_verdict.Transfer(
        rate_mbps=found.rate_mbps,
        plateau=found.plateau,
        idle_rtt_ms=values["idle_rtt_ms"],
        loaded_rtt_ms=values["loaded_rtt_ms"],
        retransmitted_pct=values["retransmitted_pct"],
        server=transfer.server,
        streams=transfer.streams,
    )
    judged = speed_verdict.verdict(facts, seen)
    return {
        "rate_mbps": round(found.rate_mbps, 3),
        "raw_mbps": round(found.raw_mbps, 3),
        "limited_by": judged.limited_by,
        "lower_bound": judged.lower_bound,
    }


def _outcome(reason: str | None) -> dict[str, Any]:
    if reason is None:
        return {"outcome": "ok"}
    return {"outcome": "unreachable" if reason == reasons.NO_ANSWER else "failed", "reason": reason}


def _reason(transfer: Transfer) -> str | None:
    """Why it is not what it should be: it was ended from here, broke off, or nothing came."""
    if transfer.stop_reason is None:
        return "ended_early"
    return transfer.reason or (None if transfer.payload_bytes else reasons.NO_ANSWER)


# What others tell may be anything.


def _of_server(told: ServerInfo) -> dict[str, Any]:
    limit_mbps, work_pct = told.limit_mbps, told.work_pct
    return {
        "server_limit_mbps": limit_mbps if 0 <= (limit_mbps or 0) <= _MOST_MBPS else None,
        "server_work_pct": work_pct if 0 <= (work_pct or 0) <= 100 else None,
    }


def _min_rtt_ms(kernels: Sequence[TcpInfo]) -> float | None:
    known = [each.min_rtt for each in kernels if 0 < (each.min_rtt or 0) < _MOST_RTT_US]
    return min((each / 1000 for each in known if each), default=None)


def _retransmitted_pct(kernels: Sequence[TcpInfo]) -> float | None:
    sent = sum(each.bytes_sent for each in kernels)
    share = sum(each.bytes_retrans for each in kernels) / sent if sent > 0 else None
    return None if share is None else round(100 * min(1.0, max(0.0, share)), 4)

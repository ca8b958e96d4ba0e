# SPDX-License-Identifier: Apache-2.0
"""What readings say of a run of echoes: loss (RFC 2680), round trip (RFC 2681), its variation."""

from typing import TypedDict

from sansang_agent.net import reasons
from sansang_agent.net.echoes import Echoes
from sansang_agent.net.round_trips import jitter_ms, mean_ms, to_the_us
from sansang_agent.net.targets import Located
from sansang_wire.reading import EchoMethod, Outcome


class EchoValues(TypedDict):
    """The fields that `ReachabilityReading` and `PathReading` share."""

    outcome: Outcome
    reason: str | None
    method: EchoMethod | None
    address: str | None
    lookup_ms: float | None
    sent: int | None
    received: int | None
    loss_pct: float | None
    rtt_min_ms: float | None
    rtt_avg_ms: float | None
    rtt_max_ms: float | None
    jitter_ms: float | None


def echo_values(located: Located, came: Echoes | None) -> EchoValues:
    """`came` is None when there was no address to ask."""
    reason = located.reason if came is None else came.reason
    trips = came.round_trips_ms if came else ()
    return EchoValues(
        outcome=_outcome(reason),
        reason=reason,
        method=came.method if came else None,
        address=str(located.address) if located.address else None,
        lookup_ms=to_the_us(located.lookup_ms),
        sent=came.sent if came else None,
        received=came.received if came else None,
        loss_pct=_loss_pct(came),
        rtt_min_ms=to_the_us(min(trips, default=None)),
        rtt_avg_ms=mean_ms(trips),
        rtt_max_ms=to_the_us(max(trips, default=None)),
        jitter_ms=jitter_ms(trips),
    )


def _loss_pct(came: Echoes | None) -> float | None:
    """None when nothing left the box: then nothing was lost."""
    return (
        None if came is None or not came.sent else round(100 * (1 - came.received / came.sent), 2)
    )


def _outcome(reason: str | None) -> Outcome:
    if reason is None:
        return "ok"
    return "broken" if reason in reasons.BROKEN else "unreachable"

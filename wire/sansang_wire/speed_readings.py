# SPDX-License-Identifier: Apache-2.0
"""The reading that says how fast a line is, and what else may have set that limit."""

from typing import Annotated, Literal

from msgspec import Meta

from sansang_wire.reading import (
    LABEL,
    Count,
    FamilyLabel,
    Label,
    Milliseconds,
    Percent,
    Rate,
    Reading,
    Text,
)

SpeedPhase = Literal["idle", "download", "upload"]
Streams = Literal["none", "single", "several"]
"""`none`: only the delay of an idle line was measured."""
StopReason = Literal["time", "stable", "byte_cap", "server", "failed"]
"""`time`: it ran its whole time. `stable`: its last four seconds were within 5 % of each other.
`byte_cap`: it had used what it may. `server`: the server ended it. `failed`: the connection did."""
LimitedBy = Literal["line", "cpu", "port", "server", "wifi", "unknown"]

PhaseLabel = Annotated[SpeedPhase, Meta(extra=LABEL)]
StreamsLabel = Annotated[Streams, Meta(extra=LABEL)]


class ThroughputReading(Reading, frozen=True, kw_only=True, tag="throughput", omit_defaults=True):
    """One phase of a speed test: the delay of the idle line, a download or an upload.

    Rates are of payload, as the receiver had it. `ok`: measured. `failed`, `unreachable`: `reason`
    says at what. `broken`: no test was made where one was due: `no_server`, `budget_spent`,
    `no_clock`, `busy_line` and others.
    """

    server: Annotated[Label, Meta(description="name of the measuring server in the settings")]
    family: Annotated[FamilyLabel, Meta(description="address family")]
    phase: Annotated[PhaseLabel, Meta(description="what was measured")]
    streams: Annotated[StreamsLabel, Meta(description="TCP connections: one, several, or none")]
    rate_mbps: Annotated[
        Rate | None, Meta(description="payload a second once the transfer had got going")
    ] = None
    raw_mbps: Annotated[
        Rate | None, Meta(description="payload a second over all of the transfer")
    ] = None
    lower_bound: Annotated[
        bool | None, Meta(description="the line can do this at least, perhaps more")
    ] = None
    limited_by: Annotated[LimitedBy | None, Meta(description="what set the limit")] = None
    stop_reason: Annotated[StopReason | None, Meta(description="why it ended when it did")] = None
    duration_ms: Annotated[Milliseconds | None, Meta(description="length of the transfer")] = None
    payload_bytes: Annotated[Count | None, Meta(description="payload that arrived")] = None
    used_bytes: Annotated[
        Count | None, Meta(description="on the wire, both ways, headers included (estimate)")
    ] = None
    stream_count: Annotated[Count | None, Meta(description="TCP connections side by side")] = None
    protocol: Annotated[Text | None, Meta(description="how it was measured")] = None
    tls: Annotated[bool | None, Meta(description="the transfer was encrypted")] = None
    address: Annotated[Text | None, Meta(description="address of the server")] = None
    idle_rtt_ms: Annotated[
        Milliseconds | None, Meta(description="median round trip before the transfer")
    ] = None
    loaded_rtt_ms: Annotated[
        Milliseconds | None, Meta(description="median round trip during the transfer")
    ] = None
    loaded_rtt_p95_ms: Annotated[
        Milliseconds | None, Meta(description="19 of 20 round trips were shorter")
    ] = None
    jitter_ms: Annotated[
        Milliseconds | None, Meta(description="mean change between two round trips in a row")
    ] = None
    rtt_samples: Annotated[Count | None, Meta(description="round trips in this phase")] = None
    rtt_lost: Annotated[Count | None, Meta(description="and those that never came back")] = None
    min_rtt_ms: Annotated[
        Milliseconds | None, Meta(description="least round trip the sender's kernel saw")
    ] = None
    retransmitted_pct: Annotated[
        Percent | None, Meta(description="bytes that the sender sent again")
    ] = None
    busiest_core_pct: Annotated[
        Percent | None, Meta(description="time in use of the box's busiest core")
    ] = None
    packets_pct: Annotated[
        Percent | None, Meta(description="time that core handled packets for no program")
    ] = None
    work_pct: Annotated[
        Percent | None, Meta(description="time the test ran or waited for a processor")
    ] = None
    throttled_pct: Annotated[
        Percent | None, Meta(description="time a quota or a virtual machine's host took away")
    ] = None
    port_mbps: Annotated[
        Rate | None, Meta(description="speed of the port, as the interface tells")
    ] = None
    wifi_mbps: Annotated[
        Rate | None, Meta(description="bit rate of the box's own Wi-Fi, where that is its way out")
    ] = None
    server_limit_mbps: Annotated[
        Rate | None, Meta(description="the server says that it gives no more")
    ] = None
    server_work_pct: Annotated[
        Percent | None, Meta(description="time that the server worked or waited for a processor")
    ] = None
    line_mbps: Annotated[
        Rate | None, Meta(description="all that crossed the interface meanwhile, headers included")
    ] = None
    cross_before_mbps: Annotated[Rate | None, Meta(description="traffic of others just before")] = (
        None
    )
    cross_pct: Annotated[
        Percent | None, Meta(description="traffic of others meanwhile, of all that crossed")
    ] = None
    cross_traffic: Annotated[
        bool | None, Meta(description="others used the line; unknown on a box that is no router")
    ] = None
    retest: Annotated[bool | None, Meta(description="made because the one before it was slow")] = (
        None
    )
    budget_left_bytes: Annotated[
        Count | None, Meta(description="what tests may still use this month")
    ] = None

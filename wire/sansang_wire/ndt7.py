# SPDX-License-Identifier: Apache-2.0
"""What a speed test says between client and server: NDT7, and the turns that our own server grants.

Source: M-Lab's ndt-server, `spec/ndt7-protocol.md`. A test is one WebSocket over one TCP stream;
binary messages are payload, text messages are `Measurement`s at most every 250 ms. Several streams
are several tests side by side. Field names are those of the specification.

A turn (`Turn`) is asked of our own server with POST on `TURN_PATH`, a bearer token in the header
`Authorization` (RFC 6750: never in the URL), and named in the header `TURN_HEADER` of each test
that belongs to it. The server answers 200 with a `Turn`, or 409 with a `Wait` while others have
theirs. DELETE on `TURN_PATH/ID` gives it back.
"""

from typing import Annotated

from msgspec import Meta, Struct, field

SUBPROTOCOL = "net.measurementlab.ndt.v7"
DOWNLOAD_PATH, UPLOAD_PATH = "/ndt/v7/download", "/ndt/v7/upload"
TEST_S = 10
"""The sender stops by then; the receiver may close after `CLOSE_S`."""
CLOSE_S = 15
MEASURE_EVERY_S = 0.25
MOST_MESSAGE_BYTES = 1 << 24
"""Of a message, as the reference client and server send them; 2^17 must be supported."""

TURN_PATH = "/sansang/v1/turn"
TURN_HEADER = "Sansang-Turn"

Microseconds = Annotated[int, Meta(ge=0, le=2**62)]


class AppInfo(Struct, frozen=True, rename="pascal"):
    """What the application has sent or received after so long."""

    elapsed_time: Microseconds
    num_bytes: Annotated[int, Meta(ge=0, le=2**62)]


class TcpInfo(Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    """Some of the kernel's `struct tcp_info` (include/uapi/linux/tcp.h); times in µs."""

    elapsed_time: Microseconds = 0
    bytes_acked: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    bytes_retrans: int = 0
    min_rtt: int | None = field(name="MinRTT", default=None)
    rtt: int | None = field(name="RTT", default=None)


class ServerInfo(Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    """What our own server tells of itself beside NDT7."""

    limit_mbps: float | None = None
    """It gives a test no more than that."""
    work_pct: float | None = None
    """Time in use of its busiest core during the test."""


class Measurement(Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    """A text message. Others' fields are passed over."""

    app_info: AppInfo | None = None
    tcp_info: TcpInfo | None = field(name="TCPInfo", default=None)
    san_sang: ServerInfo | None = None
    test: str | None = None
    origin: str | None = None


class TurnRequest(Struct, frozen=True, kw_only=True):
    """Who wants to test, and for how long at most."""

    agent: Annotated[str, Meta(min_length=1, max_length=64)]
    seconds: Annotated[float, Meta(gt=0, le=300)]


class Turn(Struct, frozen=True, kw_only=True):
    """Until then nobody else tests."""

    turn: str
    seconds: float
    limit_mbps: float | None = None


class Wait(Struct, frozen=True, kw_only=True):
    """Ask again after so long."""

    wait_s: float
    reason: str = "busy"
    """`busy`, or `too_often`: this token has had its tests of the hour."""

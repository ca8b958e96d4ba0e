# SPDX-License-Identifier: Apache-2.0
"""What a run of echoes is told and what it tells."""

from typing import NamedTuple

from sansang_wire.reading import EchoMethod


class Plan(NamedTuple):
    """How many packets, how far apart, and how long an answer may take.

    `interface` is the only one they may go through; None: as the kernel routes them.
    """

    packets: int = 5
    interval_s: float = 0.2
    timeout_s: float = 2.0
    interface: str | None = None


class Echoes(NamedTuple):
    """What came of it, whatever the method.

    `round_trips_ms` is in the order of sending and may be shorter than `received`: a TCP answer to
    a repeated SYN has no known round trip. `reason` is None when anything answered. With `sent` 0
    nothing could leave the box.
    """

    method: EchoMethod
    sent: int
    received: int
    round_trips_ms: tuple[float, ...]
    reason: str | None


class NotAllowedError(Exception):
    """This method is closed to this process: the next one may not be."""

# SPDX-License-Identifier: Apache-2.0
"""Dates for readings on a box without a clock battery, which wakes in the wrong year.

Readings carry CLOCK_BOOTTIME. Its offset to real time comes from the kernel clock when
`adjtimex(2)` says that it is synchronised, else from the collector's time, which the receipt that
answers a hello carries, with half the round trip as error.
"""

import ctypes
import math
import time
from typing import NamedTuple

from sansang_agent.net.boot import boottime_us
from sansang_agent.probes.base import ClockState
from sansang_wire.batch import Receipt
from sansang_wire.reading import Clock

STA_UNSYNC = 0x40
TIME_ERROR = 5
DRIFT = 100e-6
"""What a cheap crystal may be off, as a share of the time that passed."""
LARGEST_ERROR_US = 30_000_000
"""A hello kept by the broker may be answered hours later; that tells no time."""


class Offset(NamedTuple):
    """Real time (µs since the Unix epoch) = CLOCK_BOOTTIME + us, off by at most error_us."""

    us: int
    clock: Clock
    error_us: int


class _Timex(ctypes.Structure):
    """`struct timex` of include/uapi/linux/timex.h on 64-bit kernels; the tail is not read."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("tail", ctypes.c_byte * 256),
    )


_adjtimex = ctypes.CDLL(None).adjtimex


def kernel_offset() -> Offset | None:
    """From the kernel's own clock, or None while it is not synchronised."""
    timex = _Timex()
    state = _adjtimex(ctypes.byref(timex))
    if state in {-1, TIME_ERROR} or timex.status & STA_UNSYNC:
        return None
    return Offset(time.time_ns() // 1000 - boottime_us(), "kernel", int(timex.maxerror))


class AgentClock:
    """The best offset known now."""

    def __init__(self) -> None:
        self._learned: Offset | None = None
        self._learned_at = 0

    def offset(self) -> Offset | None:
        """None when nothing can date a reading yet."""
        return kernel_offset() or self._aged()

    def state(self) -> ClockState:
        """For the host probe and the hello."""
        offset = self.offset()
        if offset is None:
            return ClockState("none", None)
        return ClockState(offset.clock, offset.error_us / 1000, offset.us)

    def learn(self, receipt: Receipt) -> None:
        """Take the collector's time from the answer to a hello, if it beats what is known."""
        if receipt.echo is None:
            return
        now = boottime_us()
        round_trip = now - receipt.echo
        error = (round_trip + 1) // 2
        known = self._aged()
        if not 0 <= error <= LARGEST_ERROR_US:
            return
        if known is None or error <= known.error_us:
            middle = receipt.echo + round_trip // 2
            self._learned = Offset(receipt.time - middle, "collector", error)
            self._learned_at = receipt.echo  # the clock drifts on the way, too

    def _aged(self) -> Offset | None:
        if self._learned is None:
            return None
        drift = math.ceil((boottime_us() - self._learned_at) * DRIFT)
        return self._learned._replace(error_us=self._learned.error_us + drift)

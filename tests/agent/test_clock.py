# SPDX-License-Identifier: Apache-2.0
"""Dates without a clock battery: what a box may believe, and how far off it says it may be."""

import platform
import struct
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent import clock as clock_module
from sansang_agent.clock import DRIFT, LARGEST_ERROR_US, STA_UNSYNC, AgentClock, kernel_offset
from sansang_agent.probes.base import ClockState
from sansang_wire.batch import Receipt
from tests.capabilities import missing, program

REAL = 1_790_000_000_000_000
S, HOUR = 1_000_000, 3_600_000_000
SYSCALL = {"x86_64": 159, "aarch64": 171}
TIMEX = "@IlllliP"
"""modes, offset, freq, maxerror, esterror, status (include/uapi/linux/timex.h)."""


class Box:
    """A box that woke without the time; its crystal runs `drift` too slow, as a share."""

    def __init__(self, drift: float = 0) -> None:
        self.now = 10 * S
        self.drift = drift
        self.clock = AgentClock()

    def boottime_us(self) -> int:
        return self.now

    def real(self) -> int:
        return REAL + self.now + round(self.now * self.drift)

    def say_hello(self, *, there: int, back: int) -> None:
        """The answer to a hello that took so many microseconds each way."""
        sent = self.now
        self.now += there
        receipt = Receipt(epoch="0" * 16, upto=0, time=self.real(), echo=sent)
        self.now += back
        self.clock.learn(receipt)

    def off_by(self) -> int:
        offset = self.clock.offset()
        assert offset is not None
        return abs(self.now + offset.us - self.real())

    def claimed(self) -> int:
        offset = self.clock.offset()
        assert offset is not None
        return offset.error_us


@pytest.fixture
def box() -> Iterator[Box]:
    with pytest.MonkeyPatch.context() as patch:
        yield unsynchronised(patch, Box())


def unsynchronised(patch: pytest.MonkeyPatch, box: Box) -> Box:
    patch.setattr(clock_module, "kernel_offset", lambda: None)
    patch.setattr(clock_module, "boottime_us", box.boottime_us)
    return box


def test_a_box_that_was_told_nothing_knows_no_time(box: Box) -> None:
    assert box.clock.offset() is None
    assert box.clock.state() == ClockState("none", None)


def test_a_receipt_without_an_echo_tells_no_time(box: Box) -> None:
    """Nobody knows how long it was on its way."""
    box.clock.learn(Receipt(epoch="0" * 16, upto=3, time=REAL))
    assert box.clock.offset() is None


def test_half_the_round_trip_is_the_error(box: Box) -> None:
    box.say_hello(there=10_000, back=30_000)
    assert box.clock.state().clock == "collector"
    assert box.off_by() == 10_000
    assert box.claimed() == pytest.approx(20_000, abs=10)


DELAY = st.integers(0, 2 * LARGEST_ERROR_US)


@given(
    drift=st.floats(-DRIFT, DRIFT),
    hellos=st.lists(st.tuples(DELAY, DELAY, st.integers(0, 100 * HOUR)), min_size=1, max_size=6),
)
def test_the_true_time_is_always_within_the_error(
    drift: float, hellos: list[tuple[int, int, int]]
) -> None:
    """Whatever the line did to each of some hellos, and however long ago they were."""
    with pytest.MonkeyPatch.context() as patch:
        box = unsynchronised(patch, Box(drift))
        for there, back, later in hellos:
            box.say_hello(there=there, back=back)
            for wait in (0, later):
                box.now += wait
                if box.clock.offset() is not None:
                    assert box.off_by() <= box.claimed() + 1, "the 1 is what rounding took"


def test_a_hello_answered_hours_later_tells_no_time(box: Box) -> None:
    """The broker keeps the last hello, and a collector that starts reads it."""
    box.say_hello(there=3 * HOUR, back=0)
    assert box.clock.offset() is None


def test_an_echo_from_before_the_reboot_tells_no_time(box: Box) -> None:
    """Time since boot was longer then than it is now."""
    box.clock.learn(Receipt(epoch="0" * 16, upto=0, time=REAL, echo=box.now + HOUR))
    assert box.clock.offset() is None


def test_the_better_of_two_answers_is_kept(box: Box) -> None:
    """A fast one replaces a slow one, and not the other way round."""
    box.say_hello(there=5 * S, back=0)
    box.say_hello(there=20_000, back=0)
    good = box.clock.offset()
    assert box.off_by() <= 10_000
    box.say_hello(there=5 * S, back=0)
    after = box.clock.offset()
    assert good is not None
    assert after is not None
    assert after.us == good.us


def test_age_makes_an_answer_worse_until_a_slower_one_beats_it(box: Box) -> None:
    """A cheap crystal is off by up to 100 ppm: 8.64 s a day."""
    box.say_hello(there=0, back=0)
    box.now += 24 * HOUR
    assert box.claimed() == pytest.approx(24 * HOUR * DRIFT, abs=2)
    box.say_hello(there=S, back=0)
    assert box.claimed() < S


def test_the_kernel_s_clock_is_believed_when_the_kernel_says_so() -> None:
    """The same system call, made by another program."""
    number = SYSCALL.get(platform.machine())
    if number is None:
        missing("adjtimex", f"its number on {platform.machine()} is not in this test")
    script = f'my $t = "\\0" x 208; my $s = syscall({number}, $t); print "$s ", unpack("H*", $t)'
    command = [program("perl", "perl"), "-e", script]
    answer = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    state, timex = answer.split()
    fields = struct.unpack_from(TIMEX, bytes.fromhex(timex))
    synchronised = int(state) not in {-1, 5} and not fields[5] & STA_UNSYNC
    offset = kernel_offset()
    assert (offset is not None) == synchronised
    if offset is not None:
        assert offset.clock == "kernel"
        assert AgentClock().offset() is not None

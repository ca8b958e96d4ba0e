# SPDX-License-Identifier: Apache-2.0
"""How much data speed tests may still use. Pure arithmetic over bytes by local date.

A month's budget is opened day by day, so that tests spread over the month, and so that a box which
forgot what it used can assume that everything opened so far is gone. In the last days of a month
`(31 + SLACK_D) / (31 + 3 × SLACK_D)` of it is open, never all: with that, no calendar month costs
more than its budget even when the box's clock is up to `SLACK_D` days off either way and jumps at
will across the month's end. Why: what a true month costs is dated from `SLACK_D` days before it to
`SLACK_D` days after it. That dated before its end counts for it, the days before included, and
comes to at most 31 + SLACK_D shares; that dated after its end to at most 2 × SLACK_D more.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

SLACK_D = 3
LONGEST_MONTH_D = 31
SHARES = LONGEST_MONTH_D + 3 * SLACK_D
AHEAD_D = 35
"""What lies further ahead was written by a clock that nobody should have believed."""

LEAST_PHASE_BYTES = 5_000_000
"""With less a transfer says nothing."""
OVERSHOOT, UNDER_WAY_BYTES = 1.1, 2_000_000
"""What is on its way when a transfer is cut short still arrives, and is paid for."""
DELAY_BYTES = 50_000
"""More than the round trips of an idle line take, and asking for a turn."""


class Grant(NamedTuple):
    """What one test may use. `phase_bytes`: each transfer, nought: the delay alone is measured."""

    phase_bytes: int
    reserved_bytes: int


def opened(day: int, monthly_bytes: int) -> int:
    """Until and with this day of a month."""
    return monthly_bytes * (day + SLACK_D) // SHARES


def used(days: Mapping[str, int], today: date) -> int:
    """That counts for this month, by ISO dates; of days ahead, too: the clock went back."""
    first = (today.replace(day=1) - timedelta(SLACK_D)).isoformat()
    last = (today + timedelta(AHEAD_D)).isoformat()
    return sum(count for day, count in days.items() if first <= day <= last)


def left_today(days: Mapping[str, int], today: date, monthly_bytes: int) -> int:
    """For tests that come by themselves."""
    return max(0, opened(today.day, monthly_bytes) - used(days, today))


def left_this_month(days: Mapping[str, int], today: date, monthly_bytes: int) -> int:
    """For a test that somebody asks for: those that come by themselves wait the longer.

    In its first days, which may be the last ones of the month before, no more than is open.
    """
    until = LONGEST_MONTH_D if today.day > SLACK_D else today.day
    return max(0, opened(until, monthly_bytes) - used(days, today))


def grant(left_bytes: int, phase_bytes: int) -> Grant | None:
    """The most that one test may have of what is left; None when not even the delay fits."""
    if left_bytes < DELAY_BYTES:
        return None
    affordable = int(((left_bytes - DELAY_BYTES) / 2 - UNDER_WAY_BYTES) / OVERSHOOT)
    phase = min(phase_bytes, affordable)
    if not phase_bytes or phase < min(LEAST_PHASE_BYTES, phase_bytes):
        return Grant(0, DELAY_BYTES)
    return Grant(phase, DELAY_BYTES + 2 * (round(OVERSHOOT * phase) + UNDER_WAY_BYTES))


def forgotten(today: date, monthly_bytes: int) -> dict[str, int]:
    """What to assume when nothing is known of the past: all that was open is used."""
    return {today.isoformat(): opened(today.day, monthly_bytes)}

# SPDX-License-Identifier: Apache-2.0
"""Round trips of one run summed up: RFC 2681, and the variation from one to the next."""

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise


def percentile_95_ms(round_trips_ms: Sequence[float]) -> float | None:
    """By nearest rank: a round trip that was seen, never one between two."""
    if not round_trips_ms:
        return None
    rank = math.ceil(0.95 * len(round_trips_ms))
    return to_the_us(sorted(round_trips_ms)[rank - 1])


def jitter_ms(round_trips_ms: Sequence[float]) -> float | None:
    """The mean change from one to the next; None of fewer than two."""
    return mean_ms([abs(after - before) for before, after in pairwise(round_trips_ms)])


def mean_ms(milliseconds: Sequence[float]) -> float | None:
    return to_the_us(statistics.fmean(milliseconds)) if milliseconds else None


def to_the_us(milliseconds: float | None) -> float | None:
    """What is finer is noise, and every digit is paid for."""
    return None if milliseconds is None else round(milliseconds, 3)

# SPDX-License-Identifier: Apache-2.0
"""A box of a site: when it was last heard, how long it may say nothing, and its starts."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median_low
from typing import NamedTuple

from sansang_collector.watch.entry import Key
from sansang_collector.watch.evidence import Boot
from sansang_collector.watch.roots import TOGETHER_US

BOOT_SLACK_US = 5_000_000
"""So much later than the first fact after it a start may be dated."""
STEPS = 9


class BoxPlan(NamedTuple):
    """A box of the site: the line it watches, and how long it may measure nothing."""

    line: str
    patience_us: int


@dataclass(slots=True)
class Box:
    """What is held of one box. Instants are µs since the Unix epoch."""

    plan: BoxPlan
    alive: int | None = None
    """Its newest fact."""
    silent: Key | None = None
    """The entry about its silence."""
    boots: list[Boot] = field(default_factory=list[Boot])
    """Those that no fact has followed yet, in time order."""
    gap: tuple[int, int] = (0, 0)
    """The last time without power, or without facts."""
    steps: deque[int] = field(default_factory=lambda: deque[int](maxlen=STEPS))
    """The times between its last facts."""

    @property
    def patience_us(self) -> int:
        """How long it may say nothing: it may have been measuring seldomer than it does now."""
        usual = median_low(self.steps) if self.steps else 0
        return max(self.plan.patience_us, 3 * usual)


def is_past(boot: Boot, at: int) -> bool:
    """Whether a box had started at an instant in µs, as far as its clock can be trusted."""
    return boot.started <= at + BOOT_SLACK_US


def all_lost_power(boxes: Iterable[Box], gap: tuple[int, int], at: int) -> bool:
    """Whether none of a site measured within a time without power of one of them, by what had
    happened `at` (µs).
    """
    start, end = gap[0] + TOGETHER_US, gap[1] - TOGETHER_US
    return all(
        box.alive is None
        or (box.silent is not None and box.silent.start <= start)
        or (box.gap[0] <= start and box.gap[1] >= end)
        or (box.alive <= start and any(is_past(each, at) for each in box.boots))
        for box in boxes
    )

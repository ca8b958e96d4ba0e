# SPDX-License-Identifier: Apache-2.0
"""How often something may be done."""

import threading
from collections import Counter
from collections.abc import Callable, Hashable


class Limit:
    """So many times for each key within each stretch of `within_s`; keys are forgotten with it.

    `clock` gives seconds and never goes back.
    """

    def __init__(self, times: int, within_s: float, clock: Callable[[], float]) -> None:
        self._times = times
        self._within_s = within_s
        self._clock = clock
        self._begun = clock()
        self._counts = Counter[Hashable]()
        self._lock = threading.Lock()

    def allows(self, key: Hashable) -> bool:
        """Whether it may be done once more, which is then counted as done."""
        with self._lock:
            now = self._clock()
            if now - self._begun >= self._within_s:
                self._begun = now
                self._counts.clear()
            self._counts[key] += 1
            return self._counts[key] <= self._times

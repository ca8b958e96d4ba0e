# SPDX-License-Identifier: Apache-2.0
"""What was carried today, and what was refused and why."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime

from sansang_collector.periods import VIETNAM

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """What was asked is not done; the message is a sentence for who asked."""

    def __init__(
        self, status: int, reason: str, sentence: str, wait_s: float | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.reason = reason
        self.wait_s = wait_s


def today() -> date:
    """In Việt Nam."""
    return datetime.now(VIETNAM).date()


class Tally:
    """Counts of this run of the server."""

    def __init__(self, bytes_a_day: int, day: Callable[[], date] = today) -> None:
        self._bytes_a_day = bytes_a_day
        self._day = day
        self._lock = threading.Lock()
        self._counted_on = day()
        self._bytes = 0
        self.tests = 0
        self._refused: Counter[str] = Counter()

    def refuse(self, reason: str, sentence: str) -> None:
        """Each is counted; the first for each reason is told."""
        with self._lock:
            self._refused[reason] += 1
            first = self._refused[reason] == 1
        if first:
            log.warning("refused (%s): %s; the next ones are only counted", reason, sentence)

    def refusals(self) -> dict[str, int]:
        """How many, by reason in the order of the alphabet."""
        with self._lock:
            return dict(sorted(self._refused.items()))

    def check_day(self) -> None:
        """Raises RefusedError when the day's bytes are spent."""
        if self.spent:
            raise RefusedError(503, "day_spent", "this server has carried what it may today")

    def begin_test(self) -> None:
        """Raises RefusedError as `check_day`."""
        self.check_day()
        with self._lock:
            self.tests += 1

    def carry(self, size: int) -> None:
        """So many bytes went over the line."""
        with self._lock:
            self._turn_page()
            self._bytes += size

    @property
    def spent(self) -> bool:
        """Whether no more may be carried today."""
        return self.bytes_today >= self._bytes_a_day

    @property
    def bytes_today(self) -> int:
        """What tests have carried."""
        with self._lock:
            self._turn_page()
            return self._bytes

    def _turn_page(self) -> None:
        if (day := self._day()) != self._counted_on:
            self._counted_on, self._bytes = day, 0

# SPDX-License-Identifier: Apache-2.0
"""A set of sequence numbers kept as ranges: an agent's backlog and a collector's record are long
runs with few holes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class Ranges:
    """Integers as disjoint inclusive ranges, in order. Text form: `1-100,103`."""

    __slots__ = ("_highs", "_lows")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._lows: list[int] = []
        self._highs: list[int] = []
        for low, high in ranges:
            self.add(low, high)

    @classmethod
    def parse(cls, text: str) -> "Ranges":
        """The inverse of `str`. Raises ValueError."""
        pairs = (part.partition("-") for part in text.split(",") if part)
        return cls((int(low), int(high or low)) for low, _, high in pairs)

    def __str__(self) -> str:
        return ",".join(f"{low}-{high}" if high > low else f"{low}" for low, high in self)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._lows, self._highs, strict=True))

    def __bool__(self) -> bool:
        return bool(self._lows)

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._lows, number) - 1
        return at >= 0 and number <= self._highs[at]

    @property
    def count(self) -> int:
        """How many integers it holds."""
        return sum(self._highs) - sum(self._lows) + len(self._lows)

    @property
    def first(self) -> int | None:
        """The lowest, or None."""
        return self._lows[0] if self._lows else None

    @property
    def last(self) -> int | None:
        """The highest, or None."""
        return self._highs[-1] if self._highs else None

    def count_within(self, low: int, high: int) -> int:
        """How many it holds of low … high."""
        if high < low:
            return 0
        start = bisect_left(self._highs, low)
        stop = bisect_right(self._lows, high)
        return sum(
            min(self._highs[at], high) - max(self._lows[at], low) + 1 for at in range(start, stop)
        )

    def end_of_run(self, number: int) -> int:
        """The last of the run that holds `number`, or `number - 1` when it is not held."""
        at = bisect_right(self._lows, number) - 1
        return self._highs[at] if at >= 0 and number <= self._highs[at] else number - 1

    def add(self, low: int, high: int | None = None) -> None:
        """Put in low … high (or low alone)."""
        high = low if high is None else high
        if high < low:
            return
        start = bisect_left(self._highs, low - 1)
        stop = bisect_right(self._lows, high + 1)
        if start < stop:
            low = min(low, self._lows[start])
            high = max(high, self._highs[stop - 1])
        self._lows[start:stop] = [low]
        self._highs[start:stop] = [high]

    def remove(self, low: int, high: int | None = None) -> None:
        """Take out low … high (or low alone)."""
        high = low if high is None else high
        start = bisect_left(self._highs, low)
        stop = bisect_right(self._lows, high)
        if high < low or start >= stop:
            return
        kept: list[tuple[int, int]] = []
        if self._lows[start] < low:
            kept.append((self._lows[start], low - 1))
        if self._highs[stop - 1] > high:
            kept.append((high + 1, self._highs[stop - 1]))
        self._lows[start:stop] = [each[0] for each in kept]
        self._highs[start:stop] = [each[1] for each in kept]

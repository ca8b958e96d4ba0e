# SPDX-License-Identifier: Apache-2.0
"""What a series store does, whichever it is.

A series is kind + site + agent + labels. A point overwrites the one at the same instant of its
series, so that writing again changes nothing. (A reading with *other* fields at the same instant
may replace that one or be merged into it: agents never send two.) Booleans and `outcome` are stored
as integers, words and `reason` as strings, null fields not at all, and neither is a float that is
NaN. Everywhere a value is named, `outcome` and `reason` are values too.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from sansang_wire.ipv6_readings import ReadinessReading
from sansang_wire.readings import AnyReading, StateReading


class Point(NamedTuple):
    """One reading and where it belongs; `reading.at` is µs since the Unix epoch."""

    site: str
    agent: str
    reading: AnyReading | StateReading | ReadinessReading


class Series(NamedTuple):
    """One value of one series over time: (µs since the Unix epoch, value), oldest first.

    With a step, one point for each step that has data, dated at the step's beginning, which is a
    multiple of the step since the epoch: the mean of numbers, the last of words. A step that
    straddles `start` or `end` counts only what is inside.
    """

    site: str
    agent: str
    labels: Mapping[str, str]
    points: Sequence[tuple[int, float | str]]


class Latest(NamedTuple):
    """The newest point of one series: its labels and all its stored fields."""

    kind: str
    site: str
    agent: str
    labels: Mapping[str, str]
    at: int
    fields: Mapping[str, float | str]


class StoreUnavailableError(Exception):
    """The store can't take or give anything now; the same call may work later.

    The message is a sentence for the person who keeps the collector: what, where, what to do.
    """


class StoreBrokenError(Exception):
    """What the store keeps can't be used, and no waiting will help. The message is a sentence."""


class SeriesStore(Protocol):
    """Blocking calls, from any thread, several at a time."""

    def write(self, points: Sequence[Point]) -> int:
        """Returns how many points the store refused for good (a partial write is never retried).

        When it returns, the rest survives a power cut. Raises StoreUnavailableError when nothing is
        certain: write all of it again.
        """
        ...

    def series(  # noqa: PLR0913, PLR0917 - the shape of the API's query
        self,
        kind: str,
        value: str,
        site: str | None,
        start: int,
        end: int,
        step: int | None = None,
    ) -> list[Series]:
        """Every series of `site` that has `value` in [start, end), times and step in µs, step ≥ 1.

        Of every site when it is None. Ordered by site, agent and labels. Raises KeyError for a kind
        or value that does not exist, StoreUnavailableError.
        """
        ...

    def latest(self, kind: str, site: str | None, since: int) -> list[Latest]:
        """The newest point at or after `since` (µs) of every series; rest as `series`."""
        ...

    def healthy(self) -> str | None:
        """None, or a sentence that says what is wrong."""
        ...

    def close(self) -> None:
        """Flush and let go."""
        ...

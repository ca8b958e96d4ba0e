# SPDX-License-Identifier: Apache-2.0
"""How much of its service time something worked. Pure, in whole microseconds.

The service time S is when it should work, less declared maintenance. Of it D was down and U is not
known; what is both was down. Unknown is never up, and no share hides how much there is of it:

    share    (S − D − U) / (S − U)   of what is known
    coverage (S − U) / S             how much is known
    lowest   (S − D − U) / S         if all that is unknown was down
    highest  (S − D) / S             if all of it was up
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sansang_collector.hours import Span, length_us, overlap, subtract, union


@dataclass(frozen=True)
class Availability:
    """Of one service, or of several added up. `up_us + down_us + unknown_us` is `service_us`."""

    service_us: int = 0
    down_us: int = 0
    unknown_us: int = 0
    outages: int = 0
    """How many stretches of down time touch the service time, each once however often it does."""

    @property
    def up_us(self) -> int:
        """The service time that it is known to have worked."""
        return self.service_us - self.down_us - self.unknown_us

    @property
    def share(self) -> float | None:
        """0 … 1 of the service time that is known; None when nothing is."""
        return _share(self.up_us, self.service_us - self.unknown_us)

    @property
    def coverage(self) -> float | None:
        """0 … 1: how much of the service time is known; None without service time."""
        return _share(self.service_us - self.unknown_us, self.service_us)

    @property
    def lowest(self) -> float | None:
        """The share if all that is unknown was down; None without service time."""
        return _share(self.up_us, self.service_us)

    @property
    def highest(self) -> float | None:
        """The share if all that is unknown was up; None without service time."""
        return _share(self.service_us - self.down_us, self.service_us)

    @property
    def mtbf_us(self) -> int | None:
        """Mean time between failures: up time for each outage; None without one."""
        return self.up_us // self.outages if self.outages else None

    @property
    def mttr_us(self) -> int | None:
        """Mean time to repair: down service time for each outage; None without one."""
        return self.down_us // self.outages if self.outages else None


def availability(
    service: Iterable[Span],
    down: Iterable[Span],
    unknown: Iterable[Span],
    maintenance: Iterable[Span],
) -> Availability:
    """Of one service. The spans may come in any order and overlap; down ones that touch are one."""
    wanted = subtract(service, maintenance)
    outages = union(down)
    failed = overlap(wanted, outages)
    return Availability(
        service_us=length_us(wanted),
        down_us=length_us(failed),
        unknown_us=length_us(subtract(overlap(wanted, unknown), failed)),
        outages=_touching(outages, wanted),
    )


def merge(parts: Iterable[Availability]) -> Availability:
    """Of a carrier or a commune: the sums, so that each weighs as much as its service time."""
    found = list(parts)
    return Availability(
        service_us=sum(each.service_us for each in found),
        down_us=sum(each.down_us for each in found),
        unknown_us=sum(each.unknown_us for each in found),
        outages=sum(each.outages for each in found),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _touching(outages: list[Span], service: list[Span]) -> int:
    """How many of the outages have an instant in common with the service time."""
    at = found = 0
    for outage in outages:
        while at < len(service) and service[at].end <= outage.start:
            at += 1
        found += at < len(service) and service[at].start < outage.end
    return found

# SPDX-License-Identifier: Apache-2.0
"""How ready sites, communes and carriers are for IPv6, as the page and the API show it.

Measured at the sites: these are no officially published figures.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from msgspec import Struct

from sansang_wire.readiness.assessment import Assessment

GroupBy = Literal["commune", "carrier"]
OLD_AFTER_US = 86_400_000_000
"""What was said of a site counts for a day."""


class ReadinessView(Struct, frozen=True, kw_only=True):
    """A site of the registry, and the last that was said of it; nothing when it never was measured.

    Its score is null where less than 70 % of the weight of its checks is known.
    """

    site: str
    name: str
    commune: str
    commune_name: str
    carrier: str | None
    simulated: bool
    at: int | None = None
    """When that was, in µs since the Unix epoch."""
    agent: str | None = None
    """By the measurements of this box."""
    assessment: Assessment | None = None

    def known(self, now: int) -> Assessment | None:
        """What counts of it at an instant in µs."""
        return self.assessment if now - (self.at or 0) <= OLD_AFTER_US else None


class DayView(Struct, frozen=True, kw_only=True):
    """The last that was said of a site on a day of its own time."""

    day: str
    score: float | None


class ShareView(Struct, frozen=True, kw_only=True):
    """How many of all the sites of a group, and of how many nobody can tell."""

    count: int
    of: int
    not_measured: int


class GroupReadinessView(Struct, frozen=True, kw_only=True):
    """The sites of a commune or carrier. `capable`: they have IPv6 and reach the Internet with it;
    `preferred`: programs take it where they may choose; `ready_for_only`: they could do without
    IPv4.
    """

    group: str
    """Code of the commune, name of the carrier; empty for sites whose carrier nobody told."""
    name: str
    simulated: bool
    """Some of these sites are."""
    capable: ShareView
    preferred: ShareView
    ready_for_only: ShareView


def grouped(sites: Sequence[ReadinessView], by: GroupBy, now: int) -> list[GroupReadinessView]:
    """By the names of the groups; every site of the registry counts, measured or not."""
    members: dict[tuple[str, str], list[ReadinessView]] = {}
    for each in sites:
        carrier = each.carrier or ""
        key = (each.commune_name, each.commune) if by == "commune" else (carrier, carrier)
        members.setdefault(key, []).append(each)
    return [group_view(code, name, members[name, code], now) for name, code in sorted(members)]


def group_view(
    code: str, name: str, sites: Sequence[ReadinessView], now: int
) -> GroupReadinessView:
    """These sites together."""
    known = [each.known(now) for each in sites]
    return GroupReadinessView(
        group=code,
        name=name,
        simulated=any(each.simulated for each in sites),
        capable=_share(known, lambda each: each.capable),
        preferred=_share(known, lambda each: each.preferred),
        ready_for_only=_share(known, lambda each: each.ready_for_only),
    )


def _share(
    known: Iterable[Assessment | None], value: Callable[[Assessment], bool | None]
) -> ShareView:
    values = [None if each is None else value(each) for each in known]
    return ShareView(count=values.count(True), of=len(values), not_measured=values.count(None))

# SPDX-License-Identifier: Apache-2.0
"""Sites of one carrier or one commune that are lost within a minute: one outage, not forty. What
it was is what most of them turn out to have met.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sansang_collector.watch.alerts import OF_THE_SITE
from sansang_collector.watch.cause import Cause
from sansang_collector.watch.entry import Entry, Key
from sansang_collector.watch.service import MINUTE_US

AT_LEAST = 3
WITHIN_US = MINUTE_US
_CAUSE = "cause:"


class Lost(NamedTuple):
    """A site that is not heard since `since`; it used to be heard every `cadence_us`."""

    site: str
    since: int
    cadence_us: int
    commune: str
    carrier: str | None

    @property
    def areas(self) -> tuple[str, ...]:
        """What it may have been lost with."""
        commune = f"commune:{self.commune}"
        return (commune,) if self.carrier is None else (commune, f"carrier:{self.carrier}")


class Area(NamedTuple):
    """Sites lost together, by when each was last heard; `since` the first of those that made it."""

    name: str
    since: int
    members: Mapping[str, int]


def entry_of(key: Key, members: Mapping[str, int], causes: Mapping[Cause, int]) -> Entry:
    """As the ledger has it. Its clues: when each site was last heard, and `cause:` how many met."""
    ranked = sorted(causes, key=lambda cause: (causes[cause], cause))
    clues = {**members, **{f"{_CAUSE}{cause}": count for cause, count in causes.items()}}
    return Entry(
        key, "down", None, ranked[-1] if ranked else "silent", tuple(sorted(clues.items()))
    )


def members_of(clues: Mapping[str, int]) -> dict[str, int]:
    """Its sites, and when each was last heard."""
    return {site: since for site, since in clues.items() if not site.startswith(_CAUSE)}


def causes_of(clues: Mapping[str, int]) -> dict[str, int]:
    """What its sites met, and how many of them; what was commonest first."""
    found = {each.removeprefix(_CAUSE): clues[each] for each in clues if each.startswith(_CAUSE)}
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))


def causes_met(
    members: Mapping[str, int], entries: Iterable[tuple[str, Entry]], end: int
) -> Counter[Cause]:
    """What the sites turned out to have met since they were lost, by what (site, entry) says."""
    first: dict[str, tuple[int, int, Cause]] = {}
    for site, entry in entries:
        service, cause = entry.key.service, entry.cause
        if site not in members or service not in OF_THE_SITE or entry.root is not None:
            continue
        if entry.state != "down" or cause is None or cause == "silent":
            continue
        if entry.overlaps(members[site], end):
            met = (entry.key.start, OF_THE_SITE.index(service), cause)
            first[site] = min(first.get(site, met), met)
    return Counter(cause for _, _, cause in first.values())


def grouped(lost: Sequence[Lost], standing: Iterable[Area]) -> list[Area]:
    """The groups after this: standing ones with those that belong to them too, and new ones.

    A group has one carrier or one commune; the larger one is taken, and of two that are equal the
    commune, for power is cut by place.
    """
    taken: set[str] = set()
    found: list[Area] = []
    for area in standing:
        joining = {each.site: each.since for each in lost if _belongs(each, area)}
        found.append(area._replace(members={**joining, **area.members}))
        taken |= found[-1].members.keys()
    while (new := _largest([each for each in lost if each.site not in taken])) is not None:
        found.append(new)
        taken |= new.members.keys()
    return found


def _belongs(lost: Lost, area: Area) -> bool:
    if area.name not in lost.areas:
        return False
    last = max(area.members.values())
    together = area.since - WITHIN_US <= lost.since <= last + WITHIN_US
    return together or lost.since < area.since <= lost.since + lost.cadence_us + WITHIN_US


def _largest(lost: Collection[Lost]) -> Area | None:
    names = sorted({name for each in lost for name in each.areas}, reverse=True)
    groups = [_of(name, [each for each in lost if name in each.areas]) for name in names]
    largest = max(groups, key=lambda each: len(each.members), default=None)
    return largest if largest is not None and len(largest.members) >= AT_LEAST else None


def _of(name: str, lost: Collection[Lost]) -> Area:
    """The most that one instant can have taken: a site was lost between its last word and the next
    that it owed.
    """
    begin = [(each.since, 0, 1) for each in lost]
    end = [(each.since + max(WITHIN_US, each.cadence_us), 1, -1) for each in lost]
    count, most, instant = 0, 0, 0
    for at, _, step in sorted(begin + end):
        count += step
        if count > most:
            most, instant = count, at
    members = {
        each.site: each.since
        for each in lost
        if each.since <= instant <= each.since + max(WITHIN_US, each.cadence_us)
    }
    return Area(name, min(members.values(), default=0), members)

# SPDX-License-Identifier: Apache-2.0
"""What the ledger has of the past, taken once for all who read it."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from sansang_collector.hours import EPOCH, ONE_DAY, ONE_US, Span
from sansang_collector.periods import VIETNAM, reporting_quarter
from sansang_collector.record import RecordUnavailableError
from sansang_collector.views import AvailabilityView, OutageView, TimelineView
from sansang_collector.web.sources import Sources
from sansang_collector.web.strip import HOUR_US, Mark, day_until, tone

DAYS = 30
WEEK_STEPS, STEP_US = 56, 3 * HOUR_US
WIFI_NEEDS = ("power", "internet", "dns", "wifi")
"""What a guest of a house misses when it is gone."""


class Past(NamedTuple):
    """Outages, oldest first, and how much of each step each service worked; `fault`: why neither
    could be read.
    """

    outages: Sequence[OutageView]
    timeline: Sequence[TimelineView]
    steps: Sequence[Span]
    fault: str | None = None


def month(sources: Sources) -> Past:
    """Of every site: 30 days of Việt Nam, today the last."""
    today = (EPOCH + sources.now() * ONE_US).astimezone(VIETNAM)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [(midnight - ago * ONE_DAY - EPOCH) // ONE_US for ago in range(DAYS - 1, -2, -1)]
    return _take(sources, None, [Span(*each) for each in pairwise(starts)])


def week(sources: Sources, site: str) -> Past:
    """Of one site: its outages of 30 days, and seven days until the end of this hour in steps of
    three hours.
    """
    end = day_until(sources.now())[1]
    starts = [end - ago * STEP_US for ago in range(WEEK_STEPS, 0, -1)]
    return _take(sources, site, [Span(each, each + STEP_US) for each in starts])


def quarter(sources: Sources) -> Sequence[AvailabilityView]:
    """Of every site, in this reporting quarter; nothing when the record can't be read."""
    try:
        return sources.availability(reporting_quarter(sources.now()).span, "site")
    except RecordUnavailableError:
        return []


def _take(sources: Sources, site: str | None, steps: Sequence[Span]) -> Past:
    now = sources.now()
    try:
        outages = sources.outages(now - DAYS * ONE_DAY // ONE_US, None, site)
        return Past(outages, sources.timeline(site, steps), steps)
    except RecordUnavailableError as error:
        return Past([], [], steps, str(error))


def roots(outages: Sequence[OutageView]) -> list[tuple[OutageView, list[OutageView]]]:
    """Each with what it took along, in the order given; what explains an entry may be gone."""
    known = {(each.site, each.service, each.subject, each.start) for each in outages}
    found: dict[tuple[str, str, str, int], tuple[OutageView, list[OutageView]]] = {}
    for each in outages:
        if each.root is None or (each.site, *each.root) not in known:
            found[each.site, each.service, each.subject, each.start] = (each, [])
    for each in outages:
        if each.root is not None and (root := found.get((each.site, *each.root))) is not None:
            root[1].append(each)
    return list(found.values())


def marks(view: TimelineView) -> list[Mark]:
    """How each step of one service is drawn."""
    return [
        "closed" if shut else tone(share)
        for share, shut in zip(view.shares, view.closed, strict=True)
    ]


def together(views: Sequence[TimelineView]) -> list[Mark]:
    """How each step of a site is drawn: as the worst of what a guest needs."""
    needed = [each for each in views if each.service in WIFI_NEEDS]
    order: Mapping[Mark, int] = {"bad": 0, "warn": 1, "ok": 2, "none": 3, "closed": 4}
    return [
        min(step, key=lambda each: order[each]) for step in zip(*map(marks, needed), strict=True)
    ]

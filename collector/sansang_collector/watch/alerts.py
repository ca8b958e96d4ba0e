# SPDX-License-Identifier: Apache-2.0
"""What people are told of a site: what concerns them now, against what they were told before.

One cause is one message: what another entry explains is not told, a site whose boxes are all silent
is told as one loss of contact, and its end names what the silence turned out to be.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from sansang_collector.watch.cause import Cause, stage_of
from sansang_collector.watch.entry import CONTACT, Entry, Key, Thing
from sansang_collector.watch.service import MINUTE_US
from sansang_wire.reading import JourneyStage

OUTLASTS_US = 15 * MINUTE_US
"""What goes on for so long after the end of its cause has a cause of its own."""
OF_THE_SITE = ("power", "internet", "box")
"""What a loss of contact can turn out to be, the likeliest first."""


class Concern(NamedTuple):
    """What is not well now and is its own cause, since an instant in µs."""

    since: int
    cause: Cause | None
    stage: JourneyStage | None = None


class Told(NamedTuple):
    """What people know to be down. `area`: they were told of many sites at once."""

    since: int
    cause: Cause | None
    stage: JourneyStage | None = None
    area: str | None = None


class Notice(NamedTuple):
    """Something to tell: what began at `since`; of a recovery, the outage began at `down_since`."""

    state: Literal["up", "down"]
    since: int
    down_since: int
    cause: Cause | None = None
    stage: JourneyStage | None = None


class Circumstances(NamedTuple):
    """`serving`: the site is open, and nothing else was declared. `fresh`: what is judged is of
    now. `muted`: what changes too often to tell.
    """

    now: int
    serving: bool = True
    fresh: bool = True
    muted: Collection[Thing] = ()


def concerns(
    entries: Iterable[Entry], recent: Iterable[Entry], now: int, *, lost: bool
) -> dict[Thing, Concern]:
    """What is its own cause among open entries. `recent`: those that have ended of late; `lost`:
    no box of the site is heard.
    """
    open_ = [each for each in entries if each.end is None]
    if lost:
        silent = [each.key.start for each in open_ if each.key.service in {"box", "power"}]
        return {CONTACT: Concern(max(silent, default=now), "silent")}
    ended = {each.key: each.end or now for each in recent if each.end is not None}
    return {
        each.key.thing: Concern(each.key.start, each.cause, stage_of(each.clues))
        for each in open_
        if each.state == "down" or each.cause == "international"
        if not _is_explained(each.root, open_, ended, now)
    }


def _is_explained(
    root: Key | None, open_: Sequence[Entry], ended: Mapping[Key, int], now: int
) -> bool:
    if root is None:
        return False
    lasts = any(each.key == root for each in open_)
    return lasts or now - ended.get(root, 0) <= OUTLASTS_US


def alerts(
    told: Mapping[Thing, Told],
    concerned: Mapping[Thing, Concern],
    well: Collection[Thing],
    recent: Sequence[Entry],
    when: Circumstances,
) -> tuple[dict[Thing, Told], dict[Thing, Notice]]:
    """What is told after this, and the notices. `well`: what works, which unknown is not."""
    after = dict(told)
    notices: dict[Thing, Notice] = {}
    if not when.fresh:
        return after, notices
    for thing, concern in concerned.items():
        if thing in told or thing in when.muted or not when.serving:
            continue
        after[thing] = Told(concern.since, concern.cause, concern.stage)
        notices[thing] = Notice("down", concern.since, concern.since, concern.cause, concern.stage)
    for thing, known in told.items():
        if thing in concerned or thing in when.muted or thing not in well:
            continue
        del after[thing]
        if known.area is None:
            notices[thing] = _recovery(thing, known, recent, when.now)
    return after, notices


def _recovery(thing: Thing, known: Told, recent: Sequence[Entry], now: int) -> Notice:
    """When it was well again, and what it was."""
    service = thing[0]
    kinds = OF_THE_SITE if thing == CONTACT else (service,)
    meant = [
        each
        for kind in kinds
        for each in recent
        if each.key.service == kind and each.state == "down" and each.overlaps(known.since, now)
        if thing in {CONTACT, each.key.thing}
    ]
    if not meant:
        return Notice("up", now, known.since, known.cause, known.stage)
    what = meant[0]
    cause = what.cause if thing == CONTACT else known.cause
    end = max(each.end or now for each in meant if each.key.service == what.key.service)
    return Notice("up", end, min(known.since, what.key.start), cause, known.stage)

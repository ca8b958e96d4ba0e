# SPDX-License-Identifier: Apache-2.0
"""Evidence that says nothing but that all works: of such a while only the newest words matter.

Nearly every site has nothing else when the collector starts, and need not be judged fact by fact.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sansang_collector.evidence_sql import (
    PAGE_US,
    Connection,
    all_up,
    facts_on,
    instants,
    load_pages,
)
from sansang_collector.watch.box import BoxPlan
from sansang_collector.watch.evidence import UP, Fact
from sansang_collector.watch.site import STALE_US

STALE_PAGES = STALE_US // PAGE_US - 1
"""What was not spoken of for so many is nearly stale."""


class Calm(NamedTuple):
    """Of a site: by agent and key, when it was last said that it works while all did; and the facts
    after that.
    """

    said: list[tuple[Fact, str]]
    after: list[tuple[Fact, str]]


def load_calm(connection: Connection, boxes: Mapping[str, BoxPlan], since: int) -> Calm:
    """What is kept from the page on that `since` (µs) is in. It is not calm where a box pauses for
    longer than it may, or says no more of something.
    """
    pages = {agent: load_pages(connection, agent, since) for agent in boxes}
    until = min(
        (_calm_until(pages[agent], plan.patience_us) for agent, plan in boxes.items()), default=0
    )
    said: dict[tuple[str, str], Fact] = {}
    after: list[tuple[Fact, str]] = []
    for agent, some in pages.items():
        for number, page in reversed(some.items()):
            if number >= until:
                after += [(fact, agent) for fact in facts_on(page, number)]
                continue
            for key, held in page.items():
                if (agent, key) not in said:
                    said[agent, key] = Fact(max(instants(held, number)), key, UP)
    return Calm([(fact, agent) for (agent, _), fact in said.items()], sorted(after))


def _calm_until(pages: Mapping[int, Mapping[str, bytes]], patience_us: int) -> int:
    """The first page that is not; one more than the last when all are."""
    before: int | None = None
    spoke: dict[str, int] = {}
    for number, page in pages.items():
        spoke |= dict.fromkeys(page, number)
        if not all_up(page) or number - min(spoke.values()) > STALE_PAGES:
            return number
        for at in sorted(instants(page.get("alive", b""), number)):
            # Not so seldom that its own measure would make it more patient.
            if before is not None and 3 * (at - before) > patience_us:
                return number
            before = at
    return max(pages, default=0) + 1

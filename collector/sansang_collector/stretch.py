# SPDX-License-Identifier: Apache-2.0
"""Which stretch of a site's evidence is judged anew, what the ledger has of it, and how the two
are brought together.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sansang_collector import ledger_sql
from sansang_collector.evidence_sql import KEPT_US, PAGE_US, Connection
from sansang_collector.ledger_sql import Revised
from sansang_collector.watch.entry import Entry, Key
from sansang_collector.watch.keeper import without_words
from sansang_collector.watch.service import MINUTE_US
from sansang_collector.watch.site import STALE_US

LOOKBACK_US = 40 * MINUTE_US
"""As long as anything that was said can matter to the judge."""
REACH_US = STALE_US + 5 * MINUTE_US
"""So far back what is said can change the ledger: to where nobody spoke of a service any more."""
LONG_US = 24 * 60 * MINUTE_US
"""What has lasted so long is taken from the ledger, where it is begun; its clues count from then
on. Were it judged from its beginning, a month without IPv6 would be a month to judge.
"""


class Stretch(NamedTuple):
    """Facts from `begin` on are heard; from `first` on the ledger is made anew, of which it has
    `old`; `lasting` had begun long before.
    """

    begin: int
    first: int
    old: Mapping[Key, Entry]
    lasting: Mapping[Key, Entry]


def stretch(connection: Connection, site: str, start: int) -> Stretch:
    """What may change when something is said at `start` (µs). Nothing but `lasting` lasts at its
    `first`.
    """
    long_ago = start - LONG_US
    first = start - REACH_US
    while True:
        entries = [each.entry for each in ledger_sql.load_since(connection, first, site)]
        recent = [each for each in entries if each.key.start >= long_ago]
        begins = [each.start for one in recent for each in (one.key, one.root) if each is not None]
        earliest = min((each for each in begins if each >= long_ago), default=first)
        if earliest >= first or start - first > KEPT_US:
            break
        first = earliest
    lasting = {each.key: without_words(each) for each in entries if each.key.start < long_ago}
    begin = (first - LOOKBACK_US) // PAGE_US * PAGE_US
    begin = max(begin, *(each.start for each in lasting)) if lasting else begin
    old = {each.key: each for each in recent if each.key.start >= first}
    return Stretch(begin, first, old | lasting, lasting)


def corrections(old: Mapping[Key, Entry], new: Mapping[Key, Entry]) -> list[Revised]:
    """What makes `new` of `old`. An entry whose beginning moved stays the same outage."""
    found: list[Revised] = []
    gone = {key: each for key, each in old.items() if key not in new}
    for key, entry in sorted(new.items()):
        if key in old:
            if old[key] != entry:
                found.append(Revised(key, entry))
            continue
        same = (was for was in gone if was.thing == key.thing)
        moved = next((was for was in same if gone[was].overlaps(key.start, entry.end)), None)
        if moved is not None:
            del gone[moved]
        found.append(Revised(moved or key, entry))
    return [*(Revised(key, None) for key in gone), *found]

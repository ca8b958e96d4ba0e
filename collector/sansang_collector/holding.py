# SPDX-License-Identifier: Apache-2.0
"""Until when people are left in peace about an outage that they or others were told of: somebody
knows of it, puts it off or mends it, or the house is closed.
"""

from sansang_collector.answer_sql import load_held, outage_name
from sansang_collector.closing import closed_by_keepers
from sansang_collector.evidence_sql import Connection
from sansang_collector.ledger_sql import numbers_near
from sansang_collector.message_sql import Message
from sansang_collector.mornings import next_working_morning
from sansang_collector.note_sql import silent_until
from sansang_collector.registry import Registry
from sansang_collector.watch.entry import Key


def held_until(connection: Connection, registry: Registry, message: Message, now: int) -> int:
    """Until when (µs) nobody is reminded of what a message tells, or told because it lasts; 0 when
    nothing is against it. Who is mending it is left until the next working morning.
    """
    site, since = message.about.site, message.notice.since
    found = [silent_until(connection, number) for number in numbers_near(connection, site, since)]
    if site:
        outage = outage_name(Key(*message.about[1:], since))
        found += [
            next_working_morning(registry.hours(site), each.at)
            for each in load_held(connection, site, outage)
            if each.answer == "repairing"
        ]
        closed = closed_by_keepers(connection, registry, now, now + 1)
        found += [span.end for span in closed.get(site, ())]
    return max(found, default=0)

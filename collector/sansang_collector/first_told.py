# SPDX-License-Identifier: Apache-2.0
"""When somebody was first told of an outage. Pure: no clock, no I/O.

A message says that something is down since an instant. It is about an outage that lasted for a
while between that instant and the one at which the message was made, when it names the same thing
or what explains it: its root, the loss of contact with the site, or an area that the site is in.
"""

from collections.abc import Iterable

from sansang_collector.first_told_sql import FirstDelivery
from sansang_collector.ledger_sql import Outage
from sansang_collector.message_sql import Service
from sansang_collector.watch.entry import CONTACT


class FirstTold:
    """Looks outages up among messages that something is down."""

    def __init__(self, messages: Iterable[FirstDelivery]) -> None:
        self._by_site: dict[str, list[FirstDelivery]] = {}
        for message in messages:
            for site in message.sites or (message.about.site,):
                self._by_site.setdefault(site, []).append(message)
            if message.sites:
                self._by_site.setdefault(message.about.site, []).append(message)

    def of(self, outage: Outage) -> int | None:
        """When the first channel had a message about it (µs); None when nobody was told."""
        about = self._by_site.get(outage.site, ())
        return min((each.at for each in about if _is_about(each, outage)), default=None)


def _is_about(message: FirstDelivery, outage: Outage) -> bool:
    key, end, root = outage.entry.key, outage.entry.end, outage.entry.root
    if message.made < key.start or (end is not None and message.since >= end):
        return False
    if message.about == Service(outage.site, *key.thing):
        return True
    named = message.about.service, message.about.subject
    of_many = message.about.service == "area" and outage.site in message.sites
    return of_many or named == CONTACT or (root is not None and named == root.thing)

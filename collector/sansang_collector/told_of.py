# SPDX-License-Identifier: Apache-2.0
"""Which messages, and which answers to them, are about an outage. Pure: no clock, no I/O.

A message says that something is down since an instant. It is about an outage that lasted for a
while between that instant and the one at which the message was made, when it names the same thing
or what explains it: its root, the loss of contact with the site, or an area that the site is in.
"""

from collections.abc import Iterable, Sequence

from sansang_collector.answer_sql import Answer, outage_key
from sansang_collector.ledger_sql import Outage
from sansang_collector.message_sql import Message, Service
from sansang_collector.watch.entry import CONTACT


class ToldOf:
    """Looks outages up among messages that something is down."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._by_site: dict[str, list[Message]] = {}
        for message in messages:
            for site in {*message.sites, message.about.site}:
                self._by_site.setdefault(site, []).append(message)

    def messages(self, outage: Outage) -> list[Message]:
        """Those about it, in the order given."""
        return [
            each
            for each in self._by_site.get(outage.site, ())
            if _is_about(each.about, each.notice.since, each.made, each.sites, outage)
        ]

    def first(self, outage: Outage) -> int | None:
        """When the first channel had one of them (µs); None when nobody was told."""
        delivered = (at for each in self.messages(outage) for at in each.delivered.values())
        return min(delivered, default=None)


def answers_about(answers: Iterable[Answer], outage: Outage) -> list[Answer]:
    """Those of its site that answer a message about it, in the order given."""
    found: list[Answer] = []
    for each in answers:
        service, subject, since = outage_key(each.outage)
        about = Service(each.site, service, subject)
        if each.site == outage.site and _is_about(about, since, each.at, (), outage):
            found.append(each)
    return found


def _is_about(about: Service, since: int, made: int, sites: Sequence[str], outage: Outage) -> bool:
    key, end, root = outage.entry.key, outage.entry.end, outage.entry.root
    if made < key.start or (end is not None and since >= end):
        return False
    if about == Service(outage.site, *key.thing):
        return True
    named = about.service, about.subject
    of_many = about.service == "area" and outage.site in sites
    return of_many or named == CONTACT or (root is not None and named == root.thing)

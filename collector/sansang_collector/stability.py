# SPDX-License-Identifier: Apache-2.0
"""How steadily a site had IPv6 within a day, by the ledger, in slots of five minutes. Pure."""

from collections.abc import Iterable, Sequence

from sansang_collector.hours import Span, union
from sansang_collector.ledger_sql import Outage
from sansang_collector.outages import of_site
from sansang_collector.registry_entries import Site
from sansang_wire.readiness.assessment import Stability

SLOT_US = 300_000_000
DAY_US = 86_400_000_000


def stability(
    site: Site, outages: Sequence[Outage], worked: dict[tuple[str, str], int], now: int
) -> Stability | None:
    """Of the 24 hours until `now` (µs); `outages` and `worked` are those of the site. None when it
    is never known that the site had the Internet. A slot of which something is not known counts for
    nothing; IPv6 that never worked was never there.
    """
    asked = Span(now - DAY_US, now)
    services = of_site(site, outages, worked, asked)
    if "internet" not in services:
        return None
    down, unknown = services["internet"]
    connected = _slots(asked) - _touched(asked, [*down, *unknown])
    if "ipv6" not in services:
        return Stability(ipv4_up_slots=len(connected), ipv6_up_slots=0)
    down, unknown = services["ipv6"]
    known = connected - _touched(asked, unknown)
    return Stability(ipv4_up_slots=len(known), ipv6_up_slots=len(known - _touched(asked, down)))


def _slots(asked: Span) -> set[int]:
    return set(range((asked.end - asked.start) // SLOT_US))


def _touched(asked: Span, spans: Iterable[Span]) -> set[int]:
    """The slots that have an instant in common with one of the spans."""
    found: set[int] = set()
    for start, end in union(spans):
        first, last = max(start, asked.start), min(end, asked.end)
        if first < last:
            begun = (first - asked.start) // SLOT_US
            found |= set(range(begun, 1 + (last - 1 - asked.start) // SLOT_US))
    return found

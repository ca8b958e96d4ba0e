# SPDX-License-Identifier: Apache-2.0
"""How steadily a site had IPv6 within a day."""

import pytest

from sansang_collector.ledger_sql import Outage
from sansang_collector.registry_entries import Site
from sansang_collector.stability import DAY_US, SLOT_US, stability
from sansang_collector.watch.entry import Entry, Key
from sansang_wire.readiness.assessment import Stability

NOW = 2 * DAY_US
SLOTS = DAY_US // SLOT_US
SITE = Site(id="nvh", name="NVH", commune="00000", commune_name="Lab", kind="other")
EVER = {("internet", "main"): 0, ("ipv6", "main"): 0}


def lost(service: str, first: float, last: float, state: str = "down") -> Outage:
    """From the slot `first` until before `last`."""
    start = NOW - DAY_US
    key = Key(service, "main", start + int(first * SLOT_US))
    entry = Entry(key, state, start + int(last * SLOT_US), None)  # pyright: ignore[reportArgumentType]
    return Outage(1, 1, "nvh", entry, late=False)  # pyright: ignore[reportCallIssue, reportArgumentType]


@pytest.mark.parametrize(
    ("outages", "connected", "over_ipv6"),
    [
        ([], SLOTS, SLOTS),
        ([lost("ipv6", 10, 20)], SLOTS, SLOTS - 10),
        ([lost("ipv6", 10.5, 10.6)], SLOTS, SLOTS - 1),
        ([lost("internet", 10, 20), lost("ipv6", 10, 22)], SLOTS - 10, SLOTS - 12),
        ([lost("ipv6", 10, 20, "unknown")], SLOTS - 10, SLOTS - 10),
        ([lost("internet", 0, 20, "unknown")], SLOTS - 20, SLOTS - 20),
        ([lost("internet", -50, SLOTS + 50)], 0, 0),
    ],
)
def test_slots_are_counted_while_the_line_works(
    outages: list[Outage], connected: int, over_ipv6: int
) -> None:
    """A slot is lost when any of it is; what nobody knows counts for neither."""
    found = stability(SITE, outages, EVER, NOW)
    assert found == Stability(ipv4_up_slots=connected, ipv6_up_slots=over_ipv6)


def test_a_site_that_never_had_ipv6_has_none_of_it() -> None:
    """Not known would hide it."""
    found = stability(SITE, [], {("internet", "main"): 0}, NOW)
    assert found == Stability(ipv4_up_slots=SLOTS, ipv6_up_slots=0)


def test_a_box_that_has_just_come_has_its_few_slots() -> None:
    """What was before it is not known."""
    begun = NOW - 3 * SLOT_US
    found = stability(SITE, [], {("internet", "main"): begun, ("ipv6", "main"): begun}, NOW)
    assert found == Stability(ipv4_up_slots=3, ipv6_up_slots=3)

# SPDX-License-Identifier: Apache-2.0
"""Hosts are counted by what they were seen with in a time, and not remembered for ever."""

from sansang_agent.net.host_memory import MOST_HOSTS, HostMemory

DAY_S = 86_400
PHONE, PRINTER, LAPTOP, CAMERA = (bytes([first, 0, 0, 0, 0, 1]) for first in (2, 4, 8, 12))


def test_a_host_is_counted_once_by_the_best_it_has() -> None:
    """One with a global address of IPv6 is not ready for less because it has others, too."""
    memory = HostMemory()
    for by in ("ipv4", "link_local", "global"):
        memory.see(PHONE, by, 100)
    memory.see(PRINTER, "ipv4", 100)
    memory.see(LAPTOP, "link_local", 100)
    memory.see(LAPTOP, "ipv4", 100)
    memory.see(CAMERA, "global", 100)
    assert memory.count(0) == (4, 1, 1, 1, 1, 1)


def test_an_address_of_long_ago_says_nothing_of_now() -> None:
    """A host whose IPv6 went away is one of IPv4 alone in the short window, not in the long."""
    memory = HostMemory()
    memory.see(PRINTER, "global", 0)
    memory.see(PRINTER, "ipv4", DAY_S)
    memory.see(PRINTER, "ipv4", DAY_S - 500)
    assert memory.count(DAY_S - 300).ipv4_only == 1
    assert memory.count(0).dual_stack == 1
    assert memory.count(DAY_S + 1).hosts == 0


def test_who_was_not_seen_for_longest_goes_first() -> None:
    """There is room for so many; the rest is counted, too."""
    memory = HostMemory()
    for number in range(MOST_HOSTS + 10):
        memory.see(number.to_bytes(6), "ipv4", number)
    memory.forget_before(3)
    assert memory.count(0).hosts == MOST_HOSTS
    assert memory.dropped == 7
    assert memory.count(MOST_HOSTS).hosts == 10
    memory.forget_before(MOST_HOSTS + 9)
    assert memory.count(0).hosts == 1

# SPDX-License-Identifier: Apache-2.0
"""Addresses within addresses: the table of RFC 6052 §2.4, and prefixes out of ipv4only.arpa."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.net import nat64

IPV4 = IPv4Address("192.0.2.33")
TABLE = {
    "2001:db8::/32": "2001:db8:c000:221::",
    "2001:db8:100::/40": "2001:db8:1c0:2:21::",
    "2001:db8:122::/48": "2001:db8:122:c000:2:2100::",
    "2001:db8:122:300::/56": "2001:db8:122:3c0:0:221::",
    "2001:db8:122:344::/64": "2001:db8:122:344:c0:2:2100::",
    "2001:db8:122:344::/96": "2001:db8:122:344::192.0.2.33",
    "64:ff9b::/96": "64:ff9b::192.0.2.33",
}
networks = st.tuples(st.integers(0, 2**128 - 1), st.sampled_from(nat64.LENGTHS)).map(
    lambda each: IPv6Network((each[0] & ~(0xFF << 56), each[1]), strict=False)
)


@pytest.mark.parametrize(("prefix", "address"), TABLE.items())
def test_the_table_of_the_standard(prefix: str, address: str) -> None:
    network = IPv6Network(prefix)
    assert nat64.embedded(network, IPV4) == IPv6Address(address)
    assert nat64.extracted(IPv6Address(address), network.prefixlen) == IPV4


@given(networks, st.ip_addresses(v=4))
def test_what_was_put_in_comes_out(prefix: IPv6Network, address: IPv4Address) -> None:
    inside = nat64.embedded(prefix, address)
    assert inside in prefix
    assert nat64.extracted(inside, prefix.prefixlen) == address


@given(networks)
def test_both_well_known_addresses_tell_the_prefix(prefix: IPv6Network) -> None:
    """Even one in which something looks like one of them."""
    made = [nat64.embedded(prefix, each) for each in nat64.WELL_KNOWN_ADDRESSES]
    assert prefix in nat64.prefixes(made)


def test_a_prefix_that_looks_like_a_well_known_address() -> None:
    """Read with /32 it would be another one; only with the right length do both agree."""
    prefix = IPv6Network("2001:db8:c000:aa::/96")
    made = [nat64.embedded(prefix, each) for each in nat64.WELL_KNOWN_ADDRESSES]
    assert nat64.prefixes(made) == (prefix,)


def test_one_address_is_enough_and_others_say_nothing() -> None:
    """dnsmasq, for one, is often given one of the two alone."""
    made = nat64.embedded(nat64.WELL_KNOWN_PREFIX, nat64.WELL_KNOWN_ADDRESSES[0])
    assert nat64.prefixes([made]) == (nat64.WELL_KNOWN_PREFIX,)
    assert nat64.prefixes([IPv6Address("2001:db8::1")]) == ()
    assert nat64.prefixes([]) == ()


def test_a_length_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="no 60 bits"):
        nat64.embedded(IPv6Network("2001:db8::/60"), IPV4)

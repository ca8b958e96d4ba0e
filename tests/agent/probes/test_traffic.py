# SPDX-License-Identifier: Apache-2.0
"""The share of IPv6, compared with what nftables counts on the same interface of a real router."""

import sys
from collections.abc import Generator
from typing import Any

import pytest

from sansang_wire.readings import TrafficReading
from tests.lab.counted import count, counted, exchange
from tests.lab.netns import WITHOUT_CAPABILITIES, Lab
from tests.lab.networks import ROUTER4, SERVER4, SERVER6, Site, site
from tests.lab.probing import ProbeInside, probe_in, read_once

ECHO = (sys.executable, "-m", "tests.lab.counted")
MOST_WRONG = 0.01


@pytest.fixture
def here(lab: Lab) -> Generator[Site]:
    """A box ── lan router wan ── server, which sends back what it is sent."""
    site_ = site(lab)
    site_.router.route(f"default via {SERVER4}", f"default via {SERVER6}")
    with site_.server.serving(*ECHO):
        yield site_


def measure(probe: ProbeInside) -> TrafficReading:
    [reading] = probe.run()
    assert isinstance(reading, TrafficReading)
    return reading


def close(reading: TrafficReading, before: Any, after: Any) -> bool:
    """Both families within one in a hundred of what the firewall counted meanwhile."""
    said = {"ipv4": reading.ipv4_bytes, "ipv6": reading.ipv6_bytes}
    return all(
        abs((said[family] or 0) - (after[family] - before[family]))
        <= MOST_WRONG * (after[family] - before[family])
        for family in said
    )


def test_forwarded_local_and_looped_traffic_is_told_apart(here: Site) -> None:
    """What goes through the line counts, whoever sent it; what stays on the router doesn't."""
    router = here.router
    count(router, "wan")
    with probe_in(router, "traffic", before=WITHOUT_CAPABILITIES) as probe:
        assert measure(probe).reason == "first_look"
        before = counted(router)
        exchange(here.box, SERVER6, 900_000)
        exchange(here.box, SERVER4, 300_000)
        exchange(router, SERVER6, 100_000)
        with router.serving(*ECHO):
            exchange(router, "::1", 500_000)
            exchange(router, "127.0.0.1", 500_000)
        reading = measure(probe)
        after = counted(router)
    assert (reading.outcome, reading.interface, reading.method) == ("ok", "wan", "wan_arithmetic")
    assert close(reading, before, after)
    # Twice a million and twice 0.3 million, with their headers.
    assert 76 < (reading.ipv6_share_pct or 0) < 78


def test_a_bridge_takes_the_header_off_what_it_receives(here: Site) -> None:
    """Its own counter holds that of Ethernet one way only: none the less both ways are right."""
    router = here.router
    router.run("ip", "link", "add", "br-wan", "type", "bridge")
    router.run("ip", "link", "set", "wan", "master", "br-wan")
    router.run("ip", "-6", "route", "del", "default")
    for address in ("198.51.100.1/24", "2001:db8:2::1/64"):
        router.run("ip", "address", "del", address, "dev", "wan")
        router.address("br-wan", address)
    router.route(f"default via {SERVER4}", f"default via {SERVER6}")
    count(router, "br-wan")
    # Datagrams, for in those the header is a larger part.
    with probe_in(router, "traffic") as probe:
        measure(probe)
        before = counted(router)
        for server in (SERVER4, SERVER6):
            here.box.run("ping", "-c", "200", "-i", "0.002", "-s", "8", server)
        reading = measure(probe)
        after = counted(router)
    assert reading.interface == "br-wan"
    assert close(reading, before, after)


@pytest.mark.parametrize(("kind", "method"), [((), "wan_arithmetic"), (("801",), "global")])
def test_a_line_without_ethernet(lab: Lab, kind: tuple[str, ...], method: str) -> None:
    """A tunnel has no header to take off; of a kind that is not known, what came in is compared.

    What the router says to itself is not of the line either way.
    """
    router, host = lab.host("router"), lab.host("host")
    lab.cable(router, "lan", host, "eth0")
    host.up("eth0")
    router.address("lan", "192.168.1.1/24")
    router.sysctl("net.ipv4.ip_forward", "1")
    with router.serving(sys.executable, "-m", "tests.lab.tunnel", "tun0", *kind):
        router.address("tun0", "198.51.100.1/24", "2001:db8:2::1/64")
        router.run("ip", "route", "add", "default", "dev", "tun0")
        count(router, "tun0")
        with probe_in(router, "traffic") as probe:
            measure(probe)
            before = counted(router)
            router.python(DATAGRAMS)
            reading = measure(probe)
            after = counted(router)
    assert (reading.interface, reading.method) == ("tun0", method)
    if method == "wan_arithmetic":
        assert close(reading, before, after)
    grown = {family: after[family] - before[family] for family in after}
    share_pct = 100 * grown["ipv6"] / sum(grown.values())
    assert abs((reading.ipv6_share_pct or 0) - share_pct) < 1


DATAGRAMS = """
import socket
for family, address, number in (
    (socket.AF_INET, "198.51.100.9", 100), (socket.AF_INET6, "2001:db8:2::9", 300),
    (socket.AF_INET, "127.0.0.1", 400),
):
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        for _ in range(number):
            sock.sendto(bytes(20), (address, 9))
print("null")
"""


def test_offloaded_traffic_is_counted_by_the_firewall_or_not_at_all(here: Site) -> None:
    """Past the kernel's counters: frames that its IP never sees stand for them here."""
    router = here.router
    router.sysctl("net.netfilter.nf_conntrack_acct", "1")
    # Without a rule that asks for it no connection is followed.
    router.run(
        "nft", "add table inet f; add chain inet f c { type filter hook forward priority 0; }"
    )
    router.run("nft", "add rule inet f c ct state established counter")
    count(router, "wan")
    with (
        probe_in(router, "traffic") as probe,
        probe_in(router, "traffic", before=WITHOUT_CAPABILITIES) as without_rights,
    ):
        for each in (probe, without_rights):
            assert measure(each).reason == "first_look"
        past_ip(here)
        assert measure(without_rights).reason == "offloaded"
        assert measure(probe).reason == "first_look"
        before = counted(router)
        # Too little to judge by: what was found out before holds.
        exchange(here.box, SERVER6, 300_000)
        exchange(here.box, SERVER4, 100_000)
        reading = measure(probe)
        after = counted(router)
        past_ip(here)
        assert measure(probe).reason == "offloaded"
    assert (reading.outcome, reading.method) == ("ok", "conntrack")
    assert close(reading, before, after)


def test_what_the_lan_says_to_the_router_hides_no_offload(here: Site) -> None:
    """More of it than of the line's traffic that goes past the kernel's counters."""
    with probe_in(here.router, "traffic", before=WITHOUT_CAPABILITIES) as probe:
        measure(probe)
        with here.router.serving(*ECHO):
            exchange(here.box, ROUTER4, 3_000_000)
        past_ip(here)
        assert measure(probe).reason == "offloaded"


def past_ip(here: Site) -> None:
    """Two megabytes to the router's line, of a kind that is none of IP's."""
    here.server.python("""
import socket
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
    sock.bind(("eth0", 0))
    for _ in range(1400):
        sock.send(b"\\xff" * 6 + bytes(6) + b"\\x88\\xb5" + bytes(1486))
print("null")
""")


def test_a_line_that_was_made_anew_begins_at_nought(lab: Lab, here: Site) -> None:
    """No share is made up of counters that are another interface's, though they are higher."""
    with probe_in(here.router, "traffic") as probe:
        measure(probe)
        here.router.run("ip", "link", "del", "wan")
        other = lab.host("other")
        lab.cable(here.router, "wan", other, "eth0")
        other.address("eth0", f"{SERVER4}/24", f"{SERVER6}/64")
        here.router.address("wan", "198.51.100.1/24", "2001:db8:2::1/64")
        here.router.run("ip", "route", "add", "default", "via", SERVER4)
        for server in (SERVER4, SERVER6):
            here.router.run("ping", "-c", "9", "-i", "0.002", "-s", "1400", server)
        assert measure(probe).reason == "reset"
        assert measure(probe).outcome == "ok"


def test_a_host_among_others_does_not_speak_for_the_line(lab: Lab, here: Site) -> None:
    """Not even one with a second network that it passes nothing on to."""
    lab.cable(here.box, "eth1", lab.host("other"), "eth0")
    here.box.address("eth1", "192.168.9.1/24")
    [reading] = read_once(here.box, "traffic")
    assert (reading.outcome, reading.reason) == ("broken", "not_router")


def test_without_a_line_there_is_nothing_to_count(lab: Lab) -> None:
    [reading] = read_once(lab.host("alone"), "traffic")
    assert (reading.outcome, reading.reason) == ("broken", "no_default_route")


@pytest.mark.lab
@pytest.mark.story("traffic")
@pytest.mark.timeout(900)
def test_a_fast_path_never_makes_a_wrong_share(told: list[Any]) -> None:
    """On a kernel that has one: by connections, or not at all; so, too, in a kernel that counts
    forwarded IPv4 twice on its way out.
    """
    read = {each["what"]: each for each in told}
    methods = {
        what: (each["reading"].get("method"), each["reading"].get("reason"))
        for what, each in read.items()
    }
    assert methods == {
        "forwarded": ("wan_arithmetic", None),
        "fast path": ("conntrack", None),
        "fast path, no right to count connections": (None, "offloaded"),
        "fast path that does not count": (None, "offloaded"),
        "unknown kind of line": ("global", None),
    }
    for what in ("forwarded", "fast path"):
        reading, truth = read[what]["reading"], read[what]["truth"]
        for family, size in truth.items():
            assert abs(reading[f"{family}_bytes"] - size) <= MOST_WRONG * size, what
    for what in ("forwarded", "fast path", "unknown kind of line"):
        reading, truth = read[what]["reading"], read[what]["truth"]
        share_pct = 100 * truth["ipv6"] / sum(truth.values())
        assert abs(reading["ipv6_share_pct"] - share_pct) < 1, what
    kernel = read["forwarded"]["kernel"]
    assert 1.98 < kernel["out"] / kernel["in"] < 2.02
    # Once one side has said its last, the rest of the connection goes by the kernel again.
    past = read["fast path"]
    assert past["kernel"]["in"] < 0.6 * past["truth"]["ipv4"]

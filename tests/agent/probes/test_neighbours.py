# SPDX-License-Identifier: Apache-2.0
"""Hosts of a real LAN, counted by a router and by one of them, beside `ip neighbour`."""

from typing import Any, NamedTuple

import msgspec
import pytest

from sansang_wire.readings import AnyReading, NeighboursReading
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.probing import probe_in, read_once

LAN4, LAN6 = "192.168.1.", "2001:db8:1::"
ROUTER_MAC = "00:16:3e:00:00:01"


class Lan(NamedTuple):
    """The hosts hang on the router's bridge br-lan; its line is wan."""

    router: Host
    laptop: Host
    """Both families."""
    sensor: Host
    """IPv6 alone."""
    printer: Host
    """IPv4 alone, though its link has IPv6."""
    phone: Host
    """IPv4 alone, and an address that it made up."""


@pytest.fixture
def lan(lab: Lab) -> Lan:
    here = Lan(*(lab.host(name) for name in Lan._fields))
    line = lab.host("line")
    lab.cable(here.router, "wan", line, "eth0")
    line.address("eth0", "198.51.100.9/24")
    here.router.address("wan", "198.51.100.1/24")
    here.router.sysctl("net.ipv4.ip_forward", "1")
    here.router.route("default via 198.51.100.9")
    here.router.run("ip", "link", "add", "br-lan", "address", ROUTER_MAC, "type", "bridge")
    here.router.address("br-lan", f"{LAN4}1/24", f"{LAN6}1/64")
    for number, host in enumerate(here[1:], 2):
        port = f"port{number}"
        lab.cable(host, "eth0", here.router, port)
        first = "02" if host is here.phone else "00"
        host.run("ip", "link", "set", "eth0", "address", f"{first}:16:3e:00:00:0{number}")
        here.router.run("ip", "link", "set", port, "master", "br-lan", "up")
        host.up("eth0")
        if host is not here.sensor:
            host.address("eth0", f"{LAN4}{number}/24")
        if host in {here.laptop, here.sensor}:
            host.address("eth0", f"{LAN6}{number}/64")
    return here


def measure(host: Host, *before: str) -> dict[str, NeighboursReading]:
    """By window."""
    found: dict[str, NeighboursReading] = {}
    for reading in read_once(host, "neighbours", before=before):
        assert isinstance(reading, NeighboursReading)
        found[reading.window] = reading
    assert list(found) == ["5min", "24h", "7d"]
    return found


def macs(host: Host, family: str, prefix: str) -> set[str]:
    """Who ip(8) says was there, of one family."""
    entries: list[dict[str, Any]] = host.json("ip", "-j", family, "neigh", "show", "dev", "br-lan")
    return {each["lladdr"] for each in entries if each["dst"].startswith(prefix)}


def test_a_router_counts_the_hosts_of_its_lan(lan: Lan) -> None:
    """Each once, however many addresses it has; neither its line nor itself nor who is gone."""
    router = lan.router
    router.run("ping", "-c", "1", "198.51.100.9")
    for number in (2, 4, 5):
        router.run("ping", "-c", "1", f"{LAN4}{number}")
    for number in (2, 3):
        router.run("ping", "-c", "1", f"{LAN6}{number}")
    lan.printer.run("ping", "-c", "1", "fe80::216:3eff:fe00:1%eth0")
    own = ("lladdr", ROUTER_MAC, "dev", "br-lan", "nud")
    router.run("ip", "neigh", "replace", f"{LAN4}66", *own, "reachable")
    for state in ("failed", "permanent"):
        gone = ("lladdr", "00:16:3e:00:00:77", "dev", "br-lan", "nud", state)
        router.run("ip", "neigh", "replace", f"{LAN4}77", *gone)

    readings = measure(router, *WITHOUT_CAPABILITIES)
    strangers = {ROUTER_MAC, "00:16:3e:00:00:77"}
    ipv4 = macs(router, "-4", LAN4) - strangers
    ipv6, links = macs(router, "-6", LAN6), macs(router, "-6", "fe80:")
    assert (len(ipv4), len(ipv6)) == (3, 2)
    for reading in readings.values():
        assert (reading.outcome, reading.covered_s) == ("ok", 0)
        assert reading.hosts == len(ipv4 | ipv6) == 4
        assert reading.dual_stack_hosts == len(ipv4 & ipv6) == 1
        assert reading.ipv6_only_hosts == len(ipv6 - ipv4) == 1
        assert reading.ipv6_capable_hosts == len(links - ipv6) == 1
        assert reading.ipv4_only_hosts == len(ipv4 - ipv6 - links) == 1
        assert reading.randomised_hosts == 1
        assert reading.ipv6_share_pct == 50
        assert "3e" not in msgspec.json.encode(reading).decode()


def test_a_host_counts_the_others_but_not_its_router(lan: Lan) -> None:
    """Of its LAN it sees those with whom it talks."""
    lan.laptop.route(f"default via {LAN4}1")
    for number in (1, 4):
        lan.laptop.run("ping", "-c", "1", f"{LAN4}{number}")
    lan.laptop.run("ping", "-c", "1", f"{LAN6}1")
    reading = measure(lan.laptop)["5min"]
    assert (reading.hosts, reading.ipv4_only_hosts, reading.ipv6_share_pct) == (1, 1, 0)


def test_without_a_lan_nothing_is_counted(lab: Lab) -> None:
    assert {each.reason for each in measure(lab.host("alone")).values()} == {"no_lan"}


def test_a_line_that_is_cut_does_not_become_a_lan(lan: Lan) -> None:
    """Without a default route nothing tells one from the other, but what was known before."""
    with probe_in(lan.router, "neighbours") as probe:
        assert [hosts_of(each) for each in probe.run()] == [0, 0, 0]
        lan.router.run("ip", "route", "del", "default")
        lan.router.run("ping", "-c", "1", "198.51.100.9")
        assert [hosts_of(each) for each in probe.run()] == [0, 0, 0]


def hosts_of(reading: AnyReading) -> int | None:
    assert isinstance(reading, NeighboursReading)
    assert reading.ipv6_share_pct is None
    return reading.hosts

# SPDX-License-Identifier: Apache-2.0
"""Default routers, compared with what `ip route` says of the same namespace."""

import contextlib
import sys
from typing import Any

import pytest

from tests.lab.advertising import advertising, listens_to_routers
from tests.lab.netns import Host, Lab
from tests.lab.networks import ROUTER4, ROUTER6, SERVER4, SERVER6, site, two_lines
from tests.waiting import wait_until

ASK = """
import json
from sansang_agent.net.routes import default_route
found = [default_route(family) for family in ("ipv4", "ipv6")]
print(json.dumps([route and [str(route.router), route.interface, route.metric] for route in found]))
"""


def default_routes(host: Host) -> tuple[Any, Any]:
    """Router, interface and metric, for IPv4 and IPv6."""
    ipv4, ipv6 = host.python(ASK)
    return ipv4, ipv6


def said_by_ip(host: Host, family: str) -> list[dict[str, Any]]:
    return host.json("ip", "-j", family, "route", "show", "default")


@pytest.fixture
def box(lab: Lab) -> Host:
    """With a cable and no address."""
    host, other = lab.host("box"), lab.host("other")
    lab.cable(host, "eth0", other, "eth0")
    host.up("eth0")
    other.up("eth0")
    return host


def test_dual_stack_has_a_router_in_each_family(lab: Lab) -> None:
    """The same next hops as ip(8) shows."""
    box = site(lab).box
    ipv4, ipv6 = default_routes(box)
    assert [ipv4[0], ipv6[0]] == [ROUTER4, ROUTER6]
    assert ipv4[0] == said_by_ip(box, "-4")[0]["gateway"]
    assert [ipv6[0], ipv6[2]] == [said_by_ip(box, "-6")[0][key] for key in ("gateway", "metric")]


def test_ipv6_only_network_has_a_router(lab: Lab) -> None:
    """And none in IPv4, without any error."""
    ipv4, ipv6 = default_routes(site(lab, ipv4=False).box)
    assert ipv4 is None
    assert ipv6[0] == ROUTER6


def test_ipv4_only_network_has_a_router(lab: Lab) -> None:
    ipv4, ipv6 = default_routes(site(lab, ipv6=False).box)
    assert ipv4[0] == ROUTER4
    assert ipv6 is None


def test_no_network_has_none(box: Host) -> None:
    assert default_routes(box) == (None, None)


def test_of_several_routers_the_lowest_metric_counts(box: Host) -> None:
    box.address("eth0", "192.0.2.2/24", "2001:db8::2/64")
    box.route("default via 192.0.2.77 metric 700", "default via 192.0.2.5 metric 50")
    box.route("default via 2001:db8::77 metric 700", "default via 2001:db8::5 metric 50")
    assert default_routes(box) == (["192.0.2.5", "eth0", 50], ["2001:db8::5", "eth0", 50])


def test_each_next_hop_of_a_route_is_a_way(box: Host) -> None:
    """Written into the route, or as an object of their own."""
    box.address("eth0", "192.0.2.2/24", "2001:db8::2/64")
    for version, network in (("-4", "192.0.2."), ("-6", "2001:db8::")):
        hops = (f"nexthop via {network}{last} dev eth0" for last in (7, 8))
        box.run("ip", version, "route", "add", "default", *" ".join(hops).split())
    assert every_router(box) == [["192.0.2.7", "192.0.2.8"], ["2001:db8::7", "2001:db8::8"]]
    for version, network in (("-4", "192.0.2."), ("-6", "2001:db8::")):
        box.run("ip", version, "route", "flush", "default")
        box.run(
            "ip", version, "nexthop", "add", "id", version[1], "via", network + "9", "dev", "eth0"
        )
        box.run("ip", version, "route", "add", "default", "nhid", version[1])
    assert every_router(box) == [["192.0.2.9"], ["2001:db8::9"]]


def test_next_hop_whose_interface_is_down_is_no_way(lab: Lab) -> None:
    """The kernel keeps it in the route, and marks it dead."""
    box, other = lab.host("box"), lab.host("other")
    for interface, network in (("eth0", "192.0.2"), ("eth1", "198.51.100")):
        lab.cable(box, interface, other, interface)
        other.up(interface)
        box.address(interface, f"{network}.2/24")
    hops = "nexthop via 192.0.2.1 dev eth0 nexthop via 198.51.100.1 dev eth1"
    box.run("ip", "route", "add", "default", *hops.split())
    box.down("eth0")
    (route,) = said_by_ip(box, "-4")
    assert ["dead" in hop["flags"] for hop in route["nexthops"]] == [True, False]
    assert box.python(EVERY)[0] == ["198.51.100.1"]


EVERY = """
import json
from sansang_agent.net.routes import default_routes
found = [default_routes(family) for family in ("ipv4", "ipv6")]
print(json.dumps([[str(route.router) for route in routes] for routes in found]))
"""


def every_router(host: Host) -> list[list[str]]:
    """Of IPv4 and IPv6; ip(8) has as many."""
    found: list[list[str]] = host.python(EVERY)
    for family, routers in zip(("-4", "-6"), found, strict=True):
        said = [hop for route in said_by_ip(host, family) for hop in route.get("nexthops", [route])]
        assert [hop["gateway"] for hop in said] == routers
    return found


def test_of_equal_metric_the_router_that_is_preferred_counts(lab: Lab) -> None:
    """As routers say of themselves (RFC 4191), whichever spoke first."""
    box = lab.host("box")
    with contextlib.ExitStack() as routers:
        for interface, preference in (("eth0", "low"), ("eth1", "high"), ("eth2", "medium")):
            router = lab.host(interface)
            lab.cable(box, interface, router, "lan")
            listens_to_routers(box, interface)
            router.sysctl("net.ipv6.conf.all.forwarding", "1")
            router.up("lan")
            more = f"AdvDefaultPreference {preference};"
            routers.enter_context(advertising(router, "lan", more=more))
            before = len(said_by_ip(box, "-6"))
            box.up(interface)
            wait_until(lambda: len(said_by_ip(box, "-6")) > before, "the router speaks")  # noqa: B023 - called here and now
        said = {route["pref"]: route["dev"] for route in said_by_ip(box, "-6")}
        assert default_routes(box)[1][1:] == [said["high"], 1024]


def test_other_tables_are_for_other_traffic(box: Host) -> None:
    box.address("eth0", "192.0.2.2/24", "2001:db8::2/64")
    box.route("default via 192.0.2.5 table 77", "default via 2001:db8::5 table 77")
    assert default_routes(box) == (None, None)


def test_link_local_router_keeps_its_zone(box: Host) -> None:
    """Router advertisements always name link-local next hops (RFC 4861 §4.2)."""
    box.route("default via fe80::1 dev eth0")
    assert default_routes(box)[1][:2] == ["fe80::1%eth0", "eth0"]


def test_on_link_default_route_has_no_router(box: Host) -> None:
    """As on a PPP link: a way, and no next hop."""
    box.address("eth0", "192.0.2.2/24", "2001:db8::2/64")
    box.route("default dev eth0")
    box.run("ip", "-6", "route", "add", "default", "dev", "eth0")
    ipv4, ipv6 = default_routes(box)
    assert ipv4[:2] == ipv6[:2] == ["None", "eth0"]


def test_rejecting_default_route_is_no_way(box: Host) -> None:
    box.route("unreachable default")
    box.run("ip", "-6", "route", "add", "unreachable", "default")
    assert default_routes(box) == (None, None)


def test_reading_routes_needs_no_privilege(lab: Lab) -> None:
    ask = (*("setpriv", "--inh-caps=-all", "--bounding-set=-all"), sys.executable, "-c", ASK)
    assert site(lab).box.json(*ask)[1][0] == ROUTER6


WAYS = """
import json
from ipaddress import ip_address
from sansang_agent.net.routes import interface_to
print(json.dumps([interface_to(ip_address(address)) for address in ADDRESSES]))
"""


def test_the_interface_that_packets_leave_by_is_the_one_ip_says(lab: Lab) -> None:
    """Whatever the metrics are: a route of its own counts, too, and one that refuses is none."""
    box = two_lines(lab).box
    box.route("198.51.100.7/32 via 203.0.113.1", "2001:db8:2::7/128 via 2001:db8:3::1")
    box.route("prohibit 198.51.100.8/32", "blackhole 2001:db8:2::8/128")
    addresses = [SERVER4, SERVER6, "198.51.100.7", "2001:db8:2::7"]
    refused = ["198.51.100.8", "2001:db8:2::8"]
    asked = f"ADDRESSES = {[*addresses, *refused]!r}\n{WAYS}"
    said = [box.json("ip", "-j", "route", "get", each)[0]["dev"] for each in addresses]
    assert box.python(asked) == [*said, None, None]
    assert said == ["wan1", "wan1", "wan2", "wan2"]


def test_without_any_route_there_is_no_interface_to_leave_by(lab: Lab) -> None:
    """In either family, and without an error."""
    box = lab.host("box")
    assert box.python(f"ADDRESSES = {[SERVER4, SERVER6]!r}\n{WAYS}") == [None, None]

# SPDX-License-Identifier: Apache-2.0
"""Addresses, routes and resolvers, compared with `ip -j` in the same namespace and run.

What an address is, is told here by Python's ipaddress, which the probe doesn't use for it.
"""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import msgspec
import pytest

from sansang_agent.probes.addressing import AddressingSettings
from sansang_wire import checking
from sansang_wire.readings import AddressingReading
from tests.lab.advertising import advertising, listens_to_routers
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import ROUTER4, ROUTER6, site
from tests.lab.probing import read_once
from tests.waiting import wait_until

PRIVATE = [ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


def measure(box: Host, *before: str, **settings: Any) -> dict[str, AddressingReading]:
    """The readings by family: one of each."""
    found: dict[str, AddressingReading] = {}
    for reading in read_once(box, "addressing", settings, before):
        assert isinstance(reading, AddressingReading)
        found[reading.family] = reading
    assert list(found) == ["ipv4", "ipv6"]
    return found


def said_by_ip(box: Host, family: str) -> list[dict[str, Any]]:
    """The addresses of eth0 and whatever else is no loopback."""
    interfaces: list[dict[str, Any]] = box.json("ip", "-j", family, "addr")
    return [
        address
        for interface in interfaces
        if interface["ifname"] != "lo"
        for address in interface["addr_info"]
    ]


def ipv6_counts(box: Host) -> dict[str, int]:
    """What the reading should count, of what ip(8) says."""
    every = [(IPv6Address(each["local"]), each) for each in said_by_ip(box, "-6")]
    sound = [pair for pair in every if not {"tentative", "dadfailed"} & pair[1].keys()]
    of_the_internet = [
        pair
        for pair in sound
        if pair[0] in ip_network("2000::/3") and not pair[0].sixtofour and not pair[0].teredo
    ]
    preferred = [pair for pair in of_the_internet if "deprecated" not in pair[1]]
    return {
        "global_addresses": len(preferred),
        "temporary_addresses": sum("temporary" in said for _, said in preferred),
        "deprecated_addresses": len(of_the_internet) - len(preferred),
        "tentative_addresses": len(every) - len(sound),
        "unique_local_addresses": sum(each in ip_network("fc00::/7") for each, _ in sound),
        "link_local_addresses": sum(each.is_link_local for each, _ in sound),
        "sixtofour_addresses": sum(each.sixtofour is not None for each, _ in sound),
        "teredo_addresses": sum(each.teredo is not None for each, _ in sound),
    }


def ipv4_counts(box: Host) -> dict[str, int]:
    every = [ip_address(each["local"]) for each in said_by_ip(box, "-4")]
    private = sum(any(each in network for network in PRIVATE) for each in every)
    shared = sum(each in ip_network("100.64.0.0/10") for each in every)
    link_local = sum(each.is_link_local for each in every)
    return {
        "global_addresses": len(every) - private - shared - link_local,
        "private_addresses": private,
        "shared_addresses": shared,
        "link_local_addresses": link_local,
    }


def of(reading: AddressingReading, counts: dict[str, int]) -> dict[str, int | None]:
    return {name: getattr(reading, name) for name in counts}


def default_routes(box: Host, family: str) -> list[dict[str, Any]]:
    routes: list[dict[str, Any]] = box.json("ip", "-j", family, "route", "show", "default")
    return routes


def neighbour_state(box: Host, router: str) -> str | None:
    """In ip(8)'s words; None when it knows no such neighbour."""
    entries: list[dict[str, Any]] | None = box.json(
        "ip", "-j", "neigh", "show", "nud", "all", router
    )
    return entries[0]["state"][0].lower() if entries else None


def know(box: Host, router: str, state: str) -> None:
    """Have the kernel know this of a router on eth0."""
    hardware = ("lladdr", "02:00:00:00:00:01", "dev", "eth0", "nud", state)
    box.run("ip", "neigh", "replace", router, *hardware)


@pytest.fixture
def box(lab: Lab) -> Host:
    """With a cable, and no address but that of the link."""
    host, other = lab.host("box"), lab.host("other")
    lab.cable(host, "eth0", other, "eth0")
    host.up("eth0")
    other.up("eth0")
    return host


def test_a_site_with_router_advertisements_is_as_ip_shows_it(lab: Lab) -> None:
    """Temporary, deprecated, unique local and global addresses; a router that may go away again."""
    here = site(lab, ipv6=False)
    here.router.sysctl("net.ipv6.conf.all.forwarding", "1")
    here.box.down("eth0")
    listens_to_routers(here.box, "eth0")
    here.box.sysctl("net.ipv6.conf.eth0.use_tempaddr", "2")
    here.box.file("/etc/resolv.conf", f"nameserver {ROUTER4}\nnameserver {ROUTER6}\n")
    here.router.address("lan", f"{ROUTER6}/64")
    prefixes = (
        "2001:db8:1::/64",
        "2001:db8:77::/64 AdvPreferredLifetime 0; AdvValidLifetime 900;",
        "fd12:3456::/64",
    )
    with advertising(here.router, "lan", *prefixes, lifetime_s=1500):
        here.box.up("eth0")
        here.box.route(f"default via {ROUTER4}")
        wait_until(lambda: ipv6_counts(here.box)["deprecated_addresses"], "the last prefix")
        wait_until(lambda: default_routes(here.box, "-6"), "a router")
        here.box.run("ping", "-c1", ROUTER6)
        came, counts = measure(here.box), ipv6_counts(here.box)
        (route,) = default_routes(here.box, "-6")
        state = neighbour_state(here.box, route["gateway"])
    ipv6 = came["ipv6"]
    assert of(ipv6, counts) == counts
    assert counts["temporary_addresses"]
    assert counts["unique_local_addresses"]
    assert counts["deprecated_addresses"]
    assert (ipv6.outcome, ipv6.reason, ipv6.prefix) == ("ok", None, "2001:db8:1::/48")
    assert (ipv6.default_routes, ipv6.next_hop_state, ipv6.dns_servers) == (1, state, 1)
    assert ipv6.route_lifetime_s is not None
    assert route["expires"] <= ipv6.route_lifetime_s <= 1500
    assert of(came["ipv4"], ipv4_counts(here.box)) == ipv4_counts(here.box)
    assert (came["ipv4"].outcome, came["ipv4"].default_routes) == ("ok", 1)
    assert (came["ipv4"].dns_servers, came["ipv4"].route_lifetime_s) == (1, None)


def test_temporary_address_that_is_replaced_is_no_global_one_any_more(box: Host) -> None:
    """As happens to each of them within a day (RFC 8981 §3.8): it counts as deprecated alone."""
    box.sysctl("net.ipv6.conf.eth0.use_tempaddr", "2")
    lifetimes = ("mngtmpaddr", "nodad", "valid_lft", "86400", "preferred_lft", "14400")
    box.run("ip", "address", "add", "2001:db8:1::2/64", "dev", "eth0", *lifetimes)
    wait_until(lambda: ipv6_counts(box)["temporary_addresses"], "a temporary address")
    (temporary,) = (each["local"] for each in said_by_ip(box, "-6") if "temporary" in each)
    box.run("ip", "address", "change", f"{temporary}/64", "dev", "eth0", "preferred_lft", "0")
    wait_until(lambda: ipv6_counts(box)["temporary_addresses"], "the next one")
    reading = measure(box)["ipv6"]
    assert of(reading, ipv6_counts(box)) == ipv6_counts(box)
    assert (reading.temporary_addresses, reading.deprecated_addresses) == (1, 1)


def test_each_family_has_only_what_belongs_to_it(lab: Lab) -> None:
    came = measure(site(lab).box)
    ipv6_only = set(ipv6_counts(lab.host("bare"))) - {"global_addresses", "link_local_addresses"}
    assert {getattr(came["ipv4"], name) for name in ipv6_only} == {None}
    assert came["ipv6"].private_addresses is came["ipv6"].shared_addresses is None


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "missing"), [(True, False, "ipv6"), (False, True, "ipv4")]
)
def test_network_of_one_family(lab: Lab, ipv4: bool, ipv6: bool, missing: str) -> None:
    """The family that is there is whole, the other says what it lacks."""
    box = site(lab, ipv4=ipv4, ipv6=ipv6).box
    for family, reading in measure(box).items():
        counts = ipv4_counts(box) if family == "ipv4" else ipv6_counts(box)
        assert of(reading, counts) == counts
        if family == missing:
            assert (reading.outcome, reading.reason) == ("failed", "no_global_address")
            assert (reading.default_routes, reading.next_hop_state) == (0, None)
        else:
            assert (reading.outcome, reading.reason, reading.default_routes) == ("ok", None, 1)


def test_family_switched_off(lab: Lab) -> None:
    box = site(lab).box
    box.sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    reading = measure(box)["ipv6"]
    assert (reading.reason, reading.global_addresses) == ("no_global_address", 0)


@pytest.mark.parametrize(
    ("address", "counted", "reason"),
    [
        ("192.168.1.2/24", "private_addresses", None),
        ("172.16.0.2/12", "private_addresses", None),
        ("100.64.0.2/10", "shared_addresses", None),
        ("203.0.113.2/24", "global_addresses", None),
        ("192.0.0.2/29", None, None),
        ("169.254.1.2/16", "link_local_addresses", "no_global_address"),
    ],
)
def test_any_ipv4_address_beyond_the_link_is_enough(
    box: Host, address: str, counted: str | None, reason: str | None
) -> None:
    """Behind a router or a translator it is usual to have no public one."""
    box.address("eth0", address)
    box.route("default dev eth0")
    reading = measure(box)["ipv4"]
    counts = {name: int(name == counted) for name in ipv4_counts(box)}
    assert of(reading, counts) == counts
    assert reading.reason == reason
    assert (reading.prefix is None) == (counted != "global_addresses")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("2002:c000:201::1/64", "sixtofour_addresses"),
        ("2001:0:c000:201::1/64", "teredo_addresses"),
        ("fd12:3456::1/64", "unique_local_addresses"),
    ],
)
def test_what_is_not_of_the_line_is_no_global_address(
    box: Host, address: str, counted: str
) -> None:
    """6to4 and Teredo go through strangers, unique local addresses nowhere."""
    box.address("eth0", address)
    box.route("default via fe80::1 dev eth0")
    reading = measure(box)["ipv6"]
    assert getattr(reading, counted) == 1
    assert of(reading, ipv6_counts(box)) == ipv6_counts(box)
    assert (reading.reason, reading.prefix) == ("no_global_address", None)


def test_address_of_another_is_not_usable(lab: Lab) -> None:
    """Duplicate address detection found that the router has it."""
    here = site(lab)
    here.box.sysctl("net.ipv6.conf.eth0.accept_dad", "1")
    here.box.run("ip", "address", "add", f"{ROUTER6}/64", "dev", "eth0")

    def failed() -> bool:
        return any("dadfailed" in each for each in said_by_ip(here.box, "-6"))

    wait_until(failed, "the duplicate is found")
    reading = measure(here.box)["ipv6"]
    assert of(reading, ipv6_counts(here.box)) == ipv6_counts(here.box)
    assert (reading.tentative_addresses, reading.global_addresses) == (1, 1)


def test_address_that_is_still_checked_is_not_usable(box: Host) -> None:
    box.sysctl("net.ipv6.conf.eth0.accept_dad", "1")
    box.sysctl("net.ipv6.conf.eth0.dad_transmits", "100")
    box.run("ip", "address", "add", "2001:db8:1::2/64", "dev", "eth0")
    reading = measure(box)["ipv6"]
    assert (reading.tentative_addresses, reading.global_addresses) == (1, 0)
    assert reading.reason == "no_global_address"


def test_deprecated_address_is_not_enough(box: Host) -> None:
    """As when a prefix is withdrawn and the new one doesn't come."""
    box.run(*("ip", "address", "add", "2001:db8:1::2/64", "dev", "eth0", "preferred_lft", "0"))
    reading = measure(box)["ipv6"]
    assert (reading.deprecated_addresses, reading.global_addresses) == (1, 0)
    assert (reading.reason, reading.prefix) == ("no_global_address", None)


def test_address_without_a_way(box: Host) -> None:
    """A route that rejects is none; nor is one in another table, or for one source."""
    box.address("eth0", "192.0.2.2/24", "2001:db8:1::2/64")
    box.route("unreachable default metric 9", "default via 192.0.2.1 table 77")
    box.run("ip", "-6", "route", "add", "unreachable", "default", "metric", "9")
    box.route("default via 2001:db8:1::1 table 77")
    box.route("default from 2001:db8:1::/64 via 2001:db8:1::1")
    for reading in measure(box).values():
        assert (reading.outcome, reading.reason) == ("failed", "no_default_route")
        assert reading.default_routes == 0


@pytest.mark.parametrize(("family", "router"), [("ipv4", ROUTER4), ("ipv6", ROUTER6)])
def test_router_that_is_gone(lab: Lab, family: str, router: str) -> None:
    """As soon as the kernel asked for it in vain; until then it never had to ask."""
    here = site(lab)
    assert neighbour_state(here.box, router) is None
    assert measure(here.box)[family].next_hop_state == "none"
    here.router.run("ip", "address", "flush", "dev", "lan")
    here.box.run("ping", "-c1", "-W5", router, status=None)
    wait_until(lambda: neighbour_state(here.box, router) == "failed", "the kernel gives up")
    reading = measure(here.box)[family]
    assert (reading.outcome, reading.reason) == ("failed", "next_hop_failed")
    assert reading.next_hop_state == "failed"


@pytest.mark.parametrize("state", ["reachable", "stale", "permanent", "noarp", "failed"])
def test_states_of_a_router_are_those_of_ip(lab: Lab, state: str) -> None:
    """Of the family's own, although both routers are on one interface."""
    box = site(lab).box
    know(box, ROUTER6, state)
    came = measure(box)
    assert (came["ipv6"].next_hop_state, came["ipv4"].next_hop_state) == (state, "none")
    assert neighbour_state(box, ROUTER6) == state


def test_of_equal_routers_one_that_is_there_counts(box: Host) -> None:
    """The kernel goes round one that is gone; of one that costs more it makes no use."""
    box.address("eth0", "2001:db8:1::2/64")
    box.route("default via fe80::1 dev eth0 metric 100", "default via fe80::9 dev eth0 metric 900")
    second = "default via fe80::2 dev eth0 metric 100"
    box.run("ip", "-6", "route", "append", *second.split())
    for address, state in (("fe80::1", "failed"), ("fe80::2", "failed"), ("fe80::9", "permanent")):
        know(box, address, state)
    reading = measure(box)["ipv6"]
    assert (reading.reason, reading.default_routes) == ("next_hop_failed", 3)
    know(box, "fe80::2", "permanent")
    reading = measure(box)["ipv6"]
    assert (reading.outcome, reading.next_hop_state) == ("ok", "permanent")


def test_on_link_route_has_no_router_to_be_gone(box: Host) -> None:
    """As where the box dials in itself."""
    box.address("eth0", "192.0.2.2/24")
    box.route("default dev eth0")
    reading = measure(box)["ipv4"]
    assert (reading.outcome, reading.default_routes, reading.next_hop_state) == ("ok", 1, None)


def test_containers_do_not_stand_in_for_the_site(box: Host) -> None:
    """Docker's bridge always has an address; a tunnel is the site's unless it is named."""
    for name in ("docker0", "br-0123456789ab", "wg0"):
        box.run("ip", "link", "add", name, "type", "bridge")
    box.address("docker0", "172.17.0.1/16", "2001:db8:d::1/64")
    box.address("br-0123456789ab", "172.18.0.1/16")
    box.run("ip", "address", "add", "203.0.113.1/32", "dev", "lo")
    assert {each.reason for each in measure(box).values()} == {"no_global_address"}
    box.address("wg0", "10.8.0.2/24")
    assert measure(box)["ipv4"].private_addresses == 1
    assert measure(box, ignore=["wg*"])["ipv4"].private_addresses == 2


def test_prefix_is_of_the_interface_that_is_used_and_no_address_is_told(lab: Lab) -> None:
    """Its first 48 or 24 bits, whichever interface the kernel names first."""
    here, other = site(lab), lab.host("other")
    lab.cable(here.box, "eth1", other, "eth0")
    other.up("eth0")
    here.box.address("eth1", "203.0.113.2/24", "2001:db8:ffff::2/64")
    came = measure(here.box)
    assert (came["ipv4"].prefix, came["ipv6"].prefix) == ("192.0.2.0/24", "2001:db8:1::/48")
    for family in ("-4", "-6"):
        here.box.run("ip", family, "route", "del", "default")
    here.box.route("default via 2001:db8:ffff::1", "default via 203.0.113.1")
    came = measure(here.box)
    assert (came["ipv4"].prefix, came["ipv6"].prefix) == ("203.0.113.0/24", "2001:db8:ffff::/48")
    told = msgspec.json.encode(list(came.values())).decode()
    for family in ("-4", "-6"):
        assert not [each["local"] for each in said_by_ip(here.box, family) if each["local"] in told]


def test_no_privilege_is_needed(lab: Lab) -> None:
    box = site(lab).box
    with_all, without = measure(box), measure(box, *WITHOUT_CAPABILITIES)
    for family, reading in without.items():
        assert msgspec.structs.replace(reading, at=0) == msgspec.structs.replace(
            with_all[family], at=0
        )


WITHOUT_FILES = """
import asyncio, os, resource, msgspec
from pathlib import Path
from sansang_agent.probes.addressing import AddressingProbe, AddressingSettings
from sansang_agent.probes.base import Surroundings

async def main():
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, free))
    return await AddressingProbe(AddressingSettings(), Surroundings(Path("/"), None, None)).run()

print(msgspec.json.encode(asyncio.run(main())).decode())
"""


def test_kernel_that_would_not_say_is_no_fault_of_the_site(lab: Lab) -> None:
    """Nothing was seen, so nothing is counted."""
    came = msgspec.convert(site(lab).box.python(WITHOUT_FILES), list[AddressingReading])
    assert [(each.outcome, each.reason) for each in came] == [("broken", "no_netlink")] * 2
    assert {each.global_addresses for each in came} == {None}
    assert {each.default_routes for each in came} == {None}


def test_mistakes_in_settings_are_named() -> None:
    with pytest.raises(checking.InvalidSettingsError) as refused:
        checking.check({"ignored": []}, AddressingSettings)
    assert "ignored: unknown key — did you mean 'ignore'?" in str(refused.value)


def test_the_networks_behind_a_router(lab: Lab) -> None:
    """A prefix for them is what the carrier delegates; a host has none, forwarding or not."""
    here = site(lab)
    here.router.route("default via 2001:db8:2::9")
    assert measure(here.router)["ipv6"].lans_with_prefix == 1
    here.router.run("ip", "-6", "address", "del", f"{ROUTER6}/64", "dev", "lan")
    assert measure(here.router)["ipv6"].lans_with_prefix == 0
    here.router.sysctl("net.ipv6.conf.all.forwarding", "0")
    assert measure(here.router)["ipv6"].lans_with_prefix is None
    here.box.sysctl("net.ipv6.conf.all.forwarding", "1")
    assert measure(here.box)["ipv6"].lans_with_prefix is None
    assert measure(here.box)["ipv4"].lans_with_prefix is None

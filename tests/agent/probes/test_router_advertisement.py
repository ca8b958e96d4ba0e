# SPDX-License-Identifier: Apache-2.0
"""What real routers advertise, read with and without rights, beside rdisc6(8) on the same link."""

import contextlib
import re
import struct
import subprocess
import sys
from collections.abc import Generator, Iterator
from ipaddress import IPv6Address
from typing import Any

import msgspec
import pytest

from sansang_agent.net.advertisement import Advertisement, Options, Prefix
from sansang_agent.net.listed_routers import ListedRouters, prefix_in_words
from sansang_wire.readings import RouterAdvertisementReading
from tests.capabilities import program
from tests.lab.advertising import advertising, listens_to_routers
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab, require_namespaces
from tests.lab.probing import probe_in, read_once
from tests.lab.raw_router import advertisement, option
from tests.waiting import wait_until

PREFIX = "2001:db8:1::/64 AdvValidLifetime 7200; AdvPreferredLifetime 3600;"
NAME_SERVERS = ("2001:db8:1::53", "2001:db8:1::54")
MORE = f"""
RDNSS {" ".join(NAME_SERVERS)} {{ AdvRDNSSLifetime 500; }};
DNSSL xa.test {{ }};
AdvLinkMTU 1480; AdvManagedFlag on; AdvDefaultPreference high;
"""
ROGUE = "2001:db8:bad::/64"
NOBODY = "unreachable 2001:db8:5::53"
"""Who asks the name server there is told at once."""
HARDWARE = "00:16:3e:00:00:01"


def prefix_option(prefix: str, *, valid_s: int, preferred_s: int, bits: int = 64) -> bytes:
    head = struct.pack("!BBII4x", bits, 0xC0, valid_s, preferred_s)
    return option(3, head + IPv6Address(prefix).packed)


EVERYTHING = advertisement(
    prefix_option("2001:db8:5::", valid_s=7200, preferred_s=0),
    prefix_option("fd00:5::", valid_s=7200, preferred_s=3600),
    # Hosts make no address of the next three (RFC 4862 §5.5.3).
    prefix_option("2001:db8:6::", valid_s=3600, preferred_s=7200),
    prefix_option("2001:db8:7::", valid_s=3600, preferred_s=3600, bits=56),
    prefix_option("fe80::", valid_s=3600, preferred_s=3600),
    option(25, bytes(2) + struct.pack("!I", 600) + IPv6Address("2001:db8:5::53").packed),
    option(25, bytes(6) + IPv6Address("2001:db8:5::54").packed),
    option(31, bytes(2) + struct.pack("!I", 600) + b"\2xa\4test\0\3thu\4test\0"),
    option(38, struct.pack("!H", 225 << 3 | 1) + IPv6Address("64:ff9b:1::").packed[:12]),
    option(37, b"https://portal.test/api"),
    lifetime_s=1800,
    flags=0x40,
)
"""Also what radvd 2.19 can't say: NAT64 (RFC 8781, /64) and a login page (RFC 8910)."""
NO_DEFAULT_ROUTER = advertisement(
    prefix_option("fd00:6::", valid_s=7200, preferred_s=3600), lifetime_s=0
)
INVALID = {
    "hops": (advertisement(), 64),
    "code": (advertisement(code=1), 255),
    "option": (advertisement(b"\1\0" + bytes(6)), 255),
    "cut": (advertisement(b"\3\4" + bytes(6)), 255),
}
"""RFC 4861 §6.1.2: an advertisement from elsewhere, of another kind, and two that can't be read."""

LINKS = ("shared", "zero", "silent", "every", *INVALID)


@pytest.fixture(scope="module")
def box() -> Iterator[Host]:
    """A box on many links; each is named after what its router does."""
    require_namespaces()
    with Lab() as lab, contextlib.ExitStack() as routers:
        host, router, rogue = lab.host("box"), lab.host("router"), lab.host("rogue")
        router.sysctl("net.ipv6.conf.all.forwarding", "1")
        for link in LINKS:
            lab.cable(host, link, router, link)
            router.up(link)
            host.up(link)
        router.address("shared", *(f"{each}/64" for each in NAME_SERVERS))
        join(lab, router, "shared", rogue)
        host.address("shared", "2001:db8:1::2/64")
        host.route(NOBODY)
        zone = '{"vnnic.vn": ["2001:db8::1"]}'
        answering = (sys.executable, "-m", "tests.lab.name_server", NAME_SERVERS[0], zone)
        routers.enter_context(router.serving(*answering))
        routers.enter_context(advertising(router, "br-shared", PREFIX, more=MORE))
        routers.enter_context(advertising(rogue, "eth0", ROGUE, lifetime_s=600))
        routers.enter_context(advertising(router, "zero", lifetime_s=0))
        for link, (message, hops) in {"every": (EVERYTHING, 255), **INVALID}.items():
            routers.enter_context(saying(router, link, message, hops))
        wait_until(lambda: with_address(host, "link") == set(LINKS), "addresses of the links")
        yield host


def join(lab: Lab, router: Host, link: str, other: Host) -> None:
    """Put another host on a link of the router's, and the router's address on their bridge."""
    bridge = f"br-{link}"
    lab.cable(other, "eth0", router, "other")
    other.run("ip", "link", "set", "eth0", "address", HARDWARE)
    other.sysctl("net.ipv6.conf.all.forwarding", "1")
    other.up("eth0")
    router.run("ip", "link", "add", bridge, "type", "bridge")
    for port in (link, "other"):
        router.run("ip", "link", "set", port, "master", bridge, "up")
    router.run("ip", "address", "flush", "dev", link, "scope", "global")
    router.address(bridge, *(f"{each}/64" for each in NAME_SERVERS))


@contextlib.contextmanager
def saying(router: Host, link: str, message: bytes, hops: int) -> Generator[None]:
    command = (sys.executable, "-m", "tests.lab.raw_router", link, message.hex(), str(hops))
    with router.serving(*command):
        yield


@pytest.fixture(scope="module")
def readings(box: Host) -> dict[str, RouterAdvertisementReading]:
    """Of one run with rights, by link; the silent link makes it last 12 s (RFC 4861 §10)."""
    return by_link(read_once(box, "router_advertisement", {"routers": ["2001:db8:1::/48"]}))


def by_link(found: Any) -> dict[str, RouterAdvertisementReading]:
    assert all(isinstance(each, RouterAdvertisementReading) for each in found)
    return {each.interface: each for each in found}


def told_by_rdisc6(host: Host, link: str) -> dict[str, list[str]]:
    """Of the first router that answers: the values of each name, without what explains them."""
    told: dict[str, list[str]] = {}
    for line in host.run(program("rdisc6", "ndisc6"), "-1", link).splitlines():
        name, _, value = line.partition(" : ")
        told.setdefault(name.strip(), []).append(
            re.sub(r" *\(.*| (seconds|bytes)", "", value).strip()
        )
    return told


def test_all_values_are_as_rdisc6_reads_them(
    box: Host, readings: dict[str, RouterAdvertisementReading]
) -> None:
    """Of a link with one router, that says everything."""
    reading, said = readings["every"], told_by_rdisc6(box, "every")
    assert (reading.outcome, reading.method, reading.routers) == ("ok", "raw_socket", 1)
    assert [str(reading.router_lifetime_s)] == said["Router lifetime"]
    assert [reading.preference] == said["Router preference"]
    flags = {True: ["Yes"], False: ["No"], None: []}
    assert flags[reading.managed] == said["Stateful address conf."]
    assert flags[reading.other_config] == said["Stateful other conf."]
    assert {"2001:db8:5::/64", "fd00:5::/64"} <= set(said["Prefix"])
    assert (len(said["Prefix"]), reading.prefixes) == (5, 2)
    assert (reading.prefix, reading.prefix_valid_s, reading.prefix_preferred_s) == (
        *("fd00:5::/64", 7200, 3600),
    )
    assert said["Recursive DNS server"] == ["2001:db8:5::53", "2001:db8:5::54"]
    assert (reading.dns_servers, reading.dns_servers_answering) == (1, 0)
    assert [reading.search_domains] == [len(each.split()) for each in said["DNS search list"]]
    assert (reading.pref64, reading.pref64_lifetime_s) == ("64:ff9b:1::/64", 1800)
    assert reading.captive_portal is True


def test_a_second_router_on_the_link_is_a_stranger(
    box: Host, readings: dict[str, RouterAdvertisementReading]
) -> None:
    """Both are heard, the site's own is listed by its prefix; the stranger's prefix is cut."""
    reading, said = readings["shared"], told_by_rdisc6(box, "shared")
    assert (reading.routers, reading.unlisted_routers) == (2, 1)
    assert reading.unlisted_prefix == "2001:db8:bad::/48"
    # The values are those of the router that means to stay longest.
    assert (reading.router_lifetime_s, reading.preference, reading.mtu_bytes) == (
        1800,
        "high",
        1480,
    )
    assert (reading.prefixes, reading.prefix) == (2, "2001:db8:1::/48")
    assert set(said["Prefix"]) < {"2001:db8:1::/64", ROGUE}
    assert (reading.dns_servers, reading.dns_servers_answering) == (2, 1)
    assert HARDWARE not in msgspec.json.encode(reading).decode()


def test_what_is_no_default_router_is_told(
    readings: dict[str, RouterAdvertisementReading],
) -> None:
    zero = readings["zero"]
    assert (zero.outcome, zero.reason, zero.router_lifetime_s) == ("failed", "lifetime_zero", 0)


def test_nobody_answers(readings: dict[str, RouterAdvertisementReading]) -> None:
    silent = readings["silent"]
    assert (silent.outcome, silent.reason) == ("unreachable", "no_advertisement")
    assert silent.routers == 0


@pytest.mark.parametrize("link", INVALID)
def test_what_no_host_would_take_counts_for_nothing(
    readings: dict[str, RouterAdvertisementReading], link: str
) -> None:
    assert (readings[link].outcome, readings[link].reason) == ("failed", "invalid"), readings[link]
    assert readings[link].routers == 0


def test_without_rights_the_kernel_tells_the_same(lab: Lab) -> None:
    """On a host that takes advertisements over; lifetimes of routes run down meanwhile."""
    host, router = lab.host("box"), lab.host("router")
    for link in ("eth0", "zero"):
        lab.cable(host, link, router, link)
        router.up(link)
        listens_to_routers(host, link)
    host.route(NOBODY)
    with (
        saying(router, "eth0", EVERYTHING, 255),
        saying(router, "zero", NO_DEFAULT_ROUTER, 255),
        probe_in(host, "router_advertisement", before=WITHOUT_CAPABILITIES) as probe,
    ):
        [nothing] = probe.run()
        assert (nothing.outcome, nothing.reason) == ("broken", "no_ipv6_link")
        host.up("eth0")
        host.up("zero")
        wait_until(lambda: with_address(host, "global") == {"eth0", "zero"}, "two routers")
        told = by_link(probe.run())
        heard = by_link(read_once(host, "router_advertisement"))
        [route] = host.json("ip", "-j", "-6", "route", "show", "default")
    assert abs(route["expires"] - (told["eth0"].router_lifetime_s or 0)) < 60
    assert told["zero"].reason == heard["zero"].reason == "lifetime_zero"
    ways = ((told, "netlink", "not_permitted"), (heard, "raw_socket", None))
    for link, method, why_not_asked in ways:
        assert {each.method for each in link.values()} == {method}
        assert {each.asking_reason for each in link.values()} == {why_not_asked}
    differing = {"at": 0, "method": None, "asking_reason": None}
    passing = {**differing, "router_lifetime_s": 0, "preference": None}
    told, heard = (
        {link: msgspec.structs.replace(each, **passing) for link, each in found.items()}
        for found in (told, heard)
    )
    assert told == heard


def with_address(host: Host, scope: str) -> set[str]:
    """The interfaces with an address of IPv6 of this scope. A link takes a second to settle."""
    links: list[dict[str, Any]] = host.json("ip", "-j", "-6", "addr", "show", "scope", scope)
    return {each["ifname"] for each in links if each.get("addr_info")}


def test_where_the_kernel_takes_none_and_nobody_may_listen_it_is_unknown(lab: Lab) -> None:
    """As on a router, towards its LAN."""
    host, router = lab.host("box"), lab.host("router")
    lab.cable(host, "eth0", router, "lan")
    router.up("lan")
    host.up("eth0")
    wait_until(lambda: with_address(host, "link"), "the link's address")
    found = by_link(read_once(host, "router_advertisement", before=WITHOUT_CAPABILITIES))
    assert (found["eth0"].outcome, found["eth0"].reason) == ("broken", "not_accepted")
    assert found["eth0"].asking_reason == "not_permitted"


def a_router(*prefixes: str, source: str = "fe80::1") -> Advertisement:
    return Advertisement(
        source=source,
        hardware_address=HARDWARE,
        lifetime_s=1800,
        preference="medium",
        managed=False,
        other_config=False,
        mtu_bytes=None,
        options=Options(
            prefixes=[a_prefix(each) for each in prefixes],
            dns_servers=[],
            search_domains=[],
            pref64=None,
            pref64_lifetime_s=None,
            captive_portal=False,
        ),
    )


def a_prefix(prefix: str) -> Prefix:
    return Prefix(prefix=prefix, autonomous=True, valid_s=1, preferred_s=1)


def test_a_router_is_listed_by_address_hardware_address_or_prefix() -> None:
    """By prefix only when all that it advertises is listed."""
    assert a_router() in ListedRouters(["FE80::0001"])
    assert a_router() in ListedRouters([HARDWARE.upper()])
    assert a_router("2001:db8:1::/64") in ListedRouters(["2001:db8::/32"])
    assert a_router("2001:db8:1::/64", "2001:db9::/64") not in ListedRouters(["2001:db8::/32"])
    assert a_router() not in ListedRouters(["2001:db8::/32", "fe80::2"])


@pytest.mark.parametrize("entry", ["2001:db8::1", "fe80::1%eth0", "router", "10.0.0.0/8", "00:11"])
def test_what_names_no_router_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=re.escape(entry)):
        ListedRouters([entry])


def test_no_more_of_a_prefix_is_told_than_names_the_carrier() -> None:
    """A prefix of 6to4 would hold somebody's IPv4 address."""
    told = {
        "2001:db8:1:2::/64": "2001:db8:1::/48",
        "2001:db8::/32": "2001:db8::/32",
        "2002:c000:201:1::/64": "2002::/16",
        "fd00:1:2:3::/64": "fd00:1:2:3::/64",
    }
    assert {each: prefix_in_words(a_prefix(each)) for each in told} == told


def test_the_worker_ends_when_nobody_waits_for_its_answer() -> None:
    """Else it would listen for another 12 s after the agent has ended."""
    command = (sys.executable, "-m", "sansang_agent.workers.router_advertisement")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdout.close()
        worker.stdin.write(b'{"interfaces": ["lo"]}\n')
        worker.stdin.flush()
        assert worker.wait(10) == 0

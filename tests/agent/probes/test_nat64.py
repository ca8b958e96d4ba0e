# SPDX-License-Identifier: Apache-2.0
"""NAT64 as a carrier has it, compared with dig and ping in the same network and run."""

import sys
from ipaddress import IPv4Address, IPv6Network
from pathlib import Path
from typing import Any

import pytest

from sansang_agent.net import nat64
from sansang_agent.probes.nat64 import ATTEMPT, DNS_WITHIN_S, OFFERS_WITHIN_S, Nat64Settings
from sansang_agent.schedule import LONGEST_RUN_S
from sansang_wire import checking
from sansang_wire.readings import Nat64Reading
from tests.capabilities import program
from tests.lab.advertising import listens_to_routers
from tests.lab.home import resolving
from tests.lab.nat64_site import nat64_site
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import BOX4, BOX6, NOBODY4, ROUTER4, ROUTER6, SERVER4, SERVER6, site
from tests.lab.portal import Portal
from tests.lab.probing import billed, read_once
from tests.lab.translator import CLAT4, PREFIX, clat

OTHER_PREFIX = "2001:db8:aaaa::/96"
SERVERS = [{"address": SERVER4}]
THROUGH = str(nat64.embedded(IPv6Network(PREFIX), IPv4Address(SERVER4)))


def read(box: Host, before: tuple[str, ...] = WITHOUT_CAPABILITIES) -> Nat64Reading:
    """Without rights nobody is asked by DHCP, which takes some seconds."""
    [reading] = read_once(box, "nat64", {"servers": SERVERS}, before)
    assert isinstance(reading, Nat64Reading)
    return reading


def read_all(box: Host) -> Nat64Reading:
    """DHCP included, and routers are asked."""
    return read(box, ())


@pytest.fixture
def serve(tmp_path: Path) -> tuple[str, ...]:
    return Portal(tmp_path).command()


@pytest.fixture
def pref64() -> tuple[str, ...]:
    """The command of a router that advertises a prefix, but for the prefix and its lifetime."""
    return (sys.executable, "-m", "tests.lab.pref64_router", "lan")


def pings(box: Host, size_bytes: int) -> bool:
    """Whether an IPv6 packet of this size comes back through NAT64, by another program."""
    ping = program("ping", "another program's echoes")
    size = str(size_bytes - 48)
    asked = (ping, "-6", "-c", "1", "-W", "1", "-M", "do", "-s", size, THROUGH)
    return "1 received" in box.run(*asked, status=None)


def test_dns64_and_a_way_through(lab: Lab, serve: tuple[str, ...]) -> None:
    """As dig and ping find it; large packets pass, too."""
    with nat64_site(lab, ipv4=False) as here, here.server.serving(*serve):
        before = billed(here.box)
        reading = read(here.box)
        assert billed(here.box) - before <= 5700
        asked = (program("dig", "another program's look-ups"), f"@{ROUTER6}", "+short", "AAAA")
        made = here.box.run(*asked, nat64.WELL_KNOWN_NAME).split()
        assert pings(here.box, 1500)
    assert made == [str(nat64.embedded(IPv6Network(PREFIX), nat64.WELL_KNOWN_ADDRESSES[0]))]
    assert (reading.outcome, reading.prefix, reading.prefix_from) == ("ok", PREFIX, "dns")
    assert (reading.path_ok, reading.path_mtu_ok, reading.mismatch) == (True, True, None)
    assert reading.connect_ms is not None
    assert (reading.ipv4_literal_ok, reading.clat) == (False, False)


def test_dns64_with_nothing_behind_it(lab: Lab) -> None:
    """Worse than none: names lead nowhere."""
    with nat64_site(lab, path=False) as here:
        reading = read(here.box)
        assert not pings(here.box, 1280)
    assert (reading.outcome, reading.reason) == ("unreachable", "network_unreachable")
    assert (reading.prefix, reading.path_ok, reading.path_mtu_ok) == (PREFIX, False, None)


def test_large_packets_that_vanish_on_the_way_through(lab: Lab, serve: tuple[str, ...]) -> None:
    """TCP gets through; what is longer than 1300 bytes does not, and nobody says so."""
    nft = program("nft", "a firewall that loses large packets")
    with nat64_site(lab) as here, here.server.serving(*serve):
        here.router.run(nft, "add table ip6 hole")
        here.router.run(nft, "add chain ip6 hole on { type filter hook forward priority 0; }")
        here.router.run(nft, "add rule ip6 hole on meta length > 1300 drop")
        reading = read(here.box)
        assert (pings(here.box, 1280), pings(here.box, 1400)) == (True, False)
    assert (reading.outcome, reading.path_ok, reading.path_mtu_ok) == ("ok", True, False)


def test_what_routers_tell_goes_before_dns(
    lab: Lab, serve: tuple[str, ...], pref64: tuple[str, ...]
) -> None:
    """RFC 8781 §5.1; that they disagree is told."""
    offering = nat64_site(lab, gives=["--dhcp-authoritative"])
    with offering as here, here.server.serving(*serve):
        listens_to_routers(here.box, "eth0")
        with here.router.serving(*pref64, PREFIX, "1800"):
            agreeing = read_all(here.box)
        with here.router.serving(*pref64, OTHER_PREFIX, "1800"):
            other = read_all(here.box)
    assert (agreeing.prefix, agreeing.prefix_from, agreeing.mismatch) == (PREFIX, "pref64", False)
    assert (agreeing.outcome, agreeing.path_ok) == ("ok", True)
    assert (other.prefix, other.prefix_from, other.mismatch) == (OTHER_PREFIX, "pref64", True)
    assert other.outcome == "unreachable"


def test_a_prefix_that_is_taken_back_is_none(lab: Lab, pref64: tuple[str, ...]) -> None:
    """Lifetime 0; the resolver knows that there is no NAT64."""
    here = site(lab)
    here.box.file("/etc/resolv.conf", f"nameserver {ROUTER6}\n")
    listens_to_routers(here.box, "eth0")
    with (
        resolving(here.router, {}, "--local=/arpa/"),
        here.router.serving(*pref64, PREFIX, "0"),
    ):
        reading = read_all(here.box)
    assert (reading.outcome, reading.reason, reading.prefix) == ("failed", "no_prefix", None)
    assert reading.path_ok is reading.mismatch is None


@pytest.mark.parametrize(
    ("resolvers", "reason"),
    [("", "no_dns_server"), (f"nameserver {SERVER6}\n", "resolver_no_answer")],
)
def test_without_a_word_of_anybody_nothing_is_known(lab: Lab, resolvers: str, reason: str) -> None:
    """That is not the same as no NAT64."""
    here = site(lab)
    here.box.file("/etc/resolv.conf", resolvers)
    reading = read(here.box)
    assert (reading.outcome, reading.reason) == ("broken", reason)


def test_ipv4_that_is_made_of_ipv6_on_the_box(lab: Lab, serve: tuple[str, ...]) -> None:
    """464XLAT (RFC 6877): a literal answers, and yet there is no IPv4 on the line."""
    with nat64_site(lab, ipv4=False) as here, here.server.serving(*serve):
        assert read(here.box).ipv4_literal_ok is False
        with clat(here.box, here.router, BOX6):
            reading = read_all(here.box)
            [route] = here.box.json("ip", "-j", "-4", "route", "get", SERVER4)
            assert route["prefsrc"] == CLAT4
    assert (reading.clat, reading.clat_ok, reading.ipv4_literal_ok) == (True, True, False)
    assert reading.dhcp_servers == 0


def test_a_dhcp_server_that_would_do_without_ipv4(lab: Lab, tmp_path: Path) -> None:
    """Two servers offer, one of them with option 108; of their addresses none is used up."""
    here, other = site(lab), lab.host("other")
    lab.cable(other, "eth0", here.router, "second")
    join(here.router, "lan", "second")
    other.address("eth0", "192.0.2.3/24")
    here.box.file("/etc/resolv.conf", "")
    leases = [tmp_path / "one", tmp_path / "two"]
    ranges = ("192.0.2.50,192.0.2.60", "192.0.2.70,192.0.2.80")
    [one, two] = [
        ("--port=0", f"--dhcp-range={each},1h", f"--dhcp-leasefile={file}")
        for each, file in zip(ranges, leases, strict=True)
    ]
    with (
        resolving(here.router, {}, *one, "--dhcp-option=108,0:0:7:8"),
        resolving(other, {}, *two),
    ):
        reading = read_all(here.box)
    assert (reading.dhcp_servers, reading.option_108_s) == (2, 1800)
    assert [file.read_text() for file in leases] == ["", ""]
    [shown] = here.box.json("ip", "-j", "-4", "address", "show", "dev", "eth0")
    assert [each["local"] for each in shown["addr_info"]] == [BOX4]


def join(router: Host, *interfaces: str) -> None:
    """One link of all of them, on which the router has the first one's IPv4 address."""
    router.run("ip", "link", "add", "site", "type", "bridge")
    for interface in interfaces:
        router.run("ip", "address", "flush", "dev", interface)
        router.run("ip", "link", "set", interface, "master", "site")
        router.up(interface)
    router.address("site", f"{ROUTER4}/24")


def test_without_rights_all_but_dhcp_is_measured(lab: Lab, serve: tuple[str, ...]) -> None:
    """The reading says what is missing."""
    offering = nat64_site(lab, gives=["--dhcp-option=108,0:0:7:8"])
    with offering as here, here.server.serving(*serve):
        reading = read(here.box)
    assert (reading.outcome, reading.path_ok, reading.ipv4_literal_ok) == ("ok", True, True)
    assert (reading.dhcp_servers, reading.option_108_s) == (None, None)
    assert reading.option_108_reason == "not_permitted"


def test_nothing_is_sent_to_the_addresses_of_ipv4only_arpa(
    lab: Lab, serve: tuple[str, ...]
) -> None:
    """Neither to the two themselves nor to what stands for them (RFC 7050 §3.2.1)."""
    nft = program("nft", "counters of packets")
    with nat64_site(lab) as here, here.server.serving(*serve):
        made = [nat64.embedded(IPv6Network(PREFIX), each) for each in nat64.WELL_KNOWN_ADDRESSES]
        literals = [*made, *nat64.WELL_KNOWN_ADDRESSES]
        here.box.run(nft, "add table inet seen")
        here.box.run(nft, "add chain inet seen out { type filter hook output priority 0; }")
        for each in literals:
            family = "ip6" if each.version == 6 else "ip"
            here.box.run(nft, f"add rule inet seen out {family} daddr {each} counter")
        here.box.run(nft, f"add rule inet seen out ip6 daddr {THROUGH} counter")
        assert read(here.box).path_ok
        rules = here.box.json(nft, "-j", "list", "chain", "inet", "seen", "out")["nftables"]
    counters = [
        part["counter"]["packets"]
        for each in rules
        for part in each.get("rule", {}).get("expr", [])
        if "counter" in part
    ]
    assert counters[:-1] == [0] * len(literals)
    assert counters[-1] > 0


def test_at_its_most_a_run_ends_before_the_schedule_gives_it_up() -> None:
    """Large packets take 20 s where all is silent."""
    assert max(DNS_WITHIN_S, OFFERS_WITHIN_S) + ATTEMPT.timeout_s + 20 <= 60 < LONGEST_RUN_S


@pytest.mark.parametrize(
    ("servers", "mistake"),
    [
        ([], "length >= 1"),
        ([{"address": "192.0.0.170"}], "nobody's address"),
        ([{"address": SERVER6}], "is no IPv4 address"),
        ([{"address": NOBODY4, "port": 0}], "servers[0].port"),
    ],
)
def test_mistakes_in_settings_are_named(servers: list[dict[str, Any]], mistake: str) -> None:
    with pytest.raises(checking.InvalidSettingsError) as refused:
        checking.check({"servers": servers}, Nat64Settings)
    assert mistake in str(refused.value)

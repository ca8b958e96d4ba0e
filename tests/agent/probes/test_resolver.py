# SPDX-License-Identifier: Apache-2.0
"""What resolvers can do for IPv6, compared with dig(1) in the same network and run."""

import contextlib
import sys
from collections.abc import Generator
from ipaddress import IPv6Network
from typing import Any

import pytest

from sansang_agent.net import nat64
from sansang_agent.probes.resolver import ResolverSettings
from sansang_agent.schedule import LONGEST_RUN_S
from sansang_wire import checking
from sansang_wire.readings import ResolverReading
from tests.capabilities import program
from tests.lab.home import PORTAL, resolving
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import ROUTER4, ROUTER6, SERVER4, SERVER6, Site, site
from tests.lab.odd_resolver import NAME
from tests.lab.probing import billed, probe_in, read_once
from tests.lab.unbound import recursing

BAD, OLD, BOTH = "bad.test", "old.test", "both.test"
WELL_KNOWN = [str(each) for each in nat64.WELL_KNOWN_ADDRESSES]
ZONE = {PORTAL: [SERVER4, SERVER6], OLD: [SERVER4], BAD: [SERVER4]}
PREFIX = "2001:db8:64::/96"


def read(box: Host, before: tuple[str, ...] = (), **more: Any) -> dict[str, ResolverReading]:
    """By resolver."""
    settings = {"name": PORTAL, "badly_signed_name": BAD, "timeout_s": 2, **more}
    found: dict[str, ResolverReading] = {}
    for reading in read_once(box, "resolver", settings, before):
        assert isinstance(reading, ResolverReading)
        found[reading.server] = reading
    return found


def dig(box: Host, server: str, *words: str) -> list[str]:
    return box.run(program("dig", "another program's look-ups"), f"@{server}", *words).split()


def short(box: Host, server: str, *words: str) -> list[str]:
    """The addresses alone."""
    return dig(box, server, "+short", *words)


def told_of(site: Site, *servers: str) -> None:
    site.box.file("/etc/resolv.conf", "".join(f"nameserver {each}\n" for each in servers))


@contextlib.contextmanager
def validating(lab: Lab, dns64: str | None) -> Generator[Site]:
    """Unbound on the router, and behind it dnsmasq with the names."""
    here = site(lab)
    told_of(here, ROUTER4, ROUTER6)
    known = {**ZONE, nat64.WELL_KNOWN_NAME: WELL_KNOWN[:1]}
    with (
        resolving(here.server, known),
        recursing(here.router, {".": SERVER6}, dns64=dns64, signed=(BAD,)),
    ):
        yield here


def test_a_validating_resolver_with_dns64(lab: Lab) -> None:
    """Over both families, as dig finds it."""
    with validating(lab, PREFIX) as here:
        came = read(here.box)
        for server in (ROUTER4, ROUTER6):
            assert short(here.box, server, PORTAL, "AAAA") == [SERVER6]
            assert short(here.box, server, "+tcp", PORTAL, "AAAA") == [SERVER6]
            [made] = short(here.box, server, nat64.WELL_KNOWN_NAME, "AAAA")
            assert made.startswith(PREFIX.removesuffix("/96"))
            assert "SERVFAIL," in dig(here.box, server, BAD)
            assert short(here.box, server, "+cd", BAD) == [SERVER4]
    assert {each.family for each in came.values()} == {"ipv4", "ipv6"}
    for reading in came.values():
        assert (reading.outcome, reading.aaaa_udp, reading.aaaa_tcp) == ("ok", True, True)
        assert (reading.dns64, reading.nat64_prefix, reading.hijacks) == (True, PREFIX, False)
        assert reading.validates is True


def test_a_plain_router_has_neither(lab: Lab) -> None:
    """It knows that ipv4only.arpa has no AAAA, and tells what DNSSEC would refute."""
    here = site(lab)
    told_of(here, ROUTER6)
    known = {**ZONE, nat64.WELL_KNOWN_NAME: WELL_KNOWN[:1]}
    with resolving(here.router, known, "--local=/arpa/"):
        [reading] = read(here.box, WITHOUT_CAPABILITIES).values()
        assert short(here.box, ROUTER6, nat64.WELL_KNOWN_NAME, "AAAA") == []
    assert (reading.outcome, reading.dns64, reading.hijacks) == ("ok", False, False)
    assert (reading.validates, reading.nat64_prefix) == (False, None)


def test_every_length_of_a_prefix(lab: Lab) -> None:
    """Dnsmasq gives the addresses that a DNS64 of this prefix would make."""
    here = site(lab)
    told_of(here, ROUTER6)
    asked = {"name": PORTAL, "badly_signed_name": None}
    with probe_in(here.box, "resolver", asked) as probe:
        for length in nat64.LENGTHS:
            start = int(IPv6Network("2001:db8:64:6400::/56")[0])
            prefix = IPv6Network((start, length), strict=False)
            made = [str(nat64.embedded(prefix, each)) for each in nat64.WELL_KNOWN_ADDRESSES]
            lies = [f"--address=/{nat64.WELL_KNOWN_NAME}/{each}" for each in made]
            with resolving(here.router, ZONE, *lies):
                [reading] = probe.run()
            assert isinstance(reading, ResolverReading)
            assert (reading.dns64, reading.nat64_prefix) == (True, str(prefix))


def test_a_run_costs_no_more_than_the_page_says(lab: Lab) -> None:
    """With the answer that is asked for twice."""
    with validating(lab, PREFIX) as here:
        told_of(here, ROUTER6)
        asked = {"name": PORTAL, "badly_signed_name": BAD}
        with probe_in(here.box, "resolver", asked) as probe:
            probe.run()
            before = billed(here.box)
            assert [each.outcome for each in probe.run()] == ["ok"]
            assert billed(here.box) - before <= 1700


def test_addresses_of_somebody_else_are_no_nat64(lab: Lab) -> None:
    """A resolver that leads every name to its own page."""
    here = site(lab)
    told_of(here, ROUTER6)
    with resolving(here.router, ZONE, f"--address=/#/{SERVER6}"):
        [reading] = read(here.box).values()
        assert short(here.box, ROUTER6, nat64.WELL_KNOWN_NAME, "AAAA") == [SERVER6]
    assert (reading.dns64, reading.hijacks, reading.nat64_prefix) == (False, True, None)


def test_a_name_whose_servers_have_ipv6_alone(lab: Lab) -> None:
    """Known as long as the resolver itself has IPv6; the box is asked over IPv4 all the while."""
    here = site(lab)
    told_of(here, ROUTER4)
    ways = {".": SERVER4, PORTAL: SERVER6}
    asked = {"name": BOTH, "badly_signed_name": None, "ipv6_authority_name": PORTAL}
    with (
        resolving(here.server, {**ZONE, BOTH: [SERVER6]}),
        recursing(here.router, ways),
        probe_in(here.box, "resolver", {**asked, "timeout_s": 2}) as probe,
    ):
        [there] = probe.run()
        here.router.route(f"blackhole {SERVER6}/128")
        [cut] = probe.run()
    for reading, known in ((there, True), (cut, False)):
        assert isinstance(reading, ResolverReading)
        assert (reading.outcome, reading.ipv6_authority) == ("ok", known)


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "server"), [(True, False, ROUTER4), (False, True, ROUTER6)]
)
def test_a_home_of_one_family(lab: Lab, ipv4: bool, ipv6: bool, server: str) -> None:
    here = site(lab, ipv4=ipv4, ipv6=ipv6)
    told_of(here, server)
    with resolving(here.router, ZONE):
        assert [each.outcome for each in read(here.box).values()] == ["ok"]


def test_a_resolver_that_has_no_tcp(lab: Lab) -> None:
    """Long answers would be lost there."""
    here = site(lab)
    told_of(here, ROUTER6)
    serve = (sys.executable, "-m", "tests.lab.odd_resolver", ROUTER6, "cut_and_deaf")
    with here.router.serving(*serve):
        [reading] = read(here.box, name=NAME).values()
    assert (reading.outcome, reading.reason) == ("failed", "connection_refused")
    assert (reading.aaaa_udp, reading.aaaa_tcp, reading.dns64) == (False, False, None)


def test_a_resolver_that_has_no_udp(lab: Lab) -> None:
    """It knows the name all the same."""
    here = site(lab)
    told_of(here, ROUTER6)
    with here.router.serving(sys.executable, "-m", "tests.lab.odd_resolver", ROUTER6, "silent"):
        [reading] = read(here.box, name=NAME, badly_signed_name=None, timeout_s=0.5).values()
    assert (reading.outcome, reading.aaaa_udp, reading.aaaa_tcp) == ("ok", False, True)
    assert (reading.dns64, reading.hijacks) == (None, None)


def test_a_silent_resolver_is_not_asked_on(lab: Lab) -> None:
    """What was not learnt is left out."""
    here = site(lab)
    told_of(here, SERVER6)
    here.router.route(f"blackhole {SERVER6}/128")
    [reading] = read(here.box, timeout_s=0.3).values()
    assert (reading.outcome, reading.reason) == ("unreachable", "no_answer")
    assert (reading.aaaa_udp, reading.aaaa_tcp) == (False, False)
    assert (reading.validates, reading.hijacks, reading.ipv6_authority) == (None, None, None)


def test_without_a_resolver_there_is_nothing_to_say(lab: Lab) -> None:
    here = site(lab)
    told_of(here)
    assert read(here.box) == {}


def test_at_its_most_a_run_ends_before_the_schedule_gives_it_up() -> None:
    """Two questions of the known name, four more."""
    settings = checking.check({"timeout_s": 10}, ResolverSettings)
    assert 6 * settings.timeout_s <= 60 < LONGEST_RUN_S


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"name": "a..b"}, "is no name of DNS"),
        ({"badly_signed_name": "x" * 64}, "is no name of DNS"),
        ({"timeout_s": 11}, "timeout_s: "),
    ],
)
def test_mistakes_in_settings_are_named(settings: dict[str, Any], mistake: str) -> None:
    with pytest.raises(checking.InvalidSettingsError) as refused:
        checking.check(settings, ResolverSettings)
    assert mistake in str(refused.value)

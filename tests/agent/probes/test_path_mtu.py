# SPDX-License-Identifier: Apache-2.0
"""The largest packet on a way, compared with tracepath(8) in the same network and run."""

import re

import pytest

from sansang_agent.probes.path_mtu import PathMtuProbe
from sansang_agent.schedule import LONGEST_RUN_S
from sansang_wire.reading import Family
from sansang_wire.readings import PathMtuReading
from tests.capabilities import program
from tests.lab.firewall import drop, no_packet_too_big
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import SERVER4, SERVER6, Site, site
from tests.lab.probing import read_once

ADDRESSES: dict[Family, str] = {"ipv4": SERVER4, "ipv6": SERVER6}
by_both_ways = pytest.mark.parametrize("pinging", [True, False], ids=["icmp_datagram", "udp"])


def measure(box: Host, *hosts: str, before: tuple[str, ...] = ()) -> dict[Family, PathMtuReading]:
    found: dict[Family, PathMtuReading] = {}
    settings = {"targets": [{"name": "server", "host": host} for host in hosts]}
    for reading in read_once(box, "path_mtu", settings, before):
        assert isinstance(reading, PathMtuReading)
        found[reading.family] = reading
    return found


def way(lab: Lab, *, mtu_bytes: int = 1500, pinging: bool = True) -> Site:
    """Its second cable carries packets of that size."""
    here = site(lab)
    for host, interface in ((here.router, "wan"), (here.server, "eth0")):
        host.run("ip", "link", "set", interface, "mtu", str(mtu_bytes))
    if pinging:
        here.box.sysctl("net.ipv4.ping_group_range", "0 0")
    return here


def said_by_tracepath(box: Host, address: str) -> int:
    tracepath = program("tracepath", "an independent look at the path MTU")
    return int(re.findall(r"pmtu (\d+)", box.run(tracepath, "-n", "-m", "4", address))[-1])


@by_both_ways
def test_what_the_link_takes_passes(lab: Lab, *, pinging: bool) -> None:
    """In both families, and nobody had to tell anything."""
    here = way(lab, pinging=pinging)
    for family, reading in measure(here.box, SERVER4, SERVER6).items():
        assert (reading.outcome, reading.reason) == ("ok", None)
        assert reading.method == ("icmp_datagram" if pinging else "udp")
        assert (reading.link_mtu_bytes, reading.largest_bytes) == (1500, 1500)
        assert (reading.told_mtu_bytes, reading.silent_from_bytes) == (None, None)
        assert reading.largest_bytes == said_by_tracepath(here.box, ADDRESSES[family])


@by_both_ways
def test_a_router_that_tells_of_a_smaller_size_is_no_fault(lab: Lab, *, pinging: bool) -> None:
    """Twice the same, too: the kernel's memory of the first look doesn't change the second."""
    here = way(lab, mtu_bytes=1300, pinging=pinging)
    for _ in range(2):
        for family, reading in measure(here.box, SERVER4, SERVER6).items():
            assert (reading.outcome, reading.reason) == ("ok", None)
            assert (reading.told_mtu_bytes, reading.largest_bytes) == (1300, 1300)
            assert reading.silent_from_bytes is None
            assert reading.largest_bytes == said_by_tracepath(here.box, ADDRESSES[family])


@by_both_ways
def test_silence_above_a_size_that_works_is_a_black_hole(lab: Lab, *, pinging: bool) -> None:
    """Its edge is found to within 8 bytes."""
    here = way(lab, mtu_bytes=1340, pinging=pinging)
    no_packet_too_big(here.router)
    for reading in measure(here.box, SERVER4, SERVER6).values():
        assert (reading.outcome, reading.reason) == ("failed", "black_hole")
        assert reading.largest_bytes is not None
        assert reading.silent_from_bytes is not None
        assert 1332 <= reading.largest_bytes <= 1340 < reading.silent_from_bytes <= 1348
        assert reading.told_mtu_bytes is None


def test_one_family_may_have_a_hole_and_the_other_none(lab: Lab) -> None:
    here = way(lab, mtu_bytes=1400)
    no_packet_too_big(here.router, "ipv6")
    came = measure(here.box, SERVER4, SERVER6)
    assert (came["ipv4"].outcome, came["ipv4"].largest_bytes) == ("ok", 1400)
    assert came["ipv6"].reason == "black_hole"


def test_nothing_is_said_of_sizes_when_nobody_answers(lab: Lab) -> None:
    """Neither of a host that is silent nor without a way."""
    here = way(lab)
    drop(here.router, "forward", "meta nfproto ipv6")
    gone = measure(here.box, SERVER6)["ipv6"]
    assert (gone.outcome, gone.reason) == ("unreachable", "no_answer")
    assert (gone.largest_bytes, gone.silent_from_bytes) == (None, None)
    here.box.run("ip", "-6", "route", "del", "default")
    assert measure(here.box, SERVER6)["ipv6"].reason == "no_route"


def test_an_ordinary_user_measures_the_same(lab: Lab) -> None:
    here = way(lab, mtu_bytes=1300)
    came = measure(here.box, SERVER6, before=WITHOUT_CAPABILITIES)["ipv6"]
    assert (came.outcome, came.largest_bytes, came.told_mtu_bytes) == ("ok", 1300, 1300)


def test_a_run_ends_in_time() -> None:
    """At its most: a look-up and 20 s, for each family of a target."""
    assert LONGEST_RUN_S >= 2 * (5 + 20)
    assert PathMtuProbe.every_s["default"] > LONGEST_RUN_S

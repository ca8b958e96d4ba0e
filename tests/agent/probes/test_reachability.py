# SPDX-License-Identifier: Apache-2.0
"""Reachability on real networks: of one family, of both, with what can go wrong on each."""

import json
import sys
from typing import Any

import pytest

from sansang_agent.probes.reachability import (
    DEFAULT_TARGETS,
    ReachabilityProbe,
    ReachabilitySettings,
)
from sansang_wire import checking
from sansang_wire.readings import ReachabilityReading
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import (
    FAR4,
    FAR6,
    NOBODY4,
    NOBODY6,
    ROUTER4,
    ROUTER6,
    SERVER4,
    SERVER6,
    faulty_line,
    site,
)
from tests.lab.probing import probe_in, read_once

GATEWAY = {"name": "gateway", "host": "gateway", "scope": "gateway"}
QUICK = {"packets": 3, "interval_s": 0.05, "timeout_s": 0.4}
ECHO_BYTES = {"ipv4": 20 + 8 + 16, "ipv6": 40 + 8 + 16}
MONTH_S = 30 * 24 * 3600

Readings = dict[tuple[str, str], ReachabilityReading]


def target(name: str, host: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "host": host, "scope": "domestic", **more}


def measure(
    box: Host, *targets: dict[str, Any], before: tuple[str, ...] = (), **settings: Any
) -> Readings:
    """Readings by name of the target and family."""
    read = read_once(box, "reachability", {"targets": targets, **QUICK, **settings}, before)
    found: Readings = {}
    for reading in read:
        assert isinstance(reading, ReachabilityReading)
        found[reading.target, reading.family] = reading
    assert len(found) == len(read)
    return found


def test_dual_stack(lab: Lab) -> None:
    """The gateway and a literal of each family: one reading each, all answered."""
    targets = (GATEWAY, target("server", SERVER4), target("server", SERVER6))
    came = measure(site(lab).box, *targets)
    assert {key: reading.address for key, reading in came.items()} == {
        ("gateway", "ipv4"): ROUTER4,
        ("gateway", "ipv6"): ROUTER6,
        ("server", "ipv4"): SERVER4,
        ("server", "ipv6"): SERVER6,
    }
    assert {(each.outcome, each.sent, each.received, each.loss_pct) for each in came.values()} == {
        ("ok", 3, 3, 0)
    }
    assert came["gateway", "ipv6"].scope == "gateway"
    assert came["server", "ipv6"].scope == "domestic"


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "missing"), [(True, False, "ipv6"), (False, True, "ipv4")]
)
def test_network_of_one_family(lab: Lab, ipv4: bool, ipv6: bool, missing: str) -> None:
    """What the box has no way to is said so, and doesn't disturb the other family."""
    box = site(lab, ipv4=ipv4, ipv6=ipv6).box
    came = measure(box, GATEWAY, target("server", SERVER4), target("server", SERVER6))
    for (_, family), reading in came.items():
        if family == missing:
            assert (reading.outcome, reading.reason) == ("unreachable", "no_route")
            assert reading.loss_pct is None, "nothing was sent, so nothing was lost"
        else:
            assert (reading.outcome, reading.received) == ("ok", 3)


def test_values_equal_those_of_fping(lab: Lab) -> None:
    """Loss exactly, round trips within 0.2 ms or 2 %."""
    with faulty_line(lab, silent=[2], delay_ms=20) as box:
        came = measure(box, target("far", FAR4), target("far", FAR6), packets=5)
        for family, address in (("ipv4", FAR4), ("ipv6", FAR6)):
            # fping counts from 0: its third echo is the responder's number 2.
            said = box.run("sh", "-c", f"fping -q -C5 -p50 -t400 {address} 2>&1", status=None)
            trips = [float(trip) for trip in said.split(":")[-1].split() if trip != "-"]
            reading = came["far", family]
            assert (reading.sent, reading.received, reading.loss_pct) == (5, 4, 20)
            assert len(trips) == 4
            assert reading.rtt_min_ms == pytest.approx(min(trips), rel=0.02, abs=0.2)
            assert reading.rtt_min_ms is not None
            assert reading.rtt_min_ms >= 20


def test_only_the_first_address_of_a_name_is_asked(lab: Lab) -> None:
    """That a second server answers must not hide that the first is gone; nor another family."""
    zone = {"two.test": [NOBODY4, SERVER4, SERVER6], "old.test": [SERVER4]}
    here = site(lab)
    here.box.file("/etc/nsswitch.conf", "hosts: dns\n")
    here.box.file("/etc/resolv.conf", f"nameserver {SERVER4}\n")
    server = (sys.executable, "-m", "tests.lab.name_server", SERVER4, json.dumps(zone))
    with here.server.serving(*server):
        came = measure(here.box, *(target(name, f"{name}.test") for name in ("two", "old", "no")))
    assert came["two", "ipv4"].address == NOBODY4
    assert (came["two", "ipv4"].outcome, came["two", "ipv4"].received) == ("unreachable", 0)
    assert (came["two", "ipv6"].outcome, came["two", "ipv6"].address) == ("ok", SERVER6)
    assert came["old", "ipv4"].outcome == "ok"
    assert (came["old", "ipv6"].outcome, came["old", "ipv6"].reason) == (
        "unreachable",
        "no_address",
    )
    assert came["no", "ipv4"].reason == came["no", "ipv6"].reason == "name_not_found"
    assert all(reading.lookup_ms is not None for reading in came.values())


def test_dead_resolver_costs_only_the_named_targets(lab: Lab) -> None:
    here = site(lab)
    here.box.file("/etc/nsswitch.conf", "hosts: dns\n")
    here.box.file("/etc/resolv.conf", f"nameserver {SERVER4}\n")
    here.router.run("ip", "route", "add", "blackhole", f"{SERVER4}/32")
    named = target("named", "both.test", families=["ipv4"])
    came = measure(here.box, named, target("server", SERVER6))
    assert came["named", "ipv4"].outcome == "unreachable"
    assert came["named", "ipv4"].reason in {"resolver_no_answer", "resolver_failed"}
    assert came["server", "ipv6"].outcome == "ok"


def test_target_that_is_away_says_why(lab: Lab) -> None:
    here = site(lab)
    here.router.run("ip", "route", "add", "prohibit", NOBODY4)
    came = measure(here.box, target("away", NOBODY4), target("away", NOBODY6))
    assert came["away", "ipv4"].reason == "administratively_prohibited"
    assert came["away", "ipv6"].reason == "no_answer"
    for reading in came.values():
        assert (reading.outcome, reading.loss_pct, reading.rtt_avg_ms) == ("unreachable", 100, None)


def test_method_is_told(lab: Lab) -> None:
    """Datagram sockets where allowed, raw ones with the capability, else TCP."""
    box = site(lab).box
    targets = (GATEWAY, target("wished", SERVER4, method="tcp", port=9))
    raw, wished = measure(box, *targets)["gateway", "ipv6"], measure(box, *targets)
    without = measure(box, *targets, before=WITHOUT_CAPABILITIES)
    box.sysctl("net.ipv4.ping_group_range", "0 0")
    datagram = measure(box, *targets, before=WITHOUT_CAPABILITIES)
    assert raw.method == "icmp_raw"
    assert wished["wished", "ipv4"].method == "tcp_connect"
    assert without["gateway", "ipv4"].method == without["gateway", "ipv6"].method == "tcp_connect"
    assert datagram["gateway", "ipv4"].method == datagram["gateway", "ipv6"].method
    assert datagram["gateway", "ipv4"].method == "icmp_datagram"
    for came in (wished, without, datagram):
        assert {reading.received for reading in came.values()} == {3}


def test_on_link_default_route_says_nothing_of_a_gateway(lab: Lab) -> None:
    """There is none to be up or down, as on a box that dials in itself."""
    box, other = lab.host("box"), lab.host("other")
    lab.cable(box, "eth0", other, "eth0")
    box.address("eth0", "192.0.2.2/24")
    box.route("default dev eth0")
    came = measure(box, GATEWAY)
    assert (came["gateway", "ipv4"].outcome, came["gateway", "ipv4"].reason) == (
        "broken",
        "no_gateway",
    )
    assert came["gateway", "ipv6"].reason == "no_route"


def test_link_local_gateway(lab: Lab) -> None:
    """What router advertisements give; the address in the reading names the interface."""
    here = site(lab, ipv6=False)
    here.router.run("ip", "address", "add", "fe80::1/64", "dev", "lan", "nodad")
    here.box.route("default via fe80::1 dev eth0")
    reading = measure(here.box, GATEWAY)["gateway", "ipv6"]
    assert (reading.outcome, reading.address, reading.received) == ("ok", "fe80::1%eth0", 3)


def test_all_targets_are_measured_at_the_same_time(lab: Lab) -> None:
    """A target that is away doesn't hold up the others."""
    targets = [target(f"away{number}", NOBODY4) for number in range(8)]
    came = measure(site(lab).box, *targets, timeout_s=3)
    instants = [reading.at for reading in came.values()]
    assert max(instants) - min(instants) < 3_000_000


@pytest.mark.parametrize(("family", "address"), [("ipv4", FAR4), ("ipv6", FAR6)])
def test_a_run_costs_what_the_page_says(lab: Lab, family: str, address: str) -> None:
    """Data is paid for: the bytes on the cable, less 14 of Ethernet for each packet."""
    with faulty_line(lab) as box:
        settings = {"targets": [target("far", address)], **QUICK, "packets": 5}
        with probe_in(box, "reachability", settings) as probe:
            probe.run()  # by now the kernel has said what it says when a link comes up
            before = traffic(box)
            probe.run()
            after = traffic(box)
    for direction in ("tx", "rx"):
        packets = after[direction]["packets"] - before[direction]["packets"]
        sent = after[direction]["bytes"] - before[direction]["bytes"]
        assert (packets, sent - 14 * packets) == (5, 5 * ECHO_BYTES[family])


def traffic(host: Host) -> dict[str, dict[str, int]]:
    (said,) = host.json("ip", "-j", "-s", "link", "show", "eth0")
    return said["stats64"]


@pytest.mark.parametrize(("profile", "megabytes"), [("default", 224), ("metered", 23)])
def test_default_echoes_stay_within_their_data(profile: Any, megabytes: float) -> None:
    """What leaves the site: all targets but the gateway, there and back."""
    settings = ReachabilitySettings()
    run = sum(
        2 * settings.packets * ECHO_BYTES[family]
        for each in settings.targets
        if each.scope != "gateway"
        for family in each.measured_families()
    )
    runs = MONTH_S / ReachabilityProbe.every_s[profile]
    assert run * runs / 1e6 <= megabytes


def test_default_targets_are_of_every_scope() -> None:
    """And of both families in each, or IPv6 would go unseen."""
    seen = {(each.scope, family) for each in DEFAULT_TARGETS for family in each.measured_families()}
    assert len(seen) == 6


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"targets": [target("a", "1.1.1.1"), target("a", "8.8.8.8")]}, "named twice for ipv4"),
        ({"targets": [target("a", "1.1.1.1", families=["ipv6"])]}, "is of another family"),
        ({"targets": [target("a", "x.test", scope="local")]}, "targets[0].scope: "),
        ({"targets": [target("a", "x.test", prot="tcp")]}, "targets[0].prot: unknown key"),
        ({"targets": [target("a", "x.test", port=0)]}, "targets[0].port: "),
        ({"packets": 0}, "packets: "),
        ({"timeout": 3}, "timeout: unknown key — did you mean 'timeout_s'?"),
    ],
)
def test_mistakes_in_settings_are_named(settings: dict[str, Any], mistake: str) -> None:
    with pytest.raises(checking.InvalidSettingsError) as refused:
        checking.check(settings, ReachabilitySettings)
    assert mistake in str(refused.value)


def test_one_name_may_hold_an_address_of_each_family() -> None:
    """They are two series of one target."""
    both = {"targets": [target("a", "1.1.1.1"), target("a", "2001:db8::1")]}
    settings = checking.check(both, ReachabilitySettings)
    assert [each.measured_families() for each in settings.targets] == [["ipv4"], ["ipv6"]]

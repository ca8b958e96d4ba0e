# SPDX-License-Identifier: Apache-2.0
"""A box with two lines: cut, dead behind the router, failed over, back again, in both families."""

import re
from typing import Any

import pytest

from sansang_agent.probes.backup_line import BackupLineProbe, BackupLineSettings
from sansang_agent.probes.base import Probe
from sansang_agent.showing import lines
from sansang_wire import checking
from sansang_wire.readings import BackupLineReading
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import (
    BACKUP4,
    BOX6,
    MAIN4,
    MAIN6,
    SERVER4,
    SERVER6,
    TwoLines,
    site,
    two_lines,
)
from tests.lab.probing import ProbeInside, probe_in, read_once

TARGETS = {"targets": [{"name": "server", "host": host} for host in (SERVER4, SERVER6)]}
ADDRESSES = {"ipv4": SERVER4, "ipv6": SERVER6}
FAMILIES = ("ipv4", "ipv6")
MONTH_S = 30 * 24 * 3600

Readings = dict[tuple[str, str], BackupLineReading]


def by_line(readings: Any) -> Readings:
    """By interface and family."""
    found = {(each.interface, each.family): each for each in readings}
    assert len(found) == len(readings)
    return found


def measure(box: Host, *before: str, **settings: Any) -> Readings:
    return by_line(read_once(box, "backup_line", {**TARGETS, **settings}, before))


def run(probe: ProbeInside) -> Readings:
    return by_line(probe.run())


def alive(came: Readings, family: str) -> tuple[Any, Any]:
    """The main line, the backup."""
    return came["wan1", family].alive, came["wan2", family].alive


def preferred(came: Readings, family: str) -> tuple[Any, Any]:
    return came["wan1", family].preferred, came["wan2", family].preferred


def used_by_the_kernel(box: Host, family: str) -> str:
    """As ip(8) says."""
    (route,) = box.json("ip", "-j", "route", "get", ADDRESSES[family])
    return route["dev"]


def dead_behind_the_router(router: Host) -> None:
    """It answers itself; what is to go on vanishes."""
    for address in (f"{SERVER4}/32", f"{SERVER6}/128"):
        router.route(f"blackhole {address}")


def cut(here: TwoLines) -> None:
    here.box.down("wan1")


def mend(here: TwoLines) -> None:
    """As a network manager does: the routes come again, and what the kernel dropped of IPv6."""
    here.box.address("wan1", f"{BOX6}/64")
    here.box.route(f"default via {MAIN4} metric 100", f"default via {MAIN6} metric 100")


@pytest.mark.parametrize("ping_range", ["0 0", None])
def test_both_lines_are_alive_and_one_is_used(lab: Lab, ping_range: str | None) -> None:
    """Measured without any privilege, by TCP where ICMP is forbidden; ping says so, too."""
    box = two_lines(lab).box
    if ping_range:
        box.sysctl("net.ipv4.ping_group_range", ping_range)
    came = measure(box, *WITHOUT_CAPABILITIES)
    assert set(came) == {(line, family) for line in ("wan1", "wan2") for family in FAMILIES}
    for (line, family), reading in came.items():
        box.run("ping", "-n", "-c1", "-I", line, ADDRESSES[family])
        assert (reading.outcome, reading.alive, reading.gateway_alive) == ("ok", True, True)
        assert reading.preferred is (line == used_by_the_kernel(box, family))
        assert reading.metric == (100 if line == "wan1" else 200)
        assert reading.rtt_ms is not None
        assert (reading.changes, reading.failover_s) == (0, None)
    assert preferred(came, "ipv4") == preferred(came, "ipv6") == (True, False)


def test_a_main_line_that_is_cut_gives_way_to_the_backup_and_comes_back(lab: Lab) -> None:
    """In both families; the one that is gone is told as gone, not left out."""
    here = two_lines(lab)
    with probe_in(here.box, "backup_line", TARGETS) as probe:
        run(probe)
        cut(here)
        without = run(probe)
        mend(here)
        after = run(probe)
    for family in FAMILIES:
        assert alive(without, family) == (False, True)
        assert preferred(without, family) == (False, True)
        lost = without["wan1", family]
        assert (lost.outcome, lost.reason, lost.metric) == ("unreachable", "no_route", None)
        assert without["wan2", family].changes == 1
        assert without["wan2", family].failover_s is not None
        assert alive(after, family) == (True, True)
        assert preferred(after, family) == (True, False)
        assert {after[line, family].changes for line in ("wan1", "wan2")} == {2}


def test_a_line_that_is_dead_behind_its_router_is_used_and_dead(lab: Lab) -> None:
    """The kernel does not know, and goes on sending into it, until somebody changes the metric."""
    here = two_lines(lab)
    with probe_in(here.box, "backup_line", TARGETS) as probe:
        run(probe)
        dead_behind_the_router(here.main)
        dead = run(probe)
        for family, router in (("-4", MAIN4), ("-6", MAIN6)):
            here.box.run("ip", family, "route", "del", "default", "via", router)
            here.box.route(f"default via {router} metric 300")
        after = run(probe)
    for family in FAMILIES:
        assert alive(dead, family) == alive(after, family) == (False, True)
        assert preferred(dead, family) == (True, False)
        main = dead["wan1", family]
        assert (main.reason, main.gateway_alive, main.rtt_ms) == ("no_answer", True, None)
        assert (main.changes, main.failover_s) == (0, None)
        assert preferred(after, family) == (False, True)
        assert after["wan2", family].changes == 1
        assert after["wan2", family].failover_s is not None
        assert after["wan1", family].metric == 300


def test_a_backup_that_is_dead_is_known_before_it_is_needed(lab: Lab) -> None:
    """Its router is away; the main line is fine."""
    here = two_lines(lab)
    here.backup.down("in")
    came = measure(here.box)
    for family in FAMILIES:
        assert alive(came, family) == (True, False)
        assert came["wan2", family].gateway_alive is False
        assert preferred(came, family) == (True, False)


@pytest.mark.parametrize(("ipv4", "ipv6", "there"), [(True, False, "ipv4"), (False, True, "ipv6")])
def test_network_of_one_family(lab: Lab, ipv4: bool, ipv6: bool, there: str) -> None:
    """Of a family that the box has no line in nothing is said."""
    came = measure(two_lines(lab, ipv4=ipv4, ipv6=ipv6).box, interfaces=["wan2"])
    assert set(came) == {("wan1", there), ("wan2", there)}
    assert alive(came, there) == (True, True)


def test_a_box_with_one_line_has_no_reading(lab: Lab) -> None:
    """Nothing could take over; whoever asks by hand is told."""
    assert measure(site(lab).box) == {}
    (line,) = lines("backup_line", [], str)
    assert line == "backup_line: this box has no second line"


def test_a_backup_that_was_named_is_missed(lab: Lab) -> None:
    """A modem that was unplugged before the box started, and one that has no address."""
    box, other = site(lab).box, lab.host("other")
    lab.cable(box, "wan2", other, "eth0")
    other.up("eth0")
    box.up("wan2")
    came = measure(box, interfaces=["wan2", "wwan0"])
    for family in FAMILIES:
        assert came["eth0", family].alive is came["eth0", family].preferred is True
        assert (came["wan2", family].alive, came["wan2", family].reason) == (False, "no_route")
        gone = came["wwan0", family]
        assert (gone.outcome, gone.alive, gone.reason) == ("unreachable", False, "no_interface")
        assert gone.gateway_alive is None


def test_a_line_without_a_router_has_none_to_be_alive(lab: Lab) -> None:
    """As a modem's, where everything is on the link."""
    here = two_lines(lab, ipv6=False)
    here.box.run("ip", "route", "del", "default", "via", BACKUP4)
    here.box.route("default dev wan2 metric 200")
    here.backup.sysctl("net.ipv4.conf.in.proxy_arp", "1")
    came = measure(here.box)
    assert (came["wan2", "ipv4"].alive, came["wan2", "ipv4"].gateway_alive) == (True, None)


def test_the_second_target_is_asked_when_the_first_is_silent(lab: Lab) -> None:
    """A target's fault is not the line's."""
    box = two_lines(lab).box
    hosts = ("198.51.100.66", SERVER4, "2001:db8:2::66", SERVER6)
    targets = [{"name": f"t{number}", "host": host} for number, host in enumerate(hosts)]
    came = measure(box, targets=targets)
    assert {reading.alive for reading in came.values()} == {True}


def test_a_run_costs_what_the_page_says(lab: Lab) -> None:
    """For each line and family one echo to a target and one to the router, while all is well."""
    box = two_lines(lab).box
    with probe_in(box, "backup_line", TARGETS) as probe:
        before = echoes_sent(box)
        run(probe)
        assert [now - then for now, then in zip(echoes_sent(box), before, strict=True)] == [4, 4]


def echoes_sent(box: Host) -> tuple[int, int]:
    """By IPv4, by IPv6."""
    said = box.json("nstat", "-asjz", "IcmpOutEchos", "Icmp6OutEchos")["kernel"]
    return said["IcmpOutEchos"], said["Icmp6OutEchos"]


@pytest.mark.parametrize(("profile", "megabytes"), [("default", 9.3), ("metered", 1.9)])
def test_a_line_costs_what_the_page_says(profile: Any, megabytes: float) -> None:
    """In both families, there and back, without its router."""
    run_bytes = 2 * (20 + 8 + 16) + 2 * (40 + 8 + 16)
    probe: type[Probe[Any]] = BackupLineProbe
    assert round(run_bytes * MONTH_S / probe.every_s[profile] / 1e6, 1) == megabytes


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"targets": [{"name": "a", "host": "a.test"}]}, "target a: a.test is no address"),
        ({"targets": [{"name": "a", "host": "gateway"}]}, "target a: gateway is no address"),
        ({"interfaces": [""]}, "interfaces: expected"),
        ({"interfaces": ["a-name-that-is-too-long"]}, "interfaces: expected"),
    ],
)
def test_mistakes_in_settings_are_named(settings: dict[str, Any], mistake: str) -> None:
    with pytest.raises(checking.InvalidSettingsError, match=re.escape(mistake)):
        checking.check(settings, BackupLineSettings)

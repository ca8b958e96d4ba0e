# SPDX-License-Identifier: Apache-2.0
"""What resolvers answer, compared with dig(1) in the same network and run."""

import re
import sys
from typing import Any, NamedTuple

import pytest

from sansang_agent.probes.dns import DnsProbe, DnsSettings
from sansang_agent.schedule import LONGEST_RUN_S
from sansang_wire import checking
from sansang_wire.readings import DnsReading
from tests.capabilities import program
from tests.lab.home import PORTAL, home, resolving
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import ROUTER4, ROUTER6, SERVER4, site
from tests.lab.odd_resolver import NAME, SLOW_S
from tests.lab.probing import billed, probe_in, read_once

FAMILIES = {ROUTER4: "ipv4", ROUTER6: "ipv6"}
MONTH_S = 30 * 24 * 3600

Readings = dict[tuple[str, str, str], DnsReading]


def measure(box: Host, *names: str, before: tuple[str, ...] = (), **more: Any) -> Readings:
    """Readings by resolver, name and type."""
    found: Readings = {}
    read = read_once(box, "dns", {"names": names, **more}, before)
    for reading in read:
        assert isinstance(reading, DnsReading)
        found[reading.server, reading.name, reading.record_type] = reading
    assert len(found) == len(read)
    return found


class Dug(NamedTuple):
    """What dig says of an answer."""

    rcode: str
    answers: int
    authenticated: bool
    ms: int
    transport: str


def dig(box: Host, server: str, name: str, record_type: str) -> Dug:
    command = (program("dig", "another program's look-ups"), f"@{server}", name, record_type)
    printed = box.run(*command, "+nocookie", "+bufsize=1232", "+tries=1")
    header = re.search(r"status: (\w+),.*\n;; flags:([a-z ]*);", printed)
    time = re.search(r"Query time: (\d+) msec", printed)
    transport = re.search(r";; SERVER: .*\((UDP|TCP)\)", printed)
    assert header, printed
    assert time, printed
    assert transport, printed
    records = re.findall(rf"(?m)^[^;\s]\S*\s+\d+\s+IN\s+{record_type}\s", printed)
    flags = header[2].split()
    return Dug(header[1], len(records), "ad" in flags, int(time[1]), transport[1].lower())


def as_dug(box: Host, came: Readings) -> None:
    """Every value but the time is exactly dig's."""
    for (server, name, record_type), reading in came.items():
        dug = dig(box, server, name, record_type)
        values = (reading.rcode, reading.answers, reading.authenticated, reading.transport)
        assert values == (dug.rcode, dug.answers, dug.authenticated, dug.transport), reading


def test_a_home_of_both_families_is_as_dig_finds_it(lab: Lab) -> None:
    """With names that have both kinds of addresses, one, or none, from each resolver."""
    with home(lab) as here:
        names = (PORTAL, "old.test", "new.test", "gone.test")
        came = measure(here.box, *names)
        as_dug(here.box, came)
    assert len(came) == 2 * 4 * 2
    for (server, name, record_type), reading in came.items():
        assert reading.family == FAMILIES[server]
        assert reading.response_ms is not None
        expected: tuple[str, str | None] = ("ok", None)
        if name == "gone.test":
            expected = ("failed", "name_not_found")
        elif (name, record_type) in {("old.test", "AAAA"), ("new.test", "A")}:
            expected = ("failed", "no_address")
        assert (reading.outcome, reading.reason) == expected


@pytest.mark.parametrize(("ipv4", "ipv6"), [(True, False), (False, True)])
def test_home_of_one_family_asks_for_both_kinds(lab: Lab, ipv4: bool, ipv6: bool) -> None:
    with home(lab, ipv4=ipv4, ipv6=ipv6) as here:
        came = measure(here.box, PORTAL)
        as_dug(here.box, came)
    server = ROUTER4 if ipv4 else ROUTER6
    assert set(came) == {(server, PORTAL, "A"), (server, PORTAL, "AAAA")}
    assert {reading.outcome for reading in came.values()} == {"ok"}


def test_dead_resolver_is_told_from_a_living_one(lab: Lab) -> None:
    """Programs only feel that everything takes five seconds longer."""
    with home(lab) as here:
        here.router.run("ip", "-4", "route", "add", "blackhole", f"{SERVER4}/32")
        here.box.file("/etc/resolv.conf", f"nameserver {SERVER4}\nnameserver {ROUTER6}\n")
        came = measure(here.box, PORTAL, timeout_s=0.4)
    for (server, _, _), reading in came.items():
        if server == ROUTER6:
            assert (reading.outcome, reading.answers) == ("ok", 1)
        else:
            # The router has no way on, and says so; or rations that it says so.
            assert reading.outcome == "unreachable"
            assert reading.rcode is reading.response_ms is reading.transport is None


@pytest.mark.parametrize("habit", ["silent", None])
def test_resolver_that_is_there_and_dead(lab: Lab, habit: str | None) -> None:
    """Silent, or ended: of the second the kernel tells."""
    here = site(lab)
    here.box.file("/etc/resolv.conf", f"nameserver {ROUTER4}\n")
    if habit is None:
        came = measure(here.box, NAME, timeout_s=0.4)
        expected = ("failed", "port_unreachable")
    else:
        with here.router.serving(sys.executable, "-m", "tests.lab.odd_resolver", ROUTER4, habit):
            came = measure(here.box, NAME, timeout_s=0.4)
        expected = ("unreachable", "no_answer")
    assert {(each.outcome, each.reason) for each in came.values()} == {expected}
    assert len(came) == 2


@pytest.mark.parametrize(
    ("habit", "outcome", "reason"),
    [
        *(("cut", "ok", None), ("authenticated", "ok", None), ("forged", "ok", None)),
        ("server_failure", "failed", "server_failure"),
        ("refused", "failed", "refused"),
        ("not_implemented", "failed", "not_implemented"),
        ("no_edns", "failed", "format_error"),
        ("odd_code", "failed", "error_code"),
        ("garbage", "failed", "malformed_answer"),
        ("cut_off", "failed", "incomplete_answer"),
        ("cut_and_deaf", "failed", "connection_refused"),
    ],
)
def test_odd_resolvers(lab: Lab, habit: str, outcome: str, reason: str | None) -> None:
    """What is good of their answers is as dig finds it."""
    here = site(lab)
    here.box.file("/etc/resolv.conf", f"nameserver {ROUTER6}\n")
    with here.router.serving(sys.executable, "-m", "tests.lab.odd_resolver", ROUTER6, habit):
        came = measure(here.box, NAME)
        # dig believes the first of the forged ones, which isn't even marked as an answer.
        if outcome == "ok" and habit != "forged":
            as_dug(here.box, came)
    assert {(each.outcome, each.reason) for each in came.values()} == {(outcome, reason)}
    if outcome == "ok":
        assert (came[ROUTER6, NAME, "A"].answers, came[ROUTER6, NAME, "AAAA"].answers) == (2, 1)
        assert came[ROUTER6, NAME, "A"].authenticated == (habit == "authenticated")


def test_time_is_that_of_dig(lab: Lab) -> None:
    """The shortest of some, within 10 ms: the machine may be busy."""
    here = site(lab)
    here.box.file("/etc/resolv.conf", f"nameserver {ROUTER6}\n")
    with (
        here.router.serving(sys.executable, "-m", "tests.lab.odd_resolver", ROUTER6, "slow"),
        probe_in(here.box, "dns", {"names": [NAME]}) as probe,
    ):
        dug = min(dig(here.box, ROUTER6, NAME, "A").ms for _ in range(3))
        readings = [reading for _ in range(3) for reading in probe.run()]
    times = [each.response_ms for each in readings if isinstance(each, DnsReading)]
    assert None not in times
    ours = min(time for time in times if time is not None)
    assert ours >= 1000 * SLOW_S
    assert ours == pytest.approx(dug, abs=10)


def test_link_local_resolver(lab: Lab) -> None:
    """As router advertisements give it: its address names the interface."""
    here = site(lab)
    here.router.run("ip", "address", "add", "fe80::1/64", "dev", "lan", "nodad")
    here.box.file("/etc/resolv.conf", "nameserver fe80::1%eth0\n")
    with resolving(here.router, {PORTAL: [SERVER4]}):
        came = measure(here.box, PORTAL)
    reading = came["fe80::1%eth0", PORTAL, "A"]
    assert (reading.outcome, reading.family, reading.answers) == ("ok", "ipv6", 1)


def test_no_privilege_is_needed(lab: Lab) -> None:
    with home(lab) as here:
        came = measure(here.box, PORTAL, before=WITHOUT_CAPABILITIES)
    assert {reading.outcome for reading in came.values()} == {"ok"}


def test_without_a_resolver_there_is_nothing_to_tell(lab: Lab) -> None:
    box = site(lab).box
    box.file("/etc/resolv.conf", "search test\n")
    assert measure(box, PORTAL) == {}


@pytest.mark.parametrize(("profile", "megabytes"), [("default", 14.9), ("metered", 2.0)])
def test_a_run_costs_what_the_page_says(lab: Lab, profile: Any, megabytes: float) -> None:
    """Data is paid for: the bytes on the cable, less 14 of Ethernet for each packet."""
    (name,) = DnsSettings().names
    here = site(lab)
    here.box.file("/etc/resolv.conf", f"nameserver {ROUTER4}\nnameserver {ROUTER6}\n")
    zone = {name: [SERVER4, "2001:db8:2::9"]}
    with resolving(here.router, zone), probe_in(here.box, "dns") as probe:
        probe.run()
        before = billed(here.box)
        probe.run()
        used = billed(here.box) - before
    assert used == 304 + 384
    assert round(used * MONTH_S / DnsProbe.every_s[profile] / 1e6, 1) == megabytes


def test_at_its_most_a_run_ends_before_the_schedule_gives_it_up() -> None:
    """Four names, two types, one after the other."""
    most = {"names": ["a.test", "b.test", "c.test", "d.test"], "timeout_s": 10}
    settings = checking.check(most, DnsSettings)
    assert 2 * len(settings.names) * settings.timeout_s <= 80 < LONGEST_RUN_S


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"names": []}, "names: "),
        ({"names": ["a.test"] * 5}, "names: "),
        ({"names": ["a.test", "A.test."]}, "twice"),
        ({"names": ["a..test"]}, "is no name of DNS"),
        ({"timeout_s": 11}, "timeout_s: "),
        ({"name": "a.test"}, "name: unknown key — did you mean 'names'?"),
    ],
)
def test_mistakes_in_settings_are_named(settings: dict[str, Any], mistake: str) -> None:
    with pytest.raises(checking.InvalidSettingsError) as refused:
        checking.check(settings, DnsSettings)
    assert mistake in str(refused.value)

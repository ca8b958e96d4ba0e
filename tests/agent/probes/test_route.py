# SPDX-License-Identifier: Apache-2.0
"""Traces through three routers, compared with traceroute(8) and tracepath(8) in the same run."""

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from sansang_agent.net.trace import AT_ONCE, MOST_HOPS, TRIES, WAIT_S
from sansang_agent.probes.base import Probe
from sansang_agent.probes.route import DEFAULT_TARGETS, RouteProbe, RouteSettings
from sansang_wire import checking
from sansang_wire.readings import AnyReading, RouteReading
from tests.capabilities import program
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import (
    BOX4,
    BOX6,
    DISTANT4,
    DISTANT6,
    MIDDLE4,
    MIDDLE6,
    NEAR4,
    NEAR6,
    SERVER4,
    SERVER6,
    Chain,
    chain,
)
from tests.lab.probing import probe_in, read_once

WAYS = {
    "ipv4": [NEAR4, MIDDLE4, DISTANT4, SERVER4],
    "ipv6": [NEAR6, MIDDLE6, DISTANT6, SERVER6],
}
SERVERS = {"ipv4": SERVER4, "ipv6": SERVER6}
METHODS = pytest.mark.parametrize("method", ["udp", "icmp_datagram"])
MONTH_S = 30 * 24 * 3600


def target(name: str, host: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "host": host, "scope": "domestic", **more}


TARGETS = [target("server", SERVER4), target("server", SERVER6)]


def measure(
    box: Host, *targets: dict[str, Any], before: tuple[str, ...] = WITHOUT_CAPABILITIES
) -> dict[str, RouteReading]:
    """Readings by family; without any capability, as the agent is."""
    found: dict[str, RouteReading] = {}
    for reading in read_once(box, "route", {"targets": targets or TARGETS}, before):
        assert isinstance(reading, RouteReading)
        found[reading.family] = reading
    return found


def addresses(reading: RouteReading) -> list[str]:
    """Of the hops that answered, in their order."""
    assert reading.trace is not None
    return [line.split()[1] for line in reading.trace.split("|") if "*" not in line]


def allow(box: Host, method: str) -> None:
    if method == "icmp_datagram":
        box.sysctl("net.ipv4.ping_group_range", "0 0")


def traceroute(box: Host, family: str, *options: str) -> list[str]:
    """The addresses that traceroute says, with a star for silence."""
    tool = program("traceroute", "a reference for traces")
    asked = (f"-{family[-1]}", "-n", "-q1", "-w1", *options, SERVERS[family])
    return re.findall(r"(?m)^ *\d+ +(\S+)", box.run(tool, *asked))


def without_limits(here: Chain) -> None:
    """Have the routers answer however much is asked: three programs ask one after the other."""
    for router in (here.near, here.middle, here.far, here.server):
        router.sysctl("net.ipv4.icmp_ratelimit", "0")
        router.sysctl("net.ipv6.icmp.ratelimit", "0")


@METHODS
def test_hops_equal_those_of_traceroute(lab: Lab, method: str) -> None:
    """Each router and the target, in both families; tracepath says the same."""
    here = chain(lab)
    without_limits(here)
    box = here.box
    allow(box, method)
    came = measure(box)
    for family, way in WAYS.items():
        reading = came[family]
        option = ["-I"] if method == "icmp_datagram" else []
        assert addresses(reading) == traceroute(box, family, *option) == way
        tool = program("tracepath", "a reference for traces")
        said = box.run(tool, f"-{family[-1]}", "-n", "-m8", SERVERS[family])
        assert f"hops {reading.hops} " in said
        assert (reading.outcome, reading.reason, reading.method) == ("ok", None, method)
        assert (reading.reached, reading.hops, reading.answered) == (True, 4, 4)
        assert (reading.last_hop, reading.first_silent_hop) == (SERVERS[family], None)
        assert (reading.scope, reading.address) == ("domestic", SERVERS[family])
        assert reading.beyond_gateway is True
        assert reading.last_hop_ms is not None


@METHODS
def test_a_line_that_is_dead_behind_the_site_s_router_ends_there(lab: Lab, method: str) -> None:
    """The router answers and nobody else: what a carrier needs to hear."""
    here = chain(lab)
    without_limits(here)
    allow(here.box, method)
    lose_answers(here.middle)
    for family, reading in measure(here.box).items():
        assert (reading.outcome, reading.reason) == ("unreachable", "no_answer")
        assert (reading.reached, reading.hops, reading.answered) == (False, 1, 1)
        assert (reading.first_silent_hop, reading.beyond_gateway) == (2, False)
        assert reading.last_hop == WAYS[family][0]
        assert reading.trace is not None
        assert reading.trace.endswith(f"|2-{MOST_HOPS} *")
        assert traceroute(here.box, family, "-m4") == [WAYS[family][0], "*", "*", "*"]


def lose_answers(router: Host) -> None:
    """Nothing comes back from there on, and nobody says so."""
    for family, network in (("-4", "192.0.2.0/24"), ("-6", "2001:db8:1::/64")):
        router.run("ip", family, "route", "del", network)
        router.run("ip", family, "route", "add", "blackhole", network)


@METHODS
def test_a_silent_router_on_the_way_is_a_gap(lab: Lab, method: str) -> None:
    """It passes on what is for others, and says nothing itself: not an outage."""
    here = chain(lab)
    allow(here.box, method)
    for family, way in (("-4", MIDDLE4), ("-6", MIDDLE6)):
        where = "192.0.2.0/24" if family == "-4" else "2001:db8:1::/64"
        here.near.run("ip", family, "rule", "add", "from", way, "to", where, "blackhole")
    for family, reading in measure(here.box).items():
        assert (reading.outcome, reading.reached, reading.hops) == ("ok", True, 4)
        assert (reading.answered, reading.first_silent_hop) == (3, 2)
        assert addresses(reading) == [WAYS[family][0], *WAYS[family][2:]]
        assert reading.trace is not None
        assert "|2 *|" in reading.trace


@METHODS
@pytest.mark.parametrize("where", ["near", "middle"])
def test_a_router_that_refuses_is_the_last_hop(lab: Lab, method: str, where: str) -> None:
    """And says why."""
    here = chain(lab)
    allow(here.box, method)
    distance = 1 if where == "near" else 2
    router: Host = getattr(here, where)
    router.route(f"prohibit {SERVER4}/32", f"prohibit {SERVER6}/128")
    for family, reading in measure(here.box).items():
        assert (reading.outcome, reading.reason) == ("unreachable", "administratively_prohibited")
        assert (reading.reached, reading.hops) == (False, distance)
        assert reading.last_hop == WAYS[family][distance - 1]
        assert reading.beyond_gateway is (where == "middle")
        assert reading.trace is not None
        assert reading.trace.endswith(" !administratively_prohibited")


@METHODS
def test_a_cable_pulled_out_of_the_router_ends_the_way_at_the_router(lab: Lab, method: str) -> None:
    """It answers for itself first and refuses what goes on: that is one hop, not two."""
    here = chain(lab)
    allow(here.box, method)
    here.middle.down("in")
    for family, reading in measure(here.box).items():
        assert (reading.outcome, reading.reached) == ("unreachable", False)
        assert (reading.hops, reading.beyond_gateway) == (1, False)
        assert reading.last_hop == WAYS[family][0]


@METHODS
@pytest.mark.parametrize(
    ("ipv4", "ipv6", "missing"), [(True, False, "ipv6"), (False, True, "ipv4")]
)
def test_network_of_one_family(lab: Lab, ipv4: bool, ipv6: bool, missing: str, method: str) -> None:
    """Of the other nothing could leave the box, so nothing is said of hops."""
    box = chain(lab, ipv4=ipv4, ipv6=ipv6).box
    allow(box, method)
    for family, reading in measure(box).items():
        if family == missing:
            assert (reading.outcome, reading.reason) == ("unreachable", "no_route")
            assert reading.hops is reading.reached is reading.trace is reading.method is None
        else:
            assert (reading.outcome, reading.hops) == ("ok", 4)


def test_a_router_that_is_not_there_is_no_hop(lab: Lab) -> None:
    """The box itself says that nobody answers its ARP or neighbour discovery."""
    here = chain(lab)
    here.near.down("in")
    here.box.up("eth0")
    for reading in measure(here.box).values():
        assert (reading.outcome, reading.reached) == ("unreachable", False)
        assert (reading.hops, reading.answered, reading.last_hop) == (0, 0, None)
        assert reading.trace == f"1-{MOST_HOPS} *"


def test_what_the_box_s_own_routes_forbid_says_nothing_of_hops(lab: Lab) -> None:
    """Nothing leaves it."""
    box = chain(lab).box
    box.route(f"prohibit {SERVER4}/32", f"blackhole {SERVER6}/128")
    came = measure(box)
    assert came["ipv4"].reason == "administratively_prohibited"
    assert came["ipv6"].reason == "blackholed"
    assert came["ipv4"].hops is came["ipv6"].hops is None


@METHODS
def test_the_box_itself_is_one_hop_away(lab: Lab, method: str) -> None:
    """Its own address is a target like any other."""
    box = chain(lab).box
    allow(box, method)
    for reading in measure(box, target("self", BOX4), target("self", BOX6)).values():
        assert (reading.outcome, reading.hops, reading.reached) == ("ok", 1, True)
        assert reading.beyond_gateway is False


LISTENING = """
import selectors, socket
ready = selectors.DefaultSelector()
for port in range(33_435, 33_455):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.bind(("::", port))
    ready.register(sock, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in ready.select():
        _, sender = key.fileobj.recvfrom(512)
        key.fileobj.sendto(b"hello", sender)
"""


def test_a_target_that_answers_by_udp_is_reached(lab: Lab) -> None:
    """Something listens on the ports where nothing should."""
    here = chain(lab)
    with here.server.serving(sys.executable, "-c", LISTENING):
        for family, reading in measure(here.box).items():
            assert (reading.method, reading.outcome, reading.hops) == ("udp", "ok", 4)
            assert addresses(reading) == WAYS[family]


def test_a_trace_of_silence_is_bounded() -> None:
    """Five seconds, whatever answers; all targets are traced at the same time."""
    assert MOST_HOPS / AT_ONCE * TRIES * WAIT_S <= 5


def test_a_dead_resolver_does_not_keep_a_known_target_from_being_traced(lab: Lab) -> None:
    """While a line is down names can't be looked up: the address of the time before is traced."""
    here = chain(lab)
    here.box.file("/etc/nsswitch.conf", "hosts: dns\n")
    here.box.file("/etc/resolv.conf", f"nameserver {SERVER4}\n")
    zone = {"portal.test": [SERVER4, SERVER6]}
    server = (sys.executable, "-m", "tests.lab.name_server", SERVER4, json.dumps(zone))
    named = {"targets": [target("portal", "portal.test"), target("new", "new.test")]}
    with probe_in(here.box, "route", named) as probe:
        with here.server.serving(*server):
            before = of_portal(probe.run())
        after = of_portal(probe.run())
    for family, server_address in SERVERS.items():
        for reading in (before["portal", family], after["portal", family]):
            assert (reading.outcome, reading.address) == ("ok", server_address)
        assert after["new", family].hops is None
        assert after["new", family].reason in {"resolver_no_answer", "resolver_failed"}


def of_portal(readings: Sequence[AnyReading]) -> dict[tuple[str, str], RouteReading]:
    """By name of the target and family."""
    return {
        (reading.target, reading.family): reading
        for reading in readings
        if isinstance(reading, RouteReading)
    }


SCHEDULED = """
import asyncio
from pathlib import Path
import msgspec
from sansang_agent.probes.base import ClockState, Surroundings, all_probes
from sansang_agent.schedule import Schedule
from sansang_wire import checking

def deliver(readings, *, urgent):
    print(msgspec.json.encode(list(readings)).decode(), flush=True)

async def main():
    surroundings = Surroundings(Path("/"), None, lambda: ClockState("none", None))
    schedule = Schedule("nvh", "default", deliver)
    probes = {}
    for kind, settings in SETTINGS.items():
        probe = all_probes()[kind]
        probes[kind] = probe(checking.check(settings, probe.settings_type), surroundings)
    schedule.apply(probes)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_trace_is_made_when_reachability_is_lost(lab: Lab) -> None:
    """At once, not hours later, so that it shows where the line is dead."""
    here = chain(lab)
    quick = {"packets": 1, "timeout_s": 0.3, "every_s": 1}
    settings = {
        "reachability": {"targets": TARGETS, **quick},
        "route": {"targets": TARGETS, "every_s": 86_400},
    }
    code = f"SETTINGS = {settings!r}\n{SCHEDULED}"
    with here.box.start(sys.executable, "-c", code) as process:
        assert process.stdout is not None
        try:
            told = (msgspec.json.decode(line, type=list[AnyReading]) for line in process.stdout)
            first = next(run for run in told if isinstance(run[0], RouteReading))
            next(run for run in told if all(each.outcome == "ok" for each in run))
            lose_answers(here.middle)
            second = next(run for run in told if isinstance(run[0], RouteReading))
        finally:
            process.kill()
    for run, hops in ((first, 4), (second, 1)):
        assert {each.hops for each in run if isinstance(each, RouteReading)} == {hops}


def test_at_its_most_a_trace_fits_its_reading() -> None:
    """Twenty hops with the longest addresses and times, the last one refusing."""
    line = f"20 {'2001:db8:' + 'ffff:' * 5 + 'ffff'} 4800.0"
    most = MOST_HOPS * len(f"{line}|") + len(" !administratively_prohibited")
    reading = dict(at=1, outcome="ok", target="a", family="ipv6", scope="domestic")  # noqa: C408
    made = RouteReading(**reading, trace="x" * most)  # pyright: ignore[reportArgumentType]
    assert msgspec.json.decode(msgspec.json.encode(made), type=RouteReading) == made


@pytest.mark.parametrize(("profile", "megabytes"), [("default", 1.1), ("metered", 0.3)])
def test_default_traces_stay_within_their_data(profile: Any, megabytes: float) -> None:
    """Twelve hops away, three windows of five: each packet, and an answer that quotes it."""
    echo = {"ipv4": 20 + 8 + 16, "ipv6": 40 + 8 + 16}
    answer = {"ipv4": 20 + 8, "ipv6": 40 + 8}
    run = sum(
        15 * (2 * echo[family] + answer[family])
        for each in RouteSettings().targets
        for family in each.measured_families()
    )
    probe: type[Probe[Any]] = RouteProbe
    assert round(run * MONTH_S / probe.every_s[profile] / 1e6, 1) <= megabytes


def test_default_targets_are_in_the_country_and_beyond_in_both_families() -> None:
    """A fault on one of the ways alone is seen."""
    seen = {(each.scope, family) for each in DEFAULT_TARGETS for family in each.measured_families()}
    assert len(seen) == 4


def test_mistakes_in_settings_are_named() -> None:
    """A trace knows no port and no TCP."""
    for settings, mistake in (
        ({"targets": [target("a", "1.1.1.1"), target("a", "8.8.8.8")]}, "named twice for ipv4"),
        ({"targets": [target("a", "x.test", method="tcp")]}, "targets[0].method: unknown key"),
    ):
        with pytest.raises(checking.InvalidSettingsError, match=re.escape(mistake)):
            checking.check(settings, RouteSettings)

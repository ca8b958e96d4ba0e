# SPDX-License-Identifier: Apache-2.0
"""Echoes compared with ping(8) in the same namespace and run, and with faults that are exact."""

import json
import re
import socket
import sys
from ipaddress import ip_address
from typing import Any, NamedTuple

import pytest

from sansang_agent.net import icmp
from sansang_agent.net.echoes import Plan
from sansang_agent.net.error_queue import QueuedError
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import (
    BOX4,
    BOX6,
    FAR4,
    FAR6,
    NOBODY4,
    NOBODY6,
    ROUTER6,
    SERVER4,
    SERVER6,
    faulty_line,
    site,
)

ASK = """
import asyncio, json, time
from ipaddress import ip_address
from sansang_agent.net.echo import echoes
from sansang_agent.net.echoes import Plan

async def busy():
    while True:
        time.sleep(BUSY)
        await asyncio.sleep(0)

async def main():
    hog = asyncio.create_task(busy()) if BUSY else None
    return await echoes(ip_address(ADDRESS), PORT, Plan(*PLAN), WISH)

print(json.dumps(asyncio.run(main())._asdict()))
"""


class Came(NamedTuple):
    """`Echoes`, as it comes back from a host."""

    method: str
    sent: int
    received: int
    round_trips_ms: list[float]
    reason: str | None


def ask(
    host: Host,
    address: str,
    plan: tuple[int, float, float] = (5, 0.02, 0.5),
    *,
    wish: str = "icmp",
    port: int = 443,
    busy_s: float = 0,
    before: tuple[str, ...] = (),
) -> Came:
    values = {"ADDRESS": address, "PLAN": plan, "WISH": wish, "PORT": port, "BUSY": busy_s}
    head = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    return Came(**host.python(f"{head}\n{ASK}", *before))


class Ping(NamedTuple):
    """What ping(8) says."""

    sent: int
    received: int
    round_trips_ms: list[float]


def ping(host: Host, address: str, *options: str) -> Ping:
    printed = host.run("ping", "-n", *options, address, status=None)
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", printed)
    assert counts, printed
    trips = [
        float(trip)
        for line, trip in re.findall(r"^(.*time=([\d.]+) ms.*)$", printed, re.MULTILINE)
        if "DUP" not in line
    ]
    return Ping(int(counts[1]), int(counts[2]), trips)


def allow_datagrams(host: Host) -> None:
    host.sysctl("net.ipv4.ping_group_range", "0 0")


BOTH = pytest.mark.parametrize("address", [SERVER4, SERVER6])
BOTH_FAR = pytest.mark.parametrize("address", [FAR4, FAR6])


@BOTH
def test_datagram_socket_first(lab: Lab, address: str) -> None:
    """Whoever may use ICMP datagram sockets needs no capability."""
    box = site(lab).box
    allow_datagrams(box)
    came = ask(box, address, before=WITHOUT_CAPABILITIES)
    assert (came.method, came.sent, came.received) == ("icmp_datagram", 5, 5)


@BOTH
def test_raw_socket_where_datagrams_are_forbidden(lab: Lab, address: str) -> None:
    """The kernel's default range of groups is empty, even for root."""
    came = ask(site(lab).box, address)
    assert (came.method, came.sent, came.received) == ("icmp_raw", 5, 5)


@BOTH
def test_tcp_where_icmp_is_forbidden(lab: Lab, address: str) -> None:
    """A refusal is an answer of the host."""
    came = ask(site(lab).box, address, before=WITHOUT_CAPABILITIES)
    assert (came.method, came.sent, came.received, came.reason) == ("tcp_connect", 5, 5, None)
    assert len(came.round_trips_ms) == 5


@BOTH
def test_tcp_to_a_listener(lab: Lab, address: str) -> None:
    """The round trip is that of the handshake, as the kernel measured it."""
    here = site(lab)
    listen = (
        "import socket; server = socket.create_server(('::', 443), family=socket.AF_INET6,"
        " dualstack_ipv6=True); print('ready', flush=True)\nwhile True: server.accept()[0].close()"
    )
    with here.server.serving(sys.executable, "-c", listen):
        came = ask(here.box, address, wish="tcp")
    assert (came.method, came.sent, came.received) == ("tcp_connect", 5, 5)
    assert_same_time(came.round_trips_ms, ping(here.box, address, "-c5", "-i0.02").round_trips_ms)


def assert_same_time(ours: list[float], theirs: list[float]) -> None:
    """Within 0.2 ms or 2 %. The shortest of each: a busy machine lengthens single round trips."""
    assert abs(min(ours) - min(theirs)) <= max(0.2, 0.02 * min(theirs))


@pytest.mark.parametrize("datagrams", [True, False])
@BOTH
def test_round_trip_equals_that_of_ping(lab: Lab, address: str, datagrams: bool) -> None:
    box = site(lab).box
    if datagrams:
        allow_datagrams(box)
    came = ask(box, address, (20, 0.01, 1))
    assert came.method == ("icmp_datagram" if datagrams else "icmp_raw")
    assert_same_time(came.round_trips_ms, ping(box, address, "-c20", "-i0.01").round_trips_ms)


@BOTH_FAR
def test_long_round_trip_equals_that_of_ping(lab: Lab, address: str) -> None:
    with faulty_line(lab, delay_ms=40) as box:
        came = ask(box, address, (10, 0.01, 1))
        assert_same_time(came.round_trips_ms, ping(box, address, "-c10", "-i0.01").round_trips_ms)
        assert min(came.round_trips_ms) >= 40


@BOTH
def test_busy_event_loop_does_not_lengthen_the_round_trip(lab: Lab, address: str) -> None:
    """The loop is held up 50 ms at a time; the kernel knows when the answer came."""
    box = site(lab).box
    came = ask(box, address, (10, 0.01, 1), busy_s=0.05)
    assert came.received == 10
    assert max(came.round_trips_ms) < 25
    assert_same_time(came.round_trips_ms, ping(box, address, "-c10", "-i0.01").round_trips_ms)


def test_answers_after_the_timeout_are_late_on_a_busy_loop_too(lab: Lab) -> None:
    """Late is what came late on the wire, not what was read late."""
    with faulty_line(lab, delay_ms=60) as box:
        assert ask(box, FAR4, (3, 0.01, 0.03), busy_s=0.2).received == 0
        assert ask(box, FAR4, (3, 0.01, 0.1), busy_s=0.2).received == 3


@BOTH_FAR
def test_loss_is_exact(lab: Lab, address: str) -> None:
    """The same packets as ping misses."""
    with faulty_line(lab, silent=[2, 3, 7]) as box:
        came = ask(box, address, (10, 0.01, 0.3))
        said = ping(box, address, "-c10", "-i0.01", "-W0.3")
    assert (came.sent, came.received) == (said.sent, said.received) == (10, 7)
    assert len(came.round_trips_ms) == 7


@pytest.mark.parametrize("datagrams", [True, False])
@BOTH_FAR
def test_duplicates_count_once(lab: Lab, address: str, datagrams: bool) -> None:
    with faulty_line(lab, twice=[1, 2, 3], silent=[5]) as box:
        if datagrams:
            allow_datagrams(box)
        came = ask(box, address, (5, 0.01, 0.3))
    assert (came.sent, came.received) == (5, 4)


@pytest.mark.parametrize("datagrams", [True, False])
@BOTH_FAR
def test_foreign_answers_do_not_count(lab: Lab, address: str, datagrams: bool) -> None:
    """Right identifier and sequence number, and not our token."""
    with faulty_line(lab, forged=[1, 2]) as box:
        if datagrams:
            allow_datagrams(box)
        came = ask(box, address, (4, 0.01, 0.3))
    assert (came.sent, came.received) == (4, 2)


def test_two_at_once_do_not_mix(lab: Lab) -> None:
    """A raw socket sees every echo reply of the box."""
    with faulty_line(lab, silent=[1]) as box:
        other = box.start("ping", "-n", "-q", "-i0.005", "-c60", FAR4)
        came = ask(box, FAR4, (10, 0.01, 0.3))
        other.communicate()
    assert (came.method, came.sent, came.received) == ("icmp_raw", 10, 9)


@pytest.mark.parametrize("address", [NOBODY4, NOBODY6])
def test_silence_is_no_answer(lab: Lab, address: str) -> None:
    """Before the router gives up asking who has the address."""
    came = ask(site(lab).box, address, (2, 0.01, 0.2))
    assert (came.sent, came.received, came.reason) == (2, 0, "no_answer")


@pytest.mark.parametrize("datagrams", [True, False])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("unreachable", {"4": "host_unreachable", "6": "network_unreachable"}),
        ("prohibit", {"4": "administratively_prohibited", "6": "administratively_prohibited"}),
    ],
)
@BOTH
def test_router_says_why(
    lab: Lab, address: str, kind: str, reason: dict[str, str], datagrams: bool
) -> None:
    """The reason is the one that came back in ICMP, without any privilege to look at ICMP."""
    here = site(lab)
    if datagrams:
        allow_datagrams(here.box)
    here.router.run("ip", "route", "add", kind, address)
    came = ask(here.box, address, (3, 0.01, 0.5))
    assert (came.sent, came.received) == (3, 0)
    assert came.reason == reason["6" if ":" in address else "4"]


@pytest.mark.parametrize("address", [SERVER4, SERVER6])
def test_router_says_why_to_tcp_too(lab: Lab, address: str) -> None:
    here = site(lab)
    here.router.run("ip", "route", "add", "prohibit", address)
    came = ask(here.box, address, (3, 0.01, 0.5), wish="tcp")
    assert (came.sent, came.received) == (3, 0)
    assert came.reason == "administratively_prohibited"


def test_hop_limit_that_runs_out_is_named(lab: Lab) -> None:
    """As in a routing loop."""
    here = site(lab)
    here.box.sysctl("net.ipv4.ip_default_ttl", "1")
    here.box.sysctl("net.ipv6.conf.eth0.hop_limit", "1")
    assert ask(here.box, SERVER4).reason == "time_exceeded"
    assert ask(here.box, SERVER6).reason == "time_exceeded"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("prohibit", "administratively_prohibited"),
        ("blackhole", "blackholed"),
    ],
)
@pytest.mark.parametrize("wish", ["icmp", "tcp"])
@BOTH
def test_own_route_that_forbids_is_named(
    lab: Lab, address: str, kind: str, reason: str, wish: str
) -> None:
    """Nothing leaves the box, so nothing was sent."""
    box = site(lab).box
    box.run("ip", "route", "add", kind, address)
    came = ask(box, address, wish=wish)
    assert (came.sent, came.received, came.reason) == (0, 0, reason)


@pytest.mark.parametrize("wish", ["icmp", "tcp"])
def test_family_without_a_route(lab: Lab, wish: str) -> None:
    only_ipv4, only_ipv6 = site(lab, ipv6=False).box, site(lab, ipv4=False).box
    assert ask(only_ipv4, SERVER6, wish=wish).reason == "no_route"
    assert ask(only_ipv4, SERVER4, wish=wish).received == 5
    assert ask(only_ipv6, SERVER4, wish=wish).reason == "no_route"
    assert ask(only_ipv6, SERVER6, wish=wish).received == 5


@pytest.mark.parametrize("wish", ["icmp", "tcp"])
def test_family_switched_off(lab: Lab, wish: str) -> None:
    """As `disable_ipv6` does on many boxes."""
    box = site(lab).box
    box.sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    assert ask(box, SERVER6, wish=wish).reason == "no_route"


def test_link_local_router_is_asked_in_its_zone(lab: Lab) -> None:
    """An IPv6 gateway has no other address than one that means nothing without the interface."""
    here = site(lab)
    addresses: list[dict[str, Any]] = here.router.json("ip", "-j", "-6", "address", "show", "lan")
    (link_local,) = (each["local"] for each in addresses[0]["addr_info"] if each["scope"] == "link")
    came = ask(here.box, f"{link_local}%eth0")
    assert (came.received, came.reason) == (5, None)
    assert ask(here.box, f"{link_local}%eth0", wish="tcp").received == 5
    assert ask(here.box, f"{link_local}%gone").reason == "no_interface"


@pytest.mark.parametrize("wish", ["icmp", "tcp"])
@pytest.mark.parametrize("address", [BOX4, BOX6])
def test_own_address_answers(lab: Lab, address: str, wish: str) -> None:
    assert ask(site(lab).box, address, wish=wish).received == 5


SEND_AFTER_AN_ERROR = """
import asyncio, json, select
from ipaddress import ip_address
from sansang_agent.net import icmp
from sansang_agent.net.echoes import Plan

async def main():
    address = ip_address(ADDRESS)
    with icmp._open("ipv4", "icmp_datagram") as sock:
        exchange = icmp._Exchange(sock, address, Plan(2), "icmp_datagram")
        went = [exchange._send(1)]
        waiting = select.poll()
        waiting.register(sock, 0)
        waiting.poll(5000)
        return [*went, exchange._send(2)]

print(json.dumps(asyncio.run(main())))
"""


def test_error_of_one_packet_does_not_eat_the_next(lab: Lab) -> None:
    """The kernel reports the error of a packet on the following send as well."""
    here = site(lab)
    allow_datagrams(here.box)
    here.router.run("ip", "route", "add", "unreachable", SERVER4)
    assert here.box.python(f"ADDRESS = {SERVER4!r}\n{SEND_AFTER_AN_ERROR}") == [True, True]
    left: dict[str, Any] = here.box.json("nstat", "-asj", "IcmpOutEchos")
    assert left["kernel"]["IcmpOutEchos"] == 2


def test_route_that_goes_mid_run_is_loss(lab: Lab) -> None:
    """As ping has it: what could not be sent any more counts as sent and lost."""
    here = site(lab)
    packets = 400
    process = here.box.start(
        *(sys.executable, "-c", GOING.replace("ADDRESS", repr(ROUTER6)).replace("N", str(packets)))
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "answered\n"
    here.box.down("eth0")
    came = Came(**json.loads(process.communicate()[0]))
    assert came.sent == packets
    assert 0 < came.received < packets
    assert came.reason is None


GOING = """
import asyncio, json
from ipaddress import ip_address
from sansang_agent.net import icmp
from sansang_agent.net.echo import echoes
from sansang_agent.net.echoes import Plan

class Telling(icmp._Exchange):
    def _take(self, data, stamp_ns):
        super()._take(data, stamp_ns)
        if len(self._round_trips_ns) == 1:
            print("answered", flush=True)

icmp._Exchange = Telling
print(json.dumps(asyncio.run(echoes(ip_address(ADDRESS), 443, Plan(N, 0.005, 0.3)))._asdict()))
"""


def test_error_about_another_program_s_packet_does_not_count() -> None:
    """A router need quote no more than the header, and a raw socket is told of all errors."""
    with socket.socket() as unused:
        exchange = icmp._Exchange(unused, ip_address(SERVER4), Plan(1), "icmp_raw")
    exchange._sent_ns[1] = (0, 0)
    for offset, failed in ((1, set[int]()), (0, {1})):
        identifier = (exchange._identifier + offset) % 0x10000
        quoted = icmp.HEADER.pack(8, 0, 0, identifier, 1)
        exchange._take_error(QueuedError("host_unreachable", quoted))
        assert exchange._failed == failed

# SPDX-License-Identifier: Apache-2.0
"""What else crossed the interface, and what the interface says of itself, on real ones."""

import json
import sys
from typing import Any

import pytest

from sansang_agent.workers.speed_facts import Facts
from tests.capabilities import program
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab

FRAME_BYTES = 1000
LOOK = """
import json, socket, sys, threading, time
from sansang_agent.workers.speed_facts import Watch
interface, asked = sys.argv[1], json.loads(sys.argv[2])
watch = Watch(interface, is_router=asked["is_router"])
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def send(frames):
    for _ in range(frames):
        sock.sendto(bytes(asked["frame"] - 42), ("198.51.100.9", 9))
delays = []
ended = threading.Event()
def chat():
    while not ended.wait(0.01):
        send(asked["chatter"])
chatter = threading.Thread(target=chat)
chatter.start()
if asked["look_s"]:
    watch.wait_for_quiet(
        asked["last_mbps"], delays.append, look_s=asked["look_s"], delay_s=0, most_delays=2
    )
ended.set()
chatter.join()
watch.begin()
send(asked["own"] + asked["others"])
facts = watch.end(asked["own"] * asked["frame"], asked["phase"])
print(json.dumps({"facts": facts._asdict(), "delays": delays}))
"""


@pytest.fixture
def box(lab: Lab) -> Host:
    """A box whose router takes everything and says nothing."""
    box, router = lab.host("box"), lab.host("router")
    lab.cable(box, "eth0", router, "lan")
    for host, interface, last in ((box, "eth0", 2), (router, "lan", 1)):
        host.address(interface, f"192.0.2.{last}/24")
        host.run("ip", "link", "set", interface, "addrgenmode", "none")
    box.route("default via 192.0.2.1")
    box.run("ping", "-c", "1", "192.0.2.1")
    return box


def look(box: Host, interface: str = "eth0", **asked: Any) -> tuple[Facts, list[float]]:
    """Without any privilege."""
    usual = {"frame": FRAME_BYTES, "chatter": 0, "look_s": 0, "last_mbps": None}
    usual |= {"own": 0, "others": 0, "phase": "upload", "is_router": True}
    command = (*WITHOUT_CAPABILITIES, sys.executable, "-c", LOOK, interface)
    told = json.loads(box.run(*command, json.dumps(usual | asked)))
    return Facts(**told["facts"]), told["delays"]


@pytest.mark.parametrize(
    ("others", "router", "host"), [(0, False, None), (50, False, None), (60, True, True)]
)
def test_traffic_of_others(
    box: Host,
    others: int,
    router: bool | None,
    host: bool | None,
) -> None:
    """More than one in twenty counts; only a router knows that there was none."""
    for is_router, expected in ((True, router), (False, host)):
        facts, _ = look(box, own=1000 - others, others=others, is_router=is_router)
        assert facts.cross_pct == others / 10
        assert facts.cross_traffic is expected
        assert facts.line_mbps is not None


def test_only_the_way_that_is_measured_is_the_line_s_rate(box: Host) -> None:
    facts, _ = look(box, own=1000, phase="download")
    assert facts.line_mbps == 0


def test_nothing_of_an_idle_phase_is_a_share(box: Host) -> None:
    """Of next to nothing a single packet of others is half."""
    facts, _ = look(box, own=1, others=1, phase="idle")
    assert (facts.cross_pct, facts.cross_traffic, facts.line_mbps) == (None, None, None)


@pytest.mark.parametrize(
    ("chatter", "last_mbps", "delays", "disturbed"),
    [
        (0, None, [], False),
        # 100 frames a second at most: 0.8 Mbit/s, which is less than 1 % of 100.
        (1, 100, [], False),
        (1, None, [0, 0], True),
    ],
)
def test_a_test_waits_for_quiet_so_many_times_and_no_more(
    box: Host, chatter: int, last_mbps: float | None, delays: list[float], disturbed: bool
) -> None:
    """Then it is made, and is known to have been disturbed."""
    facts, waited = look(box, chatter=chatter, last_mbps=last_mbps, look_s=0.2, own=100)
    assert waited == delays
    assert facts.cross_before_mbps is not None
    assert facts.cross_traffic is disturbed
    assert facts.cross_pct == 0


def test_the_speed_of_a_port(box: Host) -> None:
    """As its driver says it; there is none of a loopback, nor of what is not there."""
    ethtool = program("ethtool", "speed of a port")
    box.run("ip", "tuntap", "add", "port", "mode", "tap")
    box.up("port")
    box.run(ethtool, "-s", "port", "speed", "100", "duplex", "full")
    assert look(box, "port")[0].port_mbps == 100
    assert look(box, "lo")[0].port_mbps is None
    nothing, _ = look(box, "away", look_s=0.01)
    assert (nothing.port_mbps, nothing.wifi_mbps, nothing.cross_before_mbps) == (None, None, None)
    assert (nothing.line_mbps, nothing.cross_pct, nothing.cross_traffic) == (None, None, None)

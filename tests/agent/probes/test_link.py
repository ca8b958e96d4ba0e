# SPDX-License-Identifier: Apache-2.0
"""Links compared with what `ip` says of the same namespace in the same run."""

import sys
from typing import Any

import pytest

from sansang_agent.probes.link import Counted, Rates, _rates
from sansang_wire.readings import LinkReading
from tests.capabilities import missing
from tests.lab.netns import Host, Lab
from tests.lab.probing import ProbeInside, probe_in, read_once
from tests.waiting import wait_until


def links(probe: ProbeInside) -> dict[str, LinkReading]:
    return by_name(probe.run())


def by_name(readings: list[Any]) -> dict[str, LinkReading]:
    return {reading.interface: reading for reading in readings}


def said_by_ip(host: Host, interface: str) -> dict[str, Any]:
    (said,) = host.json("ip", "-d", "-j", "-s", "link", "show", interface)
    return said


@pytest.fixture
def pair(lab: Lab) -> tuple[Host, Host]:
    """Box, eth0 ── eth0 other, IPv4 alone so that nothing speaks unasked."""
    box, other = lab.host("box"), lab.host("other")
    for host in (box, other):
        host.sysctl("net.ipv6.conf.default.disable_ipv6", "1")
    lab.cable(box, "eth0", other, "eth0")
    box.address("eth0", "192.0.2.2/24")
    other.address("eth0", "192.0.2.1/24")
    return box, other


def test_values_equal_those_of_ip(pair: tuple[Host, Host]) -> None:
    box, _ = pair
    box.run("ping", "-q", "-c", "20", "-i", "0.002", "-s", "1000", "192.0.2.1")
    before = said_by_ip(box, "eth0")
    reading = by_name(read_once(box, "link"))["eth0"]
    after = said_by_ip(box, "eth0")
    assert before["stats64"] == after["stats64"], "something else used the cable"
    rx, tx = after["stats64"]["rx"], after["stats64"]["tx"]
    assert (reading.rx_bytes, reading.tx_bytes) == (rx["bytes"], tx["bytes"])
    assert (reading.rx_errors, reading.tx_errors) == (rx["errors"], tx["errors"])
    assert (reading.rx_drops, reading.tx_drops) == (rx["dropped"], tx["dropped"])
    assert reading.mtu_bytes == after["mtu"]
    assert reading.up == (after["operstate"] == "UP")
    assert (reading.technology, reading.duplex, reading.speed_mbps) == ("wired", "full", 10_000)
    assert reading.rx_bytes is not None
    assert reading.rx_bytes >= 20 * 1000


def test_rates_are_of_the_time_between_two_runs(pair: tuple[Host, Host]) -> None:
    """None on the first run; then exactly the difference of the counters over that of `at`."""
    box, _ = pair
    with probe_in(box, "link") as probe:
        first = links(probe)["eth0"]
        box.run("ping", "-q", "-c", "20", "-i", "0.002", "-s", "1000", "192.0.2.1")
        second = links(probe)["eth0"]
    assert (first.rx_mbps, first.tx_mbps) == (None, None)
    assert second.rx_mbps is not None
    assert second.rx_mbps > 0
    assert second.rx_bytes is not None
    assert first.rx_bytes is not None
    bits = 8 * (second.rx_bytes - first.rx_bytes)
    assert second.rx_mbps == pytest.approx(bits / (second.at - first.at), abs=1e-6)


def test_interface_made_anew_has_no_rate(pair: tuple[Host, Host], lab: Lab) -> None:
    """Its counters began at nought: a rate would be negative or made up."""
    box, other = pair
    box.run("ping", "-q", "-c", "20", "-i", "0.002", "192.0.2.1")
    with probe_in(box, "link") as probe:
        assert links(probe)["eth0"].rx_mbps is None
        box.run("ip", "link", "del", "eth0")
        lab.cable(box, "eth0", other, "eth0")
        box.address("eth0", "192.0.2.2/24")
        other.address("eth0", "192.0.2.1/24")
        anew = links(probe)["eth0"]
        assert (anew.rx_mbps, anew.tx_mbps) == (None, None)
        assert links(probe)["eth0"].rx_mbps is not None


def test_counter_that_fell_back_has_no_rate() -> None:
    """Some drivers clear their counters when the link comes up again."""
    before = Counted(1_000_000, 2, rx_bytes=5000, tx_bytes=5000)
    after = Counted(2_000_000, 2, rx_bytes=1000, tx_bytes=255_000)
    assert _rates(before, after) == Rates(None, 2.0)


def test_cable_out_and_in_is_counted(pair: tuple[Host, Host]) -> None:
    """The far end goes down: no carrier here; each coming and going is one change."""
    box, other = pair
    with probe_in(box, "link") as probe:
        wait_until(lambda: links(probe)["eth0"].up, "the link is up")
        start = links(probe)["eth0"]
        other.down("eth0")
        wait_until(lambda: not links(probe)["eth0"].up, "the link is down")
        out = links(probe)["eth0"]
        other.up("eth0")
        wait_until(lambda: links(probe)["eth0"].up, "the link is up again")
        back = links(probe)["eth0"]
    assert (start.carrier, out.carrier, back.carrier) == (True, False, True)
    assert start.carrier_changes is not None
    assert out.carrier_changes == start.carrier_changes + 1
    assert back.carrier_changes == start.carrier_changes + 2
    said = box.run("cat", "/sys/class/net/eth0/carrier_changes")
    assert back.carrier_changes == int(said)


def test_interface_switched_off_has_unknown_carrier(pair: tuple[Host, Host]) -> None:
    """Nobody looks for a partner then: that is not the same as no cable."""
    box, _ = pair
    box.down("eth0")
    reading = by_name(read_once(box, "link"))["eth0"]
    assert (reading.outcome, reading.up, reading.carrier) == ("ok", False, None)


def test_all_interfaces_are_of_one_instant(lab: Lab) -> None:
    """And none of them is the loopback."""
    box, other = lab.host("box"), lab.host("other")
    for name in ("eth0", "br-lan", "wan"):
        lab.cable(box, name, other, name)
    readings = by_name(read_once(box, "link"))
    assert set(readings) == {"eth0", "br-lan", "wan"}
    assert len({reading.at for reading in readings.values()}) == 1


def test_what_is_not_the_site_s_is_left_out(lab: Lab) -> None:
    """Containers' cables and Docker's bridges go; a router's own bridge and links stay."""
    box, other = lab.host("box"), lab.host("other")
    kept = ("br-lan", "eth0", "ppp0", "wg0", "wlan0", "wwan0", "phy0-ap0")
    ignored = ("veth12ab", "docker0", "br-0123456789ab", "virbr0", "ifb4eth0", "vnet3")
    for number, name in enumerate((*kept, *ignored)):
        lab.cable(box, name, other, f"x{number}")
    assert set(by_name(read_once(box, "link"))) == set(kept)
    chosen = by_name(read_once(box, "link", {"ignore": ["w*", "eth[0-9]"]}))
    assert set(chosen) == {*kept, *ignored} - {"wg0", "wlan0", "wwan0", "eth0"}


HOLD_TUN = """
import fcntl, os, struct, sys
tun = os.open("/dev/net/tun", os.O_RDWR)
TUNSETIFF, IFF_TUN = 0x400454CA, 1
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"tun0", IFF_TUN))
print("ready", flush=True)
sys.stdin.read()
"""


def test_tunnel_in_unknown_state_counts_as_up(lab: Lab) -> None:
    """A tun, PPP or WireGuard link never says more than `unknown`."""
    box = lab.host("box")
    if box.run("sh", "-c", "test -w /dev/net/tun && echo yes", status=None) != "yes\n":
        missing("tun devices", "/dev/net/tun can't be opened")
    with box.serving(sys.executable, "-c", HOLD_TUN):
        assert by_name(read_once(box, "link"))["tun0"].up is False
        box.up("tun0")
        assert said_by_ip(box, "tun0")["operstate"] == "UNKNOWN"
        reading = by_name(read_once(box, "link"))["tun0"]
    assert (reading.up, reading.technology) == (True, "tunnel")


def test_bridge_is_no_port(lab: Lab) -> None:
    box = lab.host("box")
    box.run("ip", "link", "add", "br-lan", "type", "bridge")
    assert by_name(read_once(box, "link"))["br-lan"].technology == "other"


def test_modem_is_mobile(lab: Lab) -> None:
    box, other = lab.host("box"), lab.host("other")
    lab.cable(box, "wwan0", other, "eth0")
    assert by_name(read_once(box, "link"))["wwan0"].technology == "mobile"

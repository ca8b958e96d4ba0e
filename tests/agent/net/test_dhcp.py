# SPDX-License-Identifier: Apache-2.0
"""An address from a real DHCP server (dnsmasq), and whatever else comes to the port."""

import contextlib
from collections.abc import Generator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.net import dhcp
from tests.lab.home import resolving
from tests.lab.netns import Host, Lab
from tests.waiting import wait_until

PORTAL = "https://portal.test/api"
EXCHANGE = """
import asyncio, json
from sansang_agent.net.dhcp import Client, NoLeaseError
client = Client("eth0")
try:
    lease = asyncio.run(client.lease({within_s}))
except NoLeaseError as error:
    print(json.dumps({{"reason": error.reason, "servers": error.servers}}))
else:
    told = lease.message
    if {give_back}:
        from sansang_agent.net.own_setup import add_address
        add_address("eth0", told.interface)
        client.give_back(lease)
    print(json.dumps({{"interface": str(told.interface), "routers": list(map(str, told.routers)),
        "name_servers": list(map(str, told.name_servers)), "portal": told.portal,
        "server": str(told.server), "servers": lease.servers}}))
"""


def ask(box: Host, within_s: float = 8, *, give_back: bool = False) -> Any:
    return box.python(EXCHANGE.format(within_s=within_s, give_back=give_back))


@pytest.fixture
def hosts(lab: Lab) -> tuple[Host, Host]:
    """A box without an address, and a router."""
    box, router = lab.host("box"), lab.host("router")
    lab.cable(box, "eth0", router, "lan")
    box.up("eth0")
    router.address("lan", "192.0.2.1/24")
    return box, router


@contextlib.contextmanager
def giving(router: Host, leases: Path, *options: str) -> Generator[None]:
    ranged = ("--dhcp-range=192.0.2.50,192.0.2.60,1h", "--dhcp-authoritative")
    with resolving(router, {}, *ranged, f"--dhcp-leasefile={leases}", *options):
        yield


def test_what_the_server_gives_is_what_is_told(hosts: tuple[Host, Host], tmp_path: Path) -> None:
    """The server's own list of leases is the reference; one that is given back leaves it."""
    box, router = hosts
    leases = tmp_path / "leases"
    options = ("--dhcp-option=114," + PORTAL, "--dhcp-option=6,192.0.2.7,192.0.2.8")
    with giving(router, leases, *options):
        told = ask(box)
        _, _, address, *_ = leases.read_text().split()
        assert told == {
            "interface": f"{address}/24",
            "routers": ["192.0.2.1"],
            "name_servers": ["192.0.2.7", "192.0.2.8"],
            "portal": PORTAL,
            "server": "192.0.2.1",
            "servers": 1,
        }
        ask(box, give_back=True)
        wait_until(lambda: not leases.read_text(), "that the lease is gone")


def test_nobody_gives_anything(hosts: tuple[Host, Host]) -> None:
    assert ask(hosts[0], 1) == {"reason": "no_offer", "servers": 0}


@given(st.binary(max_size=400))
def test_noise_is_no_answer(data: bytes) -> None:
    """Nor does it end the wait for one."""
    assert dhcp.parse(data, 1) is None


@given(st.binary(max_size=80))
def test_whatever_options_follow(options: bytes) -> None:
    """They are read as far as they go; nothing is raised."""
    header = bytes([2, 1, 6, 0, 0, 0, 0, 7]) + bytes(8) + IPv4Address("192.0.2.9").packed
    message = dhcp.parse(header.ljust(236, b"\0") + dhcp.COOKIE + options, 7)
    assert message is not None
    assert message.address == IPv4Address("192.0.2.9")
    assert message.routers == tuple(message.routers)
    with contextlib.suppress(ValueError):  # a mask that is none
        assert message.interface.ip == message.address

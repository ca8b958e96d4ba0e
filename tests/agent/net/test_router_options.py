# SPDX-License-Identifier: Apache-2.0
"""What a router advertises beside addresses, as the kernel hands it on without privilege."""

import json
import sys
from typing import Any

import pytest

from tests.lab.advertising import advertising, listens_to_routers
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.raw_router import advertisement, option

LISTEN = """
import json, time
from sansang_agent.net import router_options
with router_options.listen() as sock:
    print("listening", flush=True)
    until = time.monotonic() + 20
    found = router_options.RouterOptions()
    while found == router_options.RouterOptions() and time.monotonic() < until:
        time.sleep(0.02)
        found = router_options.heard(sock, "eth0")
    print(json.dumps([[str(each) for each in found.name_servers], found.portal]), flush=True)
"""


@pytest.fixture
def hosts(lab: Lab) -> tuple[Host, Host]:
    """A box that listens to routers, and a router."""
    box, router = lab.host("box"), lab.host("router")
    lab.cable(box, "eth0", router, "lan")
    listens_to_routers(box, "eth0")
    router.address("lan", "2001:db8:1::1/64")
    router.sysctl("net.ipv6.conf.all.forwarding", "1")
    return box, router


def heard(box: Host) -> Any:
    """What the router says when the box, which listens, comes up."""
    with box.serving(*WITHOUT_CAPABILITIES, sys.executable, "-c", LISTEN) as listener:
        box.up("eth0")
        assert listener.stdout is not None
        return json.loads(listener.stdout.readline())


def test_name_servers_of_an_advertisement(hosts: tuple[Host, Host]) -> None:
    """Those of radvd's configuration, in its order."""
    box, router = hosts
    more = "RDNSS 2001:db8:1::53 2001:db8:1::54 { };"
    with advertising(router, "lan", "2001:db8:1::/64", more=more):
        assert heard(box) == [["2001:db8:1::53", "2001:db8:1::54"], None]


def test_a_login_page_that_is_announced(hosts: tuple[Host, Host]) -> None:
    """RFC 8910 §2.3; this radvd can't say it, so a program does."""
    box, router = hosts
    box.up("eth0")
    portal = advertisement(option(37, b"https://portal.test/api"))
    command = (sys.executable, "-m", "tests.lab.raw_router", "lan", portal.hex(), "255")
    with router.serving(*command):
        assert heard(box) == [[], "https://portal.test/api"]

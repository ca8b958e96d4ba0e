# SPDX-License-Identifier: Apache-2.0
"""Names through the box's own resolver, one family at a time, with a real server and a dead one."""

import json
import sys

import pytest

from tests.lab.netns import Host, Lab
from tests.lab.networks import SERVER4, SERVER6, Site, site

ZONE = {
    "both.test": ["203.0.113.1", "203.0.113.2", "2001:db8:9::1"],
    "old.test": ["203.0.113.3"],
    "new.test": ["2001:db8:9::3"],
}
ASK = """
import asyncio, json
from sansang_agent.net.resolve import NotResolvedError, first_address
async def ask(name, family, deadline_s):
    try:
        return str((await first_address(name, family, deadline_s)).address)
    except NotResolvedError as error:
        return error.reason
print(json.dumps(asyncio.run(ask({name!r}, {family!r}, {deadline_s}))))
"""


def ask(host: Host, name: str, family: str, deadline_s: float = 20) -> str:
    """The address, or the reason why there is none."""
    return host.python(ASK.format(name=name, family=family, deadline_s=deadline_s))


@pytest.fixture
def network(lab: Lab) -> Site:
    """The box asks the server by DNS alone."""
    here = site(lab)
    here.box.file("/etc/nsswitch.conf", "hosts: dns\n")
    here.box.file("/etc/resolv.conf", f"nameserver {SERVER4}\n")
    return here


@pytest.mark.parametrize(
    ("name", "family", "expected"),
    [
        ("both.test", "ipv4", "203.0.113.1"),
        ("both.test", "ipv6", "2001:db8:9::1"),
        ("old.test", "ipv6", "no_address"),
        ("new.test", "ipv4", "no_address"),
        ("gone.test", "ipv4", "name_not_found"),
        ("gone.test", "ipv6", "name_not_found"),
        (f"{'x' * 70}.test", "ipv4", "name_not_found"),
    ],
)
def test_each_family_is_asked_for_by_itself(
    network: Site, name: str, family: str, expected: str
) -> None:
    """A missing address is told from a missing name."""
    server = (sys.executable, "-m", "tests.lab.name_server", SERVER4, json.dumps(ZONE))
    with network.server.serving(*server):
        assert ask(network.box, name, family) == expected


def test_resolver_over_ipv6(lab: Lab) -> None:
    """An IPv6-only network resolves names too."""
    here = site(lab, ipv4=False)
    here.box.file("/etc/nsswitch.conf", "hosts: dns\n")
    here.box.file("/etc/resolv.conf", f"nameserver {SERVER6}\n")
    server = (sys.executable, "-m", "tests.lab.name_server", SERVER6, json.dumps(ZONE))
    with here.server.serving(*server):
        assert ask(here.box, "both.test", "ipv6") == "2001:db8:9::1"


def test_refusing_resolver_is_named(network: Site) -> None:
    """Nobody listens there: the C library has an answer at once."""
    assert ask(network.box, "both.test", "ipv4") == "resolver_failed"


def test_silent_resolver_meets_the_deadline(network: Site) -> None:
    """It must neither hold up the run nor the end of the program."""
    network.router.run("ip", "route", "add", "blackhole", f"{SERVER4}/32")
    assert ask(network.box, "both.test", "ipv4", deadline_s=0.3) == "resolver_no_answer"

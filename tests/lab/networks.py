# SPDX-License-Identifier: Apache-2.0
"""The network of a site, as most tests want it."""

import contextlib
import json
import sys
from collections.abc import Generator
from typing import NamedTuple

from tests.lab.netns import Host, Lab

BOX4, ROUTER4, SERVER4 = "192.0.2.2", "192.0.2.1", "198.51.100.9"
BOX6, ROUTER6, SERVER6 = "2001:db8:1::2", "2001:db8:1::1", "2001:db8:2::9"
FAR4, FAR6 = "192.0.2.9", "2001:db8:1::9"
"""What a faulty line's responder answers for."""
NOBODY4, NOBODY6 = "198.51.100.66", "2001:db8:2::66"
"""On the server's network, and not there."""


class Site(NamedTuple):
    """box eth0 ── lan router wan ── eth0 server."""

    box: Host
    router: Host
    server: Host


def site(lab: Lab, *, ipv4: bool = True, ipv6: bool = True) -> Site:
    """With both families unless told otherwise."""
    box, router, server = lab.host("box"), lab.host("router"), lab.host("server")
    lab.cable(box, "eth0", router, "lan")
    lab.cable(router, "wan", server, "eth0")
    for host, interface in ((box, "eth0"), (router, "lan"), (router, "wan"), (server, "eth0")):
        host.up(interface)
    if ipv4:
        router.sysctl("net.ipv4.ip_forward", "1")
        box.address("eth0", f"{BOX4}/24")
        router.address("lan", f"{ROUTER4}/24")
        router.address("wan", "198.51.100.1/24")
        server.address("eth0", f"{SERVER4}/24")
        box.route(f"default via {ROUTER4}")
        server.route("default via 198.51.100.1")
    if ipv6:
        router.sysctl("net.ipv6.conf.all.forwarding", "1")
        box.address("eth0", f"{BOX6}/64")
        router.address("lan", f"{ROUTER6}/64")
        router.address("wan", "2001:db8:2::1/64")
        server.address("eth0", f"{SERVER6}/64")
        box.route(f"default via {ROUTER6}")
        server.route("default via 2001:db8:2::1")
    return Site(box, router, server)


@contextlib.contextmanager
def faulty_line(lab: Lab, **rules: object) -> Generator[Host]:
    """A box whose far end answers as the `rules` of `tests.lab.responder` say.

    box eth0 ── eth0 responder, for FAR4 and FAR6 and whatever else is routed to them.
    """
    box, far = lab.host("box"), lab.host("far")
    lab.cable(box, "eth0", far, "eth0")
    far.up("eth0")
    box.address("eth0", f"{BOX4}/24", f"{BOX6}/64")
    far_end: str = far.json("ip", "-j", "link", "show", "eth0")[0]["address"]
    for address in (FAR4, FAR6):
        box.run("ip", "neigh", "add", address, "lladdr", far_end, "dev", "eth0")
    responder = (sys.executable, "-m", "tests.lab.responder", "eth0", json.dumps(rules))
    with far.serving(*responder):
        yield box

# SPDX-License-Identifier: Apache-2.0
"""The network of a site, as most tests want it."""

import contextlib
import itertools
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


_FORWARDING = {"ipv4": "net.ipv4.ip_forward", "ipv6": "net.ipv6.conf.all.forwarding"}
_EVERYWHERE = {"ipv4": "0.0.0.0/0", "ipv6": "::/0"}


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
    for host, interface, *addresses in (
        (box, "eth0", f"{BOX4}/24", f"{BOX6}/64"),
        (router, "lan", f"{ROUTER4}/24", f"{ROUTER6}/64"),
        (router, "wan", "198.51.100.1/24", "2001:db8:2::1/64"),
        (server, "eth0", f"{SERVER4}/24", f"{SERVER6}/64"),
    ):
        host.address(interface, *itertools.compress(addresses, (ipv4, ipv6)))
    if ipv4:
        router.sysctl(_FORWARDING["ipv4"], "1")
        box.route(f"default via {ROUTER4}")
        server.route("default via 198.51.100.1")
    if ipv6:
        router.sysctl(_FORWARDING["ipv6"], "1")
        box.route(f"default via {ROUTER6}")
        server.route("default via 2001:db8:2::1")
    return Site(box, router, server)


class Chain(NamedTuple):
    """box eth0 ── in near out ── in middle out ── in far out ── eth0 server."""

    box: Host
    near: Host
    middle: Host
    far: Host
    server: Host


NEAR4, MIDDLE4, DISTANT4 = ROUTER4, "10.0.12.2", "10.0.23.2"
NEAR6, MIDDLE6, DISTANT6 = ROUTER6, "2001:db8:12::2", "2001:db8:23::2"
"""The routers of a chain, as who comes from the box sees them."""


def chain(lab: Lab, *, ipv4: bool = True, ipv6: bool = True) -> Chain:
    """Three routers on the way."""
    box, near, middle, far, server = (
        lab.host(name) for name in ("box", "near", "middle", "far", "server")
    )
    lab.cable(box, "eth0", near, "in")
    lab.cable(near, "out", middle, "in")
    lab.cable(middle, "out", far, "in")
    lab.cable(far, "out", server, "eth0")
    hosts = Chain(box, near, middle, far, server)
    if ipv4:
        _join(hosts, ["192.0.2.%s/24", "10.0.12.%s/24", "10.0.23.%s/24", "198.51.100.%s/24"])
    if ipv6:
        nets = ("2001:db8:1", "2001:db8:12", "2001:db8:23", "2001:db8:2")
        _join(hosts, [f"{net}::%s/64" for net in nets])
    return hosts


def _join(hosts: Chain, links: list[str]) -> None:
    """Each link is written as its addresses are, but for the number of the host."""
    family = "ipv6" if ":" in links[0] else "ipv4"
    for router, inward, outward in zip(hosts[1:4], links, links[1:], strict=False):
        router.sysctl(_FORWARDING[family], "1")
        router.address("in", inward % (1 if inward == links[0] else 2))
        router.address("out", outward % 1)
    hosts.box.address("eth0", links[0] % 2)
    hosts.server.address("eth0", links[3] % 9)
    everywhere = _EVERYWHERE[family]
    _via(hosts.box, everywhere, links[0] % 1)
    _via(hosts.near, everywhere, links[1] % 2)
    _via(hosts.middle, everywhere, links[2] % 2)
    _via(hosts.middle, links[0] % 0, links[1] % 1)
    _via(hosts.far, everywhere, links[2] % 1)
    _via(hosts.server, everywhere, links[3] % 1)


def _via(host: Host, network: str, router: str) -> None:
    host.route(f"{network} via {router.partition('/')[0]}")


class TwoLines(NamedTuple):
    """box wan1 ── in main out ── main cloud, box wan2 ── in backup out ── backup cloud.

    The cloud answers for SERVER4 and SERVER6.
    """

    box: Host
    main: Host
    backup: Host
    cloud: Host


MAIN4, BACKUP4 = "192.0.2.1", "203.0.113.1"
MAIN6, BACKUP6 = "2001:db8:1::1", "2001:db8:3::1"
"""The box's routers of the two lines."""


def two_lines(lab: Lab, *, ipv4: bool = True, ipv6: bool = True) -> TwoLines:
    """The main line has metric 100, the backup 200."""
    here = TwoLines(*(lab.host(name) for name in ("box", "main", "backup", "cloud")))
    for router, name, wan in ((here.main, "main", "wan1"), (here.backup, "backup", "wan2")):
        lab.cable(here.box, wan, router, "in")
        lab.cable(router, "out", here.cloud, name)
    if ipv4:
        here.cloud.address("lo", f"{SERVER4}/32")
        _line(here, "main", "192.0.2.%s/24", "10.0.1.%s/24", 100)
        _line(here, "backup", "203.0.113.%s/24", "10.0.2.%s/24", 200)
    if ipv6:
        here.cloud.address("lo", f"{SERVER6}/128")
        _line(here, "main", "2001:db8:1::%s/64", "2001:db8:a::%s/64", 100)
        _line(here, "backup", "2001:db8:3::%s/64", "2001:db8:b::%s/64", 200)
    return here


def _line(here: TwoLines, name: str, inward: str, outward: str, metric: int) -> None:
    """Each link is written as its addresses are, but for the number of the host."""
    router, wan = (here.main, "wan1") if name == "main" else (here.backup, "wan2")
    family = "ipv6" if ":" in inward else "ipv4"
    router.sysctl(_FORWARDING[family], "1")
    here.box.address(wan, inward % 2)
    router.address("in", inward % 1)
    router.address("out", outward % 1)
    here.cloud.address(name, outward % 2)
    gateway, far = (
        f"{link % number}".partition("/")[0] for link, number in ((inward, 1), (outward, 2))
    )
    here.box.route(f"{_EVERYWHERE[family]} via {gateway} metric {metric}")
    router.route(f"{_EVERYWHERE[family]} via {far}")
    _via(here.cloud, inward % 0, outward % 1)


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

# SPDX-License-Identifier: Apache-2.0
"""A site as people have it at home: radvd and dnsmasq on the router, a web server behind it."""

import contextlib
from collections.abc import Generator

from tests.capabilities import program
from tests.lab.advertising import advertising, listens_to_routers
from tests.lab.netns import Host, Lab
from tests.lab.networks import ROUTER4, ROUTER6, SERVER4, SERVER6, Site, site
from tests.waiting import wait_until

PORTAL = "portal.test"
"""The name of the server, with an address of each family."""
ZONE = {PORTAL: [SERVER4, SERVER6], "old.test": [SERVER4], "new.test": [SERVER6]}


@contextlib.contextmanager
def home(lab: Lab, *, ipv4: bool = True, ipv6: bool = True) -> Generator[Site]:
    """IPv6 addresses and routes come from router advertisements, names from the router."""
    here = site(lab, ipv4=ipv4, ipv6=ipv6)
    resolvers = [each for each, there in ((ROUTER4, ipv4), (ROUTER6, ipv6)) if there]
    here.box.file("/etc/nsswitch.conf", "hosts: dns\n")
    here.box.file("/etc/resolv.conf", "".join(f"nameserver {each}\n" for each in resolvers))
    with contextlib.ExitStack() as stack:
        if ipv6:
            here.box.down("eth0")  # which forgets the addresses of IPv6, and all routes
            listens_to_routers(here.box, "eth0")
            stack.enter_context(advertising(here.router, "lan", "2001:db8:1::/64"))
            here.box.up("eth0")
            asked = ("ip", "-j", "-6", "route", "show", "default")
            wait_until(lambda: here.box.json(*asked), "a route of the router's advertisement")
            if ipv4:
                here.box.route(f"default via {ROUTER4}")
        stack.enter_context(resolving(here.router, ZONE))
        yield here


@contextlib.contextmanager
def resolving(host: Host, zone: dict[str, list[str]], *options: str) -> Generator[None]:
    """dnsmasq(8) with these names and no others, on all of the host's addresses."""
    dnsmasq = program("dnsmasq", "a resolver as routers have it")
    records = [f"--host-record={','.join((name, *each))}" for name, each in zone.items()]
    plain = ("--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--local=/test/", "--user=root")
    command = (dnsmasq, "--keep-in-foreground", "--log-facility=-", "--pid-file=", *plain)
    # It says that it has started when its sockets are there, but not on its standard output.
    shell = ("sh", "-c", 'exec "$@" 2>&1', "sh")
    with host.serving(*shell, *command, *records, *options):
        yield

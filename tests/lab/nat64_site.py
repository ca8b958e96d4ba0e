# SPDX-License-Identifier: Apache-2.0
"""A site behind DNS64 and NAT64, as a carrier builds it: unbound and tayga on the router."""

import contextlib
from collections.abc import Generator, Sequence

from sansang_agent.net import nat64
from tests.lab import translator
from tests.lab.home import ZONE, resolving
from tests.lab.netns import Lab
from tests.lab.networks import ROUTER6, SERVER6, Site, site
from tests.lab.unbound import recursing

KNOWN = {**ZONE, nat64.WELL_KNOWN_NAME: [str(nat64.WELL_KNOWN_ADDRESSES[0])]}


@contextlib.contextmanager
def nat64_site(
    lab: Lab, *, ipv4: bool = True, path: bool = True, gives: Sequence[str] = ()
) -> Generator[Site]:
    """The box asks the router; `ipv4`: it has an address of IPv4. Without a `path` there is DNS64
    and nothing behind it. The router `gives` by DHCP what dnsmasq's options say.
    """
    here = site(lab)
    here.box.file("/etc/resolv.conf", f"nameserver {ROUTER6}\n")
    if not ipv4:
        here.box.run("ip", "-4", "address", "flush", "dev", "eth0")
    with contextlib.ExitStack() as stack:
        if path:
            stack.enter_context(translator.nat64(here.router))
        stack.enter_context(resolving(here.server, KNOWN))
        ways = {".": SERVER6}
        stack.enter_context(recursing(here.router, ways, dns64=translator.PREFIX))
        if gives:
            range_ = ("--dhcp-range=192.0.2.50,192.0.2.60,1h", "--dhcp-leasefile=/dev/null")
            stack.enter_context(resolving(here.router, {}, "--port=0", *range_, *gives))
        yield here

# SPDX-License-Identifier: Apache-2.0
"""A router with and without a fast path past its kernel, inside the virtual machine, whose kernel
has one: `python -m tests.lab.fast_path` tells what the probe reads beside what the server got.
"""

import sys
from collections.abc import Callable
from typing import Any

import msgspec

from tests.lab.counted import count, counted, exchange
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import SERVER4, SERVER6, Site, site
from tests.lab.probing import probe_in
from tests.lab.vm import tell

IPV6_BYTES, IPV4_BYTES = 3_000_000, 1_000_000
FAST_PATH = """
table inet fast {
    flowtable through { hook ingress priority filter; devices = { lan, wan }; %s }
    chain forward {
        type filter hook forward priority filter;
        meta l4proto tcp flow add @through
    }
}
"""
DATAGRAMS = """
import socket
for family, address, number in (
    (socket.AF_INET, "203.0.113.9", 100), (socket.AF_INET6, "2001:db8:9::9", 300)
):
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(30)
        sock.bind(("", 9))
        sock.connect((address, 9))
        for _ in range(number):
            sock.send(bytes(1000))
            sock.recv(1000)
print("null")
"""
"""Each is waited for until the tunnel has sent it back, so that none is on its way at a look."""


def look(
    what: str, here: Site, truth: Host, send: Callable[[], None], before: tuple[str, ...] = ()
) -> None:
    """Tell what the probe reads of what is sent, and what `truth` and the kernel's own counters of
    IPv4 make of it. With a fast path the probe's second look is the first at connections.
    """
    with probe_in(here.router, "traffic", before=before) as probe:
        reasons = [probe.run()[0].reason]
        send()
        reasons.append(probe.run()[0].reason)
        counts, octets = counted(truth), _octets(here.router)
        send()
        [reading] = probe.run()
    tell(
        {
            "what": what,
            "reasons": reasons,
            "reading": msgspec.to_builtins(reading),
            "truth": _more(counts, counted(truth)),
            "kernel": _more(octets, _octets(here.router)),
        }
    )


def _more(before: Any, after: Any) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after}


def _octets(router: Host) -> dict[str, int]:
    """Of IPv4 by all interfaces, as the kernel's IP counts it."""
    lines = router.run("grep", "IpExt:", "/proc/net/netstat").splitlines()
    names, numbers = (line.split() for line in lines)
    found = dict(zip(names, numbers, strict=True))
    return {"in": int(found["InOctets"]), "out": int(found["OutOctets"])}


def through_ethernet(here: Site) -> None:
    """The same traffic each time; what changes is who sees it go by."""

    def send() -> None:
        exchange(here.box, SERVER6, IPV6_BYTES)
        exchange(here.box, SERVER4, IPV4_BYTES)

    router, server = here.router, here.server
    router.sysctl("net.netfilter.nf_conntrack_acct", "1")
    count(server, "eth0")
    with server.serving(sys.executable, "-m", "tests.lab.counted"):
        look("forwarded", here, server, send)
        router.run("nft", FAST_PATH % "counter;")
        look("fast path", here, server, send)
        look("fast path, no right to count connections", here, server, send, WITHOUT_CAPABILITIES)
        router.run("nft", "delete table inet fast")
        router.run("nft", FAST_PATH % "")
        look("fast path that does not count", here, server, send)
        router.run("nft", "delete table inet fast")


def through_tunnel(here: Site) -> None:
    """Of a kind that is not known: the counters of the whole kernel are all there is."""
    router = here.router
    with router.serving(sys.executable, "-m", "tests.lab.tunnel", "tun0", "801"):
        router.up("tun0")
        for family in ("-4", "-6"):
            router.run("ip", family, "route", "replace", "default", "dev", "tun0")
        count(router, "tun0")
        look("unknown kind of line", here, router, lambda: here.box.python(DATAGRAMS))


def main() -> None:
    with Lab() as lab:
        here = site(lab)
        here.router.route(f"default via {SERVER4}", f"default via {SERVER6}")
        through_ethernet(here)
        through_tunnel(here)


if __name__ == "__main__":
    main()

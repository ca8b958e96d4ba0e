# SPDX-License-Identifier: Apache-2.0
"""tayga(8), which turns IPv6 into IPv4 and back: as NAT64 of a network, as CLAT of a device."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.capabilities import missing, program
from tests.lab.netns import Host
from tests.waiting import wait_until

PREFIX = "2001:db8:64::/96"
POOL = "192.168.255.0/24"
"""Under which the server sees who comes through the translator."""
CLAT4, CLAT6 = "192.0.0.1", "2001:db8:1::c1a7"
"""The device's address for its programs (RFC 7335), and the one it goes by on the network."""
_TUN = "translator"


@contextlib.contextmanager
def nat64(router: Host, prefix: str = PREFIX) -> Generator[None]:
    """On a router that forwards both families; what is sent to the prefix comes out as IPv4."""
    with _tayga(router, f"prefix {prefix}", "ipv4-addr 192.168.255.1", f"dynamic-pool {POOL}"):
        router.run("ip", "route", "add", POOL, "dev", _TUN)
        router.run("ip", "-6", "route", "add", prefix, "dev", _TUN)
        yield


@contextlib.contextmanager
def clat(box: Host, router: Host, box6: str) -> Generator[None]:
    """A device whose only IPv4 is made of IPv6; the router sends it what is for the other address.

    For the prefix of `nat64`. The box must have no default route of IPv4.
    """
    translated = f"map {CLAT4} {CLAT6}"
    with _tayga(box, f"prefix {PREFIX}", "ipv4-addr 192.0.0.2", translated):
        box.sysctl("net.ipv6.conf.all.forwarding", "1")
        box.address(_TUN, f"{CLAT4}/29")
        box.route(f"default dev {_TUN}")
        box.run("ip", "-6", "route", "add", CLAT6, "dev", _TUN)
        router.run("ip", "-6", "route", "add", CLAT6, "via", box6)
        yield


@contextlib.contextmanager
def _tayga(host: Host, *lines: str) -> Generator[None]:
    tayga = program("tayga", "a translator between IPv6 and IPv4")
    if not Path("/dev/net/tun").exists():
        missing("a translator between IPv6 and IPv4", "no /dev/net/tun")
    with TemporaryDirectory(prefix="lab-tayga-") as folder:
        config = Path(folder) / "tayga.conf"
        config.write_text("\n".join((f"tun-device {_TUN}", f"data-dir {folder}", *lines)) + "\n")
        host.run(tayga, "--mktun", "-c", str(config))
        host.up(_TUN)
        command = ("sh", "-c", 'echo ready; exec "$@"', "sh", tayga, "--nodetach")
        with host.serving(*command, "-c", str(config)):
            wait_until(lambda: _is_attached(host), "the translator")
            yield


def _is_attached(host: Host) -> bool:
    [link] = host.json("ip", "-j", "link", "show", _TUN)
    return "LOWER_UP" in link["flags"]

# SPDX-License-Identifier: Apache-2.0
"""A router that advertises itself and prefixes, as radvd(8) does on real ones (RFC 4861)."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.capabilities import program
from tests.lab.netns import Host


def listens_to_routers(host: Host, interface: str) -> None:
    """Before the interface comes up: it makes addresses and routes of what routers say.

    It asks for that every second until it is answered: radvd may not be there yet.
    """
    for name in ("accept_ra", "autoconf", "router_solicitation_interval"):
        host.sysctl(f"net.ipv6.conf.{interface}.{name}", "1")
    host.sysctl(f"net.ipv6.conf.{interface}.router_solicitations", "20")


@contextlib.contextmanager
def advertising(
    router: Host, interface: str, *prefixes: str, lifetime_s: int = 1800, more: str = ""
) -> Generator[None]:
    """Each prefix may be followed by options: `2001:db8:1::/64 AdvPreferredLifetime 0;`.

    `more` are options of the interface, as radvd.conf(5) has them.
    """
    radvd = program("radvd", "router advertisements")
    # Far from the end of the range, or radvd would send unasked in the middle of a test.
    lines = ["AdvSendAdvert on;", f"AdvDefaultLifetime {lifetime_s};", "MaxRtrAdvInterval 600;"]
    for each in prefixes:
        prefix, _, options = each.partition(" ")
        lines.append(f"prefix {prefix} {{ {options} }};")
    with TemporaryDirectory(prefix="lab-radvd-") as folder:
        config = Path(folder) / "radvd.conf"
        config.write_text(f"interface {interface} {{ {' '.join(lines)} {more} }};\n")
        quiet = ("-m", "none", "-p", f"{folder}/radvd.pid")
        command = (radvd, "--nodaemon", "-C", str(config), *quiet)
        with router.serving("sh", "-c", 'echo ready; exec "$@"', "sh", *command):
            yield

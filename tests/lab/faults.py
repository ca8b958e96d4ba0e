# SPDX-License-Identifier: Apache-2.0
"""What is done to an office once it stands: a router that drops, a stranger on the LAN, a CLAT."""

import contextlib

from tests.capabilities import program
from tests.lab.advertising import advertising
from tests.lab.firewall import drop
from tests.lab.netns import Host, Lab
from tests.lab.networks import SERVER6, Site
from tests.lab.office import NATIVE, Change
from tests.lab.slow_way import slow_way
from tests.lab.translator import clat

STRANGE = "2001:db8:bad::/64"
PRINTER = "192.0.2.20"
TAKEN = "2001:db8:1::7"
LATE_MS = 400


def router_drops(*rules: str) -> Change:
    """What the router should pass on; as in nft(8)."""

    def change(_: Lab, here: Site, __: contextlib.ExitStack) -> None:
        drop(here.router, "forward", *rules)

    return change


def router_has(*addresses: str) -> Change:
    """More addresses on the LAN."""

    def change(_: Lab, here: Site, __: contextlib.ExitStack) -> None:
        here.router.address("lan", *addresses)

    return change


def no_upstream(_: Lab, here: Site, __: contextlib.ExitStack) -> None:
    """The carrier gives the router no IPv6; it says so to who sends."""
    here.router.run("ip", "-6", "address", "flush", "dev", "wan")


def ula_without_upstream(lab: Lab, here: Site, stack: contextlib.ExitStack) -> None:
    router_has("fd00:1::1/64")(lab, here, stack)
    no_upstream(lab, here, stack)


def line_cut(_: Lab, here: Site, __: contextlib.ExitStack) -> None:
    here.router.down("wan")


def narrow_way(_: Lab, here: Site, __: contextlib.ExitStack) -> None:
    """1300 bytes, as through a tunnel; the router says so in both directions."""
    for network, interface in (("2001:db8:2::/64", "wan"), (NATIVE, "lan")):
        # The metric of what the kernel made itself, which is to be replaced.
        route = f"{network} dev {interface} metric 256 mtu 1300"
        here.router.run("ip", "-6", "route", "replace", *route.split())


def late_ipv6(_: Lab, here: Site, stack: contextlib.ExitStack) -> None:
    stack.enter_context(slow_way(here.router, here.server, f"{SERVER6}/128", NATIVE, LATE_MS))


def address_is_taken(_: Lab, here: Site, __: contextlib.ExitStack) -> None:
    """Somebody else has the address that was written into the box's settings."""
    here.router.address("lan", f"{TAKEN}/64")
    here.box.sysctl("net.ipv6.conf.eth0.accept_dad", "1")
    here.box.run("ip", "address", "add", f"{TAKEN}/64", "dev", "eth0")


def stranger_advertises(lab: Lab, here: Site, stack: contextlib.ExitStack) -> None:
    """A second router on the LAN, less wanted than the first, so that nobody takes it."""
    stranger = _on_the_lan(lab, here.router, "stranger")
    stranger.up("eth0")
    stranger.sysctl("net.ipv6.conf.all.forwarding", "1")
    more = "AdvDefaultPreference low;"
    stack.enter_context(advertising(stranger, "eth0", STRANGE, more=more))


def printer(lab: Lab, here: Site, _: contextlib.ExitStack) -> None:
    """A device of the LAN without IPv6, which the box has just talked to."""
    device = _on_the_lan(lab, here.router, "printer")
    device.sysctl("net.ipv6.conf.eth0.disable_ipv6", "1")
    device.address("eth0", f"{PRINTER}/24")
    here.box.run(program("ping", "a word with a neighbour"), "-c", "1", PRINTER)


def with_clat(_: Lab, here: Site, stack: contextlib.ExitStack) -> None:
    """The box still listens to routers, though its kernel passes on for the translator."""
    here.box.sysctl("net.ipv6.conf.eth0.accept_ra", "2")
    [shown] = here.box.json("ip", "-j", "-6", "address", "show", "dev", "eth0", "scope", "global")
    stack.enter_context(clat(here.box, here.router, shown["addr_info"][0]["local"]))


def _on_the_lan(lab: Lab, router: Host, name: str) -> Host:
    """One more device on the router's LAN, with hardware of its own."""
    device = lab.host(name)
    branch = ("ip", "link", "add", name, "link", "lan", "type", "macvlan", "mode", "bridge")
    router.run(*branch)
    router.run("ip", "link", "set", name, "netns", str(device.holder.pid), "name", "eth0")
    return device

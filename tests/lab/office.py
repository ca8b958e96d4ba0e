# SPDX-License-Identifier: Apache-2.0
"""An office on the Internet, told in a few words: what its router advertises, who resolves names,
whether there is NAT64; whatever is amiss besides is done to it once it stands.

box eth0 ── lan router wan ── eth0 server, which stands for the Internet.
"""

import contextlib
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from sansang_agent.net import nat64
from tests.lab import translator
from tests.lab.advertising import advertising, listens_to_routers
from tests.lab.home import ZONE, resolving
from tests.lab.netns import Host, Lab
from tests.lab.networks import ROUTER4, ROUTER6, SERVER4, SERVER6, Site, site
from tests.lab.raw_router import advertisement, option
from tests.lab.unbound import recursing
from tests.waiting import wait_until

NATIVE = "2001:db8:1::/64"
BY_IPV6_ALONE = "far.test"
"""A name whose name server is asked over IPv6."""
NAMES = {**ZONE, BY_IPV6_ALONE: [SERVER4], "vnnic.vn": [SERVER4]}
"""The last is what the agent asks of name servers that a router names."""
_WELL_KNOWN = {nat64.WELL_KNOWN_NAME: [str(nat64.WELL_KNOWN_ADDRESSES[0])]}
_DAY_S, _HALF_AN_HOUR_S = 86_400, 1800
_PREFIX_INFORMATION, _RDNSS, _PREF64 = 3, 25, 38


Change = Callable[[Lab, Site, contextlib.ExitStack], None]


@dataclass(frozen=True, kw_only=True)
class Office:
    """`prefixes` are advertised, none of them: nothing is. `ipv4` is the box's, the others always
    have it. `change` is made once all is up.
    """

    ipv4: bool = True
    ipv6: bool = True
    prefixes: tuple[str, ...] = (NATIVE,)
    lifetime_s: int = 1800
    rdnss: str | None = ROUTER6
    pref64: bool = False
    resolvers: tuple[str, ...] = (ROUTER4, ROUTER6)
    names: Mapping[str, list[str]] | None = None
    dns64: bool = False
    nat64: bool = False
    dhcp: tuple[str, ...] = ()
    change: Change | None = None


@contextlib.contextmanager
def standing(lab: Lab, office: Office) -> Generator[Site]:
    """The office, until the end of the block."""
    here = site(lab, ipv6=office.ipv6)
    here.box.file("/etc/nsswitch.conf", "hosts: dns\n")
    here.box.file("/etc/resolv.conf", "".join(f"nameserver {each}\n" for each in office.resolvers))
    with contextlib.ExitStack() as stack:
        if office.nat64:
            stack.enter_context(translator.nat64(here.router))
        _resolve(office, here, stack)
        if office.dhcp:
            range_ = ("--dhcp-range=192.0.2.50,192.0.2.60,1h", "--dhcp-leasefile=/dev/null")
            stack.enter_context(resolving(here.router, {}, "--port=0", *range_, *office.dhcp))
        if office.ipv6:
            here.box.down("eth0")  # which forgets the addresses of IPv6, and all routes
            listens_to_routers(here.box, "eth0")
            _advertise(office, here.router, stack)
            here.box.up("eth0")
            _wait(office, here.box)
        here.box.run("ip", "-4", "route", "flush", "default", status=None)
        if office.ipv4:
            here.box.route(f"default via {ROUTER4}")
        else:
            here.box.run("ip", "-4", "address", "flush", "dev", "eth0")
        if office.change:
            office.change(lab, here, stack)
        yield here


def _resolve(office: Office, here: Site, stack: contextlib.ExitStack) -> None:
    """A server of the Internet has the names; the router asks it over IPv4, but for one of them."""
    names = {**(office.names or NAMES), **_WELL_KNOWN}
    stack.enter_context(resolving(here.server, names, "--local=/vn/", "--local=/arpa/"))
    ways = {".": SERVER4, BY_IPV6_ALONE: SERVER6}
    dns64 = translator.PREFIX if office.dns64 else None
    stack.enter_context(recursing(here.router, ways, dns64=dns64))


def _advertise(office: Office, router: Host, stack: contextlib.ExitStack) -> None:
    """By radvd(8), which can't tell of NAT64 yet where Debian has it from."""
    if not office.prefixes:
        return
    if not office.pref64:
        more = f"RDNSS {office.rdnss} {{ }};" if office.rdnss else ""
        lifetime_s = office.lifetime_s
        asked = advertising(router, "lan", *office.prefixes, lifetime_s=lifetime_s, more=more)
        stack.enter_context(asked)
        return
    options = [_prefix(IPv6Network(each)) for each in office.prefixes]
    if office.rdnss:
        options.append(_name_server(IPv6Address(office.rdnss)))
    options.append(_nat64(IPv6Network(translator.PREFIX)))
    message = advertisement(*options, lifetime_s=office.lifetime_s).hex()
    command = (sys.executable, "-m", "tests.lab.raw_router", "lan", message, "255")
    stack.enter_context(router.serving(*command))


def _prefix(network: IPv6Network) -> bytes:
    """RFC 4861 §4.6.2, on the link and for addresses."""
    lifetimes = _DAY_S.to_bytes(4, "big") * 2
    value = bytes((network.prefixlen, 0xC0)) + lifetimes + bytes(4)
    return option(_PREFIX_INFORMATION, value + network.network_address.packed)


def _name_server(address: IPv6Address) -> bytes:
    """RFC 8106 §5.1."""
    return option(_RDNSS, bytes(2) + _DAY_S.to_bytes(4, "big") + address.packed)


def _nat64(prefix: IPv6Network) -> bytes:
    """RFC 8781 §4, for a prefix of 96 bits: half an hour in units of 8 s, whose place is bit 3."""
    return option(_PREF64, _HALF_AN_HOUR_S.to_bytes(2, "big") + prefix.network_address.packed[:12])


def _wait(office: Office, box: Host) -> None:
    """Until the box has made of the advertisement what can be made of it."""
    if not office.prefixes:
        return
    asked = ("ip", "-j", "-6", "route", "show", "default")
    if not office.lifetime_s:
        asked = ("ip", "-j", "-6", "address", "show", "dev", "eth0", "scope", "global")
    wait_until(lambda: any(box.json(*asked) or []), "what the router advertises", 30)

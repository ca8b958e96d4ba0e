# SPDX-License-Identifier: Apache-2.0
"""Whether what the probes need of the box is there, and how to mend it where it isn't."""

import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from sansang_agent.net import interfaces, netlink, worker
from sansang_agent.net.echo import may_ping
from sansang_agent.net.name_servers import name_servers
from sansang_agent.net.own_addresses import own_addresses
from sansang_agent.net.resolve import NotResolvedError, first_address
from sansang_agent.probes.base import Need
from sansang_wire.language import Translate

ASKED_NAME = "vnnic.vn"
"""That there is no such name would be an answer, too."""
LOOKUP_DEADLINE_S = 5


class Finding(NamedTuple):
    """One thing looked at: in order or not, and what to do when not."""

    name: str
    ok: bool
    what: str
    mend: str = ""


async def finding(need: Need, translate: Translate) -> Finding:
    """What is found of one need."""
    return await _LOOKING[need](translate)


async def _ping(translate: Translate) -> Finding:
    if may_ping():
        return Finding("echo", ok=True, what=translate("this user may ping"))
    return Finding(
        "echo",
        ok=False,
        what=translate("this user may not ping: TCP is used instead"),
        mend='sysctl -w net.ipv4.ping_group_range="0 2147483647"',
    )


async def _resolver(translate: Translate) -> Finding:
    servers = ", ".join(map(str, name_servers()))
    if not servers:
        return Finding(
            "dns",
            ok=False,
            what=translate("no DNS server is configured"),
            mend=translate("let the network give one (DHCP), or name one in /etc/resolv.conf"),
        )
    try:
        await first_address(ASKED_NAME, "ipv4", LOOKUP_DEADLINE_S)
    except NotResolvedError as error:
        if error.reason.startswith("resolver_"):
            what = translate("no DNS server answers: {servers}").format(servers=servers)
            mend = translate("check the line, then the router, then these addresses")
            return Finding("dns", ok=False, what=what, mend=mend)
    what = translate("a DNS server answers: {servers}").format(servers=servers)
    return Finding("dns", ok=True, what=what)


async def _netlink(translate: Translate) -> Finding:
    try:
        own_addresses("ipv4")
    except OSError as error:
        what = translate("the kernel does not tell addresses and routes: {error}")
        mend = translate("allow AF_NETLINK in the agent's unit (RestrictAddressFamilies)")
        return Finding("netlink", ok=False, what=what.format(error=error), mend=mend)
    return Finding("netlink", ok=True, what=translate("the kernel tells addresses and routes"))


async def _wireless(translate: Translate) -> Finding:
    if netlink.generic_family("nl80211") is None:
        what = translate("the kernel knows no Wi-Fi (nl80211)")
    elif radios := interfaces.wireless():
        what = translate("wireless interfaces: {radios}").format(radios=", ".join(radios))
        return Finding("wireless", ok=True, what=what)
    else:
        what = translate("there is no wireless interface")
    mend = translate("load the radio's driver, or take the expected networks off this box")
    return Finding("wireless", ok=False, what=what, mend=mend)


async def _worker(translate: Translate) -> Finding:
    if worker.is_allowed():
        return Finding("worker", ok=True, what=translate("workers with more rights can be run"))
    what = translate("what needs more rights can't be run: {file} does not let us in")
    mend = "systemctl enable --now sansang-agent-helper.socket"
    return Finding("worker", ok=False, what=what.format(file=worker.HELPER_SOCKET), mend=mend)


async def _supplicant(translate: Translate) -> Finding:
    # The helper's path is that of system programs, which a user's own may lack.
    if shutil.which("wpa_supplicant", path=f"{os.defpath}:/usr/sbin:/sbin"):
        return Finding("supplicant", ok=True, what=translate("wpa_supplicant is installed"))
    what = translate("wpa_supplicant, which connects a guest, is not installed")
    return Finding("supplicant", ok=False, what=what, mend="apt-get install wpasupplicant")


_LOOKING: Mapping[Need, Callable[[Translate], Awaitable[Finding]]] = {
    "ping": _ping,
    "resolver": _resolver,
    "netlink": _netlink,
    "wireless": _wireless,
    "worker": _worker,
    "supplicant": _supplicant,
}

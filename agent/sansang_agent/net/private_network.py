# SPDX-License-Identifier: Apache-2.0
"""A network of a program's own, with a radio or a branch of a cable: nothing else is touched by it.

Source: unshare(2), setns(2), prctl(2), network_namespaces(7); nl80211 SET_WIPHY_NETNS; rtnetlink(7)
and include/uapi/linux/if_link.h. Needs CAP_SYS_ADMIN
and CAP_NET_ADMIN. When the last program in such a network ends, however it ends, the kernel gives
its radios back to the machine's first network.
"""

import ctypes
import errno
import os
import signal
import socket
import struct
from pathlib import Path

from sansang_agent.net import netlink
from sansang_agent.net.interfaces import hardware_address
from sansang_agent.net.netlink import attribute

CLONE_NEWNET = 0x40000000
OWN_NETWORK = Path("/proc/self/ns/net")
PR_SET_PDEATHSIG = 1
CMD_SET_WIPHY_NETNS = 49
ATTR_WIPHY, ATTR_PID = 1, 82
RTM_NEWLINK = 16
IFLA_ADDRESS, IFLA_IFNAME, IFLA_LINK, IFLA_LINKINFO, IFLA_NET_NS_FD = 1, 3, 5, 18, 28
IFLA_INFO_KIND, IFLA_INFO_DATA = 1, 2
IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE = 1, 1
IFF_UP = 1

_libc = ctypes.CDLL(None, use_errno=True)


def enter_new_network() -> None:
    """This process, and what it starts, is in a network without any interface from now on.

    Raises OSError.
    """
    _check(_libc.unshare(CLONE_NEWNET))


def end_with_parent() -> None:
    """The kernel ends this process when its parent ends. Raises OSError."""
    parent = os.getppid()
    _check(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    if os.getppid() != parent:  # it ended meanwhile
        os.kill(os.getpid(), signal.SIGKILL)


def give_radio(wiphy: int, pid: int) -> None:
    """Move a radio, with its interfaces, into the network of a process.

    Raises OSError: EOPNOTSUPP when the driver can't, EPERM.
    """
    family = netlink.generic_family("nl80211")
    if family is None:
        raise OSError(errno.EOPNOTSUPP, "the kernel has no nl80211")
    content = attribute(ATTR_WIPHY, struct.pack("=I", wiphy))
    content += attribute(ATTR_PID, struct.pack("=I", pid))
    request = netlink.generic(CMD_SET_WIPHY_NETNS, content)
    netlink.change(netlink.NETLINK_GENERIC, family, request)


def enter_new_network_with(branch: str, of: str) -> None:
    """As `enter_new_network`, with a `branch` of the interface `of` in it.

    It is a device of its own on that link (macvlan), under an address made of the interface's: a
    switch learns one more, and the same one each time. It ends with the network, however that ends.
    Raises OSError: EOPNOTSUPP for a kernel without macvlan, EPERM.
    """
    index, hardware = socket.if_nametoindex(of), _address_beside(hardware_address(of))
    with OWN_NETWORK.open("rb") as here:
        enter_new_network()
        with OWN_NETWORK.open("rb") as there:
            # Only from here can the interface be named, and from there the new network.
            _check(_libc.setns(here.fileno(), CLONE_NEWNET))
            try:
                _add_branch(branch, index, hardware, there.fileno())
            finally:
                _check(_libc.setns(there.fileno(), CLONE_NEWNET))


def _address_beside(hardware: bytes) -> bytes:
    """Locally administered, of a single device, and another one than this (IEEE 802 §8.2)."""
    return bytes([(hardware[0] ^ 0x04 | 0x02) & 0xFE]) + hardware[1:]


def _add_branch(name: str, of: int, hardware: bytes, network: int) -> None:
    mode = attribute(IFLA_MACVLAN_MODE, struct.pack("=I", MACVLAN_MODE_PRIVATE))
    kind = attribute(IFLA_INFO_KIND, b"macvlan") + attribute(IFLA_INFO_DATA, mode)
    body = struct.pack("=BxHiII", 0, 0, 0, 0, 0)
    body += attribute(IFLA_IFNAME, name.encode() + b"\0") + attribute(IFLA_ADDRESS, hardware)
    body += attribute(IFLA_LINK, struct.pack("=I", of)) + attribute(IFLA_LINKINFO, kind)
    body += attribute(IFLA_NET_NS_FD, struct.pack("=I", network))
    netlink.change(netlink.NETLINK_ROUTE, RTM_NEWLINK, body, new=True)


def switch_on(ifindex: int) -> None:
    """Raises OSError: ERFKILL for a radio that is blocked."""
    body = struct.pack("=BxHiII", 0, 0, ifindex, IFF_UP, IFF_UP)
    netlink.change(netlink.NETLINK_ROUTE, RTM_NEWLINK, body)


def _check(status: int) -> None:
    if status:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def set_kernel(path: str, value: str) -> None:
    """Write to /proc/sys/net, which shows each process its own network. Raises OSError."""
    Path("/proc/sys/net", path).write_text(value)

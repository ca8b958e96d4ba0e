# SPDX-License-Identifier: Apache-2.0
"""A network of a program's own, with a radio of its own: what it does there touches nothing else.

Source: unshare(2), prctl(2), network_namespaces(7); nl80211 SET_WIPHY_NETNS. Needs CAP_SYS_ADMIN
and CAP_NET_ADMIN. When the last program in such a network ends, however it ends, the kernel gives
its radios back to the machine's first network.
"""

import ctypes
import errno
import os
import signal
import struct
from pathlib import Path

from sansang_agent.net import netlink
from sansang_agent.net.netlink import attribute

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
CMD_SET_WIPHY_NETNS = 49
ATTR_WIPHY, ATTR_PID = 1, 82
RTM_NEWLINK = 16
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

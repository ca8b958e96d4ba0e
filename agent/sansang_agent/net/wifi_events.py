# SPDX-License-Identifier: Apache-2.0
"""Who comes and goes on the box's radios, counted as the kernel tells it.

Source: multicast group `mlme` of nl80211 (include/uapi/linux/nl80211.h); it needs no privilege. Of
an access point devices are counted and not looked at. Of a client the address of its access point
is kept in memory, to know whether the next one is another.
"""

import weakref
from collections import Counter

from sansang_agent.net import netlink
from sansang_agent.net.nl80211 import ATTR_IFINDEX, number

CMD_NEW_STATION, CMD_DEL_STATION, CMD_CONNECT, CMD_ROAM, CMD_DISCONNECT = 19, 20, 46, 47, 48
ATTR_MAC, ATTR_REASON_CODE, ATTR_DISCONNECTED_BY_AP, ATTR_STATUS_CODE = 6, 54, 71, 72
REASON_INACTIVITY = 4
"""IEEE 802.11, 9.4.1.7: the kernel's own, when it hears the access point no longer."""


class WifiEvents:
    """Counts from its making on. Raises OSError where netlink is closed to us.

    The kernel keeps what is not yet read for us, a few hundred events; of more it drops some and
    says so. From then on nothing is known, until the agent starts again.
    """

    def __init__(self) -> None:
        group = netlink.generic_group("nl80211", "mlme")
        groups = [] if group is None else [group]
        self._sock = netlink.listening(netlink.NETLINK_GENERIC, groups)
        weakref.finalize(self, self._sock.close)
        self._counts: Counter[tuple[int, int]] = Counter()
        self._access_point: dict[int, bytes] = {}
        self._complete = bool(groups)

    def count(self, ifindex: int, kind: int) -> int | None:
        """Events of one kind on an interface; None after some were lost."""
        if not self._complete:
            return None
        return self._counts[ifindex, kind]

    def read(self) -> None:
        """Take in what the kernel has told since the last time."""
        while True:
            try:
                self.take(self._sock.recv(netlink.RECEIVE_BYTES))
            except BlockingIOError:
                return
            except OSError:  # ENOBUFS: some were lost
                self._complete = False
                return

    def take(self, data: bytes) -> None:
        """Count what is in one datagram."""
        for message in netlink.messages(data):
            if not message.body:
                continue
            told = netlink.generic_attributes(message.body)
            if ATTR_IFINDEX in told:
                self._take(message.body[0], number(told[ATTR_IFINDEX]), told)

    def _take(self, command: int, ifindex: int, told: dict[int, bytes]) -> None:
        if command in {CMD_NEW_STATION, CMD_DEL_STATION}:
            self._counts[ifindex, command] += 1
        elif command == CMD_DISCONNECT:
            self._counts[ifindex, command] += _was_cut_off(told)
        elif command in {CMD_CONNECT, CMD_ROAM} and not number(told.get(ATTR_STATUS_CODE, b"")):
            point = told.get(ATTR_MAC, b"")
            before = self._access_point.get(ifindex, point)
            self._counts[ifindex, CMD_ROAM] += point != before
            self._access_point[ifindex] = point


def _was_cut_off(told: dict[int, bytes]) -> bool:
    """By the access point, or since it was heard no longer; a client that leaves is not."""
    reason = number(told.get(ATTR_REASON_CODE, b""))
    return ATTR_DISCONNECTED_BY_AP in told or reason == REASON_INACTIVITY

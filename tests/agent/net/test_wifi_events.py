# SPDX-License-Identifier: Apache-2.0
"""Coming and going, counted: from what a real kernel told in the virtual machine, and by rule."""

import contextlib
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.net import netlink
from sansang_agent.net.netlink import attribute, generic
from sansang_agent.net.wifi_events import (
    CMD_CONNECT,
    CMD_DEL_STATION,
    CMD_DISCONNECT,
    CMD_NEW_STATION,
    CMD_ROAM,
    WifiEvents,
)
from tests.agent.net.test_nl80211 import RECORDED
from tests.capabilities import missing

POINT, GUEST = 2, 3
NETLINK_USERSOCK = 2
HERE, THERE = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"


@pytest.fixture
def events() -> WifiEvents:
    """Of a kernel that lacks nl80211, as in a container, none come by themselves."""
    try:
        counting = WifiEvents()
    except OSError as error:
        missing("generic netlink", str(error))
    counting._complete = True
    return counting


def told(command: int, *attributes: bytes) -> bytes:
    body = generic(command, attribute(3, struct.pack("=I", GUEST)) + b"".join(attributes))
    return struct.pack("=IHHII", 16 + len(body), 32, 0, 0, 0) + body


def test_three_guests_that_came_and_went(events: WifiEvents) -> None:
    """As the kernel told; each interface by itself."""
    for datagram in RECORDED["mlme"]:
        events.take(bytes.fromhex(datagram))
    assert (events.count(POINT, CMD_NEW_STATION), events.count(POINT, CMD_DEL_STATION)) == (3, 3)
    assert (events.count(GUEST, CMD_ROAM), events.count(GUEST, CMD_DISCONNECT)) == (0, 0)


@pytest.mark.parametrize(
    ("attributes", "cut_off"),
    [
        ([attribute(71, b""), attribute(54, struct.pack("=H", 2))], 1),
        ([attribute(54, struct.pack("=H", 4))], 1),
        ([attribute(54, struct.pack("=H", 3))], 0),
        ([], 0),
    ],
    ids=["by the access point", "no longer heard", "left", "nothing said"],
)
def test_who_leaves_by_himself_was_not_cut_off(
    events: WifiEvents, attributes: list[bytes], cut_off: int
) -> None:
    """By the mark of the kernel, or by its own reason."""
    events.take(told(CMD_DISCONNECT, *attributes))
    assert events.count(GUEST, CMD_DISCONNECT) == cut_off


def test_a_client_roams_when_its_next_access_point_is_another(events: WifiEvents) -> None:
    """Whether the driver says so or it connects anew; one that failed is no change."""
    failed = attribute(72, struct.pack("=H", 1))
    events.take(told(CMD_CONNECT, attribute(6, HERE)))
    events.take(told(CMD_CONNECT, attribute(6, HERE)))
    events.take(told(CMD_CONNECT, attribute(6, THERE), failed))
    assert events.count(GUEST, CMD_ROAM) == 0
    events.take(told(CMD_CONNECT, attribute(6, THERE)) + told(CMD_ROAM, attribute(6, HERE)))
    assert events.count(GUEST, CMD_ROAM) == 2
    assert events.count(POINT, CMD_ROAM) == 0


def test_after_a_loss_nothing_is_known(events: WifiEvents) -> None:
    """A count that may be too small is not told: the kernel had more than the socket holds."""
    sock = netlink.listening(NETLINK_USERSOCK, [1])
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    events._sock.close()
    events._sock = sock
    with sock, socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_USERSOCK) as sender:
        _tell_everyone(sender, told(CMD_NEW_STATION))
        events.read()
        assert events.count(GUEST, CMD_NEW_STATION) == 1
        for _ in range(100):
            _tell_everyone(sender, told(CMD_NEW_STATION))
        events.read()
    assert events.count(GUEST, CMD_NEW_STATION) is None


def _tell_everyone(sender: socket.socket, data: bytes) -> None:
    # The kernel itself is told after the group, and does not listen on this protocol.
    with contextlib.suppress(ConnectionRefusedError):
        sender.sendto(data, (0, 1))


@given(st.binary(max_size=200))
def test_whatever_is_told_raises_nothing(data: bytes) -> None:
    """Cut and strange datagrams are left out."""
    events = WifiEvents()
    events.take(data)
    events.take(struct.pack("=IHHII", 16 + len(data), 32, 0, 0, 0) + data)

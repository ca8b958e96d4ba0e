# SPDX-License-Identifier: Apache-2.0
"""Inside the virtual machine: the kernel's own words, as the fast tests decode them."""

import contextlib
import socket
import sys

from sansang_agent.net import netlink, nl80211, wifi_events, wifi_stations, wifi_survey


def recorded(point: str, guest: str) -> dict[str, list[str]]:
    """Its answers, each in hexadecimal."""
    index = {each.name: each.ifindex for each in nl80211.radios() or ()}
    asked = {
        "radios": (nl80211.CMD_GET_INTERFACE, None),
        "stations": (wifi_stations.CMD_GET_STATION, point),
        "survey": (wifi_survey.CMD_GET_SURVEY, point),
        "scan": (nl80211.CMD_GET_SCAN, guest),
    }
    return {
        name: _answers(command, None if interface is None else index[interface])
        for name, (command, interface) in asked.items()
    }


def _answers(command: int, ifindex: int | None) -> list[str]:
    family = netlink.generic_family("nl80211")
    assert family is not None
    which = b""
    if ifindex is not None:
        which = netlink.attribute(nl80211.ATTR_IFINDEX, ifindex.to_bytes(4, sys.byteorder))
    answers = netlink.dump(netlink.NETLINK_GENERIC, family, netlink.generic(command, which))
    return [answer.body.hex() for answer in answers]


def listening() -> socket.socket:
    """Where the kernel tells who comes and goes, from now on."""
    group = netlink.generic_group("nl80211", "mlme")
    assert group is not None
    return netlink.listening(netlink.NETLINK_GENERIC, [group])


def heard(sock: socket.socket) -> list[str]:
    """The datagrams of joining, leaving and connecting that came there, in hexadecimal."""
    wanted = {value for name, value in vars(wifi_events).items() if name.startswith("CMD_")}
    found: list[str] = []
    with sock, contextlib.suppress(BlockingIOError):
        while True:
            data = sock.recv(netlink.RECEIVE_BYTES)
            if any(message.body[0] in wanted for message in netlink.messages(data)):
                found.append(data.hex())
    return found

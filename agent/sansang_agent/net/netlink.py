# SPDX-License-Identifier: Apache-2.0
"""Ask the kernel through netlink, without privilege and without a library that would double the
agent's memory.

Source: RFC 3549; include/uapi/linux/netlink.h and genetlink.h. Blocking, but it is the kernel that
answers, and at once: a dump of a box's table takes less than a millisecond.
"""

import contextlib
import errno
import os
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

NETLINK_ROUTE = 0
NETLINK_GENERIC = 16
NLM_F_REQUEST = 0x001
NLM_F_ACK = 0x004
NLM_F_DUMP_INTR = 0x010
NLM_F_DUMP = 0x300
NLM_F_EXCL, NLM_F_CREATE = 0x200, 0x400
NLMSG_ERROR = 2
NLMSG_DONE = 3
NLA_TYPE_MASK = 0x3FFF
GENL_ID_CTRL = 16
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2
CTRL_ATTR_MCAST_GROUPS = 7
CTRL_ATTR_MCAST_GRP_NAME, CTRL_ATTR_MCAST_GRP_ID = 1, 2
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP = 270, 1
RECEIVE_BYTES = 65536
DEADLINE_S = 2
MOST_TRIES = 5

_MESSAGE = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_GENERIC = struct.Struct("=BBxx")


class Answer(NamedTuple):
    """One message of the kernel: its type, and what follows the netlink header."""

    type: int
    body: bytes


class _ChangedMeanwhileError(Exception):
    """The table changed under the dump: entries may be missing (NLM_F_DUMP_INTR)."""


def dump(protocol: int, type_: int, body: bytes) -> list[Answer]:
    """Everything of a table. Raises OSError with the kernel's error number, TimeoutError."""
    for _ in range(MOST_TRIES):
        with contextlib.suppress(_ChangedMeanwhileError):
            return _ask(protocol, type_, NLM_F_REQUEST | NLM_F_DUMP, body)
    raise OSError(errno.EAGAIN, "the kernel's table changes too fast to be read")


def get(protocol: int, type_: int, body: bytes) -> Answer:
    """One entry. Raises OSError with the kernel's error number (ENOENT: there is none)."""
    return _ask(protocol, type_, NLM_F_REQUEST | NLM_F_ACK, body)[0]


def change(protocol: int, type_: int, body: bytes, *, new: bool = False) -> None:
    """Have the kernel do something, or make a `new` entry. Raises OSError, TimeoutError."""
    flags = NLM_F_REQUEST | NLM_F_ACK
    _ask(protocol, type_, flags | (NLM_F_CREATE | NLM_F_EXCL if new else 0), body)


def listening(protocol: int, groups: Iterable[int]) -> socket.socket:
    """A socket, not blocking, that the messages to these groups come to. Raises OSError."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    try:
        sock.setblocking(False)
        sock.bind((0, 0))
        for group in groups:
            sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
    except OSError:
        sock.close()
        raise
    return sock


def messages(data: bytes) -> Iterator[Answer]:
    """The messages in what was received at once."""
    at = 0
    while at + _MESSAGE.size <= len(data):
        length, type_, _, _, _ = _MESSAGE.unpack_from(data, at)
        if length < _MESSAGE.size:
            return
        yield Answer(type_, data[at + _MESSAGE.size : at + length])
        at += length + -length % 4


def generic_family(name: str) -> int | None:
    """The number of a generic netlink family, as `nl80211`; None when the kernel lacks it."""
    told = _told_of_family(name)
    return None if told is None else int.from_bytes(told[CTRL_ATTR_FAMILY_ID], sys.byteorder)


def generic_group(family: str, group: str) -> int | None:
    """The number of a group of a generic netlink family; None when the kernel lacks it."""
    told = _told_of_family(family) or {}
    for each in attributes(told.get(CTRL_ATTR_MCAST_GROUPS, b"")).values():
        found = attributes(each)
        if found[CTRL_ATTR_MCAST_GRP_NAME] == group.encode() + b"\0":
            return int.from_bytes(found[CTRL_ATTR_MCAST_GRP_ID], sys.byteorder)
    return None


def _told_of_family(name: str) -> dict[int, bytes] | None:
    body = generic(CTRL_CMD_GETFAMILY, attribute(CTRL_ATTR_FAMILY_NAME, name.encode() + b"\0"))
    try:
        answer = get(NETLINK_GENERIC, GENL_ID_CTRL, body)
    except FileNotFoundError:
        return None
    return generic_attributes(answer.body)


def generic(command: int, content: bytes = b"") -> bytes:
    """The body of a generic netlink request."""
    return _GENERIC.pack(command, 0) + content


def generic_attributes(body: bytes) -> dict[int, bytes]:
    """The attributes of a generic netlink answer."""
    return attributes(body[_GENERIC.size :])


def attribute(type_: int, value: bytes) -> bytes:
    """One attribute as a request carries it."""
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, type_) + value + bytes(-length % 4)


def attributes(data: bytes) -> dict[int, bytes]:
    """Attributes by type, of two of one type the last; a cut one ends them."""
    found: dict[int, bytes] = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, type_ = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            break
        found[type_ & NLA_TYPE_MASK] = data[at + _ATTRIBUTE.size : at + length]
        at += length + -length % 4
    return found


def _ask(protocol: int, type_: int, flags: int, body: bytes) -> list[Answer]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as sock:
        sock.settimeout(DEADLINE_S)
        sock.bind((0, 0))
        sock.send(_MESSAGE.pack(_MESSAGE.size + len(body), type_, flags, 1, 0) + body)
        return list(_answers(sock))


def _answers(sock: socket.socket) -> Iterator[Answer]:
    while True:
        data = sock.recv(RECEIVE_BYTES)
        at = 0
        while at + _MESSAGE.size <= len(data):
            length, type_, flags, _, _ = _MESSAGE.unpack_from(data, at)
            if flags & NLM_F_DUMP_INTR:
                raise _ChangedMeanwhileError
            body = data[at + _MESSAGE.size : at + length]
            at += length + -length % 4
            if type_ == NLMSG_DONE:
                return
            if type_ == NLMSG_ERROR:
                (error,) = struct.unpack_from("=i", body)
                if error:
                    raise OSError(-error, os.strerror(-error))
                return
            yield Answer(type_, body)

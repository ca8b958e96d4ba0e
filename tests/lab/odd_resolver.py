# SPDX-License-Identifier: Apache-2.0
"""A resolver whose faults are exact: `python -m tests.lab.odd_resolver ADDRESS HABIT`, on port 53.

It knows one name and answers as `tests.lab.name_server` does, but for its habit.
"""

import contextlib
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from tests.lab.name_server import answer

NAME = "odd.test"
ZONE = {NAME: ["192.0.2.77", "192.0.2.78", "2001:db8::77"]}
SLOW_S = 0.1
TRUNCATED, AUTHENTICATED = 0x0200, 0x0020
RCODES = {"server_failure": 2, "not_implemented": 4, "refused": 5, "odd_code": 12}


def with_flags(message: bytes, flags: int) -> bytes:
    (before,) = struct.unpack_from("!H", message, 2)
    return message[:2] + struct.pack("!H", before | flags) + message[4:]


def truncated(message: bytes) -> bytes:
    """The question alone, as cut as it can be."""
    end = message.index(b"\0", 12) + 5
    return with_flags(message[:6] + bytes(6) + message[12:end], TRUNCATED)


def forged(message: bytes) -> Iterator[bytes]:
    """What somebody else would try: no answer, another identifier, another question."""
    yield b""
    yield message[:2] + b"\x01\x20" + message[4:]
    refusing = with_flags(message, RCODES["refused"])
    yield bytes(255 - byte for byte in refusing[:2]) + refusing[2:]
    yield refusing.replace(b"\3odd", b"\3add")


def without_edns(message: bytes) -> bytes:
    """Only a header that says FORMERR, as from servers that never heard of EDNS."""
    return message[:2] + b"\x80\x01" + bytes(8)


CHANGES: Mapping[str, Callable[[bytes], bytes]] = {
    **dict.fromkeys(("cut", "cut_and_deaf", "cut_twice", "cut_off"), truncated),
    "garbage": lambda message: message[:-3],
    "authenticated": lambda message: with_flags(message, AUTHENTICATED),
    "loud": lambda message: message.replace(b"\3odd", b"\3ODD"),
    "no_edns": without_edns,
    **{habit: partial(with_flags, flags=rcode) for habit, rcode in RCODES.items()},
}
"""What a habit makes of a sound answer."""


def over_udp(habit: str, query: bytes, seen: int) -> Iterator[bytes]:
    """The answers to the `seen`-th question, from 0."""
    sound = answer(query, ZONE)
    if habit == "silent" or (habit == "late" and not seen % 2):
        return
    if habit == "slow":
        time.sleep(SLOW_S)
    if habit == "forged":
        yield from forged(sound)
    yield CHANGES.get(habit, bytes)(sound)


def over_tcp(habit: str, query: bytes) -> bytes:
    sound = answer(query, ZONE)
    if habit == "cut_twice":
        sound = truncated(sound)
    framed = len(sound).to_bytes(2, "big") + sound
    return framed[:-3] if habit == "cut_off" else framed


def serve_tcp(listening: socket.socket, habit: str) -> None:
    while True:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(over_tcp(habit, connection.recv(512)[2:]))


def main(address: str, habit: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_DGRAM) as sock,
        socket.socket(family, socket.SOCK_DGRAM) as stranger,
        socket.socket(family, socket.SOCK_STREAM) as listening,
    ):
        sock.bind((address, 53))
        stranger.bind((address, 0))
        listening.bind((address, 53))
        if habit != "cut_and_deaf":
            listening.listen()
            threading.Thread(target=serve_tcp, args=(listening, habit), daemon=True).start()
        os.write(1, b"ready\n")
        seen = 0
        while True:
            query, client = sock.recvfrom(512)
            if habit == "forged":
                refusing = with_flags(answer(query, ZONE), RCODES["refused"])
                stranger.sendto(refusing, client)
            for message in over_udp(habit, query, seen):
                sock.sendto(message, client)
            seen += 1


if __name__ == "__main__":
    main(*sys.argv[1:])

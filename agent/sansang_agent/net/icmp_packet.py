# SPDX-License-Identifier: Apache-2.0
"""The bytes of an echo request (RFC 792, RFC 4443 §4.1)."""

import struct

from sansang_wire.reading import Family

HEADER = struct.Struct("!BBHHH")
"""Type, code, checksum, identifier, sequence number."""
TOKEN_BYTES = 16
ECHO_REQUEST: dict[Family, int] = {"ipv4": 8, "ipv6": 128}
ECHO_REPLY: dict[Family, int] = {"ipv4": 0, "ipv6": 129}


def request(family: Family, identifier: int, sequence: int, token: bytes) -> bytes:
    """An echo request. The kernel fills the ICMPv6 checksum in, as it needs the addresses."""
    kind = ECHO_REQUEST[family]
    bare = HEADER.pack(kind, 0, 0, identifier, sequence) + token
    if family == "ipv6":
        return bare
    return HEADER.pack(kind, 0, checksum(bare), identifier, sequence) + token


def sequence_of(packet: bytes) -> int:
    """Of an echo; nought when it is cut short."""
    return HEADER.unpack_from(packet)[-1] if len(packet) >= HEADER.size else 0


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    even = data + bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(even) // 2}H", even))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF

# SPDX-License-Identifier: Apache-2.0
"""A question to a resolver and its answer, as bytes.

Source: RFC 1035 §4.1; EDNS with 1232 bytes, which fit into every IPv6 packet (RFC 6891 §6.1.2); AD
in the question asks whether DNSSEC was checked (RFC 6840 §5.7), CD that it isn't (RFC 4035 §3.2.2).
"""

import struct
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import NamedTuple

from sansang_agent.net.addresses import Address
from sansang_wire.reading import RecordType

_HEADER = struct.Struct("!6H")
"""Identifier, flags, and how many questions, answers, authorities and additional records."""
_RECORD = struct.Struct("!HHIH")
"""Type, class, time to live, bytes of data."""
_ANSWER, _OPCODE, _TRUNCATED = 0x8000, 0x7800, 0x0200
_RECURSE, _AUTHENTICATED, _UNCHECKED, _RCODE = 0x0100, 0x0020, 0x0010, 0x000F
_INTERNET, _EDNS = 1, 41
_POINTER = 0xC0
_LONGEST_LABEL, _LONGEST_NAME = 63, 255

_TYPES: Mapping[RecordType, tuple[int, int]] = {"A": (1, 4), "AAAA": (28, 16)}
"""Number and bytes of data (RFC 1035 §3.4.1, RFC 3596 §2)."""
_RCODES = (
    *("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"),
    *("YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"),
)


class MalformedAnswerError(ValueError):
    """An answer that can't be read."""


class Question(NamedTuple):
    """The identifier has 16 bits. `unchecked`: also an answer that DNSSEC refutes is wanted."""

    identifier: int
    name: str
    record_type: RecordType
    unchecked: bool = False

    def section(self) -> bytes:
        """What an answer has to repeat. Raises ValueError for what is no name."""
        return wire_name(self.name) + struct.pack("!HH", _TYPES[self.record_type][0], _INTERNET)


class Answer(NamedTuple):
    """`rcode` as IANA spells it; `addresses` are those of the type that was asked for."""

    rcode: str
    addresses: tuple[Address, ...]
    authenticated: bool
    truncated: bool


def wire_name(name: str) -> bytes:
    """Raises ValueError for what is no name (RFC 1035 §3.1, RFC 5891)."""
    try:
        labels = [*name.removesuffix(".").encode("idna").lower().split(b"."), b""]
    except UnicodeError as error:
        raise ValueError(f"{name!r} is no name of DNS") from error
    if any(not 0 < len(label) <= _LONGEST_LABEL for label in labels[:-1]):
        raise ValueError(f"{name!r} is no name of DNS")
    spelled = b"".join(bytes([len(label)]) + label for label in labels)
    if len(spelled) > _LONGEST_NAME:
        raise ValueError(f"{name!r} is too long for DNS")
    return spelled


def query(question: Question) -> bytes:
    """Raises ValueError for what is no name."""
    flags = _RECURSE | _AUTHENTICATED | (_UNCHECKED if question.unchecked else 0)
    header = _HEADER.pack(question.identifier, flags, 1, 0, 0, 1)
    return header + question.section() + b"\0" + _RECORD.pack(_EDNS, 1232, 0, 0)


def parse(message: bytes, question: Question) -> Answer | None:
    """None when this is no answer to the question, but somebody's attempt.

    Raises MalformedAnswerError. A truncated answer is not read further: it may end anywhere.
    """
    if len(message) < _HEADER.size:
        return None
    identifier, flags, questions, records, _, _ = _HEADER.unpack_from(message)
    if identifier != question.identifier or not flags & _ANSWER or flags & _OPCODE:
        return None
    rcode = flags & _RCODE
    section = question.section()
    end = _HEADER.size + len(section)
    # Who can't read a question need not repeat it.
    if (questions or not rcode) and message[_HEADER.size : end].lower() != section:
        return None
    truncated = bool(flags & _TRUNCATED)
    found: Iterator[bytes] = iter(())
    if not truncated and not rcode:
        found = _found(message, end, records, question.record_type)
    return Answer(
        rcode=_RCODES[rcode] if rcode < len(_RCODES) else f"RCODE{rcode}",
        addresses=tuple(map(ip_address, found)),
        authenticated=bool(flags & _AUTHENTICATED),
        truncated=truncated,
    )


def _found(message: bytes, at: int, records: int, wanted: RecordType) -> Iterator[bytes]:
    for _ in range(records):
        at = _after_name(message, at)
        if at + _RECORD.size > len(message):
            raise MalformedAnswerError("it ends within a record")
        kind, its_class, _, size = _RECORD.unpack_from(message, at)
        data, at = at + _RECORD.size, at + _RECORD.size + size
        if at > len(message):
            raise MalformedAnswerError("it ends within the data of a record")
        if (kind, size) == _TYPES[wanted] and its_class == _INTERNET:
            yield message[data:at]


def _after_name(message: bytes, at: int) -> int:
    while at < len(message):
        length = message[at]
        if length >= _POINTER:
            return at + 2
        if length > _LONGEST_LABEL:
            break
        at += 1 + length
        if not length:
            return at
    raise MalformedAnswerError("it ends within a name")

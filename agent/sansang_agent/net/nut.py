# SPDX-License-Identifier: Apache-2.0
"""What the Network UPS Tools know of the uninterruptible power supplies of a site.

Source: RFC 9271 (the text protocol of upsd); variables and words of `ups.status` as in NUT's
developer guide. Needs no password: who may read may connect.
"""

import asyncio
import math
import shlex
from collections.abc import Sequence
from typing import NamedTuple

from sansang_agent.net import reasons
from sansang_agent.net.addresses import Address

PORT = 3493
DEADLINE_S = 5
"""For one run with all supplies."""
MOST_LINES = 1000
_NOT_SUPPORTED = "VAR-NOT-SUPPORTED"


class NutError(Exception):
    """upsd can't be asked, or does not answer as it should; `reason` is a word of the wire."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"upsd: {reason}")
        self.reason = reason


class Ups(NamedTuple):
    """One supply. With a `reason` upsd does not know how it is; else what it doesn't tell is None.

    `status` are words such as `OL` (on line), `OB` (on battery), `LB` (battery low).
    """

    name: str
    status: frozenset[str] = frozenset()
    charge_pct: float | None = None
    runtime_left_s: float | None = None
    reason: str | None = None


async def supplies(address: Address, port: int) -> Sequence[Ups]:
    """All that upsd has. Raises NutError."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            reader, writer = await asyncio.open_connection(str(address), port)
            try:
                return await _ask_all(reader, writer)
            finally:
                writer.close()
    except TimeoutError as error:
        raise NutError(reasons.NO_ANSWER) from error
    except OSError as error:
        raise NutError(reasons.of_errno(error.errno)) from error
    except (LookupError, ValueError) as error:
        raise NutError(reasons.MALFORMED_ANSWER) from error


async def _ask_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Sequence[Ups]:
    writer.write(b"LIST UPS\n")
    _expect(await _words(reader), "BEGIN", "LIST", "UPS")
    names: list[str] = []
    for _ in range(MOST_LINES):
        words = await _words(reader)
        if words[0] == "END":
            break
        _expect(words, "UPS")
        names.append(words[1])
    return [await _ask(reader, writer, name) for name in names]


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> Ups:
    said: dict[str, str] = {}
    for variable in ("ups.status", "battery.charge", "battery.runtime"):
        writer.write(f"GET VAR {name} {variable}\n".encode())
        words = await _words(reader)
        if words[0] != "ERR":
            _expect(words, "VAR", name, variable)
            said[variable] = words[3]
        elif words[1] != _NOT_SUPPORTED:
            # As `DATA-STALE`, when nobody hears of it any more.
            return Ups(name, reason=words[1].lower().replace("-", "_"))
    return Ups(
        name,
        status=frozenset(said.get("ups.status", "").split()),
        charge_pct=_number(said.get("battery.charge"), 100),
        runtime_left_s=_number(said.get("battery.runtime"), math.inf),
    )


async def _words(reader: asyncio.StreamReader) -> list[str]:
    """Of one line, two at least; raises ValueError for what is none."""
    line = await reader.readline()
    words = shlex.split(line.decode())
    if len(words) < 2:
        raise ValueError(f"no line of NUT: {line!r}")
    return words


def _expect(words: Sequence[str], *beginning: str) -> None:
    if words[0] == "ERR":
        raise NutError(words[1].lower().replace("-", "_"))
    if tuple(words[: len(beginning)]) != beginning:
        raise ValueError(f"not as asked for: {words}")


def _number(text: str | None, most: float) -> float | None:
    """None for what can't be, such as a charge below nought."""
    value = float(text) if text else -1.0
    return value if 0 <= value <= most and math.isfinite(value) else None

# SPDX-License-Identifier: Apache-2.0
"""Readings as the outbox keeps them: in lots that fit a batch, in JSON, dated. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from sansang_agent.clock import Offset
from sansang_wire.batch import MAX_BATCH_BYTES, encode
from sansang_wire.readings import AnyReading

READINGS_BYTES = MAX_BATCH_BYTES - 512
"""What is left of a batch for its readings beside the envelope."""


def lots_of(readings: Sequence[AnyReading]) -> Iterator[Sequence[AnyReading]]:
    """Lots that fit a batch each."""
    lot: list[AnyReading] = []
    size = 0
    for reading in readings:
        # Dating makes an `at` longer than it is now: 17 digits are room for 3,000 years.
        length = len(encode(reading)) + 17
        if lot and size + length > READINGS_BYTES:
            yield lot
            lot, size = [], 0
        lot.append(reading)
        size += length
    if lot:
        yield lot


def packed(readings: Sequence[AnyReading], offset: Offset | None) -> bytes:
    """The readings as JSON, dated where there is an offset."""
    shift = offset.us if offset else 0
    return encode([msgspec.structs.replace(each, at=each.at + shift) for each in readings])


def dated_later(readings: bytes, offset: Offset) -> bytes:
    """What was packed without a date. Kinds of another version, too: what is in must get out."""
    loose = msgspec.json.decode(readings, type=list[dict[str, Any]])
    return encode([{**each, "at": each["at"] + offset.us} for each in loose])

# SPDX-License-Identifier: Apache-2.0
"""Readings again, of what a series store keeps of them: booleans are integers there, and `outcome`
is a code.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from sansang_collector.store.base import Latest
from sansang_wire import schema
from sansang_wire.reading import OUTCOME_CODES
from sansang_wire.readings import KINDS, AnyReading

OUTCOMES = {code: outcome for outcome, code in OUTCOME_CODES.items()}
TYPES: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {"bool": bool, "int": int, "float": float, "str": str}
)


def as_reading(stored: Latest) -> AnyReading | None:
    """None for what this version would not take from an agent."""
    types = {value.name: TYPES[value.type] for value in schema.kind(stored.kind).values}
    values: dict[str, Any] = {
        name: types[name](value) for name, value in stored.fields.items() if name in types
    }
    told = {"kind": stored.kind, "at": stored.at, **stored.labels, **values}
    told["outcome"] = OUTCOMES.get(int(stored.fields.get("outcome", -1)))
    if "reason" in stored.fields:
        told["reason"] = stored.fields["reason"]
    try:
        return msgspec.convert(told, KINDS[stored.kind])  # pyright: ignore[reportReturnType] - KINDS has those of AnyReading
    except msgspec.ValidationError:
        return None

# SPDX-License-Identifier: Apache-2.0
"""Values out of the stored fields of a reading, whatever an agent may have sent."""

from collections.abc import Mapping

from sansang_wire.reading import OUTCOME_CODES

Fields = Mapping[str, float | str]


def number(fields: Fields, name: str) -> float | None:
    """A number, or None when it was not measured."""
    value = fields.get(name)
    return value if isinstance(value, int | float) else None


def word(fields: Fields, name: str) -> str:
    """A text, empty when there is none."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def is_ok(fields: Fields) -> bool:
    """Whether the target answered rightly."""
    return number(fields, "outcome") == OUTCOME_CODES["ok"]


def is_broken(fields: Fields) -> bool:
    """Whether the probe could not run, which says nothing about the target."""
    return number(fields, "outcome") == OUTCOME_CODES["broken"]

# SPDX-License-Identifier: Apache-2.0
"""What a check of the readiness formula gives.

What was not measured is not known, which is no failure.
"""

from typing import NamedTuple

from sansang_wire.readiness.assessment import Evidence, ReasonCode


class Result(NamedTuple):
    """What came of one check: 0, 0.5 or 1, and why it is not 1; credit None: not known."""

    credit: float | None
    evidence: Evidence
    reason: ReasonCode | None


UNKNOWN = Result(None, {}, None)
Value = bool | int | float | str | None


def full(**evidence: Value) -> Result:
    """All is well."""
    return Result(1, _told(evidence), None)


def half(reason: ReasonCode, **evidence: Value) -> Result:
    """It works, not well."""
    return Result(0.5, _told(evidence), reason)


def nothing(reason: ReasonCode, **evidence: Value) -> Result:
    """It does not work."""
    return Result(0, _told(evidence), reason)


def _told(evidence: dict[str, Value]) -> Evidence:
    return {name: value for name, value in evidence.items() if value is not None}

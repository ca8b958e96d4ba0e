# SPDX-License-Identifier: Apache-2.0
"""What is said to people: complete in both languages, and the page that explains it is true."""

import re
import string
from pathlib import Path
from typing import get_args

import pytest

from sansang_wire.ipv6_readings import Verdict
from sansang_wire.readiness import LEAST_COVERAGE_PCT
from sansang_wire.readiness.assessment import (
    FORMULA_VERSION,
    WEIGHTS,
    CheckCode,
    Group,
    ReasonCode,
    RequirementCode,
)
from sansang_wire.readiness.caps import CAPS
from sansang_wire.readiness.reasons import REASONS
from sansang_wire.readiness.words import CHECKS, GROUPS, LABEL, REQUIREMENTS, VERDICTS

PAGE = (Path(__file__).parents[2] / "docs" / "readiness.md").read_text()
DIACRITICS = re.compile("[àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ]")
NOTHING_TO_DO = {"option_108", "pref64_ra"}
"""Good news."""


def test_every_code_has_its_words() -> None:
    assert set(REASONS) == set(get_args(ReasonCode))
    assert set(GROUPS) == set(get_args(Group))
    assert set(CHECKS) == set(get_args(CheckCode))
    assert set(REQUIREMENTS) == set(get_args(RequirementCode))
    assert set(VERDICTS) == set(get_args(Verdict))


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_said_in_both_languages_and_what_to_do(reason: ReasonCode) -> None:
    words = REASONS[reason]
    assert DIACRITICS.search(words.vi)
    assert words.en.isascii()
    assert words.vi.endswith(".")
    assert words.en.endswith(".")
    assert bool(words.vi_do) == bool(words.en_do) == (reason not in NOTHING_TO_DO)
    assert _blanks(words.vi) | _blanks(words.vi_do) == _blanks(words.en) | _blanks(words.en_do)


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_page_shows_the_weights_the_caps_and_the_version() -> None:
    for code, (group, points) in WEIGHTS.items():
        assert f"| {GROUPS[group].en} | `{code}` | {points} |" in PAGE
    for reason, rule in CAPS.items():
        assert f"| `{reason}` | {rule.at} |" in PAGE
    assert f"Version {FORMULA_VERSION} of the formula" in PAGE
    assert f"Below {LEAST_COVERAGE_PCT:g} %" in PAGE
    assert LABEL.vi.lower().removesuffix(".") in PAGE.lower()


@pytest.mark.parametrize("reason", REASONS)
def test_the_page_has_every_reason_in_its_words(reason: ReasonCode) -> None:
    words = REASONS[reason]
    row = f"| `{reason}` | {words.vi} | {words.vi_do} | {words.en} | {words.en_do} |"
    assert row in PAGE

# SPDX-License-Identifier: Apache-2.0
"""What the ledger is called in words, and that the document says the same."""

import re
from pathlib import Path
from typing import get_args

import pytest

from sansang_collector.causes import CAUSES
from sansang_collector.language import Translation
from sansang_collector.ledger_words import STATES, cause_word, kind_words, place
from sansang_collector.watch.cause import Cause
from sansang_collector.watch.entry import EntryState
from tests.fakes import outage_view

PAGE = Path(__file__).parents[2] / "docs" / "collector.md"


def test_the_document_has_every_cause_in_both_languages() -> None:
    """As the page and the messages call them."""
    vi, en = Translation("vi"), Translation("en")
    expected = {(cause, cause_word(cause, vi), cause_word(cause, en)) for cause in get_args(Cause)}
    rows = re.findall(r"(?m)^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text())
    assert {row for row in rows if row[0] in CAUSES} >= expected


def test_the_document_has_every_state() -> None:
    """In Vietnamese as the sheets have it."""
    rows = re.findall(r"(?m)^\| `(\w+)` \| ([^|]+) \|", PAGE.read_text())
    vi = Translation("vi")
    assert {(state, vi(STATES[state])) for state in get_args(EntryState)} <= set(rows)


@pytest.mark.parametrize(
    ("changes", "kind", "where"),
    [
        ({}, "Internet: gián đoạn", "Nhà văn hóa thôn Đông"),
        (
            {"simulated": True, "name": "A", "state": "degraded"},
            "Internet: chập chờn",
            "A (mô phỏng)",
        ),
        (
            {"service": "box", "subject": "dong-1", "name": "A", "state": "unknown"},
            "Thiết bị đo “dong-1”: chưa rõ",
            "A",
        ),
        (
            {"service": "area", "subject": "commune:11824", "name": ""},
            "Nhiều điểm đo: gián đoạn",
            "xã 11824",
        ),
        (
            {"service": "area", "subject": "carrier:VNPT", "name": ""},
            "Nhiều điểm đo: gián đoạn",
            "nhà mạng VNPT",
        ),
        ({"service": "collector", "subject": "", "name": ""}, "Máy chủ: gián đoạn", ""),
        ({"service": "gas", "subject": "", "name": "A"}, "gas: gián đoạn", "A"),
    ],
)
def test_an_outage_is_named_by_what_and_where(
    changes: dict[str, object], kind: str, where: str
) -> None:
    """A service that only another version knows keeps its name."""
    outage = outage_view(1, **changes)
    vi = Translation("vi")
    assert (kind_words(outage, vi), place(outage, vi)) == (kind, where)

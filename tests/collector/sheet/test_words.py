# SPDX-License-Identifier: Apache-2.0
"""Words of cells: what is alike, what an id is made of, hours of a day."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.hours import parse_hours
from sansang_collector.sheet.hours import opening_hours
from sansang_collector.sheet.plan import new_id
from sansang_collector.sheet.site_columns import SITES
from sansang_collector.sheet.words import SheetError, fold, plain, slug
from sansang_wire.topics import AGENT_ID, is_agent_id


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("11824 Nhà văn hóa thôn Đông", 60, "11824-nha-van-hoa-thon-dong"),
        ("Tổ dân phố số 7 (Phường Ưu Việt)", 60, "to-dan-pho-so-7-phuong-uu-viet"),
        ("một hai ba", 9, "mot-hai"),
        ("một hai ba", 7, "mot-hai"),
        ("liềnnhau", 4, "lien"),
        ("— ? —", 60, ""),
    ],
)
def test_an_id_is_made_of_plain_words(text: str, longest: int, expected: str) -> None:
    """Cut between words when it is too long."""
    assert slug(text, longest) == expected


@given(st.text(), st.integers(1, 60))
def test_what_is_made_is_an_id_or_nothing(text: str, longest: int) -> None:
    """Whatever people write."""
    made = slug(text, longest)
    assert len(made) <= longest
    assert not made or AGENT_ID.fullmatch(made)


@given(st.lists(st.text(max_size=80), max_size=12))
def test_no_two_sites_get_one_id(names: list[str]) -> None:
    """Nor one that leaves no room for the number of a box."""
    taken: set[str] = set()
    for name in names:
        made = new_id(SITES, {"commune": "11824", "name": name}, taken)
        assert made not in taken
        assert is_agent_id(f"{made}-99")
        taken.add(made)


def test_accents_capitals_and_signs_make_no_difference() -> None:
    """Composed or not; what nobody sees is gone."""
    assert fold("  MÃ XÃ: ") == fold("Mã xã") == "maxa"
    assert plain("Thôn\u00a0 \u200bĐông\n") == "Thôn Đông"


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("07:00-11:30 13:30-17:00", "07:00-11:30 13:30-17:00"),
        ("7h-11h30, 13h30–17h", "07:00-11:30 13:30-17:00"),
        ("7:00 - 11:30 và 13.30 đến 17", "07:00-11:30 13:30-17:00"),
        ("18:00-02:00", "18:00-02:00"),
        ("Nghỉ", "closed"),
        ("closed", "closed"),
        ("24/24", "00:00-24:00"),
        ("cả ngày", "00:00-24:00"),
        ("7-", None),
        ("sáng", None),
        ("07:00-11:30 11:00-17:00", None),
        ("07:75-11:00", None),
        ("25:00-26:00", None),
        ("07:00-07:00", None),
        ("07:00-11:30x", None),
    ],
)
def test_hours_are_read_as_people_write_them(written: str, hours: str | None) -> None:
    """Into what the registry takes."""
    if hours is None:
        with pytest.raises(SheetError, match="no hours of a day"):
            opening_hours(written)
    else:
        assert opening_hours(written) == hours
        parse_hours(hours)


@given(st.text(max_size=20))
def test_any_other_hours_are_a_sentence(written: str) -> None:
    """Never another error, and never what the registry would refuse."""
    with contextlib.suppress(SheetError):
        parse_hours(opening_hours(written))

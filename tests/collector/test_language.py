# SPDX-License-Identifier: Apache-2.0
"""Every text there is in Vietnamese, and how numbers and times are written."""

import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

import sansang_collector
from sansang_collector.language import Translation
from sansang_wire.language import Language

PACKAGE = Path(sansang_collector.__file__).parent
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "translate": None,
    "_translate": None,
    "mark": None,
    "plural": (1, 2),
}
METHODS = [("**.py", "python"), ("web/templates/**.html", "jinja2")]
OPTIONS = {"web/templates/**.html": {"extensions": "jinja2.ext.i18n"}}

Message = str | tuple[str, ...]


@pytest.fixture(scope="module")
def written() -> set[Message]:
    """Every text in the code and the templates."""
    return {
        message if isinstance(message, str) else tuple(message)
        for _, _, message, _, _ in extract_from_dir(PACKAGE, METHODS, OPTIONS, KEYWORDS)
    }


@pytest.fixture(scope="module")
def vietnamese() -> Catalog:
    """The catalogue as translators edit it."""
    path = PACKAGE / "locale/vi/LC_MESSAGES/sansang_collector.po"
    with path.open("rb") as file:
        return read_po(file, locale="vi")


def test_every_text_has_its_vietnamese(written: set[Message], vietnamese: Catalog) -> None:
    """None is missing, empty or doubtful, and none is left of texts that are gone."""
    translated = {
        message.id: message
        for message in vietnamese
        if message.id and not message.fuzzy and all(_texts(message.string))
    }
    known = {tuple(each) if isinstance(each, list | tuple) else each for each in translated}
    assert written - known == set()
    assert known - written == set()


def test_translations_have_the_same_blanks_to_fill(vietnamese: Catalog) -> None:
    """A misspelt one would be an error where the text is shown."""
    for message in vietnamese:
        blanks = {_blanks(text) for text in (*_texts(message.id), *_texts(message.string))}
        assert len(blanks) <= 1, message.id


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(map(str, value or ()))  # pyright: ignore[reportArgumentType, reportUnknownArgumentType]


def _blanks(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


MINUTE = 60_000_000
HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("language", "number", "share", "time"),
    [
        ("vi", "1.234,50", "65,5\u00a0%", "12,3\u00a0ms"),
        ("en", "1,234.50", "65.5\u00a0%", "12.3\u00a0ms"),
    ],
)
def test_numbers_follow_the_language(
    language: Language, number: str, share: str, time: str
) -> None:
    """A figure and its unit stay on one line."""
    translate = Translation(language)
    assert translate.number(1234.5, 2) == number
    assert translate.percent(65.5, 1) == share
    assert translate.milliseconds(12.34) == time


def test_times_are_those_of_viet_nam() -> None:
    """UTC+7, day first; a year that no calendar has does not break the page."""
    translate = Translation("vi")
    assert translate.instant(1_795_285_920_000_000) == "22/11/2026 01:32"
    assert translate.instant(2**62) == "31/12/9999 23:59"


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (-1, "chưa đầy một phút"),
        (59 * 1_000_000, "chưa đầy một phút"),
        (59 * MINUTE, "59 phút"),
        (HOUR + 5 * MINUTE, "1 giờ 05 phút"),
        (25 * HOUR, "1 ngày 1 giờ"),
        (76 * HOUR, "3 ngày 4 giờ"),
    ],
)
def test_durations_are_told_in_two_units(length: int, expected: str) -> None:
    """A person reads them, no program."""
    assert Translation("vi").duration(length) == expected


def test_an_interface_and_a_router_share_no_word(vietnamese: Catalog) -> None:
    """“Cổng mạng” would be either."""
    texts = [text.lower() for message in vietnamese for text in _texts(message.string)]
    assert not [text for text in texts if "cổng mạng" in text or "cổng ra mạng" in text]
    translate = Translation("vi")
    assert translate("Network port") == "Giao diện mạng"
    assert translate("Gateway") == "Bộ định tuyến"


def test_what_was_never_measured_and_a_gap_in_the_past_differ() -> None:
    """Of the past nothing will come any more."""
    translate = Translation("vi")
    assert translate("No data yet") == "Chưa có số liệu"
    assert translate("no data") == "không có số liệu"

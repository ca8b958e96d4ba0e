# SPDX-License-Identifier: Apache-2.0
"""Sheets of i-Speed results: every row is right, or all that is wrong is told."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sansang_collector.language import Translation
from sansang_collector.sheet.ispeed_columns import ISPEED, STEPS
from sansang_collector.sheet.ispeed_import import Results, in_folder, read_results
from sansang_collector.sheet.report import told
from sansang_collector.sheet.template import write_template
from sansang_collector.sheet.words import SheetError
from tests.collector.sheet.sheets import workbook
from tests.fakes import NOW

HEADINGS = tuple(each.heading.vi for each in ISPEED.columns)
GOOD = dict.fromkeys(HEADINGS) | {
    "STT": "1",
    "Ngày giờ": "21/11/2026 09:30",
    "Địa điểm": "Thôn Đông",
    "Loại mạng": "Di động",
    "Tải xuống (Mb/s)": "70,5",
}
PICTURE = b"%PDF-1.7"


def of(folder: Path, *rows: dict[str, Any], name: str = "i.xlsx") -> Results:
    """A workbook with these changes of a good row."""
    values = [tuple((GOOD | row).values()) for row in rows]
    file = workbook(folder / name, {"i-Speed": [HEADINGS, *values]})
    return read_results(file, NOW, in_folder(folder))


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("21/11/2026 09:30", "2026-11-21 09:30"),
        ("21/11/2026 9h30", "2026-11-21 09:30"),
        ("1/2/2026 7:05", "2026-02-01 07:05"),
        ("2026-11-21 09:30", "2026-11-21 09:30"),
        (datetime(2026, 11, 21, 9, 30), "2026-11-21 09:30"),  # noqa: DTZ001 - as Excel has it
    ],
)
def test_a_time_may_be_written_as_people_do(cell: object, at: str, tmp_path: Path) -> None:
    """Days before months; Excel's own dates, too."""
    [(_, new)] = of(tmp_path, {"Ngày giờ": cell}).new
    assert new.at == at


@pytest.mark.parametrize(
    ("cell", "mbps"), [("141,7", 141.7), ("141.75", 141.75), (93.125, 93.125), (70, 70.0)]
)
def test_decimals_follow_a_comma_or_a_point(cell: object, mbps: float, tmp_path: Path) -> None:
    """A cell with a number is not in doubt."""
    [(_, new)] = of(tmp_path, {"Tải xuống (Mb/s)": cell}).new
    assert new.download_mbps == mbps


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no time": ({"Ngày giờ": "hôm qua"}, "cột Ngày giờ: “hôm qua” không phải ngày giờ"),
    "nothing": ({"Ngày giờ": ""}, "cột Ngày giờ: ô này trống: hãy điền"),
    "to come": ({"Ngày giờ": "21/11/2036 09:30"}, "cột Ngày giờ: thời điểm này chưa đến"),
    "a word": ({"Loại mạng": "vệ tinh"}, "cột Loại mạng: "),
    "a doubtful number": ({"Tải xuống (Mb/s)": "1.234"}, "cột Tải xuống (Mb/s): không dùng được"),
    "less than nothing": ({"Ping (ms)": "-1"}, "cột Ping (ms): không dùng được “-1”"),
    "no file": ({"Minh chứng": "mat.png"}, "cột Minh chứng: không đọc được"),
    "no picture": ({"Minh chứng": "i.xlsx"}, "cột Minh chứng: i.xlsx không phải ảnh"),
}


def test_every_bad_row_is_told_and_none_is_taken_half(tmp_path: Path) -> None:
    """In the order of the file, each with its row and column."""
    (tmp_path / "i.xlsx").write_bytes(b"PK")
    found = of(tmp_path, {}, *(change for change, _ in BAD.values()), name="j.xlsx")
    _, _, lines = told(tmp_path / "j.xlsx", found.wrong, Translation("vi"))
    assert len(lines) == len(BAD)
    for row, (line, (_, sentence)) in enumerate(zip(lines, BAD.values(), strict=True), 3):
        assert line.startswith(f"bảng i-Speed, dòng {row}, {sentence}")
    assert len(found.new) == 1


def test_evidence_stands_in_the_folder_of_the_file(tmp_path: Path) -> None:
    """And comes with its name alone."""
    (tmp_path / "anh").mkdir()
    (tmp_path / "anh" / "a.pdf").write_bytes(PICTURE)
    [(_, new)] = of(tmp_path, {"Minh chứng": "anh/a.pdf"}).new
    assert new.evidence is not None
    assert (new.evidence.name, new.evidence.content) == ("a.pdf", PICTURE)


@pytest.mark.parametrize("name", ["mau.xlsx", "mau.csv"])
def test_the_template_is_right_as_it_is(name: str, tmp_path: Path) -> None:
    """Its example is left out."""
    path = tmp_path / name
    write_template(path, (ISPEED,), STEPS)
    assert read_results(path, NOW, in_folder(tmp_path)) == Results([], [], [])


def test_a_sheet_of_something_else_is_told(tmp_path: Path) -> None:
    """By the name of the sheet that is wanted."""
    file = workbook(tmp_path / "xa.xlsx", {"Điểm đo": [], "Liên hệ": []})
    with pytest.raises(SheetError) as refused:
        read_results(file, NOW, in_folder(tmp_path))
    assert "“i-Speed”" in refused.value.told(Translation("vi"))

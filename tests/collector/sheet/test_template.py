# SPDX-License-Identifier: Apache-2.0
"""The workbook that is given out: what is in it, and that what is filled in comes back."""

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from sansang_collector.language import Translation
from sansang_collector.registry import Registry, load
from sansang_collector.sheet.column import Sheet
from sansang_collector.sheet.importing import import_file
from sansang_collector.sheet.read import SHEETS
from sansang_collector.sheet.site_columns import SITES
from sansang_collector.sheet.template import write_template
from sansang_collector.sheet.words import SheetError


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """As it is written."""
    path = tmp_path / "mau.xlsx"
    write_template(path)
    return path


def imported(file: Path, registry: Path) -> Registry:
    done = import_file(file, registry, agents=False, dry_run=False)
    assert not done.wrong, [each.error for each in (*done.content.wrong, *done.plan.wrong)]
    return load(registry)


@pytest.mark.parametrize("name", ["mau.xlsx", "mau.csv"])
def test_an_empty_template_brings_nothing(name: str, tmp_path: Path) -> None:
    """Its examples are left out."""
    write_template(tmp_path / name)
    done = import_file(tmp_path / name, tmp_path / "r.toml", agents=True, dry_run=False)
    assert (done.wrong, done.plan.changes, done.content.unread) == (False, [], [])
    assert done.content.examples == (2 if name.endswith("xlsx") else 1)
    assert not (tmp_path / "r.toml").exists()


def test_the_examples_are_right_once_they_are_no_examples(template: Path) -> None:
    """Every column as the registry then has it."""
    book = load_workbook(template)
    for sheet in SHEETS:
        book[sheet.title.vi]["A2"] = None
    book.save(template)
    registry = imported(template, template.with_name("registry.toml"))
    (site,), (contact,) = registry.sites, registry.contacts
    assert site.id == "11824-nha-van-hoa-thon-dong"
    assert (site.kind, site.line_kind, site.package_mbps) == ("cultural_house", "fixed", 150)
    assert (site.village, site.carrier, site.free_wifi) == ("Thôn Đông", "VNPT", True)
    assert site.ssids == ["NVH Thon Dong", "NVH Thon Dong 5G"]
    assert site.hours is not None
    assert (site.hours.daily, site.hours.sat, site.hours.sun) == (
        "07:00-11:30 13:30-17:00",
        "07:00-11:30",
        "closed",
    )
    assert (contact.id, contact.role, contact.sites) == ("truong-thon-dong", "keeper", [site.id])
    assert (contact.language, contact.quiet) == ("vi", "22:00-06:00")
    assert (contact.after_min, contact.remind_h) == (10, 24)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.table)
def test_a_sheet_helps_to_fill_it_in(sheet: Sheet, template: Path) -> None:
    """Fixed headings with the English in a comment, lists to choose from, cells that are Text."""
    page = load_workbook(template)[sheet.title.vi]
    assert page.freeze_panes == "C2"
    assert [cell.value for cell in page[1]] == [column.heading.vi for column in sheet.columns]
    chosen = {
        str(each.sqref).partition("2")[0]: (each.formula1 or "").strip('"').split(",")
        for each in page.data_validations.dataValidation
    }
    for at, column in enumerate(sheet.columns, start=1):
        cell, letter = page.cell(1, at), get_column_letter(at)
        comment = getattr(cell.comment, "text", "")
        assert column.heading.en in comment
        assert Translation("vi")(column.what) in comment
        shape = page.column_dimensions[letter]
        assert (shape.width, shape.number_format) == (column.width, "@")
        words = [each.vi for each in (column.choices or {}).values()]
        assert chosen.get(letter, []) == words
        assert [column.parse(word) for word in words] == (
            [True, False] if column.key == "free_wifi" else list(column.choices or ())
        )


def test_the_guide_explains_every_column_in_both_languages(template: Path) -> None:
    """A sentence each."""
    rows = list(load_workbook(template)["Hướng dẫn"].iter_rows(values_only=True))
    told = {(row[0], row[1]): (row[3], row[4], row[5]) for row in rows}
    for sheet in SHEETS:
        for column in sheet.columns:
            assert told[sheet.title.vi, column.heading.vi] == (
                Translation("vi")(column.what),
                column.what,
                column.heading.en,
            )


def test_no_two_columns_have_the_same_name() -> None:
    """Neither in one language nor across them."""
    for sheet in SHEETS:
        for column in sheet.columns:
            for heading in (column.key, *column.heading):
                assert sheet.column(heading) is column, heading


def test_the_csv_opens_in_excel_as_it_is(tmp_path: Path) -> None:
    """A mark at its beginning says that it is UTF-8; it has the sites alone."""
    write_template(tmp_path / "mau.csv")
    content = (tmp_path / "mau.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    heading, _ = csv.reader(content.decode("utf-8-sig").splitlines())
    assert heading == [column.heading.vi for column in SITES.columns]


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("mau.xls", "“mau.xls” is no name of a template"),
        ("co.xlsx", "there is a file"),
        ("khong/co.xlsx", "{folder}/khong/co.xlsx can't be written: No such file"),
    ],
)
def test_a_template_takes_nothing_away(name: str, begin: str, tmp_path: Path) -> None:
    """Least of all a sheet that somebody has filled in."""
    (tmp_path / "co.xlsx").write_text("đã điền")
    with pytest.raises(SheetError) as raised:
        write_template(tmp_path / name)
    said = raised.value.told(Translation("en"))
    assert said.startswith(begin.format(folder=tmp_path))
    assert (tmp_path / "co.xlsx").read_text() == "đã điền"

# SPDX-License-Identifier: Apache-2.0
"""Every cell that can't be used is told, with its place and how to write it."""

import csv
import zipfile
from collections.abc import Sequence
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from sansang_collector.language import Translation
from sansang_collector.sheet.importing import import_file
from sansang_collector.sheet.report import mistakes
from sansang_collector.sheet.words import SheetError
from tests.collector.sheet.sheets import (
    CONTACT_HEADINGS,
    DONG,
    HEADINGS,
    REGISTRY,
    TAY,
    sites,
    workbook,
)

SITE = "bảng Điểm đo, dòng 2, "
CONTACT = "bảng Liên hệ, dòng 2, "
EMPTY = "còn trống, mà mục mới phải có: hãy điền vào (nếu ô bị gộp thì điền ở từng dòng)"
MOI = (None, "Nhà văn hóa thôn Mới", "11824", "Xã Vĩnh Bảo", "Nhà văn hóa")

CELLS: dict[str, tuple[str, Any, str]] = {
    "an id that is none": (
        "Mã điểm đo",
        "NVH Đông",
        (
            "“NVH Đông” không phải mã: ghi từ 1 đến 60 ký tự a-z, 0-9 và dấu gạch nối ở giữa,"
            " hoặc để trống để máy tự đặt"
        ),
    ),
    "a name too long": (
        "Tên điểm đo",
        "a" * 129,
        "129 ký tự là quá dài: ghi nhiều nhất 128 ký tự",
    ),
    "a code with too few digits": (
        "Mã xã",
        "2176",
        "“2176” không phải mã xã: ghi đủ năm chữ số, ví dụ 02176",
    ),
    "a kind that is none": (
        "Loại điểm",
        "Chợ",
        (
            "không có lựa chọn “Chợ”: ghi một trong các từ: Trụ sở UBND, Nhà văn hóa, Trường học,"
            " Trạm y tế, Khác"
        ),
    ),
    "a line that is none": (
        "Loại đường truyền",
        "vệ tinh",
        "không có lựa chọn “vệ tinh”: ghi một trong các từ: Cố định, Di động",
    ),
    "a package that is no speed": (
        "Gói cước",
        "100-200",
        "“100-200” không phải tốc độ: ghi số Mb/s như 150, hoặc ghi kèm đơn vị: 1 Gb/s",
    ),
    "a package beyond any line": (
        "Gói cước",
        1,
        (
            "“1” không thể là tốc độ của gói cước: ghi từ 2 đến 100000 Mb/s,"
            " hoặc ghi kèm đơn vị: 1 Gb/s"
        ),
    ),
    "a Wi-Fi name too long": (
        "Tên Wi-Fi",
        "NVH; " + "ô" * 17,
        (
            f"“{'ô' * 17}” quá dài cho một tên Wi-Fi (34 byte, nhiều nhất 32; chữ có dấu chiếm"
            " 2 hoặc 3): nhiều tên thì cách nhau bằng dấu ;"
        ),
    ),
    "a Wi-Fi name twice": (
        "Tên Wi-Fi",
        "NVH; NVH",
        "“NVH” ghi hai lần: chỉ ghi một lần",
    ),
    "no Wi-Fi name": (
        "Tên Wi-Fi",
        ";",
        "ô chỉ có dấu câu: hãy ghi tên, hoặc để trống",
    ),
    "neither yes nor no": (
        "Wi-Fi miễn phí",
        "chắc là có",
        "“chắc là có” không rõ là có hay không: ghi có hoặc không",
    ),
    "hours that are none": (
        "Giờ mở cửa hằng ngày",
        "buổi sáng",
        (
            "“buổi sáng” không phải giờ trong ngày: ghi từng khoảng từ giờ trước đến giờ sau,"
            " 07:00-11:30 13:30-17:00, hoặc nghỉ"
        ),
    ),
    "a formula nobody computed": (
        "Nhà mạng",
        "=A1",
        "ô này là công thức chưa có kết quả: hãy ghi thẳng giá trị",
    ),
}


def told(tmp_path: Path, file: Path, registry: str = "") -> list[str]:
    """What is wrong, each on a line, in Vietnamese; the registry stays as it was."""
    path = tmp_path / "registry.toml"
    path.write_text(registry)
    done = import_file(file, path, agents=True, dry_run=False)
    assert done.wrong
    assert (path.read_text(), sorted(tmp_path.glob("*.bak"))) == (registry, [])
    return mistakes(file, done, Translation("vi"))[2]


@pytest.mark.parametrize("case", CELLS)
def test_a_bad_cell_is_told_by_its_place(case: str, tmp_path: Path) -> None:
    """Sheet, row, column, what is wrong and how to write it; nothing is written."""
    heading, value, sentence = CELLS[case]
    row = dict(zip(HEADINGS, MOI, strict=True)) | {heading: value}
    file = workbook(tmp_path / "xa.xlsx", {"Điểm đo": [tuple(row), tuple(row.values())]})
    assert told(tmp_path, file) == [f"{SITE}cột {heading}: {sentence}"]


ROWS: dict[str, tuple[list[Sequence[Any]], list[str]]] = {
    "a new site that lacks something": (
        [(None, "Nhà văn hóa thôn Mới", "11824", None, None)],
        [f"{SITE}cột Tên xã: {EMPTY}", f"{SITE}cột Loại điểm: {EMPTY}"],
    ),
    "a row with nothing to know it by": (
        [(None, None, None, "Xã Vĩnh Bảo", "Khác")],
        [f"{SITE}cột Tên điểm đo: {EMPTY}", f"{SITE}cột Mã xã: {EMPTY}"],
    ),
    "one site on two rows": (
        [MOI, (None, "Nhà văn hóa  thôn mới", *MOI[2:])],
        [
            (
                "bảng Điểm đo, dòng 3, cột Tên điểm đo: trùng với dòng 2: xóa một trong hai dòng,"
                " hoặc ghi tên khác"
            )
        ],
    ),
    "one site on two rows, by id and by name": (
        [DONG, ("nvh-dong", None, None, None, "Khác")],
        [
            (
                "bảng Điểm đo, dòng 3, cột Mã điểm đo: trùng với dòng 2: xóa một trong hai dòng,"
                " hoặc ghi tên khác"
            )
        ],
    ),
    "another id for a site that is there": (
        [("nvh-thon-dong", *DONG[1:])],
        [
            (
                f"{SITE}cột Mã điểm đo: đã có mục tên này với mã nvh-dong: hãy ghi mã đó,"
                " hoặc ghi tên khác"
            )
        ],
    ),
    "an example that was changed": (
        [("ví dụ", *MOI[1:])],
        [
            (
                f"{SITE}cột Mã điểm đo: dòng này ghi “VÍ DỤ” nên sẽ bị bỏ qua, nhưng nội dung đã"
                " được sửa: xóa trống ô này nếu đây là dòng của bạn, hoặc xóa cả dòng"
            )
        ],
    ),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_row_that_can_not_be_taken_is_told(case: str, tmp_path: Path) -> None:
    """What it lacks, or which other one it is."""
    rows, expected = ROWS[case]
    assert told(tmp_path, sites(tmp_path / "xa.xlsx", *rows), REGISTRY) == expected


def test_every_mistake_is_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Of all sheets at once; what is wrong in one row hides nothing of another."""
    file = workbook(
        tmp_path / "xa.xlsx",
        {
            "Điểm đo": [
                (*HEADINGS, "Gói cước", "Thứ bảy"),
                (None, "Thôn Một", "1182", "Xã", "Khác", "?", None),
                (None, "Thôn Hai", "11824", "Xã", None, "?", "nghỉ"),
            ],
            "Liên hệ": [
                (*CONTACT_HEADINGS, "Điểm đo phụ trách", "Nhắn sau (phút)"),
                ("Trưởng thôn", "Chủ", "Zalo Đông", "Thôn Hai; Thôn Ba", "-1"),
            ],
        },
    )
    places = [line.partition(": ")[0] for line in told(tmp_path, file)]
    assert places == [
        f"{SITE}cột Mã xã",
        f"{SITE}cột Gói cước",
        "bảng Điểm đo, dòng 3, cột Gói cước",
        "bảng Điểm đo, dòng 3, cột Loại điểm",
        "bảng Điểm đo, dòng 3, cột Giờ mở cửa hằng ngày",
        f"{CONTACT}cột Vai trò",
        f"{CONTACT}cột Kênh nhắn tin",
        f"{CONTACT}cột Nhắn sau (phút)",
        f"{CONTACT}cột Điểm đo phụ trách",
    ]


CONTACTS: dict[str, tuple[str, str, str]] = {
    "a site that is not there": (
        "Điểm đo phụ trách",
        "nvh-dong; Thôn Xa",
        "không có điểm đo “Thôn Xa”: ghi mã, hoặc ghi tên như trong danh sách điểm đo",
    ),
    "a commune without sites": (
        "Mã xã phụ trách",
        "10549",
        "không có điểm đo nào ở xã có mã “10549”: hãy kiểm tra lại mã",
    ),
    "a carrier nobody has": (
        "Nhà mạng phụ trách",
        "VNPT",
        "không điểm đo nào dùng nhà mạng “VNPT”: hãy ghi như trong danh sách điểm đo",
    ),
    "an address instead of a channel": (
        "Kênh nhắn tin",
        "mailto://ubnd@example.vn",
        (
            "“mailto://ubnd@example.vn” không phải tên kênh: ghi tên có trong notify.urls,"
            " gồm a-z, 0-9 và dấu gạch nối"
        ),
    ),
    "a number that is none": (
        "Nhắc lại sau",
        "0",
        "“0” không dùng được: ghi một số nguyên từ 1 đến 8760",
    ),
}


@pytest.mark.parametrize("case", CONTACTS)
def test_a_contact_refers_to_what_there_is(case: str, tmp_path: Path) -> None:
    """What a contact can't be told of, or by, is a mistake in its cell."""
    heading, value, sentence = CONTACTS[case]
    good = dict(zip(CONTACT_HEADINGS, ("Trưởng thôn", "keeper", "zalo"), strict=True))
    row = {**good, heading: value}
    rows = [tuple(row), tuple(row.values())]
    file = workbook(tmp_path / "xa.xlsx", {"Điểm đo": [HEADINGS], "Liên hệ": rows})
    assert told(tmp_path, file, REGISTRY) == [f"{CONTACT}cột {heading}: {sentence}"]


def test_a_name_that_several_sites_have_needs_the_id(tmp_path: Path) -> None:
    """In either sheet."""
    twice = REGISTRY + REGISTRY.replace("nvh-", "cu-")
    file = workbook(
        tmp_path / "xa.xlsx",
        {
            "Điểm đo": [HEADINGS, DONG],
            "Liên hệ": [
                (*CONTACT_HEADINGS, "Điểm đo phụ trách"),
                ("Trưởng thôn", "keeper", "zalo", TAY[1]),
            ],
        },
    )
    assert told(tmp_path, file, twice) == [
        (
            f"{SITE}cột Tên điểm đo: có nhiều mục cùng tên này, mã là nvh-dong, cu-dong:"
            " ghi rõ mã của mục cần sửa"
        ),
        (
            f"{CONTACT}cột Điểm đo phụ trách: có nhiều điểm đo cùng tên “{TAY[1]}”:"
            " ghi mã của điểm cần nói đến"
        ),
    ]


def test_doubtful_headings_are_mistakes_and_other_columns_are_named(tmp_path: Path) -> None:
    """A misspelt column would else be left out in silence; a column of notes is theirs."""
    file = workbook(
        tmp_path / "xa.xlsx",
        {"Điểm đo": [(*HEADINGS, "Nhà mang số", "tên xa", "Ghi chú"), MOI]},
    )
    assert told(tmp_path, file) == [
        (
            "bảng Điểm đo, dòng 1, cột Nhà mang số: không rõ tiêu đề này: nếu là “Nhà mạng” thì ghi"
            " đúng như vậy; nếu không thì đổi tên cột"
        ),
        "bảng Điểm đo, dòng 1, cột tên xa: cột này có hai lần: chỉ giữ lại một",
    ]
    file = workbook(
        tmp_path / "khac.xlsx", {"Điểm đo": [(*HEADINGS, "Ghi chú"), MOI], "Nháp": [("x",)]}
    )
    done = import_file(file, tmp_path / "registry.toml", agents=False, dry_run=True)
    assert [(each.sheet, each.column) for each in done.content.unread] == [
        ("Điểm đo", "Ghi chú"),
        ("Nháp", ""),
    ]


def test_a_sheet_without_headings_is_a_mistake(tmp_path: Path) -> None:
    """Which says what to write."""
    file = workbook(tmp_path / "xa.xlsx", {"Điểm đo": [MOI]})
    assert told(tmp_path, file) == [
        "bảng Điểm đo: không thấy dòng tiêu đề: hãy ghi Tên điểm đo, Mã xã, Tên xã, Loại điểm …"
    ]


def test_what_excel_made_a_time_of_is_told(tmp_path: Path) -> None:
    """A cell that was not Text."""
    file = sites(tmp_path / "xa.xlsx", (*MOI, None), also=["Thứ bảy"])
    book = load_workbook(file)
    book["Điểm đo"]["F2"] = time(7, 0)
    book.save(file)
    assert told(tmp_path, file)[0] == (
        f"{SITE}cột Thứ bảy: Excel đã hiểu ô này là ngày hoặc giờ (07:00:00): chuyển ô sang"
        " kiểu Văn bản (Text) rồi ghi lại"
    )


def broken_files(tmp_path: Path) -> dict[str, Path]:
    """Files that nothing can be read from, by the beginning of the sentence."""
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (tmp_path / "b.csv").write_bytes("Tên điểm đo".encode("utf-16"))
    (tmp_path / "c.xls").write_bytes(b"")
    (tmp_path / "e.csv").write_text('Tên điểm đo,Mã xã\n"thôn "Đông",1\n')
    workbook(tmp_path / "f.xlsx", {"Một": [HEADINGS], "Hai": [HEADINGS]})
    return {
        "tệp không phải bảng tính mở được": tmp_path / "a.xlsx",
        "tệp không phải UTF-8": tmp_path / "b.csv",
        "không đọc được loại tệp “.xls”": tmp_path / "c.xls",
        "không đọc được tệp: No such file": tmp_path / "d.xlsx",
        "tệp không phải CSV đọc được": tmp_path / "e.csv",
        "bảng tính không có bảng “Điểm đo”": tmp_path / "f.xlsx",
    }


def test_a_file_that_can_not_be_read_is_one_sentence(tmp_path: Path) -> None:
    """Whatever is wrong with it."""
    for begin, file in broken_files(tmp_path).items():
        with pytest.raises(SheetError) as raised:
            import_file(file, tmp_path / "registry.toml", agents=False, dry_run=False)
        assert raised.value.told(Translation("vi")).startswith(begin)


def test_what_openpyxl_could_not_keep_is_no_news(tmp_path: Path) -> None:
    """Excel writes lists of its own kind into every other workbook; nobody wants a warning."""
    plain = sites(tmp_path / "xa.xlsx", MOI)
    newer = tmp_path / "excel.xlsx"
    lists = (
        '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x/></ext></extLst></worksheet>'
    )
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(newer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/"):
                content = content.replace(b"</worksheet>", lists.encode())
            new.writestr(name, content)
    assert names_and_codes(newer, tmp_path) == [(MOI[1], "11824", "cultural_house")]


def test_a_sheet_without_end_is_told(tmp_path: Path) -> None:
    """Rather than left out beyond some row."""
    file = sites(tmp_path / "xa.xlsx", MOI)
    book = load_workbook(file)
    book["Điểm đo"].cell(20_001, 1, "x")
    book.save(file)
    with pytest.raises(SheetError) as raised:
        import_file(file, tmp_path / "registry.toml", agents=False, dry_run=False)
    assert raised.value.told(Translation("vi")).startswith("bảng “Điểm đo” kéo đến dòng 20001")


def names_and_codes(file: Path, tmp_path: Path) -> list[tuple[str, str, str]]:
    done = import_file(file, tmp_path / "none.toml", agents=False, dry_run=True)
    assert not done.wrong, [each.error for each in done.content.wrong]
    return [(each.name, each.values["commune"], each.values["kind"]) for each in done.plan.changes]


@pytest.mark.parametrize(("encoding", "comma"), [("utf-8", ","), ("utf-8-sig", ";")])
def test_csv_is_read_as_excel_writes_it(encoding: str, comma: str, tmp_path: Path) -> None:
    """With or without a mark at its beginning, with either sign between cells."""
    file = tmp_path / "xa.csv"
    with file.open("w", encoding=encoding, newline="") as written:
        rows = csv.writer(written, delimiter=comma)
        rows.writerows([(*HEADINGS, "Thôn, tổ dân phố"), (*DONG, "Đông; Đoài"), (), (*TAY, "a,b")])
    assert names_and_codes(file, tmp_path) == [
        (DONG[1], "11824", "cultural_house"),
        (TAY[1], "11824", "cultural_house"),
    ]


def test_headings_are_found_wherever_and_however_they_are_written(tmp_path: Path) -> None:
    """Any order, case and accents, either language, below a title.

    A code that became a number gets its zeros back.
    """
    book = Workbook()
    page = book.worksheets[0]
    page.title = "Danh sách"
    for row in (
        ("DANH SÁCH ĐIỂM ĐO XÃ TRẦN PHÚ",),
        (),
        ("STT", "KIND", "ma xa", "Commune name", "TÊN ĐIỂM ĐO (*)"),
        (1, "Nhà văn hoá", 2176, "Xã Trần Phú", "Nhà văn hóa  thôn\nĐông "),
        (2, "office", "02176", "Xã Trần Phú", "Trụ sở"),
    ):
        page.append(row)
    book.save(tmp_path / "xa.xlsx")
    assert names_and_codes(tmp_path / "xa.xlsx", tmp_path) == [
        ("Nhà văn hóa thôn Đông", "02176", "cultural_house"),
        ("Trụ sở", "02176", "office"),
    ]

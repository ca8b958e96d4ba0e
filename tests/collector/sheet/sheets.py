# SPDX-License-Identifier: Apache-2.0
"""Files as officers make them: workbooks and CSV, and a registry to bring them into."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

HEADINGS = ("Mã điểm đo", "Tên điểm đo", "Mã xã", "Tên xã", "Loại điểm")
DONG = (None, "Nhà văn hóa thôn Đông", "11824", "Xã Vĩnh Bảo", "Nhà văn hóa")
TAY = (None, "Nhà văn hóa thôn Tây", "11824", "Xã Vĩnh Bảo", "Nhà văn hóa")
CONTACT_HEADINGS = ("Tên liên hệ", "Vai trò", "Kênh nhắn tin")

REGISTRY = """\
# Danh mục của xã
[[sites]]
id = "nvh-dong"   # giữ nguyên
name = "Nhà văn hóa thôn Đông"
commune = "11824"
commune_name = "Xã Vĩnh Bảo"
kind = "cultural_house"
package_mbps = 150 # hợp đồng 2025
hours.daily = "07:00-11:30"

# thiết bị của thôn Đông
[[agents]]
id = "nvh-dong-1"
site = "nvh-dong"
probes.service.every_s = 900

# thôn Tây
[[sites]]
id = "nvh-tay"
name = "Nhà văn hóa thôn Tây"
commune = "11824"
commune_name = "Xã Vĩnh Bảo"
kind = "cultural_house"

[sites.hours]
daily = "08:00-11:00"
# hết
"""


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """A .xlsx file with these rows on its sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    book.save(path)
    return path


def sites(path: Path, *rows: Sequence[Any], also: Sequence[str] = ()) -> Path:
    """A workbook of sites under HEADINGS and `also`."""
    return workbook(path, {"Điểm đo": [(*HEADINGS, *also), *rows]})

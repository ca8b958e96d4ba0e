# SPDX-License-Identifier: Apache-2.0
"""The sheet “i-Speed”: a row for each result, with the columns of annex 05 of the report."""

import re
from datetime import datetime

from sansang_collector.language import mark
from sansang_collector.sheet import cells
from sansang_collector.sheet.cells import Parser
from sansang_collector.sheet.column import EXAMPLE, Column, Sheet
from sansang_collector.sheet.site_columns import LINE_KIND, LINE_KINDS
from sansang_collector.sheet.words import Cell, SheetError, Words, plain

TIMES = ("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")
AMOUNT = re.compile(r"(0|[1-9][0-9]{0,5})([.,][0-9]{1,3})?")
THOUSANDS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")


def when(cell: Cell) -> str:
    """`2026-11-21 09:30`."""
    text = re.sub(r"([0-9])[hH]([0-9])", r"\1:\2", plain(cell))
    for each in TIMES:
        try:
            return f"{datetime.strptime(text, each):%Y-%m-%d %H:%M}"  # noqa: DTZ007 - the wall's clock
        except ValueError:
            continue
    raise SheetError(
        mark("“{got}” is not a day and a time: write 21/11/2026 09:30"), got=plain(cell)
    )


def amount(most: int) -> Parser:
    """A number up to this, with a comma or a point before its decimals."""

    def parse(cell: Cell) -> float:
        text = plain(cell)
        # 1.234 may be a thousand and more, or one and a bit; a cell with a number is not in doubt.
        doubtful = isinstance(cell, str) and THOUSANDS.fullmatch(text)
        known = not doubtful and (AMOUNT.fullmatch(text) or isinstance(cell, float))
        number = float(text.replace(",", ".")) if known else -1.0
        if not 0 <= number <= most:
            raise SheetError(
                mark("“{got}” won't do: write a number from 0 to {most}, such as 93,4"),
                got=text,
                most=most,
            )
        return number

    return parse


ISPEED = Sheet(
    table="ispeed",
    title=Words("i-Speed", "i-Speed results"),
    columns=(
        Column(
            "number",
            Words("STT", "No."),
            mark("Whatever you like; it is not kept."),
            plain,
            example=EXAMPLE.vi,
            width=8,
        ),
        Column(
            "at",
            Words("Ngày giờ", "Date and time"),
            mark("When it was measured, by the clock there: 21/11/2026 09:30."),
            when,
            example="21/11/2026 09:30",
            needed=True,
            dated=True,
        ),
        Column(
            "place",
            Words("Địa điểm", "Place"),
            mark("The id or the name of a site; elsewhere, where it was in words."),
            cells.name,
            example="Nhà văn hóa thôn Đông",
            needed=True,
            width=30,
        ),
        Column(
            "line_kind",
            Words("Loại mạng", "Kind of network"),
            mark("A fixed line (fibre) or a mobile one (4G, 5G)."),
            LINE_KIND,
            example=LINE_KINDS["fixed"].vi,
            choices=LINE_KINDS,
            needed=True,
            width=14,
        ),
        Column(
            "carrier",
            Words("Nhà mạng", "Carrier"),
            mark("Who sells the line: VNPT, Viettel, FPT …"),
            cells.name,
            example="VNPT",
            width=14,
        ),
        Column(
            "server",
            Words("Điểm đo (máy chủ)", "Measuring server"),
            mark("The server that i-Speed measured against, as it shows it."),
            cells.name,
            example="VNPT Hải Phòng",
        ),
        Column(
            "download_mbps",
            Words("Tải xuống (Mb/s)", "Download (Mb/s)"),
            mark("As i-Speed shows it."),
            amount(100_000),
            example="141,7",
            needed=True,
        ),
        Column(
            "upload_mbps",
            Words("Tải lên (Mb/s)", "Upload (Mb/s)"),
            mark("As i-Speed shows it."),
            amount(100_000),
            example="92,3",
        ),
        Column(
            "ping_ms",
            Words("Ping (ms)", "Ping (ms)"),
            mark("As i-Speed shows it."),
            amount(60_000),
            example="6",
            width=12,
        ),
        Column(
            "jitter_ms",
            Words("Jitter (ms)", "Jitter (ms)"),
            mark("As i-Speed shows it."),
            amount(60_000),
            example="1,2",
            width=12,
        ),
        Column(
            "who",
            Words("Người đo", "Measured by"),
            mark("A role, not a person's name; empty means the officer."),
            cells.name,
            example="Cán bộ xã",
        ),
        Column(
            "evidence",
            Words("Minh chứng", "Evidence"),
            mark("The name of a picture or PDF (up to 5 MiB) in the folder of this file."),
            cells.name,
            example="i-speed-thon-dong.png",
            width=26,
        ),
    ),
)
STEPS = (
    mark("Fill in a row for each result on the sheet “i-Speed”."),
    mark("What is red must be filled in; the grey row is an example, and may be deleted."),
    mark("Put the pictures that show the results into the folder of this file."),
    mark("Then: sansang ispeed import FILE. Nothing is entered until every row is right."),
)

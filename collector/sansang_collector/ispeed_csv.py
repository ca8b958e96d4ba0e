# SPDX-License-Identifier: Apache-2.0
"""i-Speed results as rows of a sheet, as annex 05 of the report has them."""

from collections.abc import Iterable, Iterator

from sansang_collector.csv_text import Cell
from sansang_collector.ispeed_views import ISpeedView
from sansang_collector.language import Translation, mark

LINE_KINDS = {"fixed": mark("Fixed broadband"), "mobile": mark("Mobile broadband")}


def ispeed_rows(entries: Iterable[ISpeedView], translate: Translation) -> Iterator[list[Cell]]:
    """The headings, then a row for each entry that holds, the first measured first."""
    yield [
        translate("No."),
        translate("Date and time"),
        translate("Place"),
        translate("Kind of network"),
        translate("Carrier"),
        translate("Measuring server"),
        translate("Download (Mb/s)"),
        translate("Upload (Mb/s)"),
        translate("Ping (ms)"),
        translate("Jitter (ms)"),
        translate("Measured by"),
        translate("Evidence"),
    ]
    holding = [each for each in entries if each.corrected_by is None]
    for number, each in enumerate(sorted(holding, key=lambda it: (it.at, it.number)), 1):
        yield [
            number,
            translate.instant(each.at),
            each.place,
            translate(LINE_KINDS[each.line_kind]),
            each.carrier,
            each.server,
            each.download_mbps,
            each.upload_mbps,
            each.ping_ms,
            each.jitter_ms,
            translate("the officer") if each.who == "officer" else each.who,
            each.evidence.name if each.evidence else None,
        ]

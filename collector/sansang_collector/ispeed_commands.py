# SPDX-License-Identifier: Apache-2.0
"""`sansang ispeed`: what people measured with i-Speed, into the running collector and out of it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from sansang_collector import asking
from sansang_collector.command import (
    EXIT_WRONG,
    Answer,
    Config,
    Json,
    Lang,
    Url,
    ask,
    group,
)
from sansang_collector.config import DEFAULT_PATH
from sansang_collector.csv_text import csv_text
from sansang_collector.ispeed_csv import ispeed_rows
from sansang_collector.ispeed_views import ISpeedView
from sansang_collector.ispeeds import NewISpeed
from sansang_collector.language import Translation, mark
from sansang_collector.ledger_commands import Csv, FirstDay, LastDay, Period


def group_of_commands() -> typer.Typer:
    """`sansang ispeed import`, `template` and `list`."""
    return group(
        mark("what people measured with i-Speed, beside our own tests"),
        (
            ("import", import_file, mark("enter the results of a sheet")),
            ("template", template, mark("write an empty sheet to fill in")),
            ("list", list_all, mark("list what was entered")),
        ),
    )


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=mark("a .xlsx or .csv file"))],
    config: Config = DEFAULT_PATH,
    url: Url = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """All rows are right, or none is entered; what is there already is not entered twice."""
    answer = Answer(lang, as_json=as_json)
    translate = answer.translate
    # Opening workbooks is for this command alone.
    from sansang_collector.sheet import report  # noqa: PLC0415
    from sansang_collector.sheet.ispeed_import import in_folder, read_results  # noqa: PLC0415
    from sansang_collector.sheet.read import Place  # noqa: PLC0415
    from sansang_collector.sheet.words import SheetError  # noqa: PLC0415

    try:
        found = read_results(file, time.time_ns() // 1000, in_folder(file.parent))
    except SheetError as error:
        answer.fail(EXIT_WRONG, f"{file}: {error.told(translate)}", "")
    if found.wrong:
        answer.fail(EXIT_WRONG, *report.told(file, found.wrong, translate))

    def enter(where: str, place: Place, new: NewISpeed) -> ISpeedView:
        try:
            return asking.post(where, "ispeed", new, ISpeedView, answer.language)
        except asking.RefusedQuestionError as error:
            told = f"{report.place_words(place, translate)}: {error}"
            raise asking.RefusedQuestionError(told, error.status) from error

    entered = ask(
        lambda where: [enter(where, place, new) for place, new in found.new], config, url, answer
    )
    if as_json:
        answer.json(msgspec.to_builtins(entered))
        return
    for place in found.unread:
        where = report.place_words(place, translate)
        answer.out.print(
            translate("Not read, for nothing here has this name: {place}", place=where)
        )
    answer.out.print(
        translate.plural("{count} result is entered.", "{count} results are entered.", len(entered))
    )


def template(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=mark("where: a name in .xlsx or .csv"))
    ],
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Never over a file that is there."""
    answer = Answer(lang, as_json=as_json)
    from sansang_collector.sheet.ispeed_columns import ISPEED, STEPS  # noqa: PLC0415
    from sansang_collector.sheet.template import write_template  # noqa: PLC0415
    from sansang_collector.sheet.words import SheetError  # noqa: PLC0415

    try:
        write_template(file, (ISPEED,), STEPS)
    except SheetError as error:
        answer.fail(EXIT_WRONG, error.told(answer.translate), "")
    if as_json:
        answer.json({"file": str(file)})
    else:
        answer.out.print(
            answer.translate(
                "Written: {file}. Fill it in, then: sansang ispeed import {file}", file=file
            )
        )


def list_all(  # noqa: PLR0913, PLR0917 - one parameter an option
    period: Period = None,
    first: FirstDay = None,
    last: LastDay = None,
    config: Config = DEFAULT_PATH,
    url: Url = None,
    as_json: Json = False,
    as_csv: Csv = False,
    lang: Lang = None,
) -> None:
    """The newest first; what was corrected is left out, but for --json."""
    answer = Answer(lang, as_json=as_json)
    translate = answer.translate
    asked = {"period": period, "from": first, "to": last, "lang": answer.language}
    found = ask(
        lambda where: asking.get(where, "ispeed", list[ISpeedView], **asked), config, url, answer
    )
    holding = [each for each in found if each.corrected_by is None]
    if as_json:
        answer.json(msgspec.to_builtins(found))
    elif as_csv:
        answer.write(csv_text(ispeed_rows(found, translate), answer.language))
    elif holding:
        answer.out.print(_table(holding, translate))
    else:
        answer.out.print(translate("Nothing was entered for this time."))


def _table(found: Sequence[ISpeedView], translate: Translation) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for title in (translate("No."), translate("Date and time"), translate("Place")):
        shown.add_column(title)
    shown.add_column(translate("Carrier"))
    for title in (translate("Download (Mb/s)"), translate("Upload (Mb/s)"), translate("Ping (ms)")):
        shown.add_column(title, justify="right")
    for each in found:
        numbers = (each.download_mbps, each.upload_mbps, each.ping_ms)
        shown.add_row(
            Text(str(each.number)),
            Text(translate.instant(each.at)),
            Text(each.place),
            Text(each.carrier or ""),
            *(Text("" if it is None else translate.number(it, 1)) for it in numbers),
        )
    return shown

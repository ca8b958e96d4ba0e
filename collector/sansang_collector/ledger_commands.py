# SPDX-License-Identifier: Apache-2.0
"""`sansang outages`, `sansang availability`: the ledger of the running collector."""

import time
from typing import Annotated

import msgspec
import typer

from sansang_collector import asking
from sansang_collector.command import EXIT_USAGE, Answer, Config, Json, Lang, Url, ask
from sansang_collector.config import DEFAULT_PATH
from sansang_collector.csv_text import csv_text
from sansang_collector.hours import Span
from sansang_collector.language import mark
from sansang_collector.ledger_csv import availability_rows, outage_rows
from sansang_collector.ledger_tables import availability_table, outages_table, period_line
from sansang_collector.outages import By
from sansang_collector.periods import day
from sansang_collector.views import AvailabilityAnswer, OutageView

FirstDay = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help=mark("the first day, as 2026-11-21"))
]
Period = Annotated[
    str | None,
    typer.Option("--period", help=mark("2026, 2026-Q4 or 2026-11; this quarter if left out")),
]
LastDay = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help=mark("the last day, itself included"))
]
Csv = Annotated[bool, typer.Option("--csv", help=mark("answer as a sheet, for Excel"))]


def outages(  # noqa: PLR0913, PLR0917 - one parameter an option
    site: Annotated[
        str | None, typer.Option("--site", metavar="ID", help=mark("of this site alone"))
    ] = None,
    first: FirstDay = None,
    last: LastDay = None,
    only_open: Annotated[bool, typer.Option("--open", help=mark("only what lasts still"))] = False,
    config: Config = DEFAULT_PATH,
    url: Url = None,
    as_json: Json = False,
    as_csv: Csv = False,
    lang: Lang = None,
) -> None:
    """Of the last 30 days unless told otherwise; days are Việt Nam's."""
    answer = Answer(lang, as_json=as_json)
    translate = answer.translate
    start = None if first is None else _day("from", first, answer).start
    end = None if last is None else _day("to", last, answer).end
    found = ask(
        lambda where: asking.get(
            where,
            "outages",
            list[OutageView],
            start=start,
            end=end,
            site=site,
            lang=answer.language,
        ),
        config,
        url,
        answer,
    )
    if only_open:
        found = [each for each in found if each.end is None]
    now = time.time_ns() // 1000
    if as_json:
        answer.json(msgspec.to_builtins(found))
    elif as_csv:
        answer.write(csv_text(outage_rows(found, now, translate), answer.language))
    elif found:
        answer.out.print(outages_table(found, now, translate))
    else:
        answer.out.print(translate("Nothing was out of order."))


def availability(  # noqa: PLR0913, PLR0917 - one parameter an option
    by: Annotated[
        By, typer.Option("--by", help=mark("each site, or all of a carrier or commune together"))
    ] = "site",
    period: Period = None,
    first: FirstDay = None,
    last: LastDay = None,
    calendar: Annotated[
        bool,
        typer.Option("--calendar", help=mark("periods of the calendar, not those of NĐ 09/2019")),
    ] = False,
    config: Config = DEFAULT_PATH,
    url: Url = None,
    as_json: Json = False,
    as_csv: Csv = False,
    lang: Lang = None,
) -> None:
    """What is not known is never counted as up."""
    answer = Answer(lang, as_json=as_json)
    translate = answer.translate
    query: dict[str, object] = {"by": by, "period": period, "from": first, "to": last}
    query |= {"calendar": "true" if calendar else "false", "lang": answer.language}
    told = ask(
        lambda where: asking.get(where, "availability", AvailabilityAnswer, **query),
        config,
        url,
        answer,
    )
    if as_json:
        answer.json(msgspec.to_builtins(told))
    elif as_csv:
        answer.write(csv_text(availability_rows(told.found, translate), answer.language))
    elif told.found:
        answer.out.print(period_line(told, translate))
        answer.out.print(availability_table(told.found, translate))
    else:
        answer.out.print(translate("There is no site yet: add the first one to the registry."))


def _day(name: str, text: str, answer: Answer) -> Span:
    """The program ends when it is none."""
    try:
        return day(text)
    except ValueError:
        what = answer.translate(
            "--{name}: {text!r} is not a day such as 2026-11-21", name=name, text=text
        )
        answer.fail(EXIT_USAGE, what, "")

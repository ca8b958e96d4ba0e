# SPDX-License-Identifier: Apache-2.0
"""`sansang readiness`: how ready the sites are for IPv6, as the running collector has it."""

import time
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from sansang_collector import asking
from sansang_collector.command import EXIT_WRONG, Answer, Config, Json, Lang, Url, ask
from sansang_collector.config import DEFAULT_PATH
from sansang_collector.fleet import STYLES
from sansang_collector.language import Translation, mark
from sansang_collector.readiness_views import ReadinessView
from sansang_collector.web.readiness_words import first_todo, said, standing, verdict
from sansang_collector.web.states import SHAPES, Line
from sansang_wire.readiness.words import LABEL


def readiness(
    site: Annotated[
        str | None, typer.Argument(metavar="[SITE]", help=mark("of this site alone"))
    ] = None,
    config: Config = DEFAULT_PATH,
    url: Url = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Score, verdict and the first thing to do; with --json every check and reason."""
    answer = Answer(lang, as_json=as_json)
    found = ask(
        lambda where: asking.get(where, "readiness", list[ReadinessView]), config, url, answer
    )
    if site is not None:
        found = [each for each in found if each.site == site]
        if not found:
            answer.fail(EXIT_WRONG, answer.translate("There is no site {site!r}.", site=site), "")
    if as_json:
        answer.json(msgspec.to_builtins(found))
    elif found:
        answer.out.print(_table(found, answer.translate))
        answer.out.print(said(LABEL, answer.translate))
    else:
        answer.out.print(
            answer.translate("There is no site yet: add the first one to the registry.")
        )


def _table(found: Sequence[ReadinessView], translate: Translation) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold")
    titles = (translate("Site"), translate("Name"), translate("Score"), translate("IPv6 alone"))
    for title in (*titles, translate("First thing to do")):
        shown.add_column(title)
    now = time.time_ns() // 1000
    for each in found:
        known = each.known(now)
        nothing = Line("none", translate("not measured"))
        shown.add_row(
            Text(each.site),
            Text(each.name + (f" ({translate('simulated')})" if each.simulated else "")),
            _cell(standing(each, now, translate)),
            _cell(verdict(known, translate) if known else nothing),
            Text(first_todo(known, translate) if known else ""),
        )
    return shown


def _cell(line: Line) -> Text:
    return Text(f"{SHAPES[line.tone]} {line.text}", style=STYLES[line.tone])

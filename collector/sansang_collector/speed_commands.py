# SPDX-License-Identifier: Apache-2.0
"""`sansang speed`: how fast the lines of the sites are, as the running collector has it."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from sansang_collector import asking
from sansang_collector.command import EXIT_WRONG, Answer, Config, Json, Lang, Url, ask
from sansang_collector.config import DEFAULT_PATH
from sansang_collector.csv_text import csv_text
from sansang_collector.fleet import STYLES
from sansang_collector.language import Translation, mark
from sansang_collector.ledger_commands import Csv, FirstDay, LastDay, Period
from sansang_collector.speed_csv import speed_rows
from sansang_collector.speed_judgement import Judged, Rate, Verdict
from sansang_collector.speed_report_words import freshness_words, verdict_word
from sansang_collector.speed_views import (
    CommuneSpeedView,
    SiteSpeedDetail,
    SiteSpeedView,
    SpeedAnswer,
)
from sansang_collector.web.states import SHAPES, Tone

TONES: dict[Verdict, Tone] = {
    "met": "ok",
    "not_met": "bad",
    "too_few": "none",
    "not_measured": "none",
}


def speed(  # noqa: PLR0913, PLR0917 - one parameter an option
    site: Annotated[
        str | None, typer.Option("--site", metavar="ID", help=mark("of this site alone"))
    ] = None,
    period: Period = None,
    first: FirstDay = None,
    last: LastDay = None,
    config: Config = DEFAULT_PATH,
    url: Url = None,
    as_json: Json = False,
    as_csv: Csv = False,
    lang: Lang = None,
) -> None:
    """Medians against the package and the plan; with --json and --site every figure."""
    answer = Answer(lang, as_json=as_json)
    translate = answer.translate
    asked = {"period": period, "from": first, "to": last, "lang": answer.language}
    if site is not None and as_json:
        what = f"sites/{site}/speed"
        detail = ask(
            lambda where: asking.get(where, what, SiteSpeedDetail, **asked), config, url, answer
        )
        answer.json(msgspec.to_builtins(detail))
        return
    told = ask(lambda where: asking.get(where, "speed", SpeedAnswer, **asked), config, url, answer)
    found = [each for each in told.sites if site in {None, each.site}]
    if site is not None and not found:
        answer.fail(EXIT_WRONG, translate("There is no site {site!r}.", site=site), "")
    if as_json:
        answer.json(msgspec.to_builtins(told))
    elif as_csv:
        answer.write(csv_text(speed_rows(found, translate), answer.language))
    elif found:
        answer.out.print(_table(found, translate))
        for each in told.communes if site is None else ():
            name = translate("{name} (simulated)", name=each.name) if each.simulated else each.name
            answer.out.print(f"{name}: {_shares(each, translate)}")
    else:
        answer.out.print(translate("There is no site yet: add the first one to the registry."))


def _table(found: Sequence[SiteSpeedView], translate: Translation) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for title in (translate("Site"), translate("Name")):
        shown.add_column(title)
    for title in (translate("Download (Mb/s)"), translate("Upload (Mb/s)")):
        shown.add_column(title, justify="right")
    shown.add_column(translate("Number of tests"), justify="right")
    for title in (translate("Against the package"), translate("Against the target")):
        shown.add_column(title)
    shown.add_column(translate("Last test"))
    for each in found:
        shown.add_row(
            Text(each.site),
            Text(each.name + (f" ({translate('simulated')})" if each.simulated else "")),
            Text(_median(each.download, translate)),
            Text(_median(each.upload, translate)),
            Text(str(each.tests)),
            _verdict(each.package, translate),
            _verdict(each.target, translate),
            Text(freshness_words(each.freshness, translate)),
        )
    return shown


def _median(rate: Rate | None, translate: Translation) -> str:
    if rate is None:
        return ""
    if rate.rate_mbps is not None:
        return translate.number(rate.rate_mbps.median, 1)
    return f"≥ {translate.number(rate.bounds_mbps.median, 1)}" if rate.bounds_mbps else ""


def _verdict(judged: Judged | None, translate: Translation) -> Text:
    if judged is None:
        return Text("")
    tone = TONES[judged.verdict]
    return Text(f"{SHAPES[tone]} {verdict_word(judged, translate)}", style=STYLES[tone])


def _shares(commune: CommuneSpeedView, translate: Translation) -> str:
    return translate(
        "{met} of {of} sites meet their package, {met_target} of {of} the target; not measured:"
        " {unmeasured}",
        met=commune.package.met,
        of=commune.package.of,
        met_target=commune.target.met,
        unmeasured=commune.not_measured,
    )

# SPDX-License-Identifier: Apache-2.0
"""The page on which results of i-Speed are entered, brought in from a file, and read: a form with
the columns of annex 05.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from urllib.parse import urlencode

from sansang_collector.ispeed_views import ISpeedView
from sansang_collector.language import Translation
from sansang_collector.periods import VIETNAM
from sansang_collector.sheet.column import Column
from sansang_collector.sheet.ispeed_columns import ISPEED
from sansang_collector.views import SiteView
from sansang_collector.web.ispeed_rows import ISpeedRow, ispeed_rows

FIELDS: tuple[Column, ...] = tuple(each for each in ISPEED.columns if each.key != "number")
"""What is asked for; numbers are given."""

Kind = Literal["when", "place", "choice", "decimal", "text", "file"]
KINDS: Mapping[str, Kind] = {
    "at": "when",
    "place": "place",
    "line_kind": "choice",
    "evidence": "file",
    **dict.fromkeys(("download_mbps", "upload_mbps", "ping_ms", "jitter_ms"), "decimal"),
}


class Choice(NamedTuple):
    """One of a list."""

    value: str
    name: str
    chosen: bool


class Field(NamedTuple):
    """What is asked for, what it means, what stands there, and why that won't do."""

    key: str
    kind: Kind
    label: str
    hint: str
    value: str
    needed: bool
    choices: list[Choice]
    wrong: str


class Filled(NamedTuple):
    """What somebody has written or sent: values and faults by field; what is wrong with all of it;
    what came of it.
    """

    values: Mapping[str, str] = {}
    wrong: Mapping[str, str] = {}
    corrects: int | None = None
    faults: Sequence[str] = ()
    done: str = ""


@dataclass(frozen=True, slots=True)
class ISpeedPage:
    """Everything on the page, in words."""

    title: str
    subtitle: str
    updated: str
    faults: Sequence[str]
    done: str
    fields: list[Field]
    places: list[str]
    corrects: int | None
    rows: list[ISpeedRow]
    sheet: str


def build(
    entries: Sequence[ISpeedView],
    sites: Sequence[SiteView],
    filled: Filled,
    now: int,
    translate: Translation,
) -> ISpeedPage:
    """`entries`: the newest first."""
    rows = ispeed_rows(entries, translate)
    return ISpeedPage(
        title=translate("i-Speed, measured by people"),
        subtitle=translate.plural("{count} result", "{count} results", len(rows)),
        updated=translate.instant(now),
        faults=filled.faults,
        done=filled.done,
        fields=[_field(each, filled, translate) for each in FIELDS],
        places=[each.name for each in sites],
        corrects=filled.corrects,
        rows=rows,
        sheet=f"/api/v1/ispeed.csv?{urlencode({'lang': translate.language})}",
    )


def _field(column: Column, filled: Filled, translate: Translation) -> Field:
    value = filled.values.get(column.key, "")
    evidence = translate("A picture or PDF that shows it, up to 5 MiB.")
    return Field(
        key=column.key,
        kind=KINDS.get(column.key, "text"),
        label=column.heading.told(translate),
        hint=evidence if column.key == "evidence" else translate(column.what),
        value=value,
        needed=column.needed,
        choices=[
            Choice(key, words.told(translate), key == value)
            for key, words in (column.choices or {}).items()
        ],
        wrong=filled.wrong.get(column.key, ""),
    )


def as_filled(entry: ISpeedView) -> Filled:
    """The form with what an entry says, to be corrected; its evidence is sent anew."""
    numbers = {
        "download_mbps": entry.download_mbps,
        "upload_mbps": entry.upload_mbps,
        "ping_ms": entry.ping_ms,
        "jitter_ms": entry.jitter_ms,
    }
    at = datetime.fromtimestamp(entry.at / 1e6, VIETNAM)
    words = {
        "at": f"{at:%Y-%m-%dT%H:%M}",
        "place": entry.site or entry.place,
        "line_kind": entry.line_kind,
        "carrier": entry.carrier or "",
        "server": entry.server or "",
        "who": entry.who,
        **{key: f"{value:g}" for key, value in numbers.items() if value is not None},
    }
    return Filled(words, corrects=entry.number)

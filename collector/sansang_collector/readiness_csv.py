# SPDX-License-Identifier: Apache-2.0
"""IPv6 readiness as rows of a sheet, as annex 03 of the report has them."""

from collections.abc import Iterable, Iterator, Sequence

from sansang_collector.csv_text import Cell
from sansang_collector.language import Translation
from sansang_collector.readiness_views import ReadinessView
from sansang_collector.web.readiness_words import reasons, verdict
from sansang_wire.readiness.assessment import Assessment, CheckCode


def readiness_rows(
    sites: Iterable[ReadinessView], now: int, translate: Translation
) -> Iterator[list[Cell]]:
    """The headings, then a row a site; what was said more than a day before `now` (µs) counts no
    more.
    """
    yield [
        translate("No."),
        translate("Office"),
        translate("Carrier"),
        translate("Given IPv6 addresses"),
        translate("Reaches IPv6"),
        translate("Prefers IPv6"),
        translate("Ready for IPv6 alone"),
        translate("Services without IPv6"),
        translate("Cause"),
        translate("What to do"),
    ]
    for number, site in enumerate(sites, 1):
        name = translate("{name} (simulated)", name=site.name) if site.simulated else site.name
        found = site.known(now)
        yield [number, name, site.carrier, *_cells(found, translate)]


def _cells(found: Assessment | None, translate: Translation) -> Sequence[Cell]:
    if found is None:
        return [translate("not measured")] * 4 + [None] * 3
    why = reasons(found, translate)
    return [
        _yes_or_no(_met(found, "native_address"), translate),
        _yes_or_no(_met(found, "literals"), translate),
        _yes_or_no(found.preferred, translate),
        verdict(found, translate).text,
        ", ".join(_services(found)),
        " ".join(each.what for each in why),
        " ".join(dict.fromkeys(each.todo for each in why if each.todo)),
    ]


def _met(found: Assessment, code: CheckCode) -> bool | None:
    credit = next((each.credit for each in found.checks if each.code == code), None)
    return None if credit is None else credit > 0


def _services(found: Assessment) -> list[str]:
    return [str(each.evidence["service"]) for each in found.blockers if "service" in each.evidence]


def _yes_or_no(value: bool | None, translate: Translation) -> str:
    if value is None:
        return translate("not measured")
    return translate("yes") if value else translate("no")

# SPDX-License-Identifier: Apache-2.0
"""The ledger as rows of a sheet: outages as annex 04 of the report has them, and availability."""

from collections.abc import Iterable, Iterator

from sansang_collector.csv_text import Cell
from sansang_collector.language import MINUTE_US, Translation
from sansang_collector.ledger_words import (
    answer_words,
    cause_word,
    kind_words,
    place,
    result_words,
    service_word,
)
from sansang_collector.views import AvailabilityView, OutageView

HOUR_US = 60 * MINUTE_US


def outage_rows(
    outages: Iterable[OutageView], now: int, translate: Translation
) -> Iterator[list[Cell]]:
    """The headings, then a row an outage; what lasts has lasted until `now` (µs)."""
    yield [
        translate("No."),
        translate("Outage number"),
        translate("Site"),
        translate("Kind"),
        translate("Start"),
        translate("End"),
        translate("Duration (min)"),
        translate("Cause"),
        translate("First told"),
        translate("Keeper's answer"),
        translate("Result"),
    ]
    for number, outage in enumerate(outages, 1):
        end = now if outage.end is None else outage.end
        yield [
            number,
            outage.number,
            place(outage, translate),
            kind_words(outage, translate),
            translate.instant(outage.start),
            "" if outage.end is None else translate.instant(outage.end),
            max(0, end - outage.start) / MINUTE_US,
            cause_word(outage.cause, translate),
            "" if outage.told is None else translate.instant(outage.told),
            answer_words(outage, translate),
            result_words(outage, translate),
        ]


def availability_rows(
    found: Iterable[AvailabilityView], translate: Translation
) -> Iterator[list[Cell]]:
    """The headings, then a row for each service of a site, carrier or commune."""
    yield [
        translate("No."),
        translate("Code"),
        translate("Name"),
        translate("Service"),
        translate("Number of sites"),
        translate("Service time (h)"),
        translate("Up (h)"),
        translate("Down (h)"),
        translate("Not known (h)"),
        translate("Availability (%)"),
        translate("Coverage (%)"),
        translate("Lowest (%)"),
        translate("Highest (%)"),
        translate("Outages"),
        translate("Mean time between failures (h)"),
        translate("Mean time to repair (h)"),
    ]
    for number, each in enumerate(found, 1):
        yield [
            number,
            each.group,
            translate("{name} (simulated)", name=each.name) if each.simulated else each.name,
            service_word(each.service, translate),
            each.sites,
            *(_hours(of) for of in (each.service_us, each.up_us, each.down_us, each.unknown_us)),
            *(_percent(of) for of in (each.share, each.coverage, each.lowest, each.highest)),
            each.outages,
            _hours(each.mtbf_us),
            _hours(each.mttr_us),
        ]


def _hours(length_us: int | None) -> float | None:
    return None if length_us is None else length_us / HOUR_US


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share

# SPDX-License-Identifier: Apache-2.0
"""`/api/v1/outages` and `/api/v1/availability`: the ledger as JSON, and as sheets for a report."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Response

from sansang_collector.csv_text import Cell, csv_text
from sansang_collector.language import Translation, mark
from sansang_collector.ledger_csv import availability_rows, outage_rows
from sansang_collector.outages import By
from sansang_collector.views import (
    AvailabilityAnswer,
    OutageDetail,
    OutageView,
)
from sansang_collector.web.http import wanted_language
from sansang_collector.web.ledger_examples import (
    AVAILABILITY,
    BAD_PERIOD,
    NO_OUTAGE,
    NO_RECORD,
    OUTAGE,
    OUTAGE_DETAIL,
)
from sansang_collector.web.openapi import Fault, content, json
from sansang_collector.web.questions import (
    OutagesAsked,
    PeriodAsked,
    by_asked,
    outages_asked,
    period_asked,
)
from sansang_collector.web.refusal import RefusedError
from sansang_collector.web.sites_api import NO_SITE
from sansang_collector.web.sources import Sources
from sansang_wire.language import Language

STRUCTS = (OutageView, OutageDetail, AvailabilityAnswer)
DIGITS_AT_MOST = 15

Wanted = Annotated[Language, Depends(wanted_language)]
Outages = Annotated[OutagesAsked, Depends(outages_asked)]
Asked = Annotated[PeriodAsked, Depends(period_asked)]
Grouping = Annotated[By, Depends(by_asked)]
Responses = dict[int | str, dict[str, Any]]
FAULTS: Responses = {
    422: content(Fault, BAD_PERIOD),
    503: content(Fault, NO_RECORD),
}


class Sheet(Response):
    """An answer that a spreadsheet opens."""

    media_type = "text/csv"


def sheet(rows: Iterable[Sequence[Cell]], name: str, translate: Translation) -> Sheet:
    """To be saved under this name."""
    return Sheet(
        csv_text(rows, translate.language),
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def add_routes(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    """Adds them to the application."""
    _add_outages(app, sources, translations)
    _add_outage(app, sources)
    _add_availability(app, sources, translations)


def _add_outages(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    @app.get(
        "/api/v1/outages",
        tags=["ledger"],
        summary="What was not well, at one site or anywhere, oldest first",
        responses={
            200: content(list[OutageView], [OUTAGE]),
            404: content(Fault, NO_SITE),
            **FAULTS,
        },
    )
    def outages(asked: Outages) -> Response:
        return json(_outages(sources, asked))

    @app.get(
        "/api/v1/outages.csv",
        tags=["ledger"],
        summary="The same as annex 04 of the report",
        response_class=Sheet,
        responses=FAULTS,
    )
    def outages_sheet(asked: Outages, language: Wanted) -> Response:
        translate = translations[language]
        rows = outage_rows(_outages(sources, asked), sources.now(), translate)
        return sheet(rows, "sansang-outages", translate)


def _outages(sources: Sources, asked: OutagesAsked) -> list[OutageView]:
    """Raises RefusedError, RecordUnavailableError."""
    found = sources.outages(*asked.span(sources.now()), asked.site)
    # The ledger keeps what was of a site that the registry knows no longer.
    if asked.site and not found and all(each.site != asked.site for each in sources.sites()):
        raise RefusedError(404, mark("There is no site {site!r}."), site=asked.site)
    return found


def _add_outage(app: FastAPI, sources: Sources) -> None:
    @app.get(
        "/api/v1/outages/{number}",
        tags=["ledger"],
        summary="One outage, all that was ever said of it, and who was told",
        responses={
            200: content(OutageDetail, OUTAGE_DETAIL),
            404: content(Fault, NO_OUTAGE),
            503: content(Fault, NO_RECORD),
        },
    )
    def outage(number: Annotated[str, Path(examples=["412"])]) -> Response:
        return json(known_outage(sources, number))


def known_outage(sources: Sources, number: str) -> OutageDetail:
    """The outage of this number. Raises RefusedError, RecordUnavailableError."""
    is_number = number.isascii() and number.isdigit() and len(number) <= DIGITS_AT_MOST
    found = sources.outage(int(number)) if is_number else None
    if found is None:
        raise RefusedError(404, mark("There is no outage {number!r}."), number=number)
    return found


def _add_availability(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    @app.get(
        "/api/v1/availability",
        tags=["ledger"],
        summary="How much of its service time each service worked",
        responses={200: content(AvailabilityAnswer, AVAILABILITY), **FAULTS},
    )
    def availability(asked: Asked, by: Grouping) -> Response:
        over = asked.read(sources.now())
        return json(
            AvailabilityAnswer(
                period=over.name,
                calendar=over.calendar,
                start=over.span.start,
                end=over.span.end,
                by=by,
                found=sources.availability(over.span, by),
            )
        )

    @app.get(
        "/api/v1/availability.csv",
        tags=["ledger"],
        summary="The same as a sheet",
        response_class=Sheet,
        responses=FAULTS,
    )
    def availability_sheet(asked: Asked, by: Grouping, language: Wanted) -> Response:
        translate = translations[language]
        found = sources.availability(asked.read(sources.now()).span, by)
        return sheet(availability_rows(found, translate), "sansang-availability", translate)

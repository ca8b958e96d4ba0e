# SPDX-License-Identifier: Apache-2.0
"""`/api/v1/speed` and `/api/v1/sites/{site}/speed`: how fast lines are, by our own tests."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Response

from sansang_collector.hours import Span
from sansang_collector.language import Translation, mark
from sansang_collector.speed_csv import speed_rows
from sansang_collector.speed_views import (
    SiteSpeedDetail,
    SpeedAnswer,
    SpeedTestsAnswer,
    by_commune,
)
from sansang_collector.web.http import wanted_language
from sansang_collector.web.openapi import Fault, content, json
from sansang_collector.web.outages_api import FAULTS, Sheet, sheet
from sansang_collector.web.questions import Instant, PeriodAsked, period_asked
from sansang_collector.web.refusal import RefusedError
from sansang_collector.web.sites_api import NO_SITE
from sansang_collector.web.sources import Sources
from sansang_collector.web.speed_examples import DETAIL, SPEED, TESTS
from sansang_collector.web.speed_sheet import rows_of_tests
from sansang_collector.web.speed_tests import every_test
from sansang_wire.language import Language

STRUCTS = (SpeedAnswer, SiteSpeedDetail, SpeedTestsAnswer)
Wanted = Annotated[Language, Depends(wanted_language)]
Asked = Annotated[PeriodAsked, Depends(period_asked)]


def add_routes(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    """Adds them to the application."""
    _add_all(app, sources, translations)
    _add_site(app, sources)
    _add_site_sheet(app, sources, translations)


def _add_all(app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]) -> None:
    @app.get(
        "/api/v1/speed",
        tags=["speed"],
        summary="Every site's line against its package and its commune's plan, and the shares",
        responses={200: content(SpeedAnswer, SPEED), **FAULTS},
    )
    def speed(asked: Asked) -> Response:
        over = asked.read(sources.now())
        found = sources.speed(over.span)
        return json(
            SpeedAnswer(
                period=over.name,
                calendar=over.calendar,
                start=over.span.start,
                end=over.span.end,
                rules=sources.speed_rules(),
                communes=by_commune(found),
                sites=found,
            )
        )

    @app.get(
        "/api/v1/speed.csv",
        tags=["speed"],
        summary="The sites with the columns about speed of annex 02 of the report",
        response_class=Sheet,
        responses=FAULTS,
    )
    def speed_sheet(asked: Asked, language: Wanted) -> Response:
        translate = translations[language]
        found = sources.speed(asked.read(sources.now()).span)
        return sheet(speed_rows(found, translate), "sansang-speed", translate)


def _add_site(app: FastAPI, sources: Sources) -> None:
    @app.get(
        "/api/v1/sites/{site}/speed",
        tags=["speed"],
        summary="One site: by direction, family and streams; by hour and weekday; what was missed",
        responses={
            200: content(SiteSpeedDetail, DETAIL),
            404: content(Fault, NO_SITE),
            **FAULTS,
        },
    )
    def site_speed(site: str, asked: Asked) -> Response:
        found = sources.site_speed(site, asked.read(sources.now()).span)
        if found is None:
            raise RefusedError(404, mark("There is no site {site!r}."), site=site)
        return json(found)

    @app.get(
        "/api/v1/sites/{site}/speed/tests",
        tags=["speed"],
        summary="The tests themselves, the newest first, 500 at once: `next` is the `end` of more",
        responses={
            200: content(SpeedTestsAnswer, TESTS),
            404: content(Fault, NO_SITE),
            **FAULTS,
        },
    )
    def tests(
        site: str,
        start: Annotated[Instant, Query(description="µs; the first test if left out")] = 0,
        end: Annotated[
            Instant | None, Query(description="µs, itself outside; now if left out")
        ] = None,
    ) -> Response:
        span = Span(start, sources.now() + 1 if end is None else end)
        if span.start >= span.end:
            raise RefusedError(
                422, mark("start must be before end, both in µs since the Unix epoch.")
            )
        found = sources.speed_tests(site, span)
        if not found.tests:
            _check_known(sources, site)
        return json(found)


def _add_site_sheet(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    @app.get(
        "/api/v1/sites/{site}/speed/tests.csv",
        tags=["speed"],
        summary="All tests of a period, the newest first, each with its evidence",
        response_class=Sheet,
        responses={404: content(Fault, NO_SITE), **FAULTS},
    )
    def tests_sheet(site: str, asked: Asked, language: Wanted) -> Response:
        translate = translations[language]
        found = every_test(sources, site, asked.read(sources.now()).span)
        if not found:
            _check_known(sources, site)
        return sheet(rows_of_tests(found, translate), "sansang-speed-tests", translate)


def _check_known(sources: Sources, site: str) -> None:
    """The record keeps what was of a site that the registry knows no longer. Raises RefusedError
    for one that neither does.
    """
    if all(each.site != site for each in sources.sites()):
        raise RefusedError(404, mark("There is no site {site!r}."), site=site)

# SPDX-License-Identifier: Apache-2.0
"""`/api/v1/sites/{site}`: one site with all that is known of it, and its values over time."""

import difflib
import time
from collections.abc import Collection, Mapping
from typing import Annotated

import msgspec
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field

from sansang_collector.language import Translation
from sansang_collector.store.base import StoreUnavailableError
from sansang_collector.store.shapes import shape
from sansang_collector.views import (
    ReadingView,
    SeriesAnswer,
    SeriesView,
    SiteDetail,
    SiteView,
)
from sansang_collector.web.examples import DETAIL, SERIES
from sansang_collector.web.http import language_of, wanted_language
from sansang_collector.web.openapi import Fault, content, json
from sansang_collector.web.sources import Sources
from sansang_wire import schema
from sansang_wire.language import Language
from sansang_wire.readings import KINDS

STRUCTS = (SiteView, SiteDetail, SeriesAnswer)
POINTS_AT_MOST = 5000
"""Of one series in one answer."""
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
STEP_US = 300 * SECOND_US

Instant = Annotated[int, Field(ge=0, le=2**62)]
Wanted = Annotated[Language, Depends(wanted_language)]
NO_SITE = Fault(detail="There is no site 'nvh-thon-tay'.")
NO_STORE = Fault(detail="InfluxDB at http://127.0.0.1:8086 does not answer: timed out")
NO_VALUE = Fault(detail="'wifi' has no value 'on_aire'; did you mean 'on_air'?")


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What of a site is asked for; start, end and step in µs."""

    kind: str
    value: str
    start: int
    end: int
    step: int


def _span(
    kind: Annotated[str, Query(description="kind of reading", examples=["reachability"])],
    value: Annotated[str, Query(description="one of its values", examples=["rtt_avg_ms"])],
    start: Annotated[
        Instant | None, Query(description="µs; a day before `end` if left out")
    ] = None,
    end: Annotated[Instant | None, Query(description="µs, itself outside; now if left out")] = None,
    step: Annotated[Instant, Query(description="µs, a second at least")] = STEP_US,
) -> Span:
    until = time.time_ns() // 1000 if end is None else end
    begin = until - DAY_US if start is None else start
    return Span(kind=kind, value=value, start=begin, end=until, step=step)


def add_routes(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    """Adds the two routes, and a sentence for questions that can't be understood."""
    _add_site(app, sources, translations)
    _add_series(app, sources, translations)

    @app.exception_handler(RequestValidationError)
    async def not_understood(request: Request, error: RequestValidationError) -> Response:  # pyright: ignore[reportUnusedFunction] - registered
        translate = translations[language_of(request)]
        sentences = [
            translate("{name} is missing", name=each["loc"][-1])
            if each["type"] == "missing"
            else translate("{name} is a whole number of microseconds", name=each["loc"][-1])
            for each in error.errors()
        ]
        return json(Fault(detail="; ".join(sentences)), 422)


def _add_site(app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]) -> None:
    @app.get(
        "/api/v1/sites/{site}",
        tags=["record"],
        summary="One site: its agents, its services, its newest readings",
        responses={
            200: content(SiteDetail, DETAIL),
            404: content(Fault, NO_SITE),
            503: content(Fault, NO_STORE),
        },
    )
    def one_site(site: str, language: Wanted) -> Response:
        view = _site(sources, site)
        if view is None:
            return _no_site(site, translations[language])
        try:
            latest = [each for kind in KINDS for each in sources.latest(kind, site)]
        except StoreUnavailableError as error:
            return json(Fault(detail=str(error)), 503)
        detail = SiteDetail(
            **msgspec.structs.asdict(view),
            services=[each for each in sources.services() if each.site == site],
            latest=[
                ReadingView(
                    kind=each.kind,
                    agent=each.agent,
                    labels=dict(each.labels),
                    at=each.at,
                    fields=dict(each.fields),
                )
                for each in latest
            ],
        )
        return json(detail)


def _add_series(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    @app.get(
        "/api/v1/sites/{site}/series",
        tags=["series"],
        summary="One value of a site over time",
        responses={
            200: content(SeriesAnswer, SERIES),
            404: content(Fault, NO_SITE),
            422: content(Fault, NO_VALUE),
            503: content(Fault, NO_STORE),
        },
    )
    def series(site: str, asked: Annotated[Span, Depends(_span)], language: Wanted) -> Response:
        translate = translations[language]
        if _site(sources, site) is None:
            return _no_site(site, translate)
        if mistake := _mistake(asked, translate):
            return json(Fault(detail=mistake), 422)
        try:
            found = sources.series(
                asked.kind, asked.value, site, asked.start, asked.end, asked.step
            )
        except StoreUnavailableError as error:
            return json(Fault(detail=str(error)), 503)
        answer = SeriesAnswer(
            site=site,
            **msgspec.structs.asdict(asked),
            unit=_unit(asked),
            series=[
                SeriesView(agent=each.agent, labels=dict(each.labels), points=list(each.points))
                for each in found
            ],
        )
        return json(answer)


def _site(sources: Sources, name: str) -> SiteView | None:
    return next((each for each in sources.sites() if each.site == name), None)


def _no_site(name: str, translate: Translation) -> Response:
    return json(Fault(detail=translate("There is no site {site!r}.", site=name)), 404)


def _mistake(asked: Span, translate: Translation) -> str | None:
    """What is wrong with the question, as a sentence."""
    if asked.kind not in KINDS:
        what = translate("There is no kind of reading {word!r}", word=asked.kind)
        return what + _near(asked.kind, KINDS, translate)
    values = shape(asked.kind).fields
    if asked.value not in values:
        what = translate("{kind!r} has no value {word!r}", kind=asked.kind, word=asked.value)
        return what + _near(asked.value, values, translate)
    if asked.start >= asked.end:
        return translate("start must be before end, both in µs since the Unix epoch.")
    if asked.step < SECOND_US:
        return translate("step is in µs, and {least} at least.", least=SECOND_US)
    points = -(-(asked.end - asked.start) // asked.step)
    if points > POINTS_AT_MOST:
        return translate(
            "That would be {points} points a series, {most} at most: ask for a step of {step} µs.",
            points=points,
            most=POINTS_AT_MOST,
            step=-(-(asked.end - asked.start) // POINTS_AT_MOST),
        )
    return None


def _near(word: str, known: Collection[str], translate: Translation) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return translate("; did you mean {near!r}?", near=near[0])
    return translate("; there are {known}.", known=", ".join(sorted(known)))


def _unit(asked: Span) -> str:
    values = schema.kind(asked.kind).values
    return next((each.unit for each in values if each.name == asked.value), "")

# SPDX-License-Identifier: Apache-2.0
"""`/api/v1/readiness`: how ready the sites are for IPv6, by site, commune and carrier."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, FastAPI, Response

from sansang_collector.language import Translation
from sansang_collector.readiness_csv import readiness_rows
from sansang_collector.readiness_views import GroupReadinessView, ReadinessView, grouped
from sansang_collector.web.http import wanted_language
from sansang_collector.web.openapi import content, json
from sansang_collector.web.outages_api import Sheet, sheet
from sansang_collector.web.readiness_examples import GROUP, READINESS
from sansang_collector.web.sources import Sources
from sansang_wire.language import Language

STRUCTS = (ReadinessView, GroupReadinessView)
Wanted = Annotated[Language, Depends(wanted_language)]


def add_routes(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    """Adds them to the application."""

    @app.get(
        "/api/v1/readiness",
        tags=["readiness"],
        summary="Every site's IPv6 readiness: score, caps, verdict, checks and reasons",
        responses={200: content(list[ReadinessView], [READINESS])},
    )
    def readiness() -> Response:
        return json(sources.readiness())

    @app.get(
        "/api/v1/readiness.csv",
        tags=["readiness"],
        summary="The same as annex 03 of the report",
        response_class=Sheet,
    )
    def readiness_sheet(language: Wanted) -> Response:
        translate = translations[language]
        rows = readiness_rows(sources.readiness(), sources.now(), translate)
        return sheet(rows, "sansang-ipv6", translate)

    @app.get(
        "/api/v1/readiness/communes",
        tags=["readiness"],
        summary="How many sites of each commune are ready, of all in the registry",
        responses={200: content(list[GroupReadinessView], [GROUP])},
    )
    def communes() -> Response:
        return json(grouped(sources.readiness(), "commune", sources.now()))

    @app.get(
        "/api/v1/readiness/carriers",
        tags=["readiness"],
        summary="The same by carrier",
        responses={200: content(list[GroupReadinessView], [GROUP])},
    )
    def carriers() -> Response:
        return json(grouped(sources.readiness(), "carrier", sources.now()))

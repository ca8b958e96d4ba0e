# SPDX-License-Identifier: Apache-2.0
"""`/api/v1`: the views as JSON, and their OpenAPI description from the same structs."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from fastapi import Depends, FastAPI, Response

from sansang_collector.language import Translation
from sansang_collector.views import AgentView, CollectorView, ServiceView, SiteView
from sansang_collector.web import (
    findings,
    ispeed_api,
    maintenance_api,
    notes_api,
    outages_api,
    readiness_api,
    refusal,
    sites_api,
    speed_api,
)
from sansang_collector.web.examples import AGENT, COLLECTOR, SERVICE, SITE
from sansang_collector.web.http import wanted_language
from sansang_collector.web.openapi import Fault, content, describe, json
from sansang_collector.web.sources import Sources
from sansang_wire.language import Language

DESCRIPTION = """\
For the machine it runs on. Times are in microseconds since the Unix epoch, null when never. Counts
are since the record began. What is null was not told. What is posted is JSON, with the header
`X-Sansang: 1`.
"""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether broker, store and record work; if not, what is wrong, a sentence each."""

    healthy: bool
    problems: list[str]


STRUCTS = (
    AgentView,
    ServiceView,
    CollectorView,
    *sites_api.STRUCTS,
    *outages_api.STRUCTS,
    *maintenance_api.STRUCTS,
    *notes_api.STRUCTS,
    *readiness_api.STRUCTS,
    *speed_api.STRUCTS,
    *ispeed_api.STRUCTS,
    Health,
    Fault,
)

Wanted = Annotated[Language, Depends(wanted_language)]


def add_routes(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    """Adds `/api/v1/…` and `/healthz` to the application, and their schemas to its description."""

    @app.get(
        "/api/v1/collector",
        tags=["record"],
        summary="The collector itself",
        responses={200: content(CollectorView, COLLECTOR)},
    )
    def collector() -> Response:
        return json(sources.collector())

    @app.get(
        "/api/v1/sites",
        tags=["record"],
        summary="Every site of the registry, with its agents",
        responses={200: content(list[SiteView], [SITE])},
    )
    def sites() -> Response:
        return json(sources.sites())

    @app.get(
        "/api/v1/agents",
        tags=["record"],
        summary="Every agent of the registry, and those that were once in it",
        responses={200: content(list[AgentView], [AGENT])},
    )
    def agents() -> Response:
        return json(sources.agents())

    @app.get(
        "/api/v1/services",
        tags=["record"],
        summary="Whether each expected Wi-Fi is on air, and since when",
        responses={200: content(list[ServiceView], [SERVICE])},
    )
    def services() -> Response:
        return json(sources.services())

    refusal.add_handlers(app, translations)
    sites_api.add_routes(app, sources, translations)
    outages_api.add_routes(app, sources, translations)
    maintenance_api.add_routes(app, sources)
    notes_api.add_routes(app, sources)
    readiness_api.add_routes(app, sources, translations)
    speed_api.add_routes(app, sources, translations)
    ispeed_api.add_routes(app, sources, translations)
    _add_agent(app, sources, translations)
    _add_health(app, sources, translations)
    describe(app, STRUCTS)


def _add_agent(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    unknown = Fault(detail="There is no agent 'nvh-thon-tay-1'.")

    @app.get(
        "/api/v1/agents/{agent}",
        tags=["record"],
        summary="One agent",
        responses={200: content(AgentView, AGENT), 404: content(Fault, unknown)},
    )
    def agent(agent: str, language: Wanted) -> Response:
        for view in sources.agents():
            if view.agent == agent:
                return json(view)
        translate = translations[language]
        return json(Fault(detail=translate("There is no agent {agent!r}.", agent=agent)), 404)


def _add_health(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    ill = Health(healthy=False, problems=["The centre can't store readings: disk full"])

    @app.get(
        "/healthz",
        tags=["health"],
        summary="Whether readings are received and stored",
        responses={
            200: content(Health, Health(healthy=True, problems=[])),
            503: content(Health, ill),
        },
    )
    def healthz(language: Wanted) -> Response:
        found = findings.of_collector(sources.collector(), translations[language])
        problems = [f"{it.where} {it.what}: {it.detail}" for it in found if it.tone == "bad"]
        health = Health(healthy=not problems, problems=problems)
        return json(health, 503 if problems else 200)

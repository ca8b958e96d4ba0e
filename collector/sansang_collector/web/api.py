# SPDX-License-Identifier: Apache-2.0
"""`/api/v1`, read only: the views as JSON, and their OpenAPI description from the same structs."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import Depends, FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from sansang_collector.language import Translation
from sansang_collector.views import AgentView, CollectorView, EpochView, ServiceView, SiteView
from sansang_collector.web import findings
from sansang_collector.web.http import wanted_language
from sansang_collector.web.sources import Sources
from sansang_wire.language import Language

DESCRIPTION = """\
Read only, for the machine it runs on. Times are in microseconds since the Unix epoch, null when
never. Counts are since the record began. What is null was not told.
"""

EPOCH = EpochView(
    epoch="0123456789abcdef", next=121, received=118, outstanding=2, lost=0, last_received=0
)
AGENT = AgentView(
    agent="nvh-thon-dong-1",
    site="nvh-thon-dong",
    simulated=False,
    status="online",
    last_seen=1_795_260_720_000_000,
    last_reading=1_795_260_718_000_000,
    version="0.1.0",
    boot="8f1c5a52-7d0e-4f8e-9a52-0d7b2f3c1e11",
    clock="kernel",
    clock_error_ms=2.5,
    certificate_dates_checked=True,
    epochs=[msgspec.structs.replace(EPOCH, last_received=1_795_260_720_000_000)],
    batches=118,
    readings=1416,
    duplicates=0,
    outstanding=2,
    lost=0,
    undated=0,
    dropped_batches=0,
    dropped_readings=0,
    outbox_resets=0,
    cloned_at=None,
    rejected={"unknown_kind": 1},
    batch_every_s=30,
    config_version="5d41402abc4b",
    config_mistakes=[],
)
SITE = SiteView(
    site="nvh-thon-dong",
    name="Nhà văn hóa thôn Đông",
    commune="11824",
    kind="cultural_house",
    simulated=False,
    agents=[AGENT],
)
SERVICE = ServiceView(
    site="nvh-thon-dong",
    service="wifi",
    subject="NVH Thon Dong",
    state="down",
    since=1_795_260_120_000_000,
    judged=1_795_260_720_000_000,
    told=True,
)
COLLECTOR = CollectorView(
    version="0.1.0",
    instance="f00dfeedf00dfeed",
    started=1_795_260_000_000_000,
    broker=None,
    store=None,
    record=None,
    registry=None,
    queued=0,
    queue_dropped=0,
    batches=118,
    readings=1416,
    points_refused=0,
    failed=0,
    unregistered={},
    channels=2,
    channels_failing=[],
    messages_sent=14,
    messages_waiting=0,
    messages_given_up=0,
)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer, as a sentence."""

    detail: str


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether broker, store and record work; if not, what is wrong, a sentence each."""

    healthy: bool
    problems: list[str]


REFERENCE = "#/components/schemas/{name}"
STRUCTS = (AgentView, SiteView, ServiceView, CollectorView, Health, Fault)

Wanted = Annotated[Language, Depends(wanted_language)]


def add_routes(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    """Adds `/api/v1/…` and `/healthz` to the application, and their schemas to its description."""

    @app.get(
        "/api/v1/collector",
        tags=["record"],
        summary="The collector itself",
        responses={200: _content(CollectorView, COLLECTOR)},
    )
    def collector() -> Response:
        return _json(sources.collector())

    @app.get(
        "/api/v1/sites",
        tags=["record"],
        summary="Every site of the registry, with its agents",
        responses={200: _content(list[SiteView], [SITE])},
    )
    def sites() -> Response:
        return _json(sources.sites())

    @app.get(
        "/api/v1/agents",
        tags=["record"],
        summary="Every agent of the registry, and those that were once in it",
        responses={200: _content(list[AgentView], [AGENT])},
    )
    def agents() -> Response:
        return _json(sources.agents())

    @app.get(
        "/api/v1/services",
        tags=["record"],
        summary="Whether each expected Wi-Fi is on air, and since when",
        responses={200: _content(list[ServiceView], [SERVICE])},
    )
    def services() -> Response:
        return _json(sources.services())

    _add_agent(app, sources, translations)
    _add_health(app, sources, translations)
    _describe(app)


def _add_agent(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    unknown = Fault(detail="There is no agent 'nvh-thon-tay-1'.")

    @app.get(
        "/api/v1/agents/{agent}",
        tags=["record"],
        summary="One agent",
        responses={200: _content(AgentView, AGENT), 404: _content(Fault, unknown)},
    )
    def agent(agent: str, language: Wanted) -> Response:
        for view in sources.agents():
            if view.agent == agent:
                return _json(view)
        translate = translations[language]
        return _json(Fault(detail=translate("There is no agent {agent!r}.", agent=agent)), 404)


def _add_health(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    ill = Health(healthy=False, problems=["The centre can't store readings: disk full"])

    @app.get(
        "/healthz",
        tags=["health"],
        summary="Whether readings are received and stored",
        responses={
            200: _content(Health, Health(healthy=True, problems=[])),
            503: _content(Health, ill),
        },
    )
    def healthz(language: Wanted) -> Response:
        found = findings.of_collector(sources.collector(), translations[language])
        problems = [f"{it.where} {it.what}: {it.detail}" for it in found if it.tone == "bad"]
        health = Health(healthy=not problems, problems=problems)
        return _json(health, 503 if problems else 200)


def _json(content: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _content(shape: Any, example: Any) -> dict[str, Any]:
    """A response's schema and an example, for OpenAPI."""
    (schema,), _ = msgspec.json.schema_components([shape], ref_template=REFERENCE)
    built = {"schema": schema, "example": msgspec.to_builtins(example)}
    return {
        "description": getattr(shape, "__doc__", None) or "",
        "content": {"application/json": built},
    }


def _put_contents(app: FastAPI, paths: dict[str, Any]) -> None:
    """FastAPI leaves out what is null, which in an example says something."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.path in paths:
            told = paths[route.path]["get"]["responses"]
            for status, response in route.responses.items():
                told[str(status)]["content"] = response["content"]


def _describe(app: FastAPI) -> None:
    """The structs are not pydantic's: their schemas are put in by hand."""
    _, components = msgspec.json.schema_components(STRUCTS, ref_template=REFERENCE)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
            )
            schemas = described.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(components)
            _put_contents(app, described["paths"])
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = openapi

# SPDX-License-Identifier: Apache-2.0
"""How the API answers and describes itself: msgspec's structs as JSON and as OpenAPI schemas."""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

REFERENCE = "#/components/schemas/{name}"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer, as a sentence."""

    detail: str


def json(answer: Any, status: int = 200) -> Response:
    """An answer as JSON."""
    return Response(msgspec.json.encode(answer), status, media_type="application/json")


def content(shape: Any, example: Any) -> dict[str, Any]:
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
            for method in route.methods or ():
                told = paths[route.path][method.lower()]["responses"]
                for status, response in route.responses.items():
                    told[str(status)]["content"] = response["content"]


def describe(app: FastAPI, structs: Sequence[type]) -> None:
    """The structs are not pydantic's: their schemas are put in by hand."""
    _, components = msgspec.json.schema_components(structs, ref_template=REFERENCE)

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

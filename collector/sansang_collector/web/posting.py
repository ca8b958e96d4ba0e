# SPDX-License-Identifier: Apache-2.0
"""What holds for every POST of the API: it comes from a program on this machine.

There are no users yet: whoever reaches the page may do all. But a browser on this machine also runs
what foreign pages say, and those can post a form here. They can't send JSON with a header of its
own, which a browser first asks leave for (CORS) and never gets, nor hide where they come from.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from fastapi import Request

from sansang_collector.language import mark
from sansang_collector.web.http import read_body
from sansang_collector.web.openapi import REFERENCE, Fault, content
from sansang_collector.web.refusal import RefusedError

BYTES_AT_MOST = 16_384
HEADER = "X-Sansang"
FOREIGN = Fault(detail="A page of another host may not change anything here.")
Posted = TypeVar("Posted")


def posted(
    shape: type[Posted], at_most: int = BYTES_AT_MOST
) -> Callable[[Request], Awaitable[Posted]]:
    """For FastAPI: the body, of so many bytes at most, as this struct. Raises RefusedError."""

    async def read(request: Request) -> Posted:
        _check(request)
        body = await read_body(request, at_most)
        if body is None:
            raise RefusedError(413, mark("Send {most} bytes at most."), most=at_most)
        try:
            return msgspec.json.decode(body, type=shape)
        except (msgspec.DecodeError, RecursionError) as error:
            raise RefusedError(
                422, mark("What was sent is not understood: {error}"), error=error
            ) from error

    return read


def described(shape: type, example: Any) -> dict[str, Any]:
    """The body and the headers of a POST, for OpenAPI."""
    (schema,), _ = msgspec.json.schema_components([shape], ref_template=REFERENCE)
    body = {"schema": schema, "example": msgspec.to_builtins(example)}
    header = {"name": HEADER, "in": "header", "required": True, "schema": {"const": "1"}}
    return {
        "requestBody": {"required": True, "content": {"application/json": body}},
        "parameters": [header],
    }


def refusals() -> dict[int | str, dict[str, Any]]:
    """The answers to a POST that is refused whatever it says."""
    no_json = Fault(detail="Send JSON, with Content-Type: application/json.")
    return {403: content(Fault, FOREIGN), 415: content(Fault, no_json)}


def check_origin(request: Request, *, needed: bool) -> None:
    """A page of ours sent it or, if an origin is not `needed`, no page. Raises RefusedError."""
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    if origin is None and not needed:
        return
    if origin not in {f"http://{host}", f"https://{host}"}:
        raise RefusedError(403, mark("A page of another host may not change anything here."))


def _check(request: Request) -> None:
    check_origin(request, needed=False)
    if request.headers.get(HEADER) != "1":
        raise RefusedError(403, mark("Send the header {header}: 1."), header=HEADER)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(415, mark("Send JSON, with Content-Type: application/json."))

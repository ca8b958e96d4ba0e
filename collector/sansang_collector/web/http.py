# SPDX-License-Identifier: Apache-2.0
"""What holds for every answer: whom it is given to, what a browser may do with it, its language."""

import asyncio
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Cookie, Header, Query, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sansang_collector.addresses import host_name, is_loopback
from sansang_wire.language import Language

POLICY = "default-src 'self'; base-uri 'none'; form-action {form}; frame-ancestors 'none'"
HEADERS = (("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"))
BODY_WITHIN_S = 10
OUTSIDE = ("/k/", "/z/")
"""What is there for people who are not at this machine; each asks for a secret of its own."""
WITH_FORMS = ("/outages", "/sites/", "/ispeed")
"""And the page of all sites."""


class Guard:
    """Answers only what asks for this machine by name: a foreign page whose name was made to point
    here (DNS rebinding) could read everything otherwise. Under the public name, which a proxy
    passes on, it answers what is in `OUTSIDE`. Puts the headers on every answer.
    """

    def __init__(self, app: ASGIApp, public_url: str | None = None) -> None:
        self._app = app
        self._public_name = host_name(urlsplit(public_url).netloc) if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        outside = scope["path"].startswith(OUTSIDE)
        has_form = outside or scope["path"] == "/" or scope["path"].startswith(WITH_FORMS)
        own = {
            "Content-Security-Policy": POLICY.format(form="'self'" if has_form else "'none'"),
            # Without a referrer a browser does not tell our own forms from foreign ones.
            "Referrer-Policy": "no-referrer" if outside else "same-origin",
        }

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update({**own, **dict(HEADERS)})
            await send(message)

        app = self._app
        host = Headers(scope=scope).get("host", "")
        if not is_loopback(host) and not (outside and host_name(host) == self._public_name):
            app = PlainTextResponse(
                f"This page answers on 127.0.0.1 or localhost only, not on {host[:80]!r}:"
                " it has no users or passwords yet.\n",
                status_code=421,
            )
        await app(scope, receive, send_guarded)


async def read_body(request: Request, at_most: int) -> bytes | None:
    """What was sent; None when it is more than so many bytes, or does not come to its end."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > at_most:
                    return None
    except (TimeoutError, ClientDisconnect):
        return None
    return bytes(body)


def plain(text: str) -> str:
    """On one line, without the signs that turn or hide what stands beside them."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def wanted_language(
    lang: Annotated[str | None, Query(description="`vi` or `en`")] = None,
    cookie: Annotated[str | None, Cookie(alias="lang", include_in_schema=False)] = None,
    accept_language: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Language:
    """As asked for, else as before, else as the browser prefers, else Vietnamese."""
    for wish in (lang, cookie):
        if wish in {"vi", "en"}:
            return "en" if wish == "en" else "vi"
    return _preferred(accept_language or "")


def language_of(request: Request) -> Language:
    """The same, of a request that reached no page."""
    asked, cookie = request.query_params.get("lang"), request.cookies.get("lang")
    return wanted_language(asked, cookie, request.headers.get("accept-language"))


def _preferred(accept_language: str) -> Language:
    """RFC 9110, 12.5.4: the tag with the highest weight; the first among equals."""
    best: Language = "vi"
    heaviest = 0.0
    for part in accept_language.split(","):
        tag, _, weight = part.strip().partition(";q=")
        name = tag.strip().lower().split("-")[0]
        try:
            weighed = float(weight) if weight else 1.0
        except ValueError:
            continue
        if name in {"vi", "en"} and weighed > heaviest:
            best, heaviest = ("en" if name == "en" else "vi"), weighed
    return best

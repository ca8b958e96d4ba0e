# SPDX-License-Identifier: Apache-2.0
"""Where Zalo hands over what people write to the bot (`/z/zalo`), and the page with the code that a
contact is to write (`/contacts/{id}/zalo`, for those who look after the centre).
"""

import asyncio
import hmac
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
import segno
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from msgspec import Meta, Struct

from sansang_collector.language import Translation
from sansang_collector.notify.linking import Linking
from sansang_collector.record import RecordUnavailableError
from sansang_collector.web.http import read_body, wanted_language
from sansang_collector.web.limits import Limit
from sansang_collector.web.openapi import Fault, json
from sansang_collector.web.pages import Pages
from sansang_collector.web.sources import Sources
from sansang_wire.language import Language

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Bot-Api-Secret-Token"  # noqa: S105 - its name
UPDATE_BYTES = 65_536
TEXTS_AT_MOST, WITHIN_S = 20, 3600
"""Of one chat: nobody tries codes."""

Wanted = Annotated[Language, Depends(wanted_language)]
Id = Annotated[str, Meta(max_length=128, pattern=r"^[A-Za-z0-9_.-]+\Z")]
"""It becomes part of an address."""


@dataclass(frozen=True, slots=True)
class Zalo:
    """What links chats; `secret` is Zalo's password here, without which it is not let in."""

    linking: Linking
    secret: str | None = field(default=None, repr=False)


class _Chat(Struct, frozen=True):
    id: Id


class _Sender(Struct, frozen=True):
    is_bot: bool = False


class _Message(Struct, frozen=True, rename={"sender": "from"}):
    chat: _Chat
    sender: _Sender
    text: str = ""


class _Event(Struct, frozen=True):
    message: _Message | None = None


class _Update(Struct, frozen=True):
    """As Zalo's documents have it; some of its bots are sent the event alone."""

    result: _Event | None = None
    message: _Message | None = None


def add_routes(
    app: FastAPI,
    sources: Sources,
    zalo: Zalo,
    pages: Pages,
    translations: Mapping[Language, Translation],
) -> None:
    """Adds the page, and where Zalo hands over when it has a password."""
    if zalo.secret is not None:
        _add_webhook(app, sources, zalo.linking, zalo.secret)
    _add_page(app, sources, zalo, pages, translations)


def _add_webhook(app: FastAPI, sources: Sources, linking: Linking, secret: str) -> None:
    limit = Limit(TEXTS_AT_MOST, WITHIN_S, time.monotonic)

    @app.post("/z/zalo", include_in_schema=False)
    async def take(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return json(Fault(detail="This is for Zalo alone."), 403)
        body = await read_body(request, UPDATE_BYTES)
        if body is None:
            return json(Fault(detail="This is longer than a message, or was cut short."), 413)
        try:
            update = msgspec.json.decode(body, type=_Update)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return json(Fault(detail="This is no message of Zalo's."), 400)
        message = update.result.message if update.result else update.message
        if message and not message.sender.is_bot and limit.allows(message.chat.id):
            try:
                await asyncio.to_thread(linking.take, message.chat.id, message.text, sources.now())
            except RecordUnavailableError as error:
                log.error("a code from Zalo may be lost: %s", error)
        return json({})


def _add_page(
    app: FastAPI,
    sources: Sources,
    zalo: Zalo,
    pages: Pages,
    translations: Mapping[Language, Translation],
) -> None:
    @app.get("/contacts/{contact}/zalo", include_in_schema=False)
    def page(contact: str, language: Wanted) -> Response:
        known = zalo.linking.contact(contact)
        if known is None:
            raise HTTPException(404)
        translate = translations[language]
        try:
            chat, code = zalo.linking.chat(contact), zalo.linking.code(contact, sources.now())
        except RecordUnavailableError as error:
            raise HTTPException(503, str(error)) from error
        shown = {
            "contact": known,
            "code": code,
            "qr": _qr(code),
            "linked": chat and translate.instant(chat.at),
            "open": zalo.secret is not None,
            "unknown": zalo.linking.unknown,
        }
        return HTMLResponse(pages.fill("zalo.html", language, **shown))


def _qr(code: str) -> str:
    """SVG; dark on light in every colour scheme, as readers want it."""
    return segno.make(code, micro=False).svg_inline(scale=6, dark="#000", light="#fff")

# SPDX-License-Identifier: Apache-2.0
"""`/k/{token}`: where the keeper of a house says why its Wi-Fi is down; the link is all they need.

No cookie, no script, no login: it must work on any phone from a message. Nothing of the link is
ever logged.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, get_args
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sansang_collector.answer_sql import Answer, AnswerKind
from sansang_collector.language import Translation, mark
from sansang_collector.ledger_words import ANSWERS, SERVICES
from sansang_collector.notify.links import ExpiredLinkError, ForgedLinkError, Link, read_link
from sansang_collector.record import Record, RecordUnavailableError
from sansang_collector.stages import STAGES
from sansang_collector.views import ServiceView
from sansang_collector.web.http import plain, read_body
from sansang_collector.web.limits import Limit
from sansang_collector.web.pages import Pages
from sansang_collector.web.sources import House, Sources
from sansang_wire.language import Language

FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "power": mark("no power"),
        "internet": mark("no Internet"),
        "ipv6": mark("no IPv6"),
        "dns": mark("names are not found (DNS)"),
    }
)
"""Of services other than the Wi-Fi, which has its own name."""
LONGEST_COMMENT = 200
FORM_BYTES = 4096
"""Of the longest comment each letter may take twelve."""
ANSWERS_AT_MOST, WITHIN_S = 10, 600


@dataclass(frozen=True, slots=True)
class Keeper:
    """What the page needs beside the sources: the key of the links, and where answers are kept."""

    secret: bytes = field(repr=False)
    record: Record


class _NoHouseError(Exception):
    """The registry does not know the site any more."""


class _NoAnswerError(Exception):
    """What was sent is none of the answers, or its comment is too long."""


class _TooOftenError(Exception):
    """More answers than a person gives."""


class Refusal(NamedTuple):
    """Why there is no form, and what to do."""

    status: int
    what: str
    todo: str


REFUSALS: Mapping[type[Exception], Refusal] = MappingProxyType(
    {
        ForgedLinkError: Refusal(
            404,
            mark("This link is not whole."),
            mark("open it once more from the message, as it was sent."),
        ),
        ExpiredLinkError: Refusal(
            410,
            mark("This link has expired."),
            mark("use the link of the newest message, or call the office of the commune."),
        ),
        _NoHouseError: Refusal(
            404,
            mark("This site is no longer registered."),
            mark("call the office of the commune."),
        ),
        _NoAnswerError: Refusal(
            422,
            mark("None of the three was chosen, or the comment is too long."),
            mark("go back and press one of the three buttons."),
        ),
        _TooOftenError: Refusal(
            429,
            mark("Too many answers came through this link."),
            mark("try again in ten minutes."),
        ),
        RecordUnavailableError: Refusal(
            503,
            mark("The centre can't keep an answer just now."),
            mark("try again in some minutes, or call the office of the commune."),
        ),
    }
)


def add_routes(
    app: FastAPI,
    sources: Sources,
    keeper: Keeper,
    pages: Pages,
    translations: Mapping[Language, Translation],
) -> None:
    """Adds the page, and what its buttons send."""
    desk = _Desk(sources, keeper, pages, translations)

    @app.get("/k/{token}", include_in_schema=False)
    async def ask(token: str, lang: str | None = None) -> Response:
        return await asyncio.to_thread(desk.ask, token, _language(lang))

    @app.post("/k/{token}", include_in_schema=False)
    async def take(token: str, request: Request, lang: str | None = None) -> Response:
        form = await read_body(request, FORM_BYTES)
        return await asyncio.to_thread(desk.take, token, form, _language(lang))


class _Desk:
    """Answers requests, in worker threads."""

    def __init__(
        self,
        sources: Sources,
        keeper: Keeper,
        pages: Pages,
        translations: Mapping[Language, Translation],
    ) -> None:
        self._sources = sources
        self._keeper = keeper
        self._pages = pages
        self._translations = translations
        self._limit = Limit(ANSWERS_AT_MOST, WITHIN_S, time.monotonic)

    def ask(self, token: str, language: Language) -> Response:
        """The page with its form."""
        try:
            link, house = self._enter(token)
            given = self._keeper.record.answer_of(link.site, link.outage, link.contact)
        except tuple(REFUSALS) as error:
            return self._refuse(error, language)
        now, translate = self._sources.now(), self._translations[language]
        shown = {
            "house": house,
            "not_well": [
                ("bad" if each.state == "down" else "warn", _line(each, now, translate))
                for each in house.not_well
            ],
            "choices": {kind: translate(text) for kind, text in ANSWERS.items()},
            "given": given,
            "given_at": given and translate.when(given.at, now),
            "longest_comment": LONGEST_COMMENT,
        }
        return HTMLResponse(self._pages.fill("keeper.html", language, **shown))

    def take(self, token: str, form: bytes | None, language: Language) -> Response:
        """Keep an answer; the page then shows it, and reloading that sends nothing."""
        try:
            link, _ = self._enter(token)
            answer = _answer(link, form, self._sources.now())
            if not self._limit.allows(link):
                raise _TooOftenError
            self._keeper.record.answer(answer)
        except tuple(REFUSALS) as error:
            return self._refuse(error, language)
        return RedirectResponse(f"/k/{token}?lang={language}", 303)

    def _enter(self, token: str) -> tuple[Link, House]:
        link = read_link(self._keeper.secret, token, self._sources.now())
        house = self._sources.house(link.site)
        if house is None:
            raise _NoHouseError
        return link, house

    def _refuse(self, error: Exception, language: Language) -> Response:
        refusal = REFUSALS[type(error)]
        translate = self._translations[language]
        shown = {"what": translate(refusal.what), "todo": translate(refusal.todo)}
        page = self._pages.fill("keeper_refused.html", language, **shown)
        return HTMLResponse(page, refusal.status)


def _language(asked: str | None) -> Language:
    return "en" if asked == "en" else "vi"


def _answer(link: Link, form: bytes | None, now: int) -> Answer:
    """Raises _NoAnswerError."""
    try:
        fields = parse_qs((form or b"").decode("ascii"), max_num_fields=8)
    except ValueError:
        raise _NoAnswerError from None
    [chosen] = fields.get("answer", [""])[:1]
    comment = plain(" ".join(fields.get("comment", [])))
    for kind in get_args(AnswerKind):
        if kind == chosen and len(comment) <= LONGEST_COMMENT:
            return Answer(link.site, link.outage, link.contact, kind, comment, now)
    raise _NoAnswerError


def _name(view: ServiceView) -> str:
    return f"Wi-Fi “{view.subject}”" if view.service == "wifi" else SERVICES[view.service]


def _line(view: ServiceView, now: int, translate: Translation) -> str:
    times = {
        "when": translate.when(view.since, now),
        "duration": translate.duration(now - view.since),
    }
    if view.state == "degraded":
        return translate("poor {what} since {when} ({duration})", what=_name(view), **times)
    if view.service != "wifi":
        what = translate(FAULTS.get(view.service, view.service))
        return translate("{what} since {when} ({duration})", what=what, **times)
    if view.stage is None:
        return translate("Wi-Fi “{ssid}” off since {when} ({duration})", ssid=view.subject, **times)
    text = translate(
        "Wi-Fi “{ssid}” lets no guest in since {when} ({duration})", ssid=view.subject, **times
    )
    return f"{text}: {translate(STAGES[view.stage].failing)}"

# SPDX-License-Identifier: Apache-2.0
"""`/ispeed`: what people measured with i-Speed is entered there by a form or a file, without
JavaScript. As with every form, what foreign pages send is refused.
"""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sansang_collector.evidence_files import BYTES_AT_MOST
from sansang_collector.hours import Span
from sansang_collector.ispeeds import NewEvidence, NewISpeed
from sansang_collector.language import Translation, mark
from sansang_collector.ledger_changes import RefusedChangeError
from sansang_collector.record import RecordUnavailableError
from sansang_collector.sheet.ispeed_import import read_results
from sansang_collector.sheet.report import place_words
from sansang_collector.sheet.words import SheetError, plain
from sansang_collector.web import ispeed_page
from sansang_collector.web.http import read_body, wanted_language
from sansang_collector.web.ispeed_page import FIELDS, Filled, as_filled
from sansang_collector.web.multipart import Form, read_form
from sansang_collector.web.pages import Pages
from sansang_collector.web.posting import check_origin
from sansang_collector.web.refusal import RefusedError
from sansang_collector.web.sources import Sources
from sansang_wire.language import Language

FORM_AT_MOST = BYTES_AT_MOST + 65_536
FILES_AT_MOST = 4 * BYTES_AT_MOST
"""Of a file of results with the pictures that it names."""

Wanted = Annotated[Language, Depends(wanted_language)]
Take = Callable[[Sources, Form, Translation], Filled]


class _Desk:
    """Where results are handed in, and what the page shows then."""

    def __init__(
        self, sources: Sources, pages: Pages, translations: Mapping[Language, Translation]
    ) -> None:
        self._sources = sources
        self._pages = pages
        self._translations = translations

    async def begin(self, site: str, corrects: str, done: str, language: Language) -> Response:
        """A form to fill in."""
        filled = await asyncio.to_thread(_begun, self._sources, site, corrects)
        told = _done(done, self._translations[language])
        return await self._shown(filled._replace(done=told), language, 200)

    async def take(
        self, request: Request, language: Language, at_most: int, take: Take
    ) -> Response:
        """What was handed in: what is wrong with it, or that it is there."""
        translate = self._translations[language]
        try:
            check_origin(request, needed=True)
            form = await _form(request, at_most)
            filled = await asyncio.to_thread(take, self._sources, form, translate)
        except RefusedError as error:
            refused = Filled(faults=[translate(error.message, **error.values)])
            return await self._shown(refused, language, error.status)
        except RecordUnavailableError as error:
            return self._unread(error, language)
        if filled.faults or filled.wrong:
            return await self._shown(filled, language, 422)
        self._pages.forget()
        query = urlencode({"lang": language, "done": filled.done})
        return RedirectResponse(f"/ispeed?{query}", 303)

    async def _shown(self, filled: Filled, language: Language, status: int) -> Response:
        try:
            page = await asyncio.to_thread(self._page, filled, language)
        except RecordUnavailableError as error:
            return self._unread(error, language)
        return HTMLResponse(page, status)

    def _page(self, filled: Filled, language: Language) -> str:
        sources, translate = self._sources, self._translations[language]
        now = sources.now()
        entries = sources.ispeed(Span(0, now + 1))
        page = ispeed_page.build(entries, sources.sites(), filled, now, translate)
        return self._pages.whole(page, "ispeed.html", "/ispeed", language)

    def _unread(self, error: RecordUnavailableError, language: Language) -> Response:
        return HTMLResponse(self._pages.unread(str(error), language), 503)


def add_routes(
    app: FastAPI,
    sources: Sources,
    pages: Pages,
    translations: Mapping[Language, Translation],
) -> None:
    """Adds them to the application."""
    desk = _Desk(sources, pages, translations)

    @app.get("/ispeed", include_in_schema=False)
    async def form(
        language: Wanted, site: str = "", corrects: str = "", done: str = ""
    ) -> Response:
        return await desk.begin(site, corrects, done, language)

    @app.post("/ispeed", include_in_schema=False)
    async def enter(request: Request, language: Wanted) -> Response:
        return await desk.take(request, language, FORM_AT_MOST, _enter)

    @app.post("/ispeed/file", include_in_schema=False)
    async def bring_in(request: Request, language: Wanted) -> Response:
        return await desk.take(request, language, FILES_AT_MOST, _bring_in)


async def _form(request: Request, at_most: int) -> Form:
    """Raises RefusedError."""
    body = await read_body(request, at_most)
    if body is None:
        size = at_most // 1024 // 1024
        raise RefusedError(413, mark("That is too much: send {size} MiB at most."), size=size)
    form = read_form(request.headers.get("content-type", ""), body)
    if form is None:
        raise RefusedError(422, mark("What the browser sent can't be read: send the form anew."))
    return form


def _begun(sources: Sources, site: str, corrects: str) -> Filled:
    """With the site that was asked for, or the entry that is to be corrected."""
    number = _number(corrects)
    if number is not None:
        try:
            entries = sources.ispeed(Span(0, sources.now() + 1))
        except RecordUnavailableError:
            return Filled()
        found = [each for each in entries if each.number == number]
        return as_filled(found[0]) if found else Filled()
    name = next((each.name for each in sources.sites() if each.site == site), "")
    return Filled({"place": name})


def _done(count: str, translate: Translation) -> str:
    number = _number(count)
    if number is None:
        return ""
    return translate.plural("{count} result is entered.", "{count} results are entered.", number)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _enter(sources: Sources, form: Form, translate: Translation) -> Filled:
    """One result. `done` is how many were entered."""
    corrects = _number(form.texts.get("corrects", ""))
    known: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for column in FIELDS:
        text = plain(form.texts.get(column.key, ""))
        try:
            if text:
                known[column.key] = column.parse(text)
            elif column.needed:
                raise SheetError(mark("nothing stands there: fill it in"))
        except SheetError as error:
            wrong[column.key] = error.told(translate)
    for sent in form.files.get("evidence", ()):
        known["evidence"] = NewEvidence(name=sent.name, content=sent.content)
    faults: list[str] = []
    if not wrong:
        try:
            sources.add_ispeed(NewISpeed(**known, corrects=corrects))
        except RefusedChangeError as error:
            faults.append(translate(error.message, **error.values))
    return Filled(form.texts, wrong, corrects, faults, done="1")


def _bring_in(sources: Sources, form: Form, translate: Translation) -> Filled:
    """A file of results and the pictures that it names; every row is right, or none is entered."""
    [results] = form.files.get("results") or [None]
    if results is None:
        return Filled(faults=[translate("No file was chosen.")])
    pictures = {each.name: each.content for each in form.files.get("pictures", ())}

    def find(name: str) -> bytes:
        if name not in pictures:
            raise SheetError(mark("“{name}” was not sent with the file: choose it, too"), name=name)
        return pictures[name]

    try:
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            file.write(results.content)
            file.flush()
            found = read_results(Path(file.name), sources.now(), find)
    except SheetError as error:
        return Filled(faults=[error.told(translate)])
    if found.wrong:
        return Filled(
            faults=[
                f"{place_words(it, translate)}: {why.told(translate)}" for it, why in found.wrong
            ]
        )
    for place, new in found.new:
        try:
            sources.add_ispeed(new)
        except RefusedChangeError as error:
            why = translate(error.message, **error.values)
            return Filled(faults=[f"{place_words(place, translate)}: {why}"])
    return Filled(done=str(len(found.new)))

# SPDX-License-Identifier: Apache-2.0
"""`POST /outages/{number}/notes`: what the forms beside outages send, without JavaScript.

As the API's posts it comes from this machine's own pages alone; a form can't send a header of its
own, but a browser tells where every form comes from.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sansang_collector.hours import VIETNAM_ZONE
from sansang_collector.language import Translation, mark
from sansang_collector.ledger_changes import OFFICER, RefusedChangeError
from sansang_collector.mornings import next_morning
from sansang_collector.note_sql import Note, NoteKind
from sansang_collector.record import RecordUnavailableError
from sansang_collector.web.http import plain, read_body, wanted_language
from sansang_collector.web.notes_api import LONGEST_TEXT, checked_text
from sansang_collector.web.outages_api import known_outage
from sansang_collector.web.pages import Pages
from sansang_collector.web.posting import check_origin
from sansang_collector.web.refusal import RefusedError
from sansang_collector.web.sources import Sources
from sansang_wire.language import Language

FORM_BYTES = 12 * LONGEST_TEXT + 1024
"""Each letter may take twelve."""
HOUR_US = 3_600_000_000
KINDS: Mapping[str, NoteKind] = {
    "ack": "ack",
    "comment": "comment",
    **dict.fromkeys(("1h", "4h", "morning"), "snooze"),
}
"""Of each button; those that put off say until when."""
OWN_PAGE = re.compile(r"/(?:sites/[a-z0-9-]+|outages)?")

Wanted = Annotated[Language, Depends(wanted_language)]


def add_routes(
    app: FastAPI,
    sources: Sources,
    pages: Pages,
    translations: Mapping[Language, Translation],
) -> None:
    """Adds it to the application."""

    @app.post("/outages/{number}/notes", include_in_schema=False)
    async def take(number: str, request: Request, language: Wanted) -> Response:
        try:
            check_origin(request, needed=True)
            form = _fields(await read_body(request, FORM_BYTES))
            note = await asyncio.to_thread(_note, sources, number, form)
            await asyncio.to_thread(sources.add_note, note)
        except (RefusedError, RefusedChangeError) as error:
            translate = translations[language]
            status = error.status if isinstance(error, RefusedError) else 422
            return _refused(pages, translate(error.message, **error.values), status, language)
        except RecordUnavailableError as error:
            return _refused(pages, str(error), 503, language)
        pages.forget()
        return RedirectResponse(_back(request, language), 303)


def _back(request: Request, language: Language) -> str:
    """The page that the form stood on, in the same language."""
    _, _, path, query, _ = urlsplit(request.headers.get("referer", ""))
    path = path if OWN_PAGE.fullmatch(path) else "/outages"
    chosen = [each for each in parse_qsl(query, max_num_fields=8) if each[0] in {"site", "cause"}]
    return f"{path}?{urlencode([*chosen, ('lang', language)])}"


def _fields(form: bytes | None) -> dict[str, str]:
    """Raises RefusedError."""
    try:
        found = parse_qs((form or b"").decode("ascii"), max_num_fields=8)
    except ValueError:
        found = {}
    if found.get("do", [""])[0] not in KINDS:
        raise RefusedError(422, mark("None of the buttons was pressed, or the text is too long."))
    return {name: values[0] for name, values in found.items()}


def _note(sources: Sources, number: str, form: Mapping[str, str]) -> Note:
    """Raises RefusedError, RecordUnavailableError."""
    outage = known_outage(sources, number).outage
    zones = {each.site: each.time_zone for each in sources.sites()}
    now, chosen = sources.now(), form["do"]
    until = {
        "1h": now + HOUR_US,
        "4h": now + 4 * HOUR_US,
        "morning": next_morning(zones.get(outage.site, VIETNAM_ZONE), now),
    }.get(chosen)
    text = checked_text(plain(form.get("text", "")))
    return Note(outage.number, now, KINDS[chosen], until, text, OFFICER)


def _refused(pages: Pages, what: str, status: int, language: Language) -> Response:
    return HTMLResponse(pages.fill("refused.html", language, what=what), status)

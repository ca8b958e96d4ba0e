# SPDX-License-Identifier: Apache-2.0
"""`/api/v1/outages/{number}/notes`: somebody knows of an outage, comes back to it, found something.

What is acknowledged or snoozed is not reminded of.
"""

from typing import Annotated

import msgspec
from fastapi import Depends, FastAPI, Path, Response

from sansang_collector.language import mark
from sansang_collector.ledger_changes import OFFICER
from sansang_collector.note_sql import Note, NoteKind
from sansang_collector.views import NoteView
from sansang_collector.web.http import plain
from sansang_collector.web.ledger_examples import NO_OUTAGE, NO_RECORD, NOTE
from sansang_collector.web.openapi import Fault, content, json
from sansang_collector.web.outages_api import known_outage
from sansang_collector.web.posting import described, posted, refusals
from sansang_collector.web.refusal import RefusedError
from sansang_collector.web.sources import Sources

LONGEST_TEXT = 500
NO_CONTACT = Fault(detail="There is no contact 'truong-thon-tay'.")

Until = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]


class NewNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`until` (µs) for a snooze, and only for it; a comment has a text; `who`: a contact's id."""

    kind: NoteKind
    text: str = ""
    until: Until | None = None
    who: str = OFFICER


STRUCTS = (NoteView, NewNote)
EXAMPLE = NewNote(kind="snooze", text="Nhà mạng hẹn sáng mai", until=1_795_300_000_000_000)


def checked_text(text: str) -> str:
    """The text of a note. Raises RefusedError."""
    if len(text) > LONGEST_TEXT:
        raise RefusedError(422, mark("The text has {most} letters at most."), most=LONGEST_TEXT)
    return text


def add_routes(app: FastAPI, sources: Sources) -> None:
    """Adds it to the application."""

    @app.post(
        "/api/v1/outages/{number}/notes",
        tags=["ledger"],
        summary="Acknowledge, snooze or comment on an outage",
        status_code=201,
        openapi_extra=described(NewNote, EXAMPLE),
        responses={
            201: content(NoteView, NOTE),
            404: content(Fault, NO_OUTAGE),
            422: content(Fault, NO_CONTACT),
            503: content(Fault, NO_RECORD),
            **refusals(),
        },
    )
    def note(
        number: Annotated[str, Path(examples=["412"])],
        new: Annotated[NewNote, Depends(posted(NewNote))],
    ) -> Response:
        outage = known_outage(sources, number).outage.number
        text = checked_text(plain(new.text))
        made = Note(outage, sources.now(), new.kind, new.until, text, new.who)
        return json(sources.add_note(made), 201)

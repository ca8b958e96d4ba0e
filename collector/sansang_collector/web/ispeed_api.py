# SPDX-License-Identifier: Apache-2.0
"""`/api/v1/ispeed`: what people measured with i-Speed, entered by hand. Never mixed with our own
tests.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Response

from sansang_collector.evidence_files import BYTES_AT_MOST
from sansang_collector.ispeed_csv import ispeed_rows
from sansang_collector.ispeed_views import ISpeedView
from sansang_collector.ispeeds import NewISpeed
from sansang_collector.language import Translation, mark
from sansang_collector.web.http import wanted_language
from sansang_collector.web.ledger_examples import NO_RECORD
from sansang_collector.web.openapi import Fault, content, json
from sansang_collector.web.outages_api import DIGITS_AT_MOST, FAULTS, Sheet, sheet
from sansang_collector.web.posting import described, posted, refusals
from sansang_collector.web.questions import PeriodAsked, period_asked
from sansang_collector.web.refusal import RefusedError
from sansang_collector.web.sources import Sources
from sansang_collector.web.speed_examples import ISPEED, NEW_ISPEED
from sansang_wire.language import Language

STRUCTS = (ISpeedView, NewISpeed)
BODY_AT_MOST = BYTES_AT_MOST * 4 // 3 + 16_384
"""Base64 makes four bytes of three."""
NO_EVIDENCE = Fault(detail="There is no evidence of an i-Speed entry '999'.")
NO_PICTURE = Fault(detail="i-speed.docx is no picture or document: send PNG, JPEG or PDF.")
Wanted = Annotated[Language, Depends(wanted_language)]
Asked = Annotated[PeriodAsked, Depends(period_asked)]


class File(Response):
    """A picture or a document."""

    media_type = "application/octet-stream"


def add_routes(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    """Adds them to the application."""
    _add_reading(app, sources, translations)
    _add_evidence(app, sources)

    @app.post(
        "/api/v1/ispeed",
        tags=["ispeed"],
        summary="Enter a result, or correct one; what is there already is not entered twice",
        status_code=201,
        openapi_extra=described(NewISpeed, NEW_ISPEED),
        responses={
            201: content(ISpeedView, ISPEED),
            422: content(Fault, NO_PICTURE),
            503: content(Fault, NO_RECORD),
            **refusals(),
        },
    )
    def enter(new: Annotated[NewISpeed, Depends(posted(NewISpeed, BODY_AT_MOST))]) -> Response:
        return json(sources.add_ispeed(new), 201)


def _add_reading(
    app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]
) -> None:
    @app.get(
        "/api/v1/ispeed",
        tags=["ispeed"],
        summary="What was measured with i-Speed in a period, the newest first, corrected ones too",
        responses={200: content(list[ISpeedView], [ISPEED]), **FAULTS},
    )
    def ispeed(asked: Asked) -> Response:
        return json(sources.ispeed(asked.read(sources.now()).span))

    @app.get(
        "/api/v1/ispeed.csv",
        tags=["ispeed"],
        summary="What holds of it as annex 05 of the report",
        response_class=Sheet,
        responses=FAULTS,
    )
    def ispeed_sheet(asked: Asked, language: Wanted) -> Response:
        translate = translations[language]
        found = sources.ispeed(asked.read(sources.now()).span)
        return sheet(ispeed_rows(found, translate), "sansang-ispeed", translate)


def _add_evidence(app: FastAPI, sources: Sources) -> None:
    @app.get(
        "/api/v1/ispeed/{number}/evidence",
        tags=["ispeed"],
        summary="The picture or document that shows a result",
        response_class=File,
        responses={404: content(Fault, NO_EVIDENCE), 503: content(Fault, NO_RECORD)},
    )
    def evidence(number: Annotated[str, Path(examples=["7"])]) -> Response:
        is_number = number.isascii() and number.isdigit() and len(number) <= DIGITS_AT_MOST
        found = sources.ispeed_evidence(int(number)) if is_number else None
        if found is None:
            raise RefusedError(
                404, mark("There is no evidence of an i-Speed entry {number!r}."), number=number
            )
        kind = found.media_type.rpartition("/")[2]
        # Saved, never shown as a page: somebody else made it.
        headers = {"Content-Disposition": f'attachment; filename="i-speed-{number}.{kind}"'}
        return File(found.content, media_type=found.media_type, headers=headers)

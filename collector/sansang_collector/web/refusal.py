# SPDX-License-Identifier: Apache-2.0
"""A request of the API that is refused: its status and a sentence in the language of the asker."""

from collections.abc import Mapping

from fastapi import FastAPI, Request, Response

from sansang_collector.language import Translation
from sansang_collector.ledger_changes import RefusedChangeError
from sansang_collector.record import RecordUnavailableError
from sansang_collector.web.http import language_of
from sansang_collector.web.openapi import Fault, json
from sansang_wire.language import Language


class RefusedError(Exception):
    """`message` is a marked text, with its blanks in `values`."""

    def __init__(self, status: int, message: str, **values: object) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.values = values


def add_handlers(app: FastAPI, translations: Mapping[Language, Translation]) -> None:
    """Answers what was refused, and 503 while the record can't be read or written."""

    @app.exception_handler(RefusedError)
    async def refused(request: Request, error: RefusedError) -> Response:  # pyright: ignore[reportUnusedFunction] - registered
        translate = translations[language_of(request)]
        return json(Fault(detail=translate(error.message, **error.values)), error.status)

    @app.exception_handler(RefusedChangeError)
    async def not_added(request: Request, error: RefusedChangeError) -> Response:  # pyright: ignore[reportUnusedFunction] - registered
        return await refused(request, RefusedError(422, error.message, **error.values))

    @app.exception_handler(RecordUnavailableError)
    async def no_record(request: Request, error: RecordUnavailableError) -> Response:  # pyright: ignore[reportUnusedFunction] - registered
        del request
        return json(Fault(detail=str(error)), 503)

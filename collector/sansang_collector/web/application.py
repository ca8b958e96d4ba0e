# SPDX-License-Identifier: Apache-2.0
"""Page, API, health and metrics as one application."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as AnyHTTPException

import sansang_collector
from sansang_collector.language import Translation
from sansang_collector.record import RecordUnavailableError
from sansang_collector.web import api, ispeed_form, metrics, notes_page
from sansang_collector.web import keeper as keeper_page
from sansang_collector.web import zalo as zalo_page
from sansang_collector.web.events import changes
from sansang_collector.web.http import Guard, language_of, wanted_language
from sansang_collector.web.keeper import Keeper
from sansang_collector.web.openapi import Fault, json
from sansang_collector.web.outages_page import Asked
from sansang_collector.web.pages import Pages, Place, Rendered
from sansang_collector.web.sources import Sources
from sansang_collector.web.zalo import Zalo
from sansang_wire.language import Language

HERE = Path(__file__).parent
COOKIE_S = 365 * 86_400

Wanted = Annotated[Language, Depends(wanted_language)]


def create_app(
    sources: Sources,
    keeper: Keeper | None = None,
    public_url: str | None = None,
    zalo: Zalo | None = None,
) -> FastAPI:
    """The application over these sources, with the pages for keepers and for their Zalo when there
    is what they need; `public_url` is where `OUTSIDE` is reached from outside.

    Raises MissingCatalogueError.

    `app.state.closing`, an asyncio.Event, ends the streams to readers.
    """
    translations: dict[Language, Translation] = {
        "vi": Translation("vi"),
        "en": Translation("en"),
    }
    app = FastAPI(
        title="Sẵn Sàng",
        version=sansang_collector.__version__,
        summary="What the collector knows of sites and agents",
        description=api.DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        # Both load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    app.state.closing = asyncio.Event()
    app.add_middleware(Guard, public_url=public_url)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    pages = Pages(sources, translations)
    _add_pages(app, pages)
    _add_reports(app, pages)
    notes_page.add_routes(app, sources, pages, translations)
    ispeed_form.add_routes(app, sources, pages, translations)
    if keeper is not None:
        # All that a proxy must pass on begins alike.
        app.mount("/k/static", StaticFiles(directory=HERE / "static"))
        keeper_page.add_routes(app, sources, keeper, pages, translations)
    if zalo is not None:
        zalo_page.add_routes(app, sources, zalo, pages, translations)
    _add_absent(app, pages, translations)
    api.add_routes(app, sources, translations)
    metrics.add_route(app, sources)
    return app


def _add_pages(app: FastAPI, pages: Pages) -> None:
    @app.get("/", include_in_schema=False)
    async def all_sites(language: Wanted, lang: str | None = None) -> Response:
        return _page((await _found(pages, None, language)).whole, language, lang)

    @app.get("/sites/{site}", include_in_schema=False)
    async def one_site(site: str, language: Wanted, lang: str | None = None) -> Response:
        return _page((await _found(pages, site, language)).whole, language, lang)

    @app.get("/events", include_in_schema=False)
    async def events(language: Wanted, site: str | None = None) -> Response:
        first = await _found(pages, site, language)
        stream = changes(pages, Place(site, language), first, app.state.closing)
        return StreamingResponse(stream, media_type="text/event-stream")


def _add_reports(app: FastAPI, pages: Pages) -> None:
    """What does not change while one looks at it."""

    @app.get("/ipv6", include_in_schema=False)
    @app.get("/sites/{site}/ipv6", include_in_schema=False)
    async def readiness(
        language: Wanted, site: str | None = None, lang: str | None = None
    ) -> Response:
        found = await pages.readiness(Place(site, language))
        if found is None:
            raise HTTPException(404)
        return _page(found, language, lang)

    @app.get("/speed", include_in_schema=False)
    @app.get("/sites/{site}/speed", include_in_schema=False)
    async def speed(language: Wanted, site: str | None = None, lang: str | None = None) -> Response:
        try:
            found = await pages.speed(Place(site, language))
        except RecordUnavailableError as error:
            return HTMLResponse(pages.unread(str(error), language), 503)
        if found is None:
            raise HTTPException(404)
        return _page(found, language, lang)

    @app.get("/outages", include_in_schema=False)
    async def past_outages(
        language: Wanted, site: str = "", cause: str = "", lang: str | None = None
    ) -> Response:
        found = await pages.outages(Asked(site or None, cause or None), language)
        if found is None:
            raise HTTPException(404)
        return _page(found, language, lang)


async def _found(pages: Pages, site: str | None, language: Language) -> Rendered:
    found = await pages.get(Place(site, language))
    if found is None:
        raise HTTPException(404)
    return found


def _page(whole: str, language: Language, lang: str | None) -> Response:
    answer = HTMLResponse(whole)
    if lang == language:
        answer.set_cookie("lang", language, max_age=COOKIE_S, httponly=True, samesite="lax")
    return answer


def _add_absent(app: FastAPI, pages: Pages, translations: Mapping[Language, Translation]) -> None:
    @app.exception_handler(404)
    async def absent(request: Request, error: AnyHTTPException) -> Response:  # pyright: ignore[reportUnusedFunction] - registered
        del error
        path, language = request.url.path, language_of(request)
        if path == "/api" or path.startswith("/api/"):
            translate = translations[language]
            detail = translate("There is no {path}: /api/v1/openapi.json names all.", path=path)
            return json(Fault(detail=detail), 404)
        return HTMLResponse(pages.absent(path, language), 404)

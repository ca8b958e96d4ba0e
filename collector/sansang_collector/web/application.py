# SPDX-License-Identifier: Apache-2.0
"""Page, API, health and metrics as one application."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast

import jinja2
from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

import sansang_collector
from sansang_collector.language import Translation
from sansang_collector.web import api, metrics, page
from sansang_collector.web.http import Guard, wanted_language
from sansang_collector.web.sources import Sources
from sansang_wire.language import Language

HERE = Path(__file__).parent
COOKIE_S = 365 * 86_400

Wanted = Annotated[Language, Depends(wanted_language)]


def create_app(sources: Sources) -> FastAPI:
    """The application over these sources. Raises MissingCatalogueError."""
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
    app.add_middleware(Guard)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    _add_page(app, sources, translations)
    api.add_routes(app, sources, translations)
    metrics.add_route(app, sources)
    return app


def _add_page(app: FastAPI, sources: Sources, translations: Mapping[Language, Translation]) -> None:
    templates = {name: _templates(each) for name, each in translations.items()}

    def render(template: str, language: Language) -> str:
        shown = page.build(sources, translations[language])
        return templates[language].get_template(template).render(page=shown, language=language)

    @app.get("/", include_in_schema=False)
    def whole(language: Wanted, lang: str | None = None) -> HTMLResponse:
        answer = HTMLResponse(render("page.html", language))
        if lang == language:
            answer.set_cookie("lang", language, max_age=COOKIE_S, httponly=True, samesite="lax")
        return answer

    @app.get("/fragment", include_in_schema=False)
    def fragment(language: Wanted) -> HTMLResponse:
        return HTMLResponse(render("live.html", language))


def _templates(translation: Translation) -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    # The extension adds this method to the environment, which no type tells.
    cast("Any", templates).install_gettext_translations(translation.catalogue)
    return templates

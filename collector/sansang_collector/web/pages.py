# SPDX-License-Identifier: Apache-2.0
"""The pages for people: all sites, one site, none such; each rendered once for all its readers."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import quote, urlencode

import jinja2

from sansang_collector.causes import CAUSES
from sansang_collector.language import Translation
from sansang_collector.record import RecordUnavailableError
from sansang_collector.store.base import StoreUnavailableError
from sansang_collector.views import AvailabilityView
from sansang_collector.web import (
    board,
    history,
    ipv6_page,
    ledger_past,
    outages_page,
    overview,
    readiness_page,
    site_page,
    speed_page,
    speeds_page,
)
from sansang_collector.web.board import Board
from sansang_collector.web.history import History
from sansang_collector.web.ipv6_page import Ipv6Page
from sansang_collector.web.ispeed_page import ISpeedPage
from sansang_collector.web.ledger_past import Past
from sansang_collector.web.outages_page import Asked, OutagesPage
from sansang_collector.web.readiness_page import ReadinessPage
from sansang_collector.web.shared import Shared
from sansang_collector.web.sources import Sources
from sansang_collector.web.speed_page import SpeedPage
from sansang_collector.web.speeds_page import SpeedsPage
from sansang_collector.web.strip import day_until
from sansang_collector.web.uptime import Uptime
from sansang_wire.language import Language

HERE = Path(__file__).parent
BOARD_S, PAGE_S, DAY_S, PAST_S = 1, 1, 60, 600
OUTAGES_S = 10
"""How old it may be: what is known, a page made of it, what happened within 24 hours, within a
quarter."""


Shown = (
    overview.Overview
    | site_page.SitePage
    | OutagesPage
    | ReadinessPage
    | Ipv6Page
    | SpeedPage
    | SpeedsPage
    | ISpeedPage
)


class Place(NamedTuple):
    """Which page: of one site, or of all when it is None; in which language."""

    site: str | None
    language: Language


class Rendered(NamedTuple):
    """A page, and the part of it that changes; `version` changes with that part."""

    whole: str
    fragment: str
    version: str


class Pages:
    """Renders pages in worker threads, from what is known now."""

    def __init__(self, sources: Sources, translations: Mapping[Language, Translation]) -> None:
        self._sources = sources
        self._translations = translations
        self._templates = {name: _templates(each) for name, each in translations.items()}
        self._boards = Shared[None, Board](self._take_board, BOARD_S)
        self._days = Shared[None, Uptime](self._take_day, DAY_S)
        self._pasts = Shared[str, Uptime](self._take_past, PAST_S)
        self._histories = Shared[str, History](self._take_history, DAY_S)
        self._weeks = Shared[str, Past](self._take_week, OUTAGES_S)
        self._quarters = Shared[None, Sequence[AvailabilityView]](self._take_quarter, PAST_S)
        self._months = Shared[None, Past](self._take_month, OUTAGES_S)
        self._pages = Shared[Place, Rendered | None](self._render, PAGE_S)
        self._outages = Shared[tuple[Asked, Language], str](self._render_outages, OUTAGES_S)
        self._readiness = Shared[Place, str | None](self._render_readiness, OUTAGES_S)
        self._speeds = Shared[Place, str | None](self._render_speed, OUTAGES_S)

    async def get(self, place: Place) -> Rendered | None:
        """None for a site that is not in the registry."""
        return await self._pages.get(place)

    async def outages(self, asked: Asked, language: Language) -> str | None:
        """The page of what is past; None for a site or a cause that there is not."""
        now = await self._boards.get(None)
        if asked.site is not None and now.site(asked.site) is None:
            return None
        if asked.cause is not None and asked.cause not in CAUSES:
            return None
        return await self._outages.get((asked, language))

    async def readiness(self, place: Place) -> str | None:
        """The page of IPv6 readiness; None for a site that is not in the registry."""
        return await self._readiness.get(place)

    async def speed(self, place: Place) -> str | None:
        """The page of line speed; None for a site that is not in the registry.

        Raises RecordUnavailableError.
        """
        return await self._speeds.get(place)

    def forget(self) -> None:
        """Somebody has changed what is shown: the next page has it."""
        outages = (self._boards, self._weeks, self._months, self._pages, self._outages)
        shown = (*outages, self._speeds)
        for each in shown:
            each.forget()

    def absent(self, path: str, language: Language) -> str:
        """The page that says there is no such page."""
        return self.fill("absent.html", language, asked=path)

    def whole(self, page: Shown, template: str, path: str, language: Language) -> str:
        """A page that is not shared."""
        return self._rendered(page, template, path, language).whole

    def unread(self, fault: str, language: Language) -> str:
        """The page that says that what it would show can't be read."""
        return self.fill("unread.html", language, fault=fault)

    def fill(self, template: str, language: Language, **shown: object) -> str:
        """A page that is not shared: this template with these values."""
        return self._templates[language].get_template(template).render(language=language, **shown)

    async def _take_board(self, _: None) -> Board:
        return await asyncio.to_thread(board.take, self._sources)

    async def _take_day(self, _: None) -> Uptime:
        return await asyncio.to_thread(board.take_day, self._sources)

    async def _take_past(self, site: str) -> Uptime:
        return await asyncio.to_thread(board.take_past, self._sources, site)

    async def _take_month(self, _: None) -> Past:
        return await asyncio.to_thread(ledger_past.month, self._sources)

    async def _take_week(self, site: str) -> Past:
        return await asyncio.to_thread(ledger_past.week, self._sources, site)

    async def _take_quarter(self, _: None) -> Sequence[AvailabilityView]:
        return await asyncio.to_thread(ledger_past.quarter, self._sources)

    async def _take_history(self, site: str) -> History:
        span = day_until(self._sources.now())
        try:
            return await asyncio.to_thread(history.take, self._sources, site, *span)
        except StoreUnavailableError:
            return {}

    async def _render(self, place: Place) -> Rendered | None:
        now, day = await asyncio.gather(self._boards.get(None), self._days.get(None))
        if place.site is None:
            return await asyncio.to_thread(self._overview, now, day, place.language)
        if now.site(place.site) is None:
            return None
        charts, past, week, quarter = await asyncio.gather(
            self._histories.get(place.site),
            self._pasts.get(place.site),
            self._weeks.get(place.site),
            self._quarters.get(None),
        )
        shown = site_page.Known(now, day, past, week, quarter, charts)
        return await asyncio.to_thread(self._site, place.site, shown, place.language)

    async def _render_outages(self, of: tuple[Asked, Language]) -> str:
        asked, language = of
        now, past = await asyncio.gather(self._boards.get(None), self._months.get(None))
        page = outages_page.build(asked, now, past, self._translations[language])
        query = {name: value for name, value in asked._asdict().items() if value is not None}
        path = f"/outages?{urlencode(query)}" if query else "/outages"
        rendered = await asyncio.to_thread(self._rendered, page, "outages.html", path, language)
        return rendered.whole

    async def _render_readiness(self, place: Place) -> str | None:
        return await asyncio.to_thread(self._ipv6, place)

    def _ipv6(self, place: Place) -> str | None:
        sources, translate = self._sources, self._translations[place.language]
        now, sites = sources.now(), sources.readiness()
        if place.site is None:
            page = ipv6_page.build(sites, now, translate)
            return self._rendered(page, "ipv6.html", "/ipv6", place.language).whole
        view = next((each for each in sites if each.site == place.site), None)
        if view is None:
            return None
        try:
            days = sources.readiness_days(view.site, readiness_page.DAYS)
        except RecordUnavailableError:
            days = []
        shown = readiness_page.build(view, days, now, translate)
        path = f"/sites/{quote(view.site, safe='')}/ipv6"
        return self._rendered(shown, "readiness.html", path, place.language).whole

    async def _render_speed(self, place: Place) -> str | None:
        return await asyncio.to_thread(self._speed, place)

    def _speed(self, place: Place) -> str | None:
        sources, translate = self._sources, self._translations[place.language]
        now = sources.now()
        if place.site is None:
            every = speeds_page.build(speeds_page.take(sources), now, translate)
            return self._rendered(every, "speeds.html", "/speed", place.language).whole
        known = speed_page.take(sources, place.site)
        if known is None:
            return None
        path = f"/sites/{quote(place.site, safe='')}/speed"
        page = speed_page.build(known, now, translate)
        return self._rendered(page, "speed.html", path, place.language).whole

    def _overview(self, now: Board, day: Uptime, language: Language) -> Rendered:
        page = overview.build(now, day, self._translations[language])
        events = f"/events?{urlencode({'lang': language})}"
        return self._rendered(page, "overview.html", "/", language, events)

    def _site(self, site: str, known: site_page.Known, language: Language) -> Rendered | None:
        page = site_page.build(site, known, self._translations[language])
        if page is None:
            return None
        events = f"/events?{urlencode({'lang': language, 'site': site})}"
        path = f"/sites/{quote(site, safe='')}"
        return self._rendered(page, "site.html", path, language, events)

    def _rendered(
        self,
        page: Shown,
        template: str,
        path: str,
        language: Language,
        events: str | None = None,
    ) -> Rendered:
        """`events`: where a page that is open hears of changes."""
        templates = self._templates[language]
        shown = {"language": language, "path": path, "page": page}
        fragment = templates.get_template(template).render(shown)
        whole = templates.get_template("page.html").render(shown, fragment=fragment, events=events)
        return Rendered(whole, fragment, hashlib.sha256(fragment.encode()).hexdigest()[:16])


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

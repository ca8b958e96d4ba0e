# SPDX-License-Identifier: Apache-2.0
"""`/api/v1/maintenance`: when sites are worked on, so that nobody is told and nothing counts."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Depends, FastAPI, Response

from sansang_collector.hours import Span, wall_instant
from sansang_collector.language import mark
from sansang_collector.views import MaintenanceView
from sansang_collector.web.http import plain
from sansang_collector.web.ledger_examples import MAINTENANCE, NO_RECORD
from sansang_collector.web.openapi import Fault, content, json
from sansang_collector.web.posting import described, posted, refusals
from sansang_collector.web.questions import OutagesAsked, outages_asked
from sansang_collector.web.refusal import RefusedError
from sansang_collector.web.sites_api import NO_SITE
from sansang_collector.web.sources import Sources

EVER_US = 2**62
LONGEST_NOTE = 200
TOO_LATE = Fault(detail="Maintenance is declared before it begins: choose a later beginning.")


class NewMaintenance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A site will be worked on: `2026-11-22 08:00` by the site's clock, or µs."""

    site: str
    first: int | str = msgspec.field(name="from")
    last: int | str = msgspec.field(name="to")
    note: str = ""


STRUCTS = (MaintenanceView, NewMaintenance)
EXAMPLE = NewMaintenance(
    site="nvh-thon-dong",
    first="2026-11-22 08:00",
    last="2026-11-22 11:30",
    note="Thay bộ phát Wi-Fi",
)


def add_routes(app: FastAPI, sources: Sources) -> None:
    """Adds them to the application."""

    @app.get(
        "/api/v1/maintenance",
        tags=["ledger"],
        summary="What was declared, in time order",
        responses={
            200: content(list[MaintenanceView], [MAINTENANCE]),
            503: content(Fault, NO_RECORD),
        },
    )
    def maintenance(asked: Annotated[OutagesAsked, Depends(outages_asked)]) -> Response:
        start, end = asked.span(sources.now())
        found = sources.maintenance(start, EVER_US if end is None else end)
        return json([each for each in found if asked.site in {None, each.site}])

    @app.post(
        "/api/v1/maintenance",
        tags=["ledger"],
        summary="Declare that a site will be worked on",
        status_code=201,
        openapi_extra=described(NewMaintenance, EXAMPLE),
        responses={
            201: content(MaintenanceView, MAINTENANCE),
            404: content(Fault, NO_SITE),
            422: content(Fault, TOO_LATE),
            503: content(Fault, NO_RECORD),
            **refusals(),
        },
    )
    def declare(new: Annotated[NewMaintenance, Depends(posted(NewMaintenance))]) -> Response:
        site = next((each for each in sources.sites() if each.site == new.site), None)
        if site is None:
            raise RefusedError(404, mark("There is no site {site!r}."), site=new.site)
        zone = ZoneInfo(site.time_zone)
        span = Span(_instant("from", new.first, zone), _instant("to", new.last, zone))
        return json(sources.declare_maintenance(site.site, span, _note(new.note)), 201)


def _instant(name: str, given: int | str, zone: ZoneInfo) -> int:
    """Raises RefusedError."""
    try:
        if isinstance(given, int):
            at = given
        else:
            at = wall_instant(datetime.strptime(given, "%Y-%m-%d %H:%M"), zone)  # noqa: DTZ007 - the wall's clock
        if not 0 <= at < EVER_US:
            raise ValueError(given)
    except (ValueError, OverflowError) as error:
        raise RefusedError(
            422,
            mark("{name} is a time such as 2026-11-22 08:00, or µs since the Unix epoch."),
            name=name,
        ) from error
    return at


def _note(text: str) -> str:
    """Raises RefusedError."""
    note = plain(text)
    if len(note) > LONGEST_NOTE:
        raise RefusedError(422, mark("The note has {most} letters at most."), most=LONGEST_NOTE)
    return note

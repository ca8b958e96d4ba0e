# SPDX-License-Identifier: Apache-2.0
"""What a person reads of a page, as one line of words."""

import html
import re
from collections.abc import Callable, Collection, Mapping
from typing import Literal

from starlette.testclient import TestClient

from sansang_collector.store.base import Latest, Series
from sansang_collector.views import (
    AvailabilityView,
    OutageDetail,
    OutageView,
    ServiceView,
    TimelineView,
)
from sansang_collector.web.sources import Sources
from sansang_collector.web.states import SHAPES
from sansang_wire.reading import JourneyStage
from tests.fakes import NOW, FixedSources, agent_view, site_view

Browse = Callable[[Sources], TestClient]

MINUTE = 60_000_000
SITE, AGENT, SSID = "nvh-dong", "dong-1", "NVH Dong"


def words(page: str) -> str:
    """No tags, one space between words, plain spaces before units; shapes, which the style sheet
    draws, as characters.
    """
    for tone, shape in SHAPES.items():
        page = re.sub(rf'<(i|li) class="{tone}">', f"{shape} ", page)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page))).replace("\u00a0", " ")


def read(client: TestClient, path: str = "/", lang: str = "vi") -> str:
    """The words of the page of all sites, or of another."""
    answer = client.get(f"{path}?lang={lang}")
    assert answer.status_code == 200
    return words(answer.text)


def one_site(*readings: Latest, ssids: list[str] | None = None) -> FixedSources:
    """A cultural house with a working box that has just sent these readings."""
    site = site_view([agent_view(last_seen=NOW)], ssids=ssids)
    return FixedSources([site], readings=list(readings))


def held(
    state: str,
    since: int = NOW - 65 * MINUTE,
    judged: int = NOW,
    stage: JourneyStage | None = None,
    doubted: int | None = None,
) -> ServiceView:
    """What is held of the Wi-Fi of that house."""
    return ServiceView(
        site=SITE,
        service="wifi",
        subject=SSID,
        state="down" if state == "down" else "up" if state == "up" else "unknown",
        since=since,
        judged=judged,
        told=state == "down",
        stage=stage,
        doubted=doubted,
    )


def wifi(*, on_air: bool | None, at: int = NOW, ssid: str = SSID, **fields: float | str) -> Latest:
    """The newest reading of one expected network."""
    outcome = 3 if on_air is None else int(not on_air)
    told: dict[str, float | str] = {"outcome": outcome, **fields}
    if on_air is not None:
        told["on_air"] = int(on_air)
    return Latest("wifi", SITE, AGENT, {"ssid": ssid}, at, told)


def over_time(labels: dict[str, str], *points: tuple[int, float]) -> Series:
    """A series of that house, as a store gives it by steps."""
    return Series(SITE, AGENT, labels, points)


def outage(
    service: str,
    cause: str | None = None,
    start: int = NOW - 65 * MINUTE,
    end: int | None = None,
    site: str = SITE,
    *,
    subject: str | None = None,
    state: Literal["down", "degraded", "unknown"] = "down",
    clues: Mapping[str, int] | None = None,
    root: tuple[str, str, int] | None = None,
    late: bool = False,
    number: int = 1,
    name: str = "Nhà văn hóa thôn Đông",
) -> OutageDetail:
    """An entry of the ledger, of that house unless told."""
    usual = {"wifi": SSID, "box": AGENT, "power": ""}
    view = OutageView(
        number=number,
        revision=2 if late else 1,
        site=site,
        name=name,
        simulated=False,
        service=service,
        subject=usual.get(service, "main") if subject is None else subject,
        state=state,
        start=start,
        end=end,
        cause=cause,
        root=root,
        late=late,
        clues=dict(clues or {}),
    )
    return OutageDetail(outage=view, revisions=[], told=[])


def timeline(
    service: str, *shares: float | None, closed: Collection[int] = (), site: str = SITE
) -> TimelineView:
    """A service of that house step by step, `closed` by number."""
    return TimelineView(
        site=site,
        service=service,
        shares=list(shares),
        closed=[step in closed for step in range(len(shares))],
    )


def availability(  # noqa: PLR0917
    service: str, up: int, down: int, unknown: int, outages: int = 3, site: str = SITE
) -> AvailabilityView:
    """Of a service of that house, in µs."""
    known, whole = up + down, up + down + unknown
    return AvailabilityView(
        group=site,
        name="Nhà văn hóa thôn Đông",
        service=service,
        sites=1,
        service_us=whole,
        up_us=up,
        down_us=down,
        unknown_us=unknown,
        share=up / known if known else None,
        coverage=known / whole if whole else None,
        lowest=up / whole if whole else None,
        highest=(up + unknown) / whole if whole else None,
        outages=outages,
        mtbf_us=up // outages if outages else None,
        mttr_us=down // outages if outages else None,
    )

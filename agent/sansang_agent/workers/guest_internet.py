# SPDX-License-Identifier: Apache-2.0
"""A guest's stages beyond its address: router, names, login page, Internet, family by family."""

import asyncio
import json
import time
from collections.abc import Awaitable, Mapping
from typing import NamedTuple

from sansang_agent.net import neighbours
from sansang_agent.net.addresses import Address
from sansang_agent.net.asked_servers import locate_by
from sansang_agent.net.echo import echoes
from sansang_agent.net.echoes import Plan
from sansang_agent.net.targets import Located
from sansang_agent.net.tls import trusting
from sansang_agent.net.web import Fetch, Place, Trust, fetch, parse_url
from sansang_agent.workers.guest_address import Standing
from sansang_agent.workers.guest_told import Progress, Request
from sansang_wire.reading import Family, JourneyStage

ECHOES = Plan(packets=3, interval_s=0.3, timeout_s=1.5)
WEB_WITHIN_S = 8.0
NO_PORTAL = "urn:ietf:params:capport:unrestricted"
"""RFC 8910 §2."""
CAPTIVE_JSON = "application/captive+json"
HTTP_OK, HTTP_NO_CONTENT = 200, 204


class Check(NamedTuple):
    """A plain web address, and how its answer looks when nobody interferes."""

    url: str
    status: int
    content: bytes = b""


VENDORS = (
    Check("http://connectivitycheck.gstatic.com/generate_204", HTTP_NO_CONTENT),
    Check("http://captive.apple.com/hotspot-detect.html", HTTP_OK, b"Success"),
)


class StageError(Exception):
    """One address family ended in this stage."""

    def __init__(self, stage: JourneyStage, reason: str) -> None:
        super().__init__(reason)
        self.stage: JourneyStage = stage
        self.reason = reason


class Guest:
    """What is tried with the addresses that the guest got."""

    def __init__(
        self,
        request: Request,
        standings: Mapping[Family, Standing],
        progress: Progress,
    ) -> None:
        self._request = request
        self._standings = standings
        self._progress = progress
        self._trust = Trust(trusting(request.ca_file, check_dates=True), dated=True)

    async def go_on(self) -> None:
        """Both families at once; what came of it stands in the progress."""
        ends = await asyncio.gather(*map(self._end_of, self._standings))
        failures: dict[Family, tuple[JourneyStage, str]] = {
            family: end
            for family, end in zip(self._standings, ends, strict=True)
            if end is not None
        }
        self._progress.failed(failures)
        ipv4 = self._standings["ipv4"]
        if ipv4.router is not None and not self._progress.values.get("portal"):
            self._progress.tell(admin_page=await self._has_admin_page(ipv4.router))

    async def _end_of(self, family: Family) -> tuple[JourneyStage, str] | None:
        try:
            await self._go(family, self._standings[family])
        except StageError as error:
            return error.stage, error.reason
        return None

    async def _go(self, family: Family, standing: Standing) -> None:
        if not standing.addresses:
            raise StageError("address", standing.reason or "no_address")
        self._progress.passed("address", standing.took_ms)
        await self._timed("gateway", self._gateway(standing))
        place = parse_url(self._request.internet)
        await self._timed("dns", self._name(place.host, family))
        await self._timed("portal", self._portal(family, standing))
        await self._timed("internet", self._internet(place, family))

    async def _timed(self, stage: JourneyStage, work: Awaitable[None]) -> None:
        begun = time.monotonic()
        await work
        self._progress.passed(stage, (time.monotonic() - begun) * 1000)

    async def _gateway(self, standing: Standing) -> None:
        if standing.router is None:
            raise StageError("gateway", "no_default_route")
        came = await echoes(standing.router, 80, ECHOES)
        # Some routers don't answer guests' echoes; that they are there the kernel knows.
        if came.received:
            return
        state = neighbours.neighbour_state(standing.router, self._request.interface)
        if state not in {"reachable", "delay", "probe"}:
            raise StageError("gateway", came.reason or "no_answer")

    async def _name(self, name: str, family: Family) -> None:
        located = await self._locate(name, family)
        if located.address is None:
            raise StageError("dns", located.reason or "no_answer")

    async def _locate(self, host: str, family: Family) -> Located:
        return await locate_by(self._name_servers(family), host, family)

    def _name_servers(self, family: Family) -> list[Address]:
        """Those of the family first: a host with both may ask either for anything."""
        other: Family = "ipv6" if family == "ipv4" else "ipv4"
        servers = (*self._standings[family].name_servers, *self._standings[other].name_servers)
        return list(dict.fromkeys(servers))

    async def _portal(self, family: Family, standing: Standing) -> None:
        """RFC 8910 and 8908 first; where nothing is announced, plain web addresses."""
        captive = await self._announced(family, standing.portal)
        if captive is None:
            captive = await self._intercepted(family)
        if captive is not None:
            self._progress.tell(portal=captive or bool(self._progress.values.get("portal")))
        if captive:
            raise StageError("portal", "login_page")

    async def _announced(self, family: Family, url: str | None) -> bool | None:
        """What the network's own API says of this guest (RFC 8908 §5); None without a word."""
        if url is None:
            return None
        if url == NO_PORTAL:
            return False
        try:
            came = await self._fetch(parse_url(url)._replace(accept=CAPTIVE_JSON), family)
            captive = json.loads(came.content).get("captive")
        except (ValueError, AttributeError):
            return None
        return captive if isinstance(captive, bool) else None

    async def _intercepted(self, family: Family) -> bool | None:
        """Whether someone else answers for well-known servers: all that answer must agree."""
        own = self._request.portal_check
        checks = VENDORS if own is None else (Check(own, HTTP_NO_CONTENT), *VENDORS)
        came = await asyncio.gather(*(self._fetch(parse_url(each.url), family) for each in checks))
        untouched = [
            one.status == check.status and check.content in one.content
            for check, one in zip(checks, came, strict=True)
            if one.status is not None
        ]
        return not any(untouched) if untouched else None

    async def _internet(self, place: Place, family: Family) -> None:
        """A server that proves who it is: a login page can't."""
        came = await self._fetch(place._replace(method="HEAD"), family)
        if came.status is None:
            raise StageError("internet", came.reason or "no_answer")

    async def _has_admin_page(self, router: Address) -> bool:
        came = await self._fetch(parse_url(f"http://{router}/"), "ipv4")
        return came.status is not None

    async def _fetch(self, place: Place, family: Family) -> Fetch:
        return await fetch(place, family, self._trust, WEB_WITHIN_S, self._locate)

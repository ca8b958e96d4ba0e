# SPDX-License-Identifier: Apache-2.0
"""What an invented house's spare radio would tell: a guest's way in, and what is heard. Pure."""

from collections.abc import Iterator

from sansang_agent.simulated_site import Moment, SimulatedSite, chance_of, is_open
from sansang_wire.reading import JourneyStage
from sansang_wire.readings import AnyReading, WifiJourneyReading, WifiScanReading

EVERY_US = 300_000_000
USUAL_MS: dict[JourneyStage, float] = {
    "scan": 900,
    "associate": 25,
    "authenticate": 60,
    "address": 420,
    "gateway": 3,
    "dns": 12,
    "portal": 40,
    "internet": 45,
}


def visits(site: SimulatedSite, moment: Moment) -> Iterator[AnyReading]:
    """A guest's way into the Wi-Fi and what a listening radio hears of it, where there is one."""
    if not site.guest:
        return
    yield _journey(site, moment)
    chance = chance_of(site, "scan", moment.us)
    if moment.off_air:
        yield WifiScanReading(
            at=moment.at,
            outcome="failed",
            reason="not_heard",
            ssid=site.ssid,
            heard=False,
            access_points=0,
        )
        return
    yield WifiScanReading(
        at=moment.at,
        outcome="ok",
        ssid=site.ssid,
        heard=True,
        access_points=1,
        unknown_access_points=0,
        signal_dbm=round(-48 - 6 * chance.random()),
        channel=6,
        security="wpa2",
        overlapping=chance.randrange(4, 12 if is_open(moment.us) else 8),
    )


def _journey(site: SimulatedSite, moment: Moment) -> WifiJourneyReading:
    failed, reason = _fault(moment)
    chance = chance_of(site, "journey", moment.us)
    passed = list(USUAL_MS)[: list(USUAL_MS).index(failed)] if failed else list(USUAL_MS)
    took = {f"{stage}_ms": round(USUAL_MS[stage] * chance.uniform(0.8, 1.4), 1) for stage in passed}
    ipv6_failed = failed or (None if site.ipv6 else "address")
    facts = {"admin_page": True, "portal": False} if failed is None else {}
    return WifiJourneyReading(
        at=moment.at,
        outcome="failed" if failed else "ok",
        reason=reason,
        ssid=site.ssid,
        failed_stage=failed,
        ipv4_failed_stage=failed,
        ipv6_failed_stage=ipv6_failed,
        total_ms=round(sum(took.values()), 1),
        channel=6 if passed else None,
        signal_dbm=round(-48 - 6 * chance.random()) if passed else None,
        security="wpa2" if passed else None,
        dhcp_servers=1 if "address" in passed else None,
        **took,
        **facts,
    )


def _fault(moment: Moment) -> tuple[JourneyStage | None, str | None]:
    if moment.off_air:
        return "scan", "not_heard"
    if moment.no_address:
        return "address", "no_offer"
    if moment.cut:
        return "dns", "no_answer"
    return None, None

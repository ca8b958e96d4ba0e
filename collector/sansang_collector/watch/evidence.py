# SPDX-License-Identifier: Apache-2.0
"""What readings say of a site, as short facts: one word about one thing at one instant.

A *service* fact says how a service is; a *clue* tells later why it was not well. Readings of one
run of a probe make one fact: a service works when any of its targets answers.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from sansang_wire.reading import JourneyStage, Reading
from sansang_wire.readings import (
    AddressingReading,
    AnyReading,
    DnsReading,
    HostReading,
    LinkReading,
    PowerReading,
    ReachabilityReading,
    RouteReading,
    ServiceReading,
    WifiJourneyReading,
    WifiReading,
    WifiScanReading,
)

UP, DOWN = "up", "down"
WORDS = (
    *(UP, DOWN, "lossy", "no_international"),
    *("scan", "associate", "authenticate", "address", "gateway"),
    *("no_address", "no_route", "portal", "beyond_gateway", "at_gateway"),
)
"""All that a fact can say. What is kept of evidence holds places in this list: only add to it."""
IN_THE_WIFI: frozenset[JourneyStage] = frozenset({"dns", "portal", "internet"})
"""A guest who fails at one of these is in: what is missing is the line's, or a login page."""
TICK_US = 100_000
"""Evidence is dated to a tenth of a second, before it is judged and where it is kept."""
LOSSY_PCT = 20
WALLED = frozenset({"certificate_name_mismatch", "certificate_untrusted", "redirected_elsewhere"})
NETWORK_AUTHENTICATION_REQUIRED = 511
"""RFC 6585 §6; beside the reasons, what a fetch meets where a carrier answers in place of the
server.
"""
R = TypeVar("R", bound=Reading)


class Fact(NamedTuple):
    """At an instant (µs since the Unix epoch), of `key`: one of `WORDS`.

    Keys of services: `internet`, `ipv6`, `dns`, `mains`; `wifi/SSID` as radios know it,
    `guest/SSID` as one who went in. Of clues: `gateway`, `address`, `carrier`, `portal`,
    `route`. `alive` says nothing but that the box measured.
    """

    at: int
    key: str
    says: str


class Boot(NamedTuple):
    """A start of a box, at an instant in µs. `clean`: the run before it ended in good order."""

    id: str
    started: int
    clean: bool | None


def facts_of(readings: Iterable[AnyReading]) -> list[Fact]:
    """The facts that lie in the readings of one batch, in no order."""
    by_type: dict[type[AnyReading], list[AnyReading]] = {}
    for each in readings:
        by_type.setdefault(type(each), []).append(each)
    found: list[Fact] = []
    for struct, some in by_type.items():
        if (say := _SAYING.get(struct)) is not None:
            found += say(some)
    return [Fact(at - at % TICK_US, key, says) for at, key, says in found]


def boots_of(readings: Iterable[AnyReading]) -> list[Boot]:
    """The starts of the box that the readings tell of."""
    return [
        Boot(each.boot, started - started % TICK_US, each.clean_shutdown)
        for each in readings
        if isinstance(each, HostReading)
        for started in (each.at - int(each.uptime_s * 1e6),)
    ]


def _alive(some: Sequence[HostReading]) -> list[Fact]:
    return [Fact(each.at, "alive", UP) for each in some]


def _powered(some: Sequence[PowerReading]) -> list[Fact]:
    """A battery tells at once what a box without one can tell only afterwards."""
    return [
        Fact(each.at, "mains", UP if each.on_mains else DOWN)
        for each in some
        if each.on_mains is not None
    ]


def _reached(some: Sequence[ReachabilityReading]) -> list[Fact]:
    found: list[Fact] = []
    for run in _runs(some, lambda each: (each.target, each.family)):
        asked = [each for each in run if each.outcome != "broken"]
        beyond = [each for each in asked if each.scope != "gateway"]
        at = run[-1].at
        if gateways := [each for each in asked if each.scope == "gateway"]:
            found.append(Fact(at, "gateway", UP if _any_ok(gateways) else DOWN))
        if beyond:
            found.append(Fact(at, "internet", _internet(beyond)))
        if over_ipv6 := [each for each in beyond if each.family == "ipv6"]:
            found.append(Fact(at, "ipv6", UP if _any_ok(over_ipv6) else DOWN))
    return found


def _internet(beyond: Sequence[ReachabilityReading]) -> str:
    answered = [each for each in beyond if each.outcome == "ok"]
    if not answered:
        return DOWN
    abroad = [each for each in beyond if each.scope == "international"]
    if abroad and not _any_ok(abroad):
        return "no_international"
    return "lossy" if min((each.loss_pct or 0) for each in answered) > LOSSY_PCT else UP


def _addressed(some: Sequence[AddressingReading]) -> list[Fact]:
    """One address family that is complete is enough."""
    found: list[Fact] = []
    for run in _runs(some, lambda each: each.family):
        known = [each for each in run if each.outcome != "broken"]
        if not known:
            continue
        enough = [each for each in known if each.reason != "no_global_address"]
        complete = [each for each in enough if each.reason != "no_default_route"]
        says = UP if complete else "no_route" if enough else "no_address"
        found.append(Fact(run[-1].at, "address", says))
    return found


def _linked(some: Sequence[LinkReading]) -> list[Fact]:
    """The access line comes by a cable or a modem, unless the box has none."""
    found: list[Fact] = []
    for run in _runs(some, lambda each: each.interface):
        lines = [each for each in run if each.technology in {"wired", "mobile"}]
        lines = lines or [each for each in run if each.technology == "wireless"]
        if lines:
            there = any(each.up and each.carrier is not False for each in lines)
            found.append(Fact(run[-1].at, "carrier", UP if there else DOWN))
    return found


def _resolved(some: Sequence[DnsReading]) -> list[Fact]:
    found: list[Fact] = []
    for run in _runs(some, lambda each: (each.server, each.family, each.name, each.record_type)):
        asked = [each for each in run if each.outcome != "broken"]
        if asked:
            found.append(Fact(run[-1].at, "dns", UP if _any_ok(asked) else DOWN))
    return found


def _fetched(some: Sequence[ServiceReading]) -> list[Fact]:
    """Somebody else's certificate or page for every server's: a wall that asks for money."""
    found: list[Fact] = []
    for run in _runs(some, lambda each: (each.service, each.family)):
        came = [each for each in run if each.outcome in {"ok", "failed"}]
        if came:
            walled = all(map(_is_walled, came))
            found.append(Fact(run[-1].at, "portal", "portal" if walled else UP))
    return found


def _is_walled(fetched: ServiceReading) -> bool:
    return fetched.reason in WALLED or fetched.status == NETWORK_AUTHENTICATION_REQUIRED


def _traced(some: Sequence[RouteReading]) -> list[Fact]:
    """Who answers beyond the first router is not of the house any more."""
    return [
        Fact(
            each.at,
            "route",
            UP if each.reached else "beyond_gateway" if each.beyond_gateway else "at_gateway",
        )
        for each in some
        if each.outcome != "broken"
    ]


def _on_air(some: Sequence[WifiReading]) -> list[Fact]:
    """An access point that listens for radar first is not off air: it is starting."""
    return [
        Fact(each.at, f"wifi/{each.ssid}", UP if each.on_air else DOWN)
        for each in some
        if each.on_air is not None and each.reason != "starting"
    ]


def _heard(some: Sequence[WifiScanReading]) -> list[Fact]:
    return [
        Fact(each.at, f"wifi/{each.ssid}", UP if each.heard else DOWN)
        for each in some
        if each.heard is not None
    ]


def _visited(some: Sequence[WifiJourneyReading]) -> list[Fact]:
    return [
        Fact(each.at, f"guest/{each.ssid}", UP if stage is None or stage in IN_THE_WIFI else stage)
        for each in some
        if each.outcome != "broken"
        for stage in (each.failed_stage,)
    ]


def _any_ok(some: Sequence[Reading]) -> bool:
    return any(each.outcome == "ok" for each in some)


def _runs(some: Sequence[R], series: Callable[[R], object]) -> list[list[R]]:
    """Readings of one run of a probe together: a series that comes again begins the next."""
    runs: list[list[R]] = []
    seen: set[object] = set()
    for each in some:
        name = series(each)
        if not runs or name in seen:
            runs.append([])
            seen = set()
        seen.add(name)
        runs[-1].append(each)
    return runs


_SAYING: dict[type, Callable[..., list[Fact]]] = {
    HostReading: _alive,
    PowerReading: _powered,
    ReachabilityReading: _reached,
    AddressingReading: _addressed,
    LinkReading: _linked,
    DnsReading: _resolved,
    ServiceReading: _fetched,
    RouteReading: _traced,
    WifiReading: _on_air,
    WifiScanReading: _heard,
    WifiJourneyReading: _visited,
}

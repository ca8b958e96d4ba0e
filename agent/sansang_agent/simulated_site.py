# SPDX-License-Identifier: Apache-2.0
"""What an invented cultural house would measure at an instant: days, nights, faults. Pure.

The same site says the same of the same instant whenever it is asked, so that a demo that is started
again goes on with the same past.
"""

import random
from collections.abc import Iterator
from functools import partial
from typing import Literal, NamedTuple

from msgspec import Struct

from sansang_wire.reading import Family, Scope
from sansang_wire.readings import (
    AddressingReading,
    AnyReading,
    DnsReading,
    HostReading,
    LinkReading,
    RadioReading,
    ReachabilityReading,
    ServiceReading,
    WifiReading,
)

MINUTE_US = 60_000_000
DAY_US = 1440 * MINUTE_US
LOCAL_US = 7 * 60 * MINUTE_US
"""Vietnam is at UTC+7 all year."""
OPENING_MINUTE, CLOSING_MINUTE = 7 * 60, 21 * 60
DARK_UNTIL_MINUTE, DARK_FROM_MINUTE = 5 * 60 + 30, 22 * 60
TARGETS: tuple[tuple[Scope, str, float], ...] = (
    ("gateway", "gateway", 0.6),
    ("domestic", "vnnic", 8.0),
    ("international", "cloudflare", 42.0),
)
PACKETS = 4
FAMILIES: tuple[Family, ...] = ("ipv4", "ipv6")
RESOLVERS: dict[Family, str] = {"ipv4": "192.0.2.1", "ipv6": "2001:db8::1"}
FAULTS: dict[str, tuple[float, int]] = {
    "wifi": (0.10, 120),
    "line": (0.04, 90),
    "power": (0.03, 90),
    "addresses": (0.06, 180),
}
"""How likely on a day, and how many minutes at most."""


class SimulatedSite(Struct, frozen=True, kw_only=True):
    """One invented house. `loss`: share of lost packets; `dark`: its box is off at night; `guest`:
    it has a spare radio that tries the Wi-Fi as a guest does; `ipv6_as`: how its IPv6 is, if it has
    any; `speed`: what its speed tests find, if there are any.
    """

    agent: str
    ssid: str
    ipv6: bool
    loss: float
    dark: bool
    guest: bool = True
    ipv6_as: Literal["healthy", "black_hole", "nat64"] = "healthy"
    speed: Literal["healthy", "slow_evening", "port", "metered"] | None = None


class Moment(NamedTuple):
    """`us`: when, since the Unix epoch; `at`: the same as readings have it (CLOCK_BOOTTIME)."""

    us: int
    at: int
    off_air: bool = False
    cut: bool = False
    no_address: bool = False


def past(site: SimulatedSite, us: int, at: int) -> Moment | None:
    """A moment of the past with its faults; None while the box had no power."""
    if site.dark and not DARK_UNTIL_MINUTE <= _minute(us) < DARK_FROM_MINUTE:
        return None
    if is_faulty(site, "power", us):
        return None
    return Moment(
        us,
        at,
        off_air=is_faulty(site, "wifi", us),
        cut=is_faulty(site, "line", us),
        no_address=is_faulty(site, "addresses", us),
    )


def often(site: SimulatedSite, moment: Moment) -> Iterator[AnyReading]:
    """What changes by the minute: the Wi-Fi."""
    yield WifiReading(
        at=moment.at,
        outcome="failed" if moment.off_air else "ok",
        reason="not_on_air" if moment.off_air else None,
        ssid=site.ssid,
        on_air=not moment.off_air,
        role=None if moment.off_air else "access_point",
        interface=None if moment.off_air else "wlan0",
        channel=None if moment.off_air else 6,
        stations=0 if moment.off_air else _stations(site, moment.us),
    )


def reaches(site: SimulatedSite, moment: Moment) -> Iterator[AnyReading]:
    """How far its packets get, through each family."""
    chance = chance_of(site, "reach", moment.us)
    for target in TARGETS:
        for family in FAMILIES:
            yield _reach(site, moment, target, family, chance)


def _reach(
    site: SimulatedSite,
    moment: Moment,
    to: tuple[Scope, str, float],
    family: Family,
    chance: random.Random,
) -> ReachabilityReading:
    scope, target, usual_ms = to
    beyond = scope != "gateway"
    busy = 1.3 if beyond and is_open(moment.us) else 1.0
    rtt_ms = usual_ms * busy * chance.uniform(0.9, 1.15)
    lost = sum(chance.random() < site.loss for _ in range(PACKETS))
    told = partial(ReachabilityReading, at=moment.at, target=target, family=family, scope=scope)
    if family == "ipv6" and not site.ipv6:
        return told(outcome="unreachable", reason="no_route")
    told = partial(told, method="icmp_datagram", sent=PACKETS)
    if (moment.cut and beyond) or lost == PACKETS:
        return told(outcome="unreachable", reason="no_answer", received=0, loss_pct=100)
    return told(
        outcome="ok",
        received=PACKETS - lost,
        loss_pct=100 * lost / PACKETS,
        rtt_min_ms=round(rtt_ms * 0.9, 3),
        rtt_avg_ms=round(rtt_ms, 3),
        rtt_max_ms=round(rtt_ms * 1.2, 3),
        jitter_ms=round(rtt_ms * 0.05, 3),
    )


def seldom(site: SimulatedSite, moment: Moment) -> Iterator[AnyReading]:
    """What changes by the hour: box, port, radio, addresses, DNS, services."""
    chance = chance_of(site, "seldom", moment.us)
    at = moment.at
    yield HostReading(
        at=at,
        outcome="ok",
        boot="simulated",
        # It has never been off: a start would be a power cut to the ledger.
        uptime_s=400 * DAY_US / 1e6,
        clock="kernel",
        cpu_pct=round(7 * chance.uniform(0.7, 1.4), 1),
        memory_total_bytes=2**30,
        memory_available_bytes=int(2**29 * chance.uniform(0.9, 1.1)),
        temperature_celsius=round(48 + 6 * chance.random(), 1),
    )
    yield LinkReading(
        at=at, outcome="ok", interface="eth0", technology="wired", up=True, speed_mbps=1000
    )
    yield _radio(site, moment, chance)
    for family in FAMILIES:
        yield _addressing(at, family, site)
        if family == "ipv4" or site.ipv6:
            yield from _lookups(at, family, chance)
            yield _service(site, at, family, chance)


def _radio(site: SimulatedSite, moment: Moment, chance: random.Random) -> RadioReading:
    on_air = not moment.off_air
    return RadioReading(
        at=moment.at,
        outcome="ok",
        interface="wlan0",
        role="access_point",
        up=on_air,
        channel=6 if on_air else None,
        frequency_mhz=2437 if on_air else None,
        width_mhz=20 if on_air else None,
        txpower_dbm=20 if on_air else None,
        stations=_stations(site, moment.us) if on_air else 0,
        signal_worst_dbm=round(-74 - 8 * chance.random()) if on_air else None,
        signal_median_dbm=round(-58 - 6 * chance.random()) if on_air else None,
        tx_bitrate_worst_mbps=round(6 + 20 * chance.random(), 1) if on_air else None,
        tx_bitrate_median_mbps=round(72 + 70 * chance.random(), 1) if on_air else None,
        retry_worst_pct=round(30 + 20 * chance.random(), 1) if on_air else None,
        retry_median_pct=round(4 + 8 * chance.random(), 1) if on_air else None,
        noise_dbm=-95 if on_air else None,
        utilisation_pct=round((45 if is_open(moment.us) else 12) * chance.uniform(0.8, 1.3), 1)
        if on_air
        else None,
    )


def _addressing(at: int, family: Family, site: SimulatedSite) -> AddressingReading:
    if family == "ipv4":
        return AddressingReading(
            at=at,
            outcome="ok",
            family=family,
            global_addresses=0,
            private_addresses=1,
            default_routes=1,
            next_hop_state="reachable",
            dns_servers=1,
        )
    return AddressingReading(
        at=at,
        outcome="ok" if site.ipv6 else "failed",
        reason=None if site.ipv6 else "no_global_address",
        family=family,
        global_addresses=2 if site.ipv6 else 0,
        link_local_addresses=1,
        temporary_addresses=1 if site.ipv6 else 0,
        prefix="2001:db8::/48" if site.ipv6 else None,
        default_routes=1 if site.ipv6 else 0,
        next_hop_state="reachable" if site.ipv6 else None,
        dns_servers=1 if site.ipv6 else 0,
    )


def _lookups(at: int, family: Family, chance: random.Random) -> Iterator[AnyReading]:
    for record_type in ("A", "AAAA"):
        yield DnsReading(
            at=at,
            outcome="ok",
            server=RESOLVERS[family],
            family=family,
            name="vnnic.vn",
            record_type=record_type,
            response_ms=round(6 * chance.uniform(0.5, 3), 3),
            rcode="NOERROR",
            answers=1,
            transport="udp",
        )


def _service(site: SimulatedSite, at: int, family: Family, chance: random.Random) -> ServiceReading:
    connect_ms = round(9 * chance.uniform(0.9, 1.3), 3)
    if family == "ipv6" and site.ipv6_as == "black_hole":
        return ServiceReading(
            at=at,
            outcome="unreachable",
            reason="no_answer",
            service="vnnic",
            family=family,
            lookup_ms=4,
            connect_ms=connect_ms,
        )
    return ServiceReading(
        at=at,
        outcome="ok",
        service="vnnic",
        family=family,
        lookup_ms=4,
        connect_ms=connect_ms,
        tls_ms=round(2.1 * connect_ms, 3),
        first_byte_ms=round(3 * connect_ms, 3),
        total_ms=round(6.4 * connect_ms, 3),
        status=200,
        received_bytes=16384,
        certificate_left_d=60,
    )


def is_faulty(site: SimulatedSite, what: str, us: int) -> bool:
    """Whether this fault is on at an instant; each day has at most one of a kind."""
    likely, longest_min = FAULTS[what]
    day = (us + LOCAL_US) // DAY_US
    chance = random.Random(f"{site.agent}/{what}/{day}")
    if chance.random() >= likely:
        return False
    start = chance.randrange(OPENING_MINUTE, CLOSING_MINUTE - longest_min)
    return start <= _minute(us) < start + chance.randrange(15, longest_min)


def _stations(site: SimulatedSite, us: int) -> int:
    # A value for ten minutes: people don't come and go by the second.
    chance = chance_of(site, "stations", us - us % (10 * MINUTE_US))
    return chance.randrange(2, 15) if is_open(us) else chance.randrange(2)


def is_open(us: int) -> bool:
    return OPENING_MINUTE <= _minute(us) < CLOSING_MINUTE


def _minute(us: int) -> int:
    """Minutes since midnight in Vietnam."""
    return (us + LOCAL_US) % DAY_US // MINUTE_US


def chance_of(site: SimulatedSite, what: str, us: int) -> random.Random:
    return random.Random(f"{site.agent}/{what}/{us}")

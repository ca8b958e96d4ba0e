# SPDX-License-Identifier: Apache-2.0
"""What the boxes of simulated houses measure, a round a minute, with 2 % of all packets lost; what
of it is here at once and what late.
"""

import random
from collections.abc import Iterator
from typing import get_args

from sansang_collector.watch.evidence import DOWN, UP, Boot, Fact
from sansang_wire.reading import Family, JourneyStage, Scope
from sansang_wire.readings import (
    AddressingReading,
    AnyReading,
    DnsReading,
    HostReading,
    LinkReading,
    ReachabilityReading,
    RouteReading,
    ServiceReading,
    WifiJourneyReading,
    WifiReading,
)
from tests.collector.watch.houses import SSID, S
from tests.collector.watch.truth import DAY, MINUTE, OFF, START, House

LOSS = 0.02
MISSED = {
    look: LOSS**packets
    for look, packets in {
        "near": 20, "abroad": 10, "ipv6": 10, "gateway": 5, "guest": 3, "dns": 2
    }.items()
}  # fmt: skip
"""By look, how often none of its packets comes back."""
ANY_MISSED = sum(MISSED.values())
"""Two at once, which all houses together would see in ten years, are left out."""
BOOTS_S = 8
"""From the return of the power until the kernel runs."""
CUT = frozenset({"line cut", "router dead", "no lease", "unpaid", "upstream dead"})
STAGES = {"guests get no address": "address", "guests are sent away": "authenticate"}


def rounds(house: House, days: int, seed: int) -> Iterator[tuple[int, list[Fact] | None]]:
    """When each round was, in time order, and its facts; None: all is well, as `well` has it."""
    chance = random.Random(f"{seed} {house.name}")
    offset = chance.randrange(60) * S
    edges = sorted(
        [(each.start, True, each.what) for each in house.faults]
        + [(_back(each.what, each.end), False, each.what) for each in house.faults]
    )
    ails: set[str] = set()
    for at in range(START + offset, START + days * DAY, MINUTE):
        while edges and edges[0][0] <= at:
            _, begins, what = edges.pop(0)
            (ails.add if begins else ails.discard)(what)
        if ails & OFF:
            continue
        if ails:
            yield at, _facts(at, ails, _missed(chance))
        elif chance.random() < ANY_MISSED:
            [look] = chance.choices(list(MISSED), list(MISSED.values()))
            yield at, _facts(at, ails, {look})
        else:
            yield at, None


def boots(house: House) -> list[Boot]:
    """Every start of its box."""
    found = [Boot("0", START - DAY, None)]
    for each in house.of({"power cut", "switched off"}):
        found.append(Boot(str(len(found)), _back(each.what, each.end), each.what != "power cut"))
    return found


def _back(what: str, end: int) -> int:
    return end + BOOTS_S * S if what in {"power cut", "switched off"} else end


def well(at: int) -> list[Fact]:
    """The facts of a round when nothing is wrong."""
    return _facts(at, set(), set())


def _missed(chance: random.Random) -> set[str]:
    """The looks of which all packets are lost."""
    return {look for look, share in MISSED.items() if chance.random() < share}


def _facts(at: int, ails: set[str], missed: set[str]) -> list[Fact]:
    """`missed`: looks of which no packet came back."""
    cut = not CUT.isdisjoint(ails)
    found = [
        Fact(at, "alive", UP),
        Fact(at, "carrier", DOWN if "router dead" in ails else UP),
        Fact(at, "address", "no_address" if "no lease" in ails else UP),
        Fact(at, "internet", _internet(ails, missed, cut=cut)),
        Fact(at, "ipv6", DOWN if cut or "IPv6 dead" in ails or "ipv6" in missed else UP),
    ]
    dead = "router dead" in ails or "no lease" in ails
    found.append(Fact(at, "gateway", DOWN if dead or "gateway" in missed else UP))
    found.append(Fact(at, "dns", DOWN if cut or "DNS dead" in ails or "dns" in missed else UP))
    if "unpaid" in ails or not cut:
        found.append(Fact(at, "portal", "portal" if "unpaid" in ails else UP))
    if "upstream dead" in ails:
        found.append(Fact(at, "route", "beyond_gateway"))
    dark = "router dead" in ails or "access point dead" in ails
    found.append(Fact(at, f"wifi/{SSID}", DOWN if dark else UP))
    if at // MINUTE % 2:
        turned = next((stage for fault, stage in STAGES.items() if fault in ails), UP)
        found.append(Fact(at, f"guest/{SSID}", "scan" if dark or "guest" in missed else turned))
    return sorted(found)


def _internet(ails: set[str], missed: set[str], *, cut: bool) -> str:
    if cut or "near" in missed:
        return DOWN
    if "nothing abroad" in ails or "abroad" in missed:
        return "no_international"
    return "lossy" if "lossy" in ails else UP


def readings(facts: list[Fact], house: House, starts: list[Boot]) -> list[AnyReading]:
    """Readings that say these facts."""
    said = {key.partition("/")[0]: says for _, key, says in facts}
    at = facts[0].at
    boot = max((each for each in starts if each.started <= at), key=lambda each: each.started)
    dead, far = said["internet"] == DOWN, said["internet"] == "no_international"
    found: list[AnyReading] = [
        HostReading(
            at=at, outcome="ok", boot=f"{house.name} {boot.id}", clock="kernel",
            uptime_s=(at - boot.started) / S, clean_shutdown=boot.clean,
        ),
        LinkReading(
            at=at, outcome="ok", interface="eth0", technology="wired",
            up=said["carrier"] == UP, carrier=said["carrier"] == UP,
        ),
        AddressingReading(
            at=at, outcome="ok" if said["address"] == UP else "failed", family="ipv4",
            reason=None if said["address"] == UP else "no_global_address",
        ),
        _echo(at, "gateway", "ipv4", 100 if said["gateway"] != UP else 0),
        DnsReading(
            at=at, outcome="ok" if said["dns"] == UP else "unreachable", server="192.0.2.53",
            family="ipv4", name="vnnic.vn", record_type="A",
        ),
        WifiReading(at=at, outcome="ok", ssid=SSID, on_air=said["wifi"] == UP),
    ]  # fmt: skip
    loss = 40 if said["internet"] == "lossy" else 0
    found += [_echo(at, "domestic", "ipv4", 100 if dead else loss)]
    found += [_echo(at, "international", "ipv4", 100 if dead or far else loss)]
    found += [_echo(at, "domestic", "ipv6", 100 if said["ipv6"] != UP else loss)]
    if "portal" in said:
        walled = said["portal"] != UP
        found.append(
            ServiceReading(
                at=at, outcome="failed" if walled else "ok", service="vnnic", family="ipv4",
                reason="certificate_name_mismatch" if walled else None,
            )
        )  # fmt: skip
    if "route" in said:
        found.append(
            RouteReading(
                at=at, outcome="unreachable", target="far", family="ipv4", reached=False,
                scope="international", beyond_gateway=True,
            )
        )  # fmt: skip
    if "guest" in said:
        stage = next((each for each in get_args(JourneyStage) if each == said["guest"]), None)
        found.append(
            WifiJourneyReading(
                at=at, outcome="failed" if stage else "ok", ssid=SSID, failed_stage=stage
            )
        )
    return found


def _echo(at: int, scope: Scope, family: Family, loss_pct: float) -> ReachabilityReading:
    reached = loss_pct < 100
    return ReachabilityReading(
        at=at, outcome="ok" if reached else "unreachable", target=scope, family=family,
        scope=scope, sent=5, received=5 if reached else 0, loss_pct=float(loss_pct),
    )  # fmt: skip

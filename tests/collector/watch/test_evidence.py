# SPDX-License-Identifier: Apache-2.0
"""What readings say of a site, as facts."""

from typing import get_args

import pytest

from sansang_collector.watch.evidence import IN_THE_WIFI, WORDS, Fact, boots_of, facts_of
from sansang_wire.reading import Family, JourneyStage, Outcome, Scope
from sansang_wire.readings import (
    AddressingReading,
    AnyReading,
    DnsReading,
    HostReading,
    LinkReading,
    PathReading,
    ReachabilityReading,
    RouteReading,
    ServiceReading,
    WifiJourneyReading,
    WifiReading,
    WifiScanReading,
)

AT = 1_795_260_000_000_000


def echo(
    target: str, family: Family, scope: Scope, outcome: Outcome = "ok", loss: float = 0
) -> ReachabilityReading:
    return ReachabilityReading(
        at=AT, outcome=outcome, target=target, family=family, scope=scope, loss_pct=loss
    )


def says(*readings: AnyReading) -> dict[str, str]:
    """By key, what the last fact says."""
    return {fact.key: fact.says for fact in facts_of(readings)}


@pytest.mark.parametrize(
    ("stage", "word"),
    [
        (None, "up"),
        ("scan", "scan"),
        ("associate", "associate"),
        ("authenticate", "authenticate"),
        ("address", "address"),
        ("gateway", "gateway"),
        ("dns", "up"),
        ("portal", "up"),
        ("internet", "up"),
    ],
)
def test_a_guest_is_in_once_the_router_has_answered(stage: JourneyStage | None, word: str) -> None:
    """What fails behind it is the line's, or a login page."""
    outcome = "failed" if stage else "ok"
    reading = WifiJourneyReading(at=AT, outcome=outcome, ssid="NVH", failed_stage=stage)
    assert facts_of([reading]) == [Fact(AT, "guest/NVH", word)]


@pytest.mark.parametrize(
    ("reading", "word"),
    [
        (WifiScanReading(at=AT, outcome="ok", ssid="NVH", heard=True), "up"),
        (WifiScanReading(at=AT, outcome="failed", ssid="NVH", heard=False), "down"),
        (WifiScanReading(at=AT, outcome="broken", reason="radio_busy", ssid="NVH"), None),
        (WifiReading(at=AT, outcome="ok", ssid="NVH", on_air=True), "up"),
        (WifiReading(at=AT, outcome="failed", ssid="NVH", on_air=False), "down"),
        (WifiReading(at=AT, outcome="failed", reason="starting", ssid="NVH", on_air=False), None),
        (WifiReading(at=AT, outcome="broken", reason="no_nl80211", ssid="NVH"), None),
        (WifiJourneyReading(at=AT, outcome="broken", reason="no_spare_radio", ssid="NVH"), None),
        (PathReading(at=AT, outcome="unreachable", target="bridge", family="ipv4"), None),
    ],
)
def test_what_is_known_is_evidence_and_what_nobody_knows_is_none(
    reading: AnyReading, word: str | None
) -> None:
    """An access point that listens for radar first is not off air: it is starting."""
    assert facts_of([reading]) == ([] if word is None else [Fact(AT, "wifi/NVH", word)])


def test_one_target_that_answers_is_enough() -> None:
    """Of either family for the Internet; of its own for IPv6."""
    assert says(
        echo("gw", "ipv4", "gateway"),
        echo("near", "ipv4", "domestic"),
        echo("near", "ipv6", "domestic", "unreachable"),
        echo("far", "ipv4", "international"),
    ) == {"gateway": "up", "internet": "up", "ipv6": "down"}


def test_a_target_that_could_not_be_asked_says_nothing() -> None:
    """A box without a gateway is judged by what it asked."""
    assert says(echo("gw", "ipv4", "gateway", "broken")) == {}


def test_nothing_abroad_is_not_nothing() -> None:
    """And many lost packets are not none."""
    near, far = (
        echo("near", "ipv4", "domestic"),
        echo("far", "ipv4", "international", "unreachable"),
    )
    assert says(near, far) == {"internet": "no_international"}
    assert says(echo("near", "ipv4", "domestic", loss=40)) == {"internet": "lossy"}
    assert says(echo("near", "ipv4", "domestic", loss=20)) == {"internet": "up"}
    assert says(echo("near", "ipv4", "domestic", "unreachable"), far) == {"internet": "down"}


def test_two_runs_in_a_batch_are_two_facts() -> None:
    """The same series again begins the next run."""
    runs = [echo("near", "ipv4", "domestic"), echo("near", "ipv4", "domestic", "unreachable")]
    assert [each.says for each in facts_of(runs)] == ["up", "down"]


@pytest.mark.parametrize(
    ("reasons", "word"),
    [
        ([None, "no_global_address"], "up"),
        (["no_global_address", "no_global_address"], "no_address"),
        (["no_default_route", "no_global_address"], "no_route"),
        (["next_hop_failed", "no_global_address"], "up"),
    ],
)
def test_one_family_that_is_complete_is_enough(reasons: list[str | None], word: str) -> None:
    """An IPv6-only box lacks no address."""
    families: tuple[Family, ...] = ("ipv4", "ipv6")
    readings = [
        AddressingReading(at=AT, outcome="failed" if reason else "ok", reason=reason, family=family)
        for family, reason in zip(families, reasons, strict=True)
    ]
    assert says(*readings) == {"address": word}


def test_the_cable_is_what_counts() -> None:
    """A radio that is up says nothing of the line, unless there is no cable at all."""
    radio = LinkReading(at=AT, outcome="ok", interface="wlan0", technology="wireless", up=True)
    cable = LinkReading(
        at=AT, outcome="ok", interface="eth0", technology="wired", up=False, carrier=False
    )
    assert says(radio, cable) == {"carrier": "down"}
    assert says(radio) == {"carrier": "up"}


def test_a_resolver_that_answers_is_enough() -> None:
    """One of several."""
    answers: tuple[tuple[str, Outcome], ...] = (("192.0.2.1", "unreachable"), ("192.0.2.2", "ok"))
    asked = [
        DnsReading(
            at=AT, outcome=outcome, server=server, family="ipv4", name="x.vn", record_type="A"
        )
        for server, outcome in answers
    ]
    assert says(*asked) == {"dns": "up"}
    assert says(asked[0]) == {"dns": "down"}


def test_somebody_elses_certificate_everywhere_is_a_wall() -> None:
    """At one server of two it is that server's."""

    def fetched(service: str, reason: str | None) -> ServiceReading:
        outcome = "failed" if reason else "ok"
        return ServiceReading(at=AT, outcome=outcome, reason=reason, service=service, family="ipv4")

    wall = "certificate_name_mismatch"
    assert says(fetched("a", wall), fetched("b", wall)) == {"portal": "portal"}
    assert says(fetched("a", wall), fetched("b", None)) == {"portal": "up"}


@pytest.mark.parametrize(
    ("reason", "status"), [("redirected_elsewhere", 302), ("server_error", 511)]
)
def test_somebody_elses_page_is_a_wall(reason: str, status: int) -> None:
    """Of what is asked without TLS; a server's own fault is none, nor is its own redirect."""

    def fetched(reason: str | None, status: int) -> ServiceReading:
        return ServiceReading(
            at=AT, outcome="failed", reason=reason, service="a", family="ipv4", status=status
        )

    assert says(fetched(reason, status)) == {"portal": "portal"}
    assert says(fetched("server_error", 503)) == {"portal": "up"}
    assert says(fetched(None, 302)) == {"portal": "up"}


@pytest.mark.parametrize(
    ("reached", "beyond", "word"),
    [(True, True, "up"), (False, True, "beyond_gateway"), (False, False, "at_gateway")],
)
def test_who_answers_on_the_way_tells_where_it_ends(reached: bool, beyond: bool, word: str) -> None:
    """Beyond the first router it is the carrier's."""
    reading = RouteReading(
        at=AT, outcome="ok" if reached else "unreachable", target="far", family="ipv4",
        scope="international", reached=reached, beyond_gateway=beyond,
    )  # fmt: skip
    assert says(reading) == {"route": word}


def test_a_box_tells_that_it_lives_and_since_when() -> None:
    """To a tenth of a second, as all evidence."""
    host = HostReading(
        at=AT + 123_456, outcome="ok", boot="b", uptime_s=60, clock="kernel", clean_shutdown=True
    )
    assert facts_of([host]) == [Fact(AT + 100_000, "alive", "up")]
    [boot] = boots_of([host])
    assert (boot.id, boot.started, boot.clean) == ("b", AT - 59_900_000, True)


def test_every_stage_can_be_kept() -> None:
    """What is said must have a place in the list that evidence is kept by."""
    assert set(get_args(JourneyStage)) - IN_THE_WIFI <= set(WORDS)

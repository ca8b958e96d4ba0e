# SPDX-License-Identifier: Apache-2.0
"""The way to one system, compared with ping(8) over the same faults."""

import re
from typing import Any

import pytest

from sansang_agent.probes.base import Probe
from sansang_agent.probes.path import PathProbe, PathSettings
from sansang_agent.schedule import LONGEST_RUN_S
from sansang_wire import checking
from sansang_wire.readings import PathReading
from tests.agent.running import COMMAND
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import FAR4, FAR6, NOBODY4, SERVER4, SERVER6, faulty_line, site
from tests.lab.probing import read_once

QUICK = {"packets": 20, "interval_s": 0.02, "timeout_s": 0.4}
ECHO_BYTES = {"ipv4": 20 + 8 + 16, "ipv6": 40 + 8 + 16}
MONTH_S = 30 * 24 * 3600


def target(name: str, host: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "host": host, **more}


def measure(
    box: Host, *targets: dict[str, Any], before: tuple[str, ...] = ()
) -> dict[tuple[str, str], PathReading]:
    """Readings by name of the target and family."""
    found: dict[tuple[str, str], PathReading] = {}
    for reading in read_once(box, "path", {"targets": targets, **QUICK}, before):
        assert isinstance(reading, PathReading)
        found[reading.target, reading.family] = reading
    return found


def ping(box: Host, address: str) -> tuple[int, int, list[float]]:
    """Packets sent and received, and the round trips in ms."""
    printed = box.run(*("ping", "-n", "-c20", "-i0.02", "-W0.4", address), status=None)
    counts = re.search(r"(\d+) packets transmitted, (\d+) received", printed)
    assert counts, printed
    trips = [float(trip) for trip in re.findall(r"time=([\d.]+) ms", printed)]
    return int(counts[1]), int(counts[2]), trips


def test_values_equal_those_of_ping(lab: Lab) -> None:
    """Loss exactly, the shortest round trip within 0.2 ms or 2 %: a busy machine lengthens some."""
    with faulty_line(lab, silent=[2, 7, 11, 20], delay_ms=20) as box:
        came = measure(box, target("bridge", FAR4), target("bridge", FAR6))
        for family, address in (("ipv4", FAR4), ("ipv6", FAR6)):
            reading = came["bridge", family]
            sent, received, trips = ping(box, address)
            assert (reading.sent, reading.received) == (sent, received) == (20, 16)
            assert (reading.outcome, reading.loss_pct, reading.address) == ("ok", 20, address)
            assert reading.rtt_min_ms == pytest.approx(min(trips), rel=0.02, abs=0.2)
            assert reading.rtt_min_ms is not None
            assert reading.rtt_p95_ms is not None
            assert reading.rtt_max_ms is not None
            assert 20 <= reading.rtt_min_ms <= reading.rtt_p95_ms <= reading.rtt_max_ms


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "missing"), [(True, False, "ipv6"), (False, True, "ipv4")]
)
def test_network_of_one_family(lab: Lab, ipv4: bool, ipv6: bool, missing: str) -> None:
    """The other family is said to have no way, and doesn't disturb the one that has."""
    box = site(lab, ipv4=ipv4, ipv6=ipv6).box
    came = measure(box, target("server", SERVER4), target("server", SERVER6))
    for (_, family), reading in came.items():
        if family == missing:
            assert (reading.outcome, reading.reason) == ("unreachable", "no_route")
            assert reading.loss_pct is reading.rtt_p95_ms is reading.jitter_ms is None
        else:
            assert (reading.outcome, reading.received, reading.loss_pct) == ("ok", 20, 0)


def test_the_command_measures_a_system_that_no_settings_name(lab: Lab) -> None:
    """The check before a meeting, with as many packets as are asked for."""
    with faulty_line(lab, silent=[3]) as box:
        asked = ("--target", FAR6, "--packets", "10", "--json")
        (reading,) = box.json(str(COMMAND), "probe", "path", *asked)
    assert (reading["target"], reading["family"]) == (FAR6, "ipv6")
    assert (reading["sent"], reading["received"], reading["loss_pct"]) == (10, 9, 10)


def test_silence_is_all_lost(lab: Lab) -> None:
    reading = measure(site(lab).box, target("away", NOBODY4))["away", "ipv4"]
    assert (reading.outcome, reading.reason) == ("unreachable", "no_answer")
    assert (reading.loss_pct, reading.rtt_p95_ms) == (100, None)


def test_tcp_where_icmp_is_forbidden(lab: Lab) -> None:
    came = measure(site(lab).box, target("server", SERVER6), before=WITHOUT_CAPABILITIES)
    reading = came["server", "ipv6"]
    assert (reading.method, reading.received) == ("tcp_connect", 20)


def test_it_is_off_and_asks_nobody_by_default() -> None:
    """Nobody has agreed to be asked."""
    settings = PathSettings()
    assert not settings.enabled
    assert settings.targets == []


def test_at_its_most_a_run_ends_before_the_schedule_gives_it_up() -> None:
    """A look-up of 5 s, the packets and the last answer, in each family."""
    most = checking.check({"packets": 200, "interval_s": 0.2, "timeout_s": 5}, PathSettings)
    run_s = 2 * (5 + most.packets * most.interval_s + most.timeout_s)
    assert run_s <= 100 < LONGEST_RUN_S
    for name, value in (("packets", 201), ("interval_s", 0.3), ("timeout_s", 6)):
        with pytest.raises(checking.InvalidSettingsError, match=name):
            checking.check({name: value}, PathSettings)


@pytest.mark.parametrize(("profile", "megabytes"), [("default", 31.1), ("metered", 7.8)])
def test_a_system_costs_what_the_page_says(profile: Any, megabytes: float) -> None:
    """In both families, there and back."""
    run = sum(2 * PathSettings().packets * each for each in ECHO_BYTES.values())
    probe: type[Probe[Any]] = PathProbe
    assert round(run * MONTH_S / probe.every_s[profile] / 1e6, 1) == megabytes


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"targets": [target("a", "1.1.1.1"), target("a", "8.8.8.8")]}, "named twice for ipv4"),
        ({"targets": [target("a", "1.1.1.1", families=["ipv6"])]}, "is of another family"),
        ({"targets": [target("a", "x.test", scope="domestic")]}, "targets[0].scope: unknown key"),
    ],
)
def test_mistakes_in_settings_are_named(settings: dict[str, Any], mistake: str) -> None:
    with pytest.raises(checking.InvalidSettingsError) as refused:
        checking.check(settings, PathSettings)
    assert mistake in str(refused.value)

# SPDX-License-Identifier: Apache-2.0
"""A real upsd with a pretended UPS; a battery as the kernel tells of one."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sansang_agent.probes.base import all_probes
from sansang_agent.probes.power import PowerSettings
from sansang_agent.showing import lines
from sansang_wire import checking
from sansang_wire.readings import PowerReading
from tests.lab.netns import Host, Lab
from tests.lab.probing import SURROUNDINGS, read_once
from tests.servers import free_port
from tests.ups import UPS, NutThatSays, Upsd
from tests.waiting import wait_until


def measure(port: int) -> list[PowerReading]:
    """Of the upsd at that port; this machine has no battery."""
    settings = checking.check({"nut": f"127.0.0.1:{port}"}, PowerSettings)
    found: list[PowerReading] = []
    for reading in asyncio.run(all_probes()["power"](settings, SURROUNDINGS).run()):
        assert isinstance(reading, PowerReading)
        if reading.source != "battery":
            found.append(reading)
    return found


@pytest.fixture
def upsd(tmp_path: Path) -> Iterator[Upsd]:
    server = Upsd(tmp_path / "nut")
    server.says(status="OL", charge="100", runtime="2460")
    with server:
        yield server


def until_said(upsd: Upsd, *, status: str, charge: str, runtime: str) -> None:
    upsd.says(status=status, charge=charge, runtime=runtime)
    upsd.hears()


def test_a_power_cut_is_told_and_so_is_its_end(upsd: Upsd) -> None:
    """With the charge and what the battery lasts for, as upsd says them."""
    (reading,) = measure(upsd.port)
    assert (reading.source, reading.outcome, reading.on_mains) == (UPS, "ok", True)
    assert (reading.charge_pct, reading.runtime_left_s) == (100, 2460)
    until_said(upsd, status="OB DISCHRG", charge="73.5", runtime="1260")
    (reading,) = measure(upsd.port)
    assert (reading.outcome, reading.reason, reading.on_mains) == ("failed", "on_battery", False)
    assert (reading.charge_pct, reading.runtime_left_s) == (73.5, 1260)
    assert f'"{reading.charge_pct}"' in upsd.variable("battery.charge")
    until_said(upsd, status="OL CHRG", charge="74", runtime="1300")
    (reading,) = measure(upsd.port)
    assert (reading.outcome, reading.on_mains) == ("ok", True)


def test_what_a_supply_does_not_tell_is_left_out(upsd: Upsd) -> None:
    """Cheap ones know little; one that is off knows nothing of the mains."""
    until_said(upsd, status="OFF", charge="-3", runtime="inf")
    (reading,) = measure(upsd.port)
    assert reading.outcome == "ok"
    assert reading.on_mains is reading.charge_pct is reading.runtime_left_s is None


def test_a_supply_that_upsd_has_lost_can_t_be_told_of(upsd: Upsd) -> None:
    """That is no power cut."""
    upsd.driver.kill()
    wait_until(lambda: "ERR" in upsd.variable("ups.status"), "upsd to miss it", 30)
    (reading,) = measure(upsd.port)
    assert (reading.source, reading.outcome, reading.on_mains) == (UPS, "broken", None)
    assert reading.reason in {"data_stale", "driver_not_connected"}


def test_an_upsd_that_is_not_there_is_told() -> None:
    """Nobody can tell, which is not the same as no mains."""
    (reading,) = measure(free_port())
    assert (reading.source, reading.outcome) == ("nut", "broken")
    assert reading.reason == "connection_refused"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "malformed_answer"),
        (b"\n", "malformed_answer"),
        (b"\xff\xfe\n", "malformed_answer"),
        (b'BEGIN LIST UPS\nUPS "apc\n', "malformed_answer"),
        (b"BEGIN LIST UPS\nUPS apc x\nEND LIST UPS\nVAR b ups.status OL\n", "malformed_answer"),
        (b"BEGIN LIST UPS\nUPS apc x\nEND LIST UPS\nVAR apc ups.status\n", "malformed_answer"),
        (b"x" * 100_000, "malformed_answer"),
        (b"", "malformed_answer"),
        (b"ERR ACCESS-DENIED\n", "access_denied"),
    ],
)
def test_what_is_no_upsd_is_told(said: bytes, reason: str) -> None:
    """Whatever listens there: nothing is made up of it."""
    with NutThatSays(said) as server:
        (reading,) = measure(server.port)
    assert (reading.source, reading.outcome, reading.reason) == ("nut", "broken", reason)


def test_a_silent_upsd_costs_a_bounded_time() -> None:
    """Less than the schedule gives a run."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        (reading,) = measure(server.getsockname()[1])
    assert (reading.outcome, reading.reason) == ("broken", "no_answer")


def battery(box: Host, **files: str) -> None:
    """Have the kernel of this host tell of a battery and a plug: `BAT0_capacity="80"`."""
    folder = box.run("mktemp", "-d").strip()
    for name, text in files.items():
        path = f"{folder}/{name.replace('_', '/', 1)}"
        box.run("sh", "-c", f"mkdir -p $(dirname {path}) && echo '{text}' > {path}")
    box.run("mount", "--bind", folder, "/sys/class/power_supply")


@pytest.mark.parametrize(
    ("status", "online", "outcome", "on_mains"),
    [("Discharging", "0", "failed", False), ("Charging", "1", "ok", True)],
)
def test_the_box_s_own_battery(
    lab: Lab, status: str, online: str, outcome: str, on_mains: bool
) -> None:
    """40 of 50 Wh, and 10 W are drawn: four hours, as long as it discharges."""
    box = lab.host("box")
    numbers = {"energy_now": "40000000", "energy_full": "50000000", "power_now": "10000000"}
    files = {f"BAT0_{name}": value for name, value in numbers.items()}
    battery(box, BAT0_status=status, BAT0_capacity="80", AC_online=online, **files)
    (reading,) = read_once(box, "power")
    assert isinstance(reading, PowerReading)
    assert (reading.source, reading.outcome) == ("battery", outcome)
    assert (reading.on_mains, reading.charge_pct) == (on_mains, 80)
    assert reading.runtime_left_s == (None if on_mains else 4 * 3600)


def test_a_box_that_knows_of_no_power_has_no_reading(lab: Lab) -> None:
    """And whoever asks by hand is told what to do."""
    box = lab.host("box")
    battery(box, AC_online="1")
    assert read_once(box, "power") == []
    (line,) = lines("power", [], str)
    assert line.endswith('nut = "127.0.0.1:3493" under [probes.power]')


@pytest.mark.parametrize("nut", ["localhost:3493", "127.0.0.1:x", "127.0.0.1/x", "u@127.0.0.1", ""])
def test_an_address_that_can_t_be_used_is_a_mistake(nut: str) -> None:
    """A name would need a resolver, which may be what has lost its power."""
    with pytest.raises(checking.InvalidSettingsError):
        checking.check({"nut": nut}, PowerSettings)


@pytest.mark.parametrize("nut", ["127.0.0.1:3493", "127.0.0.1", "[::1]:3493", "[::1]"])
def test_an_address_of_either_family_may_be_named(nut: str) -> None:
    """The port is the usual one unless it is said."""
    settings: Any = checking.check({"nut": nut}, PowerSettings)
    assert settings.nut == nut

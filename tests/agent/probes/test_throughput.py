# SPDX-License-Identifier: Apache-2.0
"""The probe of throughput against the real measuring server."""

import io
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sansang_agent import clock as clock_module
from sansang_agent.cli import main
from sansang_agent.clock import Offset
from sansang_agent.net import speed_plan, speed_state
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.speed_run import WITHIN_S
from sansang_agent.probes.base import ClockState, Profile, Surroundings
from sansang_agent.probes.throughput import ThroughputProbe, ThroughputSettings
from sansang_agent.schedule import LONGEST_RUN_S
from sansang_agent.showing_speed import Live, lines
from sansang_wire import checking
from sansang_wire.checking import InvalidSettingsError
from sansang_wire.readings import AnyReading
from sansang_wire.speed_readings import ThroughputReading
from tests.agent.running import write_config
from tests.collector.speed_server.speaking import serving

NOON_US = 1_794_459_600_000_000
"""The 12th of November 2026 in Việt Nam."""
HOUR_US = 3_600_000_000
AGENT = "nvh-dong"


def a_server(port: int = 1, host: str = "127.0.0.1", **more: Any) -> dict[str, Any]:
    return {"name": "ours", "host": host, "port": port, "tls": False, **more}


def probe(
    folder: Path, us: int | None = NOON_US, profile: Profile = "default", **settings: Any
) -> ThroughputProbe:
    """In an agent whose files are in `folder`; `us`: what the clock says now."""
    state = ClockState("none", None)
    if us is not None:
        state = ClockState("kernel", 1, us - boottime_us())
    checked = checking.check(settings, ThroughputSettings)
    return ThroughputProbe(checked, Surroundings(folder, None, lambda: state, AGENT, profile))


def told(readings: list[AnyReading]) -> list[ThroughputReading]:
    return [each for each in readings if isinstance(each, ThroughputReading)]


def told_short(readings: Any) -> list[tuple[str, str, str | None]]:
    return [(each.phase, each.outcome, each.reason) for each in readings]


async def at_a_slot(folder: Path, **settings: Any) -> list[ThroughputReading]:
    """What a run says when a test is due, on a box that has counted its bytes since November."""
    with speed_state.changing(folder, lambda: speed_state.SpeedState(days={})) as state:
        state.days = {"2026-11-01": 0}
    made = probe(folder, **settings)
    # Every hour is a peak hour: one of the day's hours has the slot, and it is still fresh.
    for hours in range(25):
        made = probe(folder, NOON_US + hours * HOUR_US, **settings)
        if readings := await made.run():
            return told(list(readings))
    raise AssertionError("no test was due in a day")


async def test_without_a_server_it_says_so_once(tmp_path: Path) -> None:
    """Visible, and neither a file nor a packet."""
    made = probe(tmp_path)
    readings = told([*await made.run(), *await made.run()])
    assert told_short(readings) == [("idle", "broken", "no_server")]
    assert (readings[0].server, readings[0].streams) == ("none", "none")
    assert not (tmp_path / speed_state.NAME).exists()


async def test_without_a_clock_nothing_is_tested(tmp_path: Path) -> None:
    """A month can't be kept; a box that has just woken is given an hour."""
    made = probe(tmp_path, us=None, server=a_server())
    assert await made.run() == []
    assert told_short(await made.test_now(None, None)) == [("idle", "broken", "no_clock")]


async def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    """The token; the way; the folder."""
    server = a_server(token_file=str(tmp_path / "none"))
    made = probe(tmp_path, server=server)
    assert told_short(await made.test_now(None, None)) == [("idle", "broken", "no_token")]
    (tmp_path / "token").write_text("secret")
    (tmp_path / "token").chmod(0o644)
    made = probe(tmp_path, server=a_server(token_file=str(tmp_path / "token")))
    assert told_short(await made.test_now(None, None)) == [("idle", "broken", "no_token")]
    made = probe(tmp_path, server=a_server(host="nowhere.invalid"))
    [reading] = await made.test_now(None, None)
    assert reading.outcome == "unreachable"
    made = probe(tmp_path / "gone", server=a_server())
    assert told_short(await made.test_now(None, None)) == [("idle", "broken", "no_budget_file")]
    assert told_short(await made.run()) == [("idle", "broken", "no_budget_file")]
    assert await made.run() == []


async def test_a_spent_budget_is_said_of_each_transfer(tmp_path: Path) -> None:
    """And of the idle line, where not even that fits."""
    made = probe(tmp_path, server=a_server(), monthly_gb=0.000001)
    readings = await made.test_now(None, None)
    assert told_short(readings) == [
        (phase, "broken", "budget_spent") for phase in ("idle", "download", "upload")
    ]
    assert {each.budget_left_bytes for each in readings} == {475}


async def test_a_test_that_is_due_is_made_once(tmp_path: Path) -> None:
    """Against the real server over IPv6: idle line, download, upload; what it used is written."""
    with serving(everybody=True, hosts=("::1",)) as ours:
        settings: dict[str, Any] = {"server": a_server(ours.port, "::1"), "phase_mb": 5}
        idle, download, upload = await at_a_slot(tmp_path, **settings)
    assert idle.at < download.at < upload.at
    assert (idle.outcome, idle.streams, idle.family) == ("ok", "none", "ipv6")
    assert idle.idle_rtt_ms is not None
    assert idle.idle_rtt_ms > 0
    for each in (download, upload):
        assert (each.outcome, each.stop_reason, each.server) == ("ok", "byte_cap", "ours")
        assert each.rate_mbps
        assert each.used_bytes
        assert each.used_bytes > 3e6
        assert each.streams in {"single", "several"}
    used = sum(each.used_bytes or 0 for each in (idle, download, upload))
    assert upload.budget_left_bytes is not None
    assert 0 <= 51_000_000_000 - upload.budget_left_bytes - used < 20_000
    later = probe(tmp_path, NOON_US + 24 * HOUR_US, per_day=0, peak_hours=[], **settings)
    assert await later.run() == []


async def test_a_worker_that_dies_costs_what_was_reserved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows what it has sent."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    readings = await at_a_slot(tmp_path, server=a_server(), phase_mb=10)
    assert told_short(readings) == [
        (phase, "broken", "worker_failed") for phase in ("idle", "download", "upload")
    ]
    assert readings[0].budget_left_bytes == 51_000_000_000 - 50_000 - 2 * (11_000_000 + 2_000_000)


async def test_a_test_made_again_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same family and connections as the slow one."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    again = speed_state.Retest(at_s=NOON_US / 1e6, family="ipv4", streams="single")
    with speed_state.changing(tmp_path, lambda: speed_state.SpeedState(days={})) as state:
        state.retest = again
    readings = told(list(await probe(tmp_path, NOON_US + 60_000_000, server=a_server()).run()))
    assert [(each.streams, each.retest) for each in readings] == [
        ("none", True),
        ("single", True),
        ("single", True),
    ]


def test_a_metered_profile_measures_the_delay_alone(tmp_path: Path) -> None:
    """Unless the settings say otherwise."""
    settings = checking.check({"server": a_server()}, ThroughputSettings)
    assert settings.limits("metered").phase_bytes == 0
    assert settings.limits("fixed").phase_bytes == 500_000_000
    mobile = checking.check({"line": "mobile", "monthly_gb": 1}, ThroughputSettings)
    assert mobile.limits("metered").phase_bytes == 60_000_000
    assert mobile.limits("metered").monthly_bytes == 1_000_000_000
    assert probe(tmp_path, server=a_server(host="x.vn")).needs() == {"netlink", "resolver"}
    assert probe(tmp_path).needs() == set()


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"server": {"name": "x"}}, "server.host"),
        ({"server": a_server(families=["ipv6"])}, "of another family"),
        ({"server": a_server(host="ndt.measurement-lab.org")}, "public_ndt7_consent"),
        ({"peak_hours": [24]}, "peak_hours"),
        ({"streams": 1}, "streams"),
        ({"line": "fibre"}, "line"),
        ({"monthly_gb": -1}, "monthly_gb"),
        ({"per_week": 1}, "per_week"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], mistake: str) -> None:
    with pytest.raises(InvalidSettingsError, match=mistake):
        checking.check(settings, ThroughputSettings)


def test_whoever_agrees_may_use_a_public_server() -> None:
    asked = {"server": a_server(host="ndt.measurement-lab.org"), "public_ndt7_consent": True}
    checking.check(asked, ThroughputSettings)


def test_a_run_fits_into_what_the_schedule_gives() -> None:
    assert WITHIN_S < LONGEST_RUN_S
    assert 2 * ThroughputProbe.every_s["default"] < speed_plan.LATE_S


def test_the_command_shows_a_test_as_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Plain lines where there is no terminal; then the table, what set the limit, what it cost."""
    offset = Offset(time.time_ns() // 1000 - boottime_us(), "kernel", 1000)
    monkeypatch.setattr(clock_module, "kernel_offset", lambda: offset)
    with serving(everybody=True) as ours:
        server = f'{{name = "ours", host = "127.0.0.1", port = {ours.port}, tls = false}}'
        more = f"[probes.throughput]\nserver = {server}\nphase_mb = 5\n"
        # On the last days of a month a box that begins to count has nothing left.
        more += "monthly_gb = 10000\nutc_offset_h = 0\n"
        config = write_config(tmp_path, "mqtt://127.0.0.1", more)
        status = main(["probe", "throughput", "--config", str(config), "--lang", "en"])
        printed = capsys.readouterr()
    assert status == 0, printed
    assert "idle line" in printed.err
    assert "\x1b" not in printed.err
    assert printed.out.startswith("Measured against ours over IPv4 (127.0.0.1)\n")
    assert re.search(r"(?m)^  download +≥? ?[\d.]+ ", printed.out)
    assert re.search(r"(?m)^upload: .* set the limit", printed.out) or "not known" in printed.out
    assert re.search(r"Data used: [\d.]+ MB; speed tests may use [\d.]+ MB more", printed.out)


def test_the_command_without_a_server_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_config(tmp_path, "mqtt://127.0.0.1", "")
    asked = ["probe", "throughput", "--config", str(config)]
    assert main([*asked, "--lang", "vi"]) == 1
    assert "hãy đặt server trong [probes.throughput]" in capsys.readouterr().out
    assert main([*asked, "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)[0]["reason"] == "no_server"
    assert captured.err == ""
    with pytest.raises(SystemExit):
        main([*asked, "--packets", "3"])


PROGRESS = [
    {"waiting": {"seconds": 4.0, "reason": "busy_line"}},
    {"progress": {"phase": "idle", "elapsed_ms": 250, "mbps": 0.0, "rtt_ms": 8.25}},
    {"progress": {"phase": "download", "elapsed_ms": 5000, "mbps": 87.44, "rtt_ms": 24.0}},
    {"progress": {"phase": "download", "elapsed_ms": 5250, "mbps": 88.0, "rtt_ms": None}},
    {"phase": {"phase": "download", "outcome": "ok"}},
    {"done": {"used_bytes": 5}},
]


def test_a_terminal_shows_the_running_figures_in_place() -> None:
    """A file gets a line a second; nothing is coloured."""
    terminal, file = io.StringIO(), io.StringIO()
    for out, in_place in ((terminal, True), (file, False)):
        live = Live(out, "en", str, in_place=in_place)
        for said in PROGRESS:
            live.tell(said)
    assert terminal.getvalue().count("\r\x1b[K") == 5
    assert "\n" not in terminal.getvalue()
    waiting, idle, download = file.getvalue().splitlines()
    assert waiting == "waiting 4 s: others use the line"
    assert idle.split() == ["idle", "line", "8.2", "ms"]
    assert download.split() == ["download", "[##########", "]", "87.4", "Mb/s", "24.0", "ms"]


def test_a_bound_and_a_reason_are_said_in_words() -> None:
    """What set the limit, and what to do about it."""
    port = ThroughputReading(
        at=1,
        outcome="ok",
        server="ours",
        family="ipv6",
        phase="download",
        streams="several",
        rate_mbps=94.12,
        lower_bound=True,
        limited_by="port",
        port_mbps=100,
        cross_traffic=True,
        used_bytes=30_000_000,
        budget_left_bytes=2_000_000_000,
        address="2001:db8::1",
    )
    spent = ThroughputReading(
        at=1,
        outcome="broken",
        reason="budget_spent",
        server="ours",
        family="ipv6",
        phase="upload",
        streams="several",
    )
    said = list(lines([port, spent], "en", str))
    assert "≥ 94.1" in said[2]
    assert said[3:] == [
        "download: the port of this box (100.0 Mb/s) set the limit: use a faster port or cable",
        "  others used the line meanwhile",
        "upload: not measured: what tests may use this month is spent",
        "Data used: 30.0 MB; speed tests may use 2000.0 MB more this month",
    ]
    assert "≥ 94,1" in list(lines([port], "vi", str))[2]

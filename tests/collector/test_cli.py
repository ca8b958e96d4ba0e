# SPDX-License-Identifier: Apache-2.0
"""The real command, as a person runs it: what it prints, where, and its exit status."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.collector.serving import page
from tests.collector.web.reading import held
from tests.fakes import FixedSources, agent_view, site_view
from tests.servers import free_port

SANSANG = Path(sys.executable).with_name("sansang")
SITE = """
[[sites]]
id = "nvh-dong"
name = "Nhà văn hóa thôn Đông"
commune = "11824"
commune_name = "Xã Vĩnh Bảo"
kind = "cultural_house"
"""


def sansang(*arguments: object, lang: str = "C") -> subprocess.CompletedProcess[str]:
    kept = ("PATH", "HOME", "SANSANG_TEST_RUN", "COVERAGE_PROCESS_START")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    return subprocess.run(
        [SANSANG, *map(str, arguments)],
        env={**environment, "LC_ALL": lang, "PYTHONUTF8": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A good collector.toml whose ports are free, with a registry of one site."""
    path = tmp_path / "collector.toml"
    path.write_text(
        f'data_dir = "data"\nbroker.listen = "127.0.0.1:{free_port()}"\n'
        f'web.listen = "127.0.0.1:{free_port()}"\n'
    )
    (tmp_path / "registry.toml").write_text(SITE)
    return path


def test_the_version_and_the_help_need_no_settings() -> None:
    """In the language of the environment."""
    assert sansang("--version").stdout == "sansang 0.1.0\n"
    assert "chạy máy chủ thu thập cùng trang theo dõi" in sansang("--help").stdout
    assert "run the collector with its page" in sansang("--help", lang="en_GB.UTF-8").stdout


@pytest.mark.parametrize("arguments", [["fly"], ["up", "--lang", "fr"], ["demo", "--sites", "-1"]])
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    """What is wrong goes to standard error."""
    ran = sansang(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr


def test_mistakes_in_the_settings_are_told_all_at_once(tmp_path: Path) -> None:
    """Status 78, on standard error: the file, each mistake on a line, what to do."""
    path = tmp_path / "collector.toml"
    path.write_text('brokre.listen = "127.0.0.1:1883"\nweb.listen = "0.0.0.0:80"')
    ran = sansang("up", "--config", path, "--lang", "en")
    assert (ran.returncode, ran.stdout) == (78, "")
    lines = ran.stderr.splitlines()
    assert lines[0] == f"sansang: {path}: 3 mistakes"
    assert [line.split(":")[0] for line in lines[1:4]] == ["  broker", "  brokre", "  web.listen"]
    assert lines[4:] == ["Mend the file, or name another with --config."]
    ran = sansang("up", "--config", path)
    assert ran.stderr.splitlines()[0] == f"sansang: {path}: có 3 lỗi"


def test_a_broken_registry_is_a_mistake_of_the_same_kind(config: Path) -> None:
    """A collector does not begin with one: status 78, and which file it is."""
    registry = config.with_name("registry.toml")
    registry.write_text(SITE + '[[agents]]\nid = "dong-1"\nsite = "nvh-don"')
    ran = sansang("up", "--config", config, "--lang", "en")
    assert ran.returncode == 78
    assert ran.stderr.splitlines()[:2] == [
        f"sansang: {registry}: 1 mistake",
        "  agents[0].site: there is no site 'nvh-don' — did you mean 'nvh-dong'?",
    ]


def test_programs_get_mistakes_as_json(tmp_path: Path) -> None:
    """On standard output, with the same status."""
    ran = sansang("agents", "--json", "--config", tmp_path / "absent.toml")
    assert ran.returncode == 78
    answer = json.loads(ran.stdout)
    assert answer["details"] == ["the file can't be read: No such file or directory"]


def test_agents_are_shown_as_a_table(config: Path) -> None:
    """Asked from the running collector; ids are text, whatever they look like."""
    del config
    sources = FixedSources(
        [site_view([agent_view(last_seen=1_795_260_720_000_000)])],
        strangers=[agent_view("[red]cu-1", site=None)],
    )
    with page(sources) as url:
        ran = sansang("agents", "--url", url)
        told = json.loads(sansang("agents", "--url", url, "--json").stdout)
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"dong-1 +nvh-dong +\S Mất kết nối|dong-1 +nvh-dong +\S Hoạt động", ran.stdout)
    assert re.search(r"\[red\]cu-1 +chưa đăng ký +○ Chưa có số liệu", ran.stdout)
    assert [each["agent"] for each in told] == ["dong-1", "[red]cu-1"]
    assert "\x1b" not in ran.stdout


def test_sites_are_shown_as_a_table(config: Path) -> None:
    """With their Wi-Fi as it is held; what was held before a box fell silent says nothing."""
    del config
    now = time.time_ns() // 1000  # the command asks its own clock
    silent = agent_view("tay-1", "nvh-tay", now - 3_600_000_000)
    sources = FixedSources(
        [
            site_view([agent_view(last_seen=now)], ssids=["NVH Dong"], simulated=True),
            site_view([silent], "nvh-tay", "Nhà văn hóa thôn Tây", ssids=["NVH Dong"]),
            site_view([], "nvh-moi", "[red]Mới"),
        ],
        service_views=[held("down"), msgspec.structs.replace(held("up"), site="nvh-tay")],
    )
    with page(sources) as url:
        ran = sansang("sites", "--url", url)
        told = json.loads(sansang("sites", "--url", url, "--json").stdout)
    assert ran.returncode == 0, ran.stderr
    dong, tay, moi = ran.stdout.splitlines()[1:]
    assert re.search(r"nvh-dong .*Đông \(mô phỏng\) +● Hoạt động .* ◆ NVH Dong: mất sóng", dong)
    assert re.search(r"nvh-tay .* ◆ Mất kết nối .* ○ NVH Dong: chưa đo", tay)
    assert re.search(r"nvh-moi +\[red\]Mới +○ Chưa có số liệu .* chưa đo", moi)
    assert [each["site"] for each in told["sites"]] == ["nvh-dong", "nvh-tay", "nvh-moi"]
    assert [each["state"] for each in told["services"]] == ["down", "up"]


def test_a_wifi_that_lets_nobody_in_is_listed_with_the_stage(config: Path) -> None:
    """It is on air, after all; programs get the stage's own name."""
    del config
    now = time.time_ns() // 1000
    sources = FixedSources(
        [site_view([agent_view(last_seen=now)], ssids=["NVH Dong"])],
        service_views=[msgspec.structs.replace(held("down", stage="address"), judged=now)],
    )
    with page(sources) as url:
        ran = sansang("sites", "--url", url)
        told = json.loads(sansang("sites", "--url", url, "--json").stdout)
    assert "◆ NVH Dong: Wi-Fi có phát nhưng không cấp địa chỉ" in ran.stdout
    assert [each["stage"] for each in told["services"]] == ["address"]


def test_a_collector_that_does_not_answer_is_told_with_what_to_do(config: Path) -> None:
    """Its address comes from the settings."""
    ran = sansang("agents", "--config", config, "--lang", "en")
    assert ran.returncode == 1
    assert "does not answer" in ran.stderr
    assert "start it with `sansang up`" in ran.stderr


def examined(config: Path) -> tuple[int, dict[str, Any]]:
    """Exit status, and the checks by name. The clock of the test machine is not looked at."""
    ran = sansang("doctor", "--json", "--config", config, "--lang", "en")
    checks = {check["name"]: check for check in json.loads(ran.stdout)["checks"]}
    return ran.returncode, {name: check for name, check in checks.items() if name != "Clock"}


def test_the_doctor_finds_nothing_wrong_where_nothing_is(config: Path) -> None:
    """Every part that a collector needs was looked at."""
    _, checks = examined(config)
    assert set(checks) == {
        "Python",
        "Settings",
        "Registry",
        "Data folder",
        "Port of the page",
        "Message broker",
        "Series store",
        "Messages to people",
    }
    assert [name for name, check in checks.items() if not check["ok"]] == []
    assert checks["Messages to people"]["detail"].startswith("Nobody is told")


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(tmp_path: Path) -> None:
    """A port that another program holds, a broker and a database that do not answer."""
    (tmp_path / "registry.toml").write_text(SITE + "[[agents]]\n")
    config = tmp_path / "collector.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        # It takes connections and says nothing: no collector.
        config.write_text(
            f'data_dir = "/proc/none"\nweb.listen = "127.0.0.1:{port}"\n'
            f'broker.url = "mqtt://127.0.0.1:{free_port()}"\n[store]\nkind = "influxdb1"\n'
            f'url = "http://127.0.0.1:{free_port()}"\ndatabase = "xa"\n'
        )
        status, checks = examined(config)
    assert status == 1
    wrong = {name for name, check in checks.items() if not check["ok"]}
    assert wrong == {
        "Registry",
        "Data folder",
        "Port of the page",
        "Message broker",
        "Series store",
    }
    assert all(checks[name]["mend"] for name in wrong)
    assert "agents[0].id: is missing; agents[0].site: is missing" in checks["Registry"]["detail"]


def test_the_doctor_knows_a_running_collector(config: Path) -> None:
    """Its ports are taken, by itself: nothing to mend."""
    port = int(config.read_text().rsplit(":", 1)[1].strip().strip('"'))
    with page(FixedSources(), port):
        _, checks = examined(config)
    assert checks["Port of the page"]["ok"]
    assert "our collector runs" in checks["Port of the page"]["detail"]
    assert "our collector runs" in checks["Message broker"]["detail"]


def test_settings_that_can_not_be_used_end_the_examination(tmp_path: Path) -> None:
    """Status 78, as with every command."""
    status, checks = examined(tmp_path / "absent.toml")
    assert status == 78
    assert not checks["Settings"]["ok"]

# SPDX-License-Identifier: Apache-2.0
"""`sansang demo` as a person tries it: a commune on one machine, twice in the same folder."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import urllib3

from tests.servers import HTTP_S, free_port
from tests.waiting import wait_until

SANSANG = Path(sys.executable).with_name("sansang")
SMALL = ("--sites", "2", "--days", "1")


@contextmanager
def demo(folder: Path, port: int) -> Generator[tuple[subprocess.Popen[str], str]]:
    """The demo, and the address of its page as it printed it; it ends by itself."""
    with subprocess.Popen(
        [SANSANG, "demo", "--folder", folder, "--port", str(port), *SMALL, "--lang", "en"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            before = ""
            for line in process.stdout:
                before += line
                if found := re.search(r"http://[0-9.]+:[0-9]+", line):
                    yield process, found[0]
                    break
            else:
                raise AssertionError(before)
        finally:
            process.kill()


def short_demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """One that ends by itself, if it starts at all."""
    command = [SANSANG, "demo", "--folder", folder, *options, "--exit-after", "1"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def ask(url: str, path: str) -> Any:
    return json.loads(
        urllib3.request("GET", f"{url}/api/v1/{path}", retries=False, timeout=HTTP_S).data
    )


def heard(url: str) -> dict[str, int]:
    return {each["agent"]: each["batches"] for each in ask(url, "agents")}


def all_sent_more(url: str, before: dict[str, int]) -> bool:
    now = heard(url)
    return len(now) == 3 and all(count > before.get(agent, 0) for agent, count in now.items())


def test_a_commune_on_one_machine_and_again(tmp_path: Path) -> None:
    """The page answers; this machine and the simulated sites send; nothing is left behind; a port
    that is taken is not insisted on; what was measured is there the next time.
    """
    folder = tmp_path / "a folder"
    batches: dict[str, int] = {}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for _ in range(2):
            port = taken.getsockname()[1]
            with demo(folder, port) as (process, url):
                assert not url.endswith(f":{port}")
                before = batches.copy()
                wait_until(partial(all_sent_more, url, before), "all three send", 40)
                page = urllib3.request("GET", f"{url}/?lang=en", retries=False)
                assert (page.status, "This machine" in page.data.decode()) == (200, True)
                marked = {each["site"]: each["simulated"] for each in ask(url, "sites")}
                assert marked == {
                    "may-nay": False,
                    "mo-phong-1": True,
                    "mo-phong-2": True,
                    "chua-co-may": True,
                }
                batches = heard(url)
                children = psutil.Process(process.pid).children(recursive=True)
                assert children
                process.send_signal(signal.SIGINT)
                said = process.communicate(timeout=30)[0]
                assert process.returncode == 0, said
                assert str(folder) in said
                assert "Traceback" not in said
                assert not [child for child in children if child.is_running()]


def test_the_past_arrives_and_a_wifi_stops_while_you_watch(tmp_path: Path) -> None:
    """It is said when all of the past is here; the message about the Wi-Fi is shown, and says that
    the site is simulated.
    """
    with demo(tmp_path / "d", 0) as (process, url):
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            told += line
            # Where there is no Internet this machine is told of, too.
            if "⚠" in line and "(simulated)" in line:
                break
        # Half an hour of a house each; at both ends there may be a part of one.
        assert re.search(
            r"The past 1 days of the simulated sites are here: (9[6-9]|100) batches in", told
        )
        assert "Nhà văn hóa thôn Đoài (simulated): the Wi-Fi “NVH Đoài” is off air since" in told
        wait_until(lambda: any(each["told"] for each in ask(url, "services")), "that it is noted")
        down = next(
            each
            for each in ask(url, "services")
            if (each["state"], each["service"]) == ("down", "wifi")
        )
        assert (down["site"], down["told"]) == ("mo-phong-2", True)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def test_it_ends_by_itself_when_told_so(tmp_path: Path) -> None:
    """`--exit-after` for scripts; the folder is named."""
    ran = short_demo(tmp_path / "d", "--port", "0")
    assert ran.returncode == 0, ran.stderr
    assert str(tmp_path / "d") in ran.stdout


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    """Status 1, and a sentence with the folder instead of a traceback."""
    (tmp_path / "file").write_text("")
    ran = short_demo(tmp_path / "file")
    assert ran.returncode == 1
    assert str(tmp_path / "file") in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_second_one_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    """It would take the first one's passwords and outboxes from it; the first goes on."""
    with demo(tmp_path, free_port()) as (process, url):
        registry = (tmp_path / "registry.toml").read_text()
        ran = short_demo(tmp_path)
        assert ran.returncode == 1
        assert f"{tmp_path} is in use by process {process.pid}" in ran.stderr
        assert (tmp_path / "registry.toml").read_text() == registry
        wait_until(lambda: heard(url), "its agents", 30)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0

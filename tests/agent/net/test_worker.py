# SPDX-License-Identifier: Apache-2.0
"""An agent without rights and the helper that systemd starts for each of its requests."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from sansang_agent.net import worker
from sansang_agent.net.netlink import generic_family
from sansang_agent.net.worker import Worker, WorkerError, ask, follow
from sansang_agent.workers.helper import WORKERS
from tests.agent.workers.speed_asking import PATIENCE_S, request, running_workers
from tests.capabilities import program
from tests.waiting import wait_until

HELPER = (sys.executable, "-m", "sansang_agent.workers.helper")


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What the units of deploy/agent do, by systemd's own program."""
    activate = program("systemd-socket-activate", "a socket that starts its program")
    path = tmp_path / "helper.sock"
    monkeypatch.setattr(worker, "HELPER_SOCKET", path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with subprocess.Popen(
        [activate, "--listen", str(path), "--accept", "--inetd", *HELPER],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_until(path.exists, "the socket")
        yield path
        process.kill()


@pytest.mark.usefixtures("helper")
async def test_the_helper_runs_the_worker_that_was_asked_for() -> None:
    """Its answer comes back whole: on a machine without radios, that there is none."""
    assert worker.is_allowed()
    if generic_family("nl80211") is not None:
        pytest.fail("this machine has radios: the worker would use them")
    answer = await ask("wifi_scan", {"ssids": ["NVH"]}, 20)
    assert answer["broken"] == "no_spare_radio"


@pytest.mark.usefixtures("helper")
async def test_the_helper_runs_nothing_else() -> None:
    """Not another module, nor what follows it."""
    for name in ("helper", "../../bin/sh", "os", "wifi_scan;id", "x" * 1000):
        with pytest.raises(WorkerError, match="worker_failed"):
            await ask(name, {}, 20)  # pyright: ignore[reportArgumentType]


@pytest.mark.usefixtures("helper")
async def test_the_helper_runs_what_reads_packets() -> None:
    """With no link to listen on it has nothing to tell."""
    assert await ask("router_advertisement", {"interfaces": []}, 20) == {}
    assert set(get_args(Worker)) == WORKERS


async def test_without_a_helper_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "HELPER_SOCKET", tmp_path / "none")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not worker.is_allowed()
    with pytest.raises(WorkerError, match="no_helper"):
        await ask("wifi_scan", {}, 1)


async def test_root_needs_no_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that makes no sense of its request ends without an answer."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(WorkerError, match="worker_failed"):
        await ask("wifi_scan", {"unknown": 1}, 20)


async def test_who_follows_no_longer_ends_the_worker() -> None:
    """It would go on using the line of whoever no longer asks."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asked = request(listener.getsockname()[1], phases=["idle"], duration_s=2)
        async with contextlib.aclosing(follow("speed", asked, PATIENCE_S)) as lines:
            first = await anext(lines)
            assert first["progress"]["phase"] == "idle"
            [process] = running_workers()
    assert not process.is_running()


@pytest.mark.parametrize(
    ("asked", "within_s"),
    [({"unknown": 1}, PATIENCE_S), (request(1, duration_s=60), 0.5)],
    ids=["nonsense", "too slow"],
)
async def test_a_worker_that_does_not_come_to_its_end_has_failed(
    asked: dict[str, Any], within_s: float
) -> None:
    """What it told before stays told."""
    with pytest.raises(WorkerError, match="worker_failed"):
        _ = [line async for line in follow("speed", asked, within_s)]
    assert not running_workers()

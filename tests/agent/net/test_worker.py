# SPDX-License-Identifier: Apache-2.0
"""An agent without rights and the helper that systemd starts for each of its requests."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from sansang_agent.net import worker
from sansang_agent.net.netlink import generic_family
from sansang_agent.net.worker import Worker, WorkerError, ask
from sansang_agent.workers.helper import WORKERS
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

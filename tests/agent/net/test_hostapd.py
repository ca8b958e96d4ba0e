# SPDX-License-Identifier: Apache-2.0
"""Asking hostapd when it is not as it should be; `test_wifi` asks a real one."""

import socket
from collections.abc import Generator
from pathlib import Path

import pytest

from sansang_agent.net import hostapd
from sansang_agent.net.hostapd import hostapd_state


@pytest.fixture
def silent(tmp_path: Path) -> Generator[Path]:
    """A socket that takes questions and never answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "wlan0"))
        yield tmp_path


async def test_without_hostapd_there_is_no_state(tmp_path: Path) -> None:
    """No folder, no socket, or one that a dead process left behind."""
    assert await hostapd_state("wlan0", tmp_path / "none") is None
    assert await hostapd_state("wlan0", tmp_path) is None
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "wlan0"))
    assert await hostapd_state("wlan0", tmp_path) is None


async def test_one_that_is_silent_is_not_waited_for(
    silent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its state is unknown after the deadline."""
    monkeypatch.setattr(hostapd, "ANSWERS_WITHIN_S", 0.05)
    assert await hostapd_state("wlan0", silent) is None

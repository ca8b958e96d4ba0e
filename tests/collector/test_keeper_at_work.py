# SPDX-License-Identifier: Apache-2.0
"""The keeper's page of a real collector."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlencode

import urllib3

from sansang_collector.notify.links import link_key, make_link
from tests.e2e.centre import SITE, Centre

PUBLIC = "wifi.example.vn"
SANSANG = Path(sys.executable).with_name("sansang")


@contextlib.contextmanager
def centre(folder: Path) -> Generator[Centre]:
    made = Centre(folder, "embedded", "embedded", 1)
    with made.collector.config.open("a") as settings:
        settings.write(f'public_url = "https://{PUBLIC}"\n')
    try:
        made.start()
        yield made
    finally:
        made.collector.kill()


def ask(at: Centre, method: str, path: str, body: bytes = b"") -> urllib3.BaseHTTPResponse:
    """As a proxy passes it on."""
    return urllib3.request(
        method,
        f"http://127.0.0.1:{at.collector.port}{path}",
        body=body,
        headers={"Host": PUBLIC, "Content-Type": "application/x-www-form-urlencoded"},
        retries=False,
    )


def test_an_answer_given_through_a_link_outlives_the_collector(tmp_path: Path) -> None:
    """And so does the link; neither is in the log, also when it does not hold."""
    with centre(tmp_path) as at:
        key = at.data / "link.key"
        assert key.stat().st_mode & 0o777 == 0o600
        expires_at = time.time_ns() // 1000 + 600_000_000
        token = make_link(link_key(key), SITE, "o-1", "keeper-1", expires_at)
        form = urlencode({"answer": "closed_today", "comment": "hội thôn"}).encode()
        assert ask(at, "POST", f"/k/{token}", form).status == 303
        at.kill(at.collector)
        at.collector.start()
        assert "hội thôn" in ask(at, "GET", f"/k/{token}").data.decode()
        assert ask(at, "GET", f"/k/{token}x").status == 404
        assert ask(at, "PUT", f"/k/{token}").status == 405
        assert ask(at, "GET", "/").status == 421
        at.collector.stop()
        assert token not in at.collector.log


def test_a_damaged_key_is_told_at_the_start(tmp_path: Path) -> None:
    """With what to do."""
    with centre(tmp_path) as at:
        at.collector.stop()
        (at.data / "link.key").write_bytes(b"")
        command = [SANSANG, "up", "--config", at.collector.config]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 1
    assert "link.key, the key of keepers' links, is not 32 bytes long: remove it" in ran.stderr
    assert "Traceback" not in ran.stderr

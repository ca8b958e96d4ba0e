# SPDX-License-Identifier: Apache-2.0
"""What a real collector answers to those outside: keepers with a link, and Zalo."""

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode

import urllib3

from sansang_collector.notify.links import link_key, make_link
from tests.e2e.centre import SITE, Centre
from tests.servers import free_port
from tests.waiting import wait_until

PUBLIC = "wifi.example.vn"
FORM = MappingProxyType({"Content-Type": "application/x-www-form-urlencoded"})
PASSWORD = "a-password-of-zalo"
CONTACT = """
[[contacts]]
id = "keeper-1"
name = "Trưởng thôn"
role = "keeper"
channels = ["phone"]
"""
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


def ask(
    at: Centre, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = FORM
) -> urllib3.BaseHTTPResponse:
    """As a proxy passes it on."""
    return urllib3.request(
        method,
        f"http://127.0.0.1:{at.collector.port}{path}",
        body=body,
        headers={"Host": PUBLIC, **headers},
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


def test_a_code_from_zalo_links_the_chat_for_good(tmp_path: Path) -> None:
    """Of a contact that was added while the collector ran; nothing of it is in the log."""
    made = Centre(tmp_path, "embedded", "embedded", 1)
    secret = made.collector.config.with_name("zalo")
    secret.touch(0o600)
    secret.write_text(PASSWORD)
    with made.collector.config.open("a") as settings:
        settings.write(f'public_url = "https://{PUBLIC}"\n')
        settings.write('[notify]\nurls_file = "urls"\nzalo_webhook_secret_file = "zalo"\n')
    urls = made.collector.config.with_name("urls")
    urls.touch(0o600)
    urls.write_text(f"phone = json://127.0.0.1:{free_port()}/\n")
    page, local = "/contacts/keeper-1/zalo?lang=en", {"Host": "localhost"}
    try:
        made.start()
        with made.collector.config.with_name("registry.toml").open("a") as registry:
            registry.write(CONTACT)
        wait_until(
            lambda: ask(made, "GET", page, headers=local).status == 200, "the contact's page", 20
        )
        shown = re.search(
            r'class="code">(\w{4} \w{4})<', ask(made, "GET", page, headers=local).data.decode()
        )
        assert shown is not None
        message = {"chat": {"id": "chat-1"}, "from": {}, "text": shown[1]}
        body = json.dumps({"ok": True, "result": {"message": message}}).encode()
        for password, status in ((PASSWORD[1:], 403), (PASSWORD, 200)):
            headers = {"X-Bot-Api-Secret-Token": password}
            assert ask(made, "POST", "/z/zalo", body, headers).status == status
        made.kill(made.collector)
        made.collector.start()
        assert "Linked since" in ask(made, "GET", page, headers=local).data.decode()
        for secret_word in (PASSWORD, shown[1].replace(" ", ""), "chat-1"):
            assert secret_word not in made.collector.log
    finally:
        made.collector.kill()


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

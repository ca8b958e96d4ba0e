# SPDX-License-Identifier: Apache-2.0
"""The centre and its people inside the virtual machine: the real collector with its broker, the
real agent, a mail server, a webhook, and somebody who has the page open.
"""

import contextlib
import hashlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import urllib3

from tests.e2e.centre import CollectorProcess
from tests.lab import vm
from tests.lab.inside import PATIENCE_S, started
from tests.receivers import Mailbox, mailbox, webhook
from tests.servers import free_port
from tests.waiting import until

FOLDER = vm.FOLDER / "alert"
OTHER_PROBES = ("reachability", "dns", "service", "host", "link", "addressing")
AGAIN_S = 0.2


class Centre:
    """The collector, and the agent that sends to it; how often they look and how long they wait is
    left to them. `probes`: more settings of the agent.
    """

    def __init__(self, ssid: str, urls: str, probes: str = "") -> None:
        FOLDER.mkdir()
        self.collector = CollectorProcess(FOLDER)
        self.collector.patience_s = PATIENCE_S
        broker = free_port()
        self._write("notify.urls", urls)
        self._write(
            "collector.toml",
            f'data_dir = "data"\nbroker.listen = "127.0.0.1:{broker}"\n'
            f'web.listen = "127.0.0.1:{self.collector.port}"\n'
            'notify.urls_file = "notify.urls"\nwatch.own_line = []\n',
        )
        self._write(
            "registry.toml",
            '[[sites]]\nid = "dong"\nname = "NVH thôn Đông"\ncommune = "00000"\n'
            f'commune_name = "Lab"\nkind = "cultural_house"\nssids = ["{ssid}"]\n'
            '[[agents]]\nid = "box-1"\nsite = "dong"\n'
            f'password_sha256 = "{hashlib.sha256(b"a-secret").hexdigest()}"\n'
            # Everything else would only take time here.
            + "".join(f"probes.{kind}.enabled = false\n" for kind in OTHER_PROBES),
        )
        self._write("password", "a-secret")
        self._write(
            "agent.toml",
            f'agent = "box-1"\n[broker]\nurl = "mqtt://127.0.0.1:{broker}"\n'
            f'password_file = "{FOLDER}/password"\n[outbox]\npath = "{FOLDER}/outbox.db"\n{probes}',
        )

    def agent(self) -> AbstractContextManager["subprocess.Popen[bytes]"]:
        """`sansang-agent run`: which Wi-Fi to expect it learns from the collector."""
        agent = str(Path(sys.executable).with_name("sansang-agent"))
        return started(agent, "run", "--config", str(FOLDER / "agent.toml"))

    def ask(self, path: str) -> Any:
        answer = urllib3.request("GET", self._url(f"api/v1/{path}"), retries=False)
        return json.loads(answer.data)

    def state(self) -> str:
        return next((each["state"] for each in self.ask("services")), "unknown")

    def newest(self, kind: str, field: str) -> Any:
        """A value of the newest reading of a kind, as the site's page has it; None without one."""
        latest = self.ask("sites/dong")["latest"]
        found = (each["fields"].get(field) for each in latest if each["kind"] == kind)
        return next(found, None)

    def outages(self) -> list[Any]:
        """What the ledger has of the Wi-Fi."""
        return [each for each in self.ask("outages?start=0") if each["service"] == "wifi"]

    def received(self) -> int:
        return next(each["batches"] for each in self.ask("agents"))

    @contextlib.contextmanager
    def read(self) -> Generator["Reader"]:
        """Somebody has the page open, until the block ends."""
        reader = Reader(self._url("events?lang=vi"))
        thread = threading.Thread(target=reader.run, daemon=True)
        thread.start()
        try:
            yield reader
        finally:
            reader.closing.set()

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.collector.port}/{path}"

    @staticmethod
    def _write(name: str, text: str) -> None:
        path = FOLDER / name
        path.touch(0o600)
        path.write_text(text)


class Reader:
    """Hears of the page what a browser does that shows it, and notes when."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._shown: list[tuple[float, str]] = []
        self.closing = threading.Event()

    def run(self) -> None:
        """As a browser does: again, when the connection is lost."""
        while not self.closing.wait(AGAIN_S):
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                answer = urllib3.request("GET", self._url, preload_content=False, retries=False)
                self._shown += ((time.time(), line.decode()) for line in answer)

    def saw(self, text: str, since: float) -> float | None:
        """When it first showed that, in seconds since the Unix epoch."""
        shown = self._shown.copy()
        return next((at for at, line in shown if at >= since and text in line), None)


class People:
    """Who is told by mail and by webhook, and when they were."""

    def __init__(self, mail: Mailbox, hook: list[str], hook_url: str) -> None:
        self.mail, self.hook = mail.texts, hook
        self.urls = f"{mail.url}\n{hook_url}\n"

    async def told(self, count: int, within_s: float) -> float:
        """When all of them had so many messages, in seconds since the Unix epoch."""
        both = (self.mail, self.hook)
        await until(lambda: min(map(len, both)) >= count, f"message {count}", within_s)
        return time.time()


@contextlib.contextmanager
def people() -> Generator[People]:
    """They listen until the block ends."""
    hook: list[str] = []
    with mailbox() as mail, webhook(hook) as url:
        yield People(mail, hook, url)

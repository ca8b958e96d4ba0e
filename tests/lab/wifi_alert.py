# SPDX-License-Identifier: Apache-2.0
"""The whole way inside the virtual machine: a radio that stops, the real agent, the real collector
with its broker, a mail server and a webhook. Played by `tests.lab.wifi_house`.
"""

import hashlib
import json
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import urllib3

from tests.e2e.centre import CollectorProcess
from tests.lab import vm
from tests.lab.inside import PATIENCE_S, started
from tests.lab.leaks import found_below
from tests.lab.vm import tell
from tests.receivers import mailbox, webhook
from tests.servers import free_port
from tests.waiting import until

if TYPE_CHECKING:
    from tests.lab.wifi_house import House

FOLDER = vm.FOLDER / "alert"
GUEST_ADDRESS = "02:00:00:00:01:00"
"""Of the simulated radio wlan1."""


class Centre:
    """The collector, and the agent that sends to it."""

    def __init__(self, ssid: str, urls: str) -> None:
        FOLDER.mkdir()
        self.collector = CollectorProcess(FOLDER)
        self.collector.patience_s = PATIENCE_S
        broker = free_port()
        self._write("notify.urls", urls)
        self._write(
            "collector.toml",
            f'data_dir = "data"\nbroker.listen = "127.0.0.1:{broker}"\n'
            f'web.listen = "127.0.0.1:{self.collector.port}"\n'
            'notify.urls_file = "notify.urls"\nwatch = {down_after_s = 6, up_after_s = 4}\n',
        )
        self._write(
            "registry.toml",
            '[[sites]]\nid = "dong"\nname = "NVH thôn Đông"\ncommune = "00000"\n'
            f'commune_name = "Lab"\nkind = "cultural_house"\nssids = ["{ssid}"]\n'
            '[[agents]]\nid = "box-1"\nsite = "dong"\n'
            f'password_sha256 = "{hashlib.sha256(b"a-secret").hexdigest()}"\n'
            # Everything else would only take time here.
            + "".join(
                f"probes.{kind}.enabled = false\n"
                for kind in ("reachability", "dns", "service", "host", "link", "addressing")
            )
            + "probes.wifi.every_s = 2\nprobes.radio.every_s = 2\n",
        )
        self._write("password", "a-secret")
        self._write(
            "agent.toml",
            f'agent = "box-1"\nbatch_every_s = 2\n[broker]\nurl = "mqtt://127.0.0.1:{broker}"\n'
            f'password_file = "{FOLDER}/password"\n[outbox]\npath = "{FOLDER}/outbox.db"\n',
        )

    def agent(self) -> AbstractContextManager["subprocess.Popen[bytes]"]:
        """`sansang-agent run`: which Wi-Fi to expect it learns from the collector."""
        agent = str(Path(sys.executable).with_name("sansang-agent"))
        return started(agent, "run", "--config", str(FOLDER / "agent.toml"))

    def ask(self, path: str) -> Any:
        url = f"http://127.0.0.1:{self.collector.port}/api/v1/{path}"
        return json.loads(urllib3.request("GET", url, retries=False).data)

    def state(self) -> str:
        return next((each["state"] for each in self.ask("services")), "unknown")

    def stations(self, kind: str) -> int | None:
        """Connected to the access point, as its page has it."""
        latest = self.ask("sites/dong")["latest"]
        counts = (each["fields"].get("stations") for each in latest if each["kind"] == kind)
        return next(counts, None)

    def received(self) -> int:
        return next(each["batches"] for each in self.ask("agents"))

    @staticmethod
    def _write(name: str, text: str) -> None:
        path = FOLDER / name
        path.touch(0o600)
        path.write_text(text)


async def play(house: "House") -> None:
    """On air; the access point dies; the collector dies and comes back; on air again."""
    from tests.lab.wifi_house import SSID  # noqa: PLC0415 - it imports us

    told: list[str] = []
    with mailbox() as mail, webhook(told) as address:
        centre = Centre(SSID, f"{mail.url}\n{address}\n")
        with centre.collector, house.access_point() as point, centre.agent():
            await until(lambda: centre.state() == "up", "that it is on air", PATIENCE_S)
            with house.guest():
                for kind in ("wifi", "radio"):
                    await until(lambda kind=kind: centre.stations(kind) == 1, kind, PATIENCE_S)
            tell({"when": "on air", "hook": told.copy(), "mail": mail.texts.copy()})
            point.kill()
            await until(lambda: centre.ask("collector")["messages_sent"] == 2, "two", PATIENCE_S)
            tell({"when": "off air", "hook": told.copy(), "mail": mail.texts.copy()})
            centre.collector.kill()
            centre.collector.start()
            goal = centre.received() + 5
            await until(lambda: centre.received() >= goal, "more readings", PATIENCE_S)
            tell({"when": "restarted", "hook": told.copy(), "mail": mail.texts.copy()})
            with house.access_point():
                await until(lambda: len(told) == len(mail.texts) == 2, "its end", PATIENCE_S)
                goal = centre.received() + 3
                await until(lambda: centre.received() >= goal, "more readings", PATIENCE_S)
            leaks = found_below(FOLDER, [GUEST_ADDRESS])
            tell({"when": "back", "hook": told.copy(), "mail": mail.texts.copy(), "leaks": leaks})

# SPDX-License-Identifier: Apache-2.0
"""A Wi-Fi that goes off air, told end to end: box, broker, collector, mail server, webhook."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from sansang_agent.net.boot import boottime_us
from sansang_wire.readings import WifiReading
from sansang_wire.session import Broker
from tests.collector.boxes import SmallBox, small_box
from tests.collector.notify.commands import sansang
from tests.e2e.centre import SITE, Centre
from tests.receivers import Mailbox, mailbox, webhook
from tests.waiting import until

SSID, NAME = "NVH thôn Đông", "Campaign"


class House:
    """A house whose Wi-Fi a box watches twice a second, and who is told of it."""

    def __init__(self, centre: Centre, box: SmallBox, mail: Mailbox, hook: list[str]) -> None:
        self.centre, self.mail, self.hook = centre, mail, hook
        self._box = box
        self.on_air = True

    async def watch(self) -> None:
        while True:
            outcome, reason = ("ok", None) if self.on_air else ("failed", "not_on_air")
            reading = WifiReading(
                at=boottime_us(), outcome=outcome, reason=reason, ssid=SSID, on_air=self.on_air
            )
            self._box.measure(reading)
            await asyncio.sleep(0.5)

    def ask(self, path: str) -> Any:
        url = f"http://127.0.0.1:{self.centre.collector.port}/api/v1/{path}"
        return json.loads(urllib3.request("GET", url, retries=False).data)

    def metrics(self) -> list[str]:
        url = f"http://127.0.0.1:{self.centre.collector.port}/metrics"
        return urllib3.request("GET", url, retries=False).data.decode().splitlines()

    def received(self) -> int:
        [agent] = self.ask("agents")
        return agent["batches"]

    async def pass_batches(self, count: int) -> None:
        """Until so many more batches of the box have arrived."""
        goal = self.received() + count
        await until(lambda: self.received() >= goal, f"{count} more batches", 30)


@contextlib.contextmanager
def centre(folder: Path, broker: str, urls: str) -> Generator[Centre]:
    made = Centre(folder, broker, "embedded", 1)
    secrets = made.collector.config.with_name("notify.urls")
    secrets.touch(0o600)
    secrets.write_text(urls)
    with made.collector.config.open("a") as settings:
        settings.write("\n[watch]\ndown_after_s = 2\nup_after_s = 1\n")
        settings.write('[notify]\nurls_file = "notify.urls"\nlanguage = "vi"\n')
    try:
        made.start()
        yield made
    finally:
        for server in made.servers:
            server.kill()


@contextlib.asynccontextmanager
async def house(folder: Path, broker: str) -> AsyncGenerator[House]:
    hook: list[str] = []
    with mailbox() as mail, webhook(hook) as address:
        urls = f"# who is told\n{mail.url}\n{address}?key=a-secret\n"
        with centre(folder, broker, urls) as at:
            login = Broker("127.0.0.1", at.broker_port, "box-1", password=at.password("box-1"))
            async with small_box(folder / "outbox.db", login) as box:
                made = House(at, box, mail, hook)
                watching = asyncio.create_task(made.watch())
                try:
                    yield made
                finally:
                    watching.cancel()


def doctor(config: Path) -> Any:
    """What `sansang doctor` says of the messages."""
    ran = sansang("doctor", "--json", "--config", config, "--lang", "en")
    checks = {check["name"]: check for check in json.loads(ran.stdout)["checks"]}
    return checks["Messages to people"]


@pytest.mark.parametrize("broker", ["embedded", "mosquitto"])
async def test_off_air_is_told_once_and_so_is_its_end(tmp_path: Path, broker: str) -> None:
    """Once to each, also when the collector is killed and started again in between. (Killed between
    a message and the note of it, it would send that one twice.)
    """
    async with house(tmp_path, broker) as at:
        await at.pass_batches(2)
        assert not at.hook
        at.on_air = False
        await until(lambda: at.hook and at.mail.texts, "the first message", 30)
        [told] = at.ask("services")
        assert (told["site"], told["subject"], told["state"]) == (SITE, SSID, "down")
        await until(lambda: at.ask("collector")["messages_sent"] == 2, "that both are noted")
        at.centre.kill(at.centre.collector)
        at.centre.collector.start()
        await at.pass_batches(8)
        assert (len(at.hook), len(at.mail.texts)) == (1, 1)
        at.on_air = True
        await until(lambda: len(at.hook) == len(at.mail.texts) == 2, "its end", 30)
        await at.pass_batches(4)
        assert (len(at.hook), len(at.mail.texts)) == (2, 2)
        for told in (at.hook, at.mail.texts):
            assert f"⚠ {NAME}: Wi-Fi “{SSID}” ngừng phát từ" in told[0]
            assert "Việc cần làm:" in told[0]
            assert f"✓ {NAME}: Wi-Fi “{SSID}” đã phát lại từ" in told[1]
        shown = at.ask("collector")
        assert (shown["messages_waiting"], shown["messages_given_up"]) == (0, 0)
        assert "a-secret" not in at.centre.collector.log


async def test_a_mail_server_that_is_away_gets_its_mail_later(tmp_path: Path) -> None:
    """The other channel does not wait for it; what fails is shown, without the secret; once it is
    back each message comes once, in order.
    """
    async with house(tmp_path, "embedded") as at:
        await at.pass_batches(1)
        at.mail.stop()
        at.on_air = False
        await until(lambda: at.hook, "the webhook's message", 30)
        await until(lambda: at.ask("collector")["channels_failing"], "that the mail fails", 30)
        shown = at.ask("collector")
        assert shown["channels_failing"] == ["mailto://127.0.0.1"]
        assert shown["messages_waiting"] == 1
        samples = dict(line.rsplit(" ", 1) for line in at.metrics() if not line.startswith("#"))
        for name, value in (("channels", 2), ("channels_failing", 1), ("messages_waiting", 1)):
            assert float(samples[f"sansang_collector_{name}"]) == value
        told = await asyncio.to_thread(doctor, at.centre.collector.config)
        assert (told["ok"], told["detail"]) == (False, "not taken by mailto://127.0.0.1")
        at.on_air = True
        await until(lambda: len(at.hook) == 2, "the webhook's second message", 30)
        assert not at.mail.texts
        at.mail.start()
        await until(lambda: len(at.mail.texts) == 2, "both mails", 60)
        await until(lambda: at.ask("collector")["messages_waiting"] == 0, "nothing waits")
        assert ["⚠" in text for text in at.mail.texts] == [True, False]
        assert not at.ask("collector")["channels_failing"]
        assert "a-secret" not in at.centre.collector.log

# SPDX-License-Identifier: Apache-2.0
"""The real collector as a process, with the embedded broker and with Mosquitto, and real boxes."""

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from sansang_collector.store.embedded import EmbeddedStore
from sansang_wire import topics
from sansang_wire.batch import CollectorStatus, decode
from sansang_wire.session import Broker, Message, connect
from tests.collector.boxes import SmallBox, small_box
from tests.e2e.centre import SITE, Centre
from tests.waiting import until

BOX = "box-1"
SANSANG = Path(sys.executable).with_name("sansang")


@contextlib.contextmanager
def centre(folder: Path, broker: str) -> Generator[Centre]:
    """Collector and broker, until the block ends."""
    made = Centre(folder, broker, "embedded", 2)
    try:
        made.start()
        yield made
    finally:
        for server in made.servers:
            server.kill()


def login(at: Centre, user: str) -> Broker:
    return Broker("127.0.0.1", at.broker_port, user, password=at.password(user))


@contextlib.asynccontextmanager
async def box(folder: Path, at: Centre) -> AsyncGenerator[SmallBox]:
    async with small_box(folder / "outbox.db", login(at, BOX)) as made:
        yield made


def ask(at: Centre, path: str) -> Any:
    answer = urllib3.request("GET", f"http://127.0.0.1:{at.collector.port}/{path}", retries=False)
    return json.loads(answer.data)


def shown(at: Centre, agent: str = BOX) -> dict[str, Any]:
    return next(each for each in ask(at, "api/v1/agents") if each["agent"] == agent)


def up(at: Centre) -> subprocess.CompletedProcess[str]:
    """One that ends by itself, for it can't start."""
    command = [SANSANG, "up", "--config", at.collector.config]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def end(at: Centre) -> int | None:
    """SIGTERM to the collector; its exit status."""
    process = at.collector._process
    at.collector.stop()
    assert process is not None
    return process.returncode


@pytest.mark.parametrize("broker", ["embedded", "mosquitto"])
async def test_readings_reach_the_api_and_the_store_whatever_happens_to_the_collector(
    tmp_path: Path, broker: str
) -> None:
    """Killed and started again it goes on; told to end it ends in good order, with status 0."""
    with centre(tmp_path, broker) as at:
        async with box(tmp_path, at) as its:
            its.measure()
            await until(lambda: not its.outbox.waiting_count(), "the receipt", 20)
            seen = shown(at)
            assert (seen["site"], seen["batches"], seen["readings"]) == (SITE, 1, 1)
            assert seen["status"] == "online"
            [site] = ask(at, "api/v1/sites")
            assert (site["site"], [each["agent"] for each in site["agents"]]) == (
                SITE,
                at.agents(),
            )
            at.kill(at.collector)
            its.measure()
            at.collector.start()
            await until(lambda: not its.outbox.waiting_count(), "the receipt of the second", 20)
            assert (shown(at)["batches"], shown(at)["lost"], shown(at)["outstanding"]) == (2, 0, 0)
            its.measure()
            await until(lambda: not its.outbox.waiting_count(), "the receipt of the third", 20)
        await until(lambda: shown(at)["status"] == "leaving", "its goodbye")
        assert end(at) == 0, at.collector.log
        assert "Traceback" not in at.collector.log
    store = EmbeddedStore(at.data / "series.db")
    [series] = store.series("link", "up", SITE, 0, 2**62)
    assert len(series.points) == 3
    store.close()


async def test_the_collector_says_whether_it_is_there(tmp_path: Path) -> None:
    """Retained: online with a new instance at each start; offline on its end, by will or word."""
    with centre(tmp_path, "mosquitto") as at:
        inbox: list[Message] = []
        async with connect(login(at, BOX), inbox.append) as session:
            await session.subscribe([topics.COLLECTOR_STATUS])
            for expected in (1, 2, 3, 4):
                await until(lambda: len(inbox) >= expected, f"status {expected}")  # noqa: B023 - awaited here
                match expected:
                    case 1:
                        at.kill(at.collector)
                    case 2:
                        at.collector.start()
                    case 3:
                        assert end(at) == 0
                    case _:
                        pass
    told = [decode(each.payload, CollectorStatus) for each in inbox]
    assert [each.state for each in told] == ["online", "offline", "online", "offline"]
    assert told[0].instance == told[1].instance != told[2].instance == told[3].instance


def edit(at: Centre, text: str, instead: str) -> None:
    path = at.collector.folder / "registry.toml"
    path.write_text(path.read_text().replace(text, instead))


async def test_a_registry_that_changes_is_taken_in(tmp_path: Path) -> None:
    """Settings go to the box once, and not again when it has them; a broken edit is told, and the
    last good registry stays in use.
    """
    with centre(tmp_path, "mosquitto") as at:
        async with box(tmp_path, at) as its:
            await until(lambda: shown(at)["config_version"] is not None, "the first settings", 20)
            its.configs.clear()
            wanted = 'site = "campaign"\nprobes.link.every_s = 77\n'
            edit(at, f'id = "{BOX}"\nsite = "campaign"\n', f'id = "{BOX}"\n{wanted}')
            await until(lambda: its.configs, "the settings of the registry", 20)
            assert its.configs[0].probes == {"link": {"every_s": 77}}
            await until(
                lambda: shown(at)["config_version"] == its.configs[0].version, "its answer", 20
            )
            edit(at, 'kind = "other"', 'kind = "othr"')
            await until(lambda: ask(at, "api/v1/collector")["registry"], "the mistake", 20)
            assert "did you mean 'other'" in ask(at, "api/v1/collector")["registry"]
            its.measure()
            await until(lambda: not its.outbox.waiting_count(), "the receipt", 20)
            at.collector.stop()
            edit(at, 'kind = "othr"', 'kind = "other"')
            at.collector.start()
            its.measure()
            await until(lambda: not its.outbox.waiting_count(), "the receipt after a restart", 20)
            assert len(its.configs) == 1, "it was known to have them"
        assert end(at) == 0


@pytest.mark.parametrize("which", ["web", "broker"])
def test_a_port_that_is_taken_is_said(tmp_path: Path, which: str) -> None:
    """Status 1 and a sentence with what to change, and no traceback."""
    at = Centre(tmp_path, "embedded", "embedded", 1)
    port = at.collector.port if which == "web" else at.broker_port
    with socket.create_server(("127.0.0.1", port)):
        ran = up(at)
    assert ran.returncode == 1, ran.stderr
    assert str(port) in ran.stderr
    assert "choose another" in ran.stderr
    assert f"[{which}]" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_second_collector_on_the_same_data_is_refused(tmp_path: Path) -> None:
    """Two would each hold half of the receipts; the sentence names the process that is there."""
    with centre(tmp_path, "embedded") as at:
        ran = up(at)
        process = at.collector._process
        assert process is not None
        assert ran.returncode == 1
        assert f"is in use by process {process.pid}" in ran.stderr
        assert ask(at, "api/v1/collector")

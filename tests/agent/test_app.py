# SPDX-License-Identifier: Apache-2.0
"""The whole agent as it runs on a box: the real command, real brokers, real faults."""

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sansang_agent.app import MISTAKE_CHARACTERS
from sansang_wire.batch import Config
from sansang_wire.readings import HostReading
from tests.agent.collector import collecting
from tests.agent.running import COMMAND, RunningAgent, all_off_but, write_config
from tests.lab.netns import Host, Lab, require_namespaces
from tests.servers import Mosquitto, free_port
from tests.waiting import until, wait_until

# The name server is asked, and never answers.
SILENT_NAME_SERVER = """
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready", flush=True)
server.recvfrom(512)
print("asked", flush=True)
server.recvfrom(2**16)
"""
PATCHED = """
import sqlite3, sys
from sansang_agent import app, cli
def fail(*_):
    raise sqlite3.DatabaseError("malformed")
app.{}
sys.exit(cli.main())
"""
BROKEN_OUTBOX = "Outbox.commit = fail"
HOURLY = f"""
batch_every_s = 3600
[probes]
{all_off_but("reachability")}
[probes.reachability]
every_s = 1
packets = 1
[[probes.reachability.targets]]
name = "t"
host = "127.0.0.1"
scope = "domestic"
method = "tcp"
port = {{port}}
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "mosquitto")
    yield made
    made.kill()


@pytest.fixture
def lab() -> Iterator[Lab]:
    require_namespaces()
    with Lab() as made:
        yield made


def meta(outbox: Path) -> dict[str, str | int]:
    """What an ended agent's outbox says of itself."""
    with contextlib.closing(sqlite3.connect(outbox)) as opened:
        return dict(opened.execute("SELECT key, value FROM meta").fetchall())


def rows(outbox: Path) -> int:
    with contextlib.closing(sqlite3.connect(outbox)) as opened:
        return opened.execute("SELECT count(*) FROM batch").fetchone()[0]


async def test_what_was_measured_without_a_broker_arrives_when_there_is_one(
    tmp_path: Path, server: Mosquitto
) -> None:
    """The box is switched on before the line is."""
    outbox = tmp_path / "outbox.db"
    with RunningAgent(write_config(tmp_path, server.url)) as agent:
        agent.says("no connection to the broker, readings are kept")
        wait_until(lambda: outbox.with_name("outbox.db-wal").stat().st_size, "an outbox")
        server.start()
        async with collecting(server.port) as collector:
            await until(lambda: len(collector.batches) >= 3, "batches", 30)
            first, *_ = collector.hellos
            assert agent.end() == 0
    assert set(first.probes) >= {"host", "link", "reachability"}
    assert first.probes["host"]["every_s"] == 1
    assert not first.probes["link"]["enabled"]
    assert all(isinstance(reading, HostReading) for reading in collector.batches[0].readings)
    assert collector.holds(first.epoch).startswith("1-")


async def test_sigterm_hands_over_the_last_batch_and_says_goodbye(
    tmp_path: Path, server: Mosquitto
) -> None:
    """What was measured since the last batch does not wait for the next start, which then knows
    that the end was in good order. A killed agent is offline.
    """
    server.start()
    target = await asyncio.start_server(lambda _, writer: measured.append(writer), "127.0.0.1")
    measured: list[asyncio.StreamWriter] = []
    port = target.sockets[0].getsockname()[1]
    config = write_config(tmp_path, server.url, HOURLY.format(port=port))
    async with target, collecting(server.port) as collector:
        with RunningAgent(config) as agent:
            await until(lambda: collector.hellos, "a hello", 30)
            await until(lambda: len(measured) > 1, "the run after the first", 30)
            assert agent.end() == 0
        await until(lambda: collector.states[-1] == "leaving", "a goodbye")
        names = [type(each).__name__ for each in collector.arrivals]
        assert names[-2:] == ["Batch", "Status"], "the goodbye is the last word"
        assert collector.batches[-1].readings
        assert meta(tmp_path / "outbox.db")["state"] == "clean"
        with RunningAgent(config) as agent:
            await until(lambda: collector.states[-1] == "online", "a return", 30)
            agent.end(signal.SIGKILL)
        await until(lambda: collector.states[-1] == "offline", "the broker's word", 30)
        for writer in measured:
            writer.close()


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
def test_sigterm_ends_an_agent_whose_broker_hangs(tmp_path: Path, scheme: str) -> None:
    """It takes the connection and never says a word: in MQTT, or in the handshake of TLS."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(30)
        url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        with RunningAgent(write_config(tmp_path, url)) as agent:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(1)
                assert agent.end() == 0
    assert meta(tmp_path / "outbox.db")["state"] == "clean"


def test_sigterm_ends_an_agent_whose_name_server_hangs(tmp_path: Path, lab: Lab) -> None:
    """getaddrinfo(3) can't be stopped; the program ends all the same."""
    box = lab.host("box")
    box.file("/etc/resolv.conf", "nameserver 127.0.0.1\n")
    config = write_config(tmp_path, "mqtt://broker.example")
    with box.serving(sys.executable, "-c", SILENT_NAME_SERVER) as names:
        assert names.stdout is not None
        with box.start(str(COMMAND), "run", "--config", str(config)) as agent:
            assert names.stdout.readline() == "asked\n"
            agent.terminate()
            assert agent.wait(30) == 0
    assert meta(tmp_path / "outbox.db")["state"] == "clean"


async def test_the_collector_s_settings_are_applied_whole_or_not_at_all(
    tmp_path: Path, server: Mosquitto
) -> None:
    """Each is answered in a hello, a bad one with every mistake; taken back, the file's hold."""
    server.start()
    mixed = {"host": {"every_s": 0, "evry": 1}, "hots": {}}
    async with collecting(server.port) as collector:
        with RunningAgent(write_config(tmp_path, server.url)):
            await until(lambda: collector.hellos, "a hello", 30)
            collector.configure("nvh-1", Config(version="good", probes={"host": {"every_s": 7}}))
            await until(lambda: collector.hellos[-1].config, "an answer")
            good = collector.hellos[-1]
            collector.configure("nvh-1", Config(version="bad", probes=mixed))
            await until(lambda: collector.hellos[-1].config != good.config, "an answer")
            bad = collector.hellos[-1]
            collector.configure("nvh-1", None)
            await until(lambda: not collector.hellos[-1].config, "an answer")
            back = collector.hellos[-1]
    assert good.config is not None
    assert (good.config.version, good.config.mistakes) == ("good", [])
    assert good.probes["host"]["every_s"] == 7
    assert bad.config is not None
    assert bad.config.version == "bad"
    assert bad.config.mistakes == [
        "probes.hots: unknown probe — did you mean 'host'?",
        "probes.host.evry: unknown key — did you mean 'every_s'?",
        "probes.host.every_s: expected `float` >= 1.0 (it is 0)",
    ]
    assert bad.probes == good.probes, "what ran goes on"
    assert back.probes["host"]["every_s"] == 1


async def test_the_answer_to_the_worst_settings_can_be_read(
    tmp_path: Path, server: Mosquitto
) -> None:
    """However many mistakes and however long: a hello has to pass the broker and the collector."""
    server.start()
    many = {f"no-probe-{number}": {"x": "y" * 50} for number in range(500)}
    long = {"host": {"every_s": "z" * 40_000}}
    async with collecting(server.port) as collector:
        with RunningAgent(write_config(tmp_path, server.url)):
            await until(lambda: collector.hellos, "a hello", 30)
            collector.configure("nvh-1", Config(version="many", probes=many))
            await until(lambda: collector.hellos[-1].config, "an answer")
            first = collector.hellos[-1].config
            collector.configure("nvh-1", Config(version="long", probes=long))
            await until(lambda: collector.hellos[-1].config != first, "an answer")
            second = collector.hellos[-1].config
    assert first is not None
    assert first.mistakes[-1] == "… and 480 more"
    assert second is not None
    (mistake,) = second.mistakes
    assert mistake.startswith("probes.host.every_s: ")
    assert len(mistake) == MISTAKE_CHARACTERS


def test_a_full_disk_costs_what_does_not_fit_and_is_counted(tmp_path: Path, lab: Lab) -> None:
    """The agent goes on, keeps what it may in memory, and writes again when there is room."""
    box = lab.host("box")
    disk = tmp_path / "disk"
    disk.mkdir()
    box.run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk))
    config = write_config(tmp_path, f"mqtt://127.0.0.1:{free_port()}")
    config.write_text(config.read_text().replace(f"{tmp_path}/outbox", f"{disk}/outbox"))
    command = (sys.executable, "-c", PATCHED.format("PENDING_AT_MOST = 2"))
    size = ("stat", "--format", "%s %Y", f"{disk}/outbox.db-wal")
    with box.start(
        "sh", "-c", 'exec "$@" 2>"$0"', f"{tmp_path}/log", *command, "run", "--config", str(config)
    ) as agent:
        wait_until(lambda: box.run(*size, status=None), "an outbox", 30)
        box.run("sh", "-c", f"dd if=/dev/zero of={disk}/filler bs=4k 2>/dev/null; true")
        log = tmp_path / "log"
        wait_until(lambda: log.read_text().count("takes no more") >= 4, "complaints", 60)
        assert agent.poll() is None
        full = box.run(*size)
        box.run("rm", f"{disk}/filler")
        wait_until(lambda: box.run(*size) != full, "something written", 30)
        agent.terminate()
        assert agent.wait(30) == 0
    box.run("cp", f"{disk}/outbox.db", str(tmp_path))
    after = meta(tmp_path / "outbox.db")
    assert after["state"] == "clean"
    assert int(after["dropped_readings"]) > 0
    assert rows(tmp_path / "outbox.db")
    assert "Traceback" not in log.read_text()


def test_a_second_agent_on_one_outbox_says_so_and_ends(tmp_path: Path) -> None:
    """Both would number their batches alike. The first goes on."""
    config = write_config(tmp_path, f"mqtt://127.0.0.1:{free_port()}")
    with RunningAgent(config) as first:
        first.says("no connection to the broker")
        with RunningAgent(config) as second:
            assert second.status() == 1
            assert "is another agent using it?" in second.log
        assert first.running
        assert first.end() == 0


def test_a_damaged_outbox_is_set_aside_at_the_start(tmp_path: Path) -> None:
    """The agent goes on with a new one, and tells the collector of it."""
    outbox = tmp_path / "outbox.db"
    config = write_config(tmp_path, f"mqtt://127.0.0.1:{free_port()}")
    with RunningAgent(config) as agent:
        agent.says("no connection to the broker")
        assert agent.end() == 0
    pages = outbox.stat().st_size // 4096
    with outbox.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xaa" * 4096 * (pages - 1))
    with RunningAgent(config) as agent:
        agent.says("set aside, a new one begun")
        assert agent.end() == 0, "told to end in the middle of its start"
    assert meta(outbox) == {"dropped_readings": 0, "resets": 1, "state": "clean"}


def test_an_outbox_that_breaks_while_it_is_used_ends_the_agent_with_a_sentence(
    tmp_path: Path,
) -> None:
    """Whatever keeps the service starts it again, and the next start sets the file aside."""
    config = write_config(tmp_path, f"mqtt://127.0.0.1:{free_port()}")
    command = (sys.executable, "-c", PATCHED.format(BROKEN_OUTBOX), "run", "--config", str(config))
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert f"{tmp_path}/outbox.db broke: malformed; start again" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_wrong_settings_end_it_with_78(tmp_path: Path) -> None:
    """EX_CONFIG: a service manager need not try again."""
    config = write_config(tmp_path, "mqtt://broker", agent="Nhà 1")
    with RunningAgent(config) as agent:
        assert agent.status() == 78
        assert "is not an agent id" in agent.log


def test_an_ipv6_only_network_is_enough(tmp_path: Path, lab: Lab) -> None:
    """Nothing of the way to the collector needs IPv4."""
    box, centre = lab.host("box"), lab.host("centre")
    lab.cable(box, "eth0", centre, "eth0")
    for host, address in ((box, "2001:db8::2"), (centre, "2001:db8::1")):
        host.address("eth0", f"{address}/64")
        host.run("ip", "-4", "address", "flush", "dev", "lo")
    broker = tmp_path / "mosquitto.conf"
    broker.write_text("listener 1883 2001:db8::1\nallow_anonymous true\n")
    if os.geteuid() == 0:
        broker.write_text(broker.read_text() + "user root\n")
    config = write_config(tmp_path, "mqtt://[2001:db8::1]:1883")
    with centre.start("mosquitto", "-c", str(broker)) as mosquitto:
        wait_until(lambda: _listens(centre), "a broker")
        collector = (sys.executable, "-m", "tests.agent.collector", "2001:db8::1", "1883")
        with centre.serving(*collector) as collected:
            assert collected.stdout is not None
            with box.start(str(COMMAND), "run", "--config", str(config)) as agent:
                assert collected.stdout.readline() == '["nvh-1", 1, ["HostReading"]]\n'
                agent.terminate()
                assert agent.wait(30) == 0
        mosquitto.terminate()


def _listens(host: Host) -> bool:
    return ":1883" in host.run("ss", "-Hltn")

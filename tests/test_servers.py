# SPDX-License-Identifier: Apache-2.0
"""The real servers of the tests keep what they should, and leave nothing behind."""

import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import urllib3

from tests.servers import InfluxDB, Mosquitto, Server, VictoriaMetrics

CONNECT = bytes([0x10, 18, 0, 4, *b"MQTT", 4, 0b1100_0010, 0, 60, 0, 0, 0, 1, *b"u", 0, 1])
"""MQTT 3.1.1, clean session, no client id, user `u`, and a password of one byte, which follows."""


def connack(server: Mosquitto, password: bytes) -> int:
    """The return code, asked for without a library whose view of it would be in between."""
    with socket.socket() as client:
        client.settimeout(5)
        client.connect(("127.0.0.1", server.port))
        client.sendall(CONNECT + password)
        return client.recv(4)[3]


@pytest.mark.parametrize("kind", [Mosquitto, InfluxDB, VictoriaMetrics])
def test_a_server_is_ready_and_is_again_after_a_kill(kind: type[Server], tmp_path: Path) -> None:
    with kind(tmp_path) as server:
        assert server.ready()
        port = server.port
        server.kill()
        assert not server.ready()
        server.start()
        assert server.ready()
        server.stop()
        assert (server.running, server.port) == (False, port)


def test_mosquitto_lets_in_who_knows_the_password(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, users={"u": "p"}, acl=["pattern readwrite x/%u"]) as server:
        assert (connack(server, b"p"), connack(server, b"q")) == (0, 5)


def test_what_the_log_says_is_told_when_a_server_does_not_start(tmp_path: Path) -> None:
    broken = Mosquitto(tmp_path, options={"no_such_option": True})
    with pytest.raises(RuntimeError, match="no_such_option"):
        broken.start()
    assert not broken.running


def test_influxdb_keeps_its_data_through_a_kill(tmp_path: Path) -> None:
    with InfluxDB(tmp_path) as server:
        urllib3.request("POST", f"{server.url}/query", fields={"q": "CREATE DATABASE kept"})
        server.kill()
        server.start()
        answer = urllib3.request("GET", f"{server.url}/query", fields={"q": "SHOW DATABASES"})
        assert b'"kept"' in answer.data


def test_a_server_dies_with_the_run_that_started_it(tmp_path: Path) -> None:
    """Also when that is killed and can't tidy up."""
    script = (
        "import sys, time; from pathlib import Path; from tests.servers import VictoriaMetrics\n"
        "server = VictoriaMetrics(Path(sys.argv[1])); server.start()\n"
        "print(server._process.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        process = psutil.Process(int(run.stdout.readline()))
        run.kill()
    process.wait(10)

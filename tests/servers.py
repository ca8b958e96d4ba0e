# SPDX-License-Identifier: Apache-2.0
"""Real servers for tests: each on free ports of its own, with its files in a folder of the test.

Each is a context manager that has answered when the block begins. The servers die with the test
run, even when it is killed: the kernel sends them the signal when the thread that started them
ends, so start them from the main thread.
"""

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import urllib3

from tests.capabilities import program

START_S = 30.0
STOP_S = 20.0
HTTP_S = 10.0


_FIRST = 10_000 + os.getpid() % 22 * 1000
_ports = itertools.cycle(range(_FIRST, _FIRST + 1000))


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on now.

    None of those that the kernel hands out itself (from 32,768), and from a range of this process:
    until the test listens there, it stays free while others run beside it.
    """
    while True:
        port = next(_ports)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Server:
    """A program with a folder, a log and a way to ask whether it is ready."""

    patience_s = START_S
    """How long it may take to start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def command(self) -> Sequence[str]:
        """The program and its arguments; writes its settings, too."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether it answers."""
        raise NotImplementedError

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What it has printed so far."""
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """Start, and wait until it is ready; after `kill` or `stop` with the same data and port."""
        command = self.command()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("setpriv", "setpriv"), "--pdeathsig", "KILL", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        deadline = time.monotonic() + self.patience_s
        while not self.ready():
            if not self.running or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{command[0]} did not start:\n{self.log[-2000:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()


class Mosquitto(Server):
    """The MQTT broker of production.

    Without `users` everyone may do everything. With them (name to password) `acl` holds the lines
    of an ACL file. `options` are lines of mosquitto.conf by name, such as `max_queued_messages`;
    one that is True or False is written as the file wants it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        users: Mapping[str, str] | None = None,
        acl: Sequence[str] = (),
        persistence: bool = False,
        options: Mapping[str, str | int | bool] | None = None,
    ) -> None:
        super().__init__(folder)
        self.users = dict(users or {})
        self.acl = list(acl)
        self.persistence = persistence
        self.options = dict(options or {})

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        """The file that holds queues and retained messages when `persistence` is on."""
        return self.folder / "mosquitto.db"

    def command(self) -> Sequence[str]:
        """Writes mosquitto.conf, the password file and the ACL file."""
        settings: dict[str, str | int | bool] = {
            "listener": f"{self.port} 127.0.0.1",
            "allow_anonymous": not self.users,
            "persistence": self.persistence,
            "persistence_location": f"{self.folder}/",
            "persistence_file": self.database.name,
        }
        if os.geteuid() == 0:
            settings["user"] = "root"
        if self.users:
            settings["password_file"] = str(self._password_file())
        if self.acl:
            settings["acl_file"] = str(self._write("acl", self.acl))
        settings |= self.options
        lines = [f"{name} {_word(value)}" for name, value in settings.items()]
        return [
            program("mosquitto", "mosquitto"),
            "-c",
            str(self._write("mosquitto.conf", lines)),
        ]

    def _password_file(self) -> Path:
        path = self._write("passwords", [f"{name}:{word}" for name, word in self.users.items()])
        subprocess.run([program("mosquitto_passwd", "mosquitto"), "-U", path], check=True)
        return path

    def _write(self, name: str, lines: Sequence[str]) -> Path:
        path = self.folder / name
        path.write_text("".join(f"{line}\n" for line in lines))
        path.chmod(0o600)
        return path

    def ready(self) -> bool:
        """Whether it takes connections."""
        return _answers_tcp(self.port)


class InfluxDB(Server):
    """Debian's InfluxDB 1.6.

    `authentication` makes it ask for a user (none exists at first); `max_body_bytes` is the largest
    request it takes (0: any).
    """

    def __init__(
        self, folder: Path, *, authentication: bool = False, max_body_bytes: int = 0
    ) -> None:
        super().__init__(folder)
        self.authentication = authentication
        self.max_body_bytes = max_body_bytes
        self._rpc_port = free_port()

    @property
    def url(self) -> str:
        """Where it takes HTTP."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def version(self) -> str:
        """What it says of itself."""
        answer = urllib3.request("GET", f"{self.url}/ping", timeout=HTTP_S)
        return answer.headers["X-Influxdb-Version"]

    def command(self) -> Sequence[str]:
        """Writes influxdb.conf."""
        path = self.folder / "influxdb.conf"
        path.write_text(f"""\
reporting-disabled = true
bind-address = "127.0.0.1:{self._rpc_port}"
[meta]
  dir = "{self.folder}/meta"
[data]
  dir = "{self.folder}/data"
  wal-dir = "{self.folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{self.port}"
  auth-enabled = {str(self.authentication).lower()}
  log-enabled = false
  max-body-size = {self.max_body_bytes}
[monitor]
  store-enabled = false
[logging]
  level = "warn"
""")
        return [program("influxd", "influxdb"), "-config", str(path)]

    def ready(self) -> bool:
        """Whether it answers `/ping`, which it does once its shards are open."""
        return _answers_http(f"{self.url}/ping")


class VictoriaMetrics(Server):
    """Takes `/api/v2/write` as InfluxDB 2.x and 3 do; read it back with `export`."""

    @property
    def url(self) -> str:
        """Where it takes HTTP."""
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        """It needs no settings file."""
        return [
            program("victoria-metrics", "victoria-metrics"),
            f"-storageDataPath={self.folder}/data",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            "-retentionPeriod=100y",
            "-search.latencyOffset=0s",
            "-loggerLevel=WARN",
        ]

    def ready(self) -> bool:
        """Whether it is healthy."""
        return _answers_http(f"{self.url}/health")

    def export(self, selector: str) -> list[str]:
        """Lines of JSON, one for each series that `selector` finds, written ones included."""
        _fetch(f"{self.url}/internal/force_flush")
        text = _fetch(f"{self.url}/api/v1/export?match[]={quote(selector)}")
        return text.splitlines()


def _word(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _answers_tcp(port: int) -> bool:
    try:
        with socket.socket() as client:
            client.settimeout(1)
            client.connect(("127.0.0.1", port))
    except OSError:
        return False
    return True


def _answers_http(url: str) -> bool:
    try:
        _fetch(url)
    except urllib3.exceptions.HTTPError:
        return False
    return True


def _fetch(url: str) -> str:
    answer = urllib3.request("GET", url, timeout=HTTP_S, retries=False)
    if answer.status not in {200, 204}:
        raise RuntimeError(f"{url} answered {answer.status}: {answer.data[:500]!r}")
    return answer.data.decode()

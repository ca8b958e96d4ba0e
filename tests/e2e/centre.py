# SPDX-License-Identifier: Apache-2.0
"""The centre of the campaign: broker, collector, InfluxDB, as real processes that can be killed."""

import hashlib
import shutil
import sqlite3
import sys
from pathlib import Path

import urllib3

from sansang_collector.record import Record
from sansang_wire.ranges import Ranges
from tests.e2e.truth import Number
from tests.servers import InfluxDB, Mosquitto, Server, free_port

SITE = "campaign"
COLLECTOR_PASSWORD = "the-collector"


class CollectorProcess(Server):
    """`sansang up`, ready when its page answers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.config = folder / "collector.toml"

    def command(self) -> list[str]:
        return [str(Path(sys.executable).with_name("sansang")), "up", "--config", str(self.config)]

    def ready(self) -> bool:
        try:
            urllib3.request("GET", f"http://127.0.0.1:{self.port}/healthz", retries=False)
        except urllib3.exceptions.HTTPError:
            return False
        return True


class Centre:
    """Servers that are started together and killed one by one."""

    def __init__(self, folder: Path, broker: str, store: str, agents_count: int) -> None:
        self.folder = folder
        self.agents_count = agents_count
        self.data = folder / "collector" / "data"
        self.collector = CollectorProcess(folder / "collector")
        self.influxdb = InfluxDB(folder / "influxdb") if store == "influxdb1" else None
        self.broker: Server = self.collector
        self.broker_port = free_port()
        if broker == "mosquitto":
            self.broker = Mosquitto(
                folder / "mosquitto",
                users={agent: self.password(agent) for agent in (*self.agents(), "collector")},
                acl=self._rights(),
                persistence=True,
                options={"listener": str(self.broker_port), "use_username_as_clientid": True},
            )
            self.broker.port = self.broker_port
        self._write_settings()

    def agents(self) -> list[str]:
        return [f"box-{number}" for number in range(1, self.agents_count + 1)]

    def password(self, user: str) -> str:
        return COLLECTOR_PASSWORD if user == "collector" else f"secret of {user}"

    @property
    def servers(self) -> list[Server]:
        found = [self.broker, self.collector]
        return list(dict.fromkeys([self.influxdb, *found] if self.influxdb else found))

    def start(self) -> None:
        """Start what does not run."""
        for server in self.servers:
            if not server.running:
                server.start()

    def stop(self) -> None:
        """End everything in good order, the collector first."""
        for server in reversed(self.servers):
            server.stop()

    def kill(self, server: object) -> None:
        """SIGKILL."""
        assert isinstance(server, Server)
        server.kill()

    def forget_broker(self) -> None:
        """Delete what the stopped broker had kept."""
        assert isinstance(self.broker, Mosquitto)
        self.broker.database.unlink(missing_ok=True)

    def back_up(self) -> Path:
        """A copy of the collector's state while it runs: the record before the series, so that
        what the copied record counts as received is in the copied series.
        """
        backup = self.folder / "backup"
        shutil.rmtree(backup, ignore_errors=True)
        backup.mkdir()
        for name in ("record.db", "series.db"):
            if (self.data / name).exists():
                source = sqlite3.connect(self.data / name)
                target = sqlite3.connect(backup / name)
                source.backup(target)
                source.close()
                target.close()
        return backup

    def set_back(self, backup: Path) -> set[Number]:
        """Put a copy back under the stopped collector; returns the numbers it has forgotten."""
        before = self.received()
        for old in self.data.glob("*.db*"):
            old.unlink()
        for copy in backup.iterdir():
            shutil.copy(copy, self.data)
        after = self.received()
        return {
            (epoch, number)
            for epoch, ranges in before.items()
            for low, high in ranges
            for number in range(low, high + 1)
            if number not in after.get(epoch, Ranges())
        }

    def record(self) -> Record:
        return Record(self.data / "record.db")

    def received(self) -> dict[str, Ranges]:
        """By epoch, what the stopped collector's record has."""
        record = self.record()
        try:
            return {
                name: numbers.received
                for agent in record.agents.values()
                for name, numbers in agent.epochs.items()
            }
        finally:
            record.close()

    def _write_settings(self) -> None:
        folder = self.collector.folder
        registry = [
            f'[[sites]]\nid = "{SITE}"\nname = "Campaign"\nkind = "other"',
            'commune = "00000"\ncommune_name = "Lab"\n',
        ]
        for agent in self.agents():
            digest = hashlib.sha256(self.password(agent).encode()).hexdigest()
            registry.append(
                f'[[agents]]\nid = "{agent}"\nsite = "{SITE}"\npassword_sha256 = "{digest}"\n'
            )
        (folder / "registry.toml").write_text("\n".join(registry))
        secret = folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(COLLECTOR_PASSWORD)
        broker = (
            f'listen = "[::]:{self.broker_port}"'
            if self.broker is self.collector
            else f'url = "mqtt://127.0.0.1:{self.broker_port}"\npassword_file = "password"'
        )
        store = 'kind = "embedded"'
        if self.influxdb is not None:
            store = f'kind = "influxdb1"\nurl = "{self.influxdb.url}"\ndatabase = "sansang"'
        self.collector.config.write_text(
            f'data_dir = "data"\n\n[broker]\n{broker}\n\n[store]\n{store}\n\n'
            f'[web]\nlisten = "127.0.0.1:{self.collector.port}"\n'
        )

    def _rights(self) -> list[str]:
        return [
            "user collector",
            "topic readwrite sansang/1/#",
            *(f"pattern write sansang/1/%u/{name}" for name in ("batch", "hello", "status")),
            *(f"pattern read sansang/1/%u/{name}" for name in ("receipt", "config")),
            "pattern read sansang/1/collector/status",
        ]

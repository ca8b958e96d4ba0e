# SPDX-License-Identifier: Apache-2.0
"""`deploy/compose` as far as it runs without containers: its scripts, what they make, and Mosquitto
and the collector's settings on exactly the files that the containers would see.
"""

import dataclasses
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from sansang_collector import config
from sansang_collector.config import Address, InfluxDB2Config
from sansang_wire.session import Broker, DisconnectedError, Message, connect
from tests.capabilities import program
from tests.servers import Server, _answers_tcp

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARDS = DEPLOY.parent / "dashboards"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
AGENT = "nvh-thon-dong-1"
NOBODY = 65_534
each_service = pytest.mark.parametrize("name", SERVICES)


class Checkout:
    """A copy of `deploy/compose` and its neighbours that an ordinary user owns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "deploy" / "compose"
        shutil.copytree(DEPLOY, folder / "deploy", ignore=shutil.ignore_patterns("state", ".env"))
        shutil.copytree(DASHBOARDS, folder / "dashboards")
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", folder], check=True)
            self._as_user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]

    def run(self, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Call a script as that user."""
        program("openssl", "openssl")
        program("mosquitto_passwd", "mosquitto")
        command = [*self._as_user, str(self.folder / script), *arguments]
        path = f"{os.environ['PATH']}:/usr/sbin"
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env={"PATH": path}
        )

    def path(self, source: str) -> Path:
        """Of what compose.yaml names."""
        return (self.folder / source).resolve()

    def mounts(self, service: str) -> dict[str, Path]:
        """What a container sees, by the path it has in there; the longest first."""
        found = {
            place: self.path(source)
            for source, place in (
                volume.split(":")[:2] for volume in SERVICES[service].get("volumes", [])
            )
        }
        for secret in SERVICES[service].get("secrets", []):
            found[f"/run/secrets/{secret}"] = self.path(COMPOSE["secrets"][secret]["file"])
        return dict(sorted(found.items(), key=lambda each: -len(each[0])))

    def seen(self, service: str, text: str) -> str:
        """A settings file with the container's paths turned into ours."""
        for place, source in self.mounts(service).items():
            text = text.replace(place, str(source))
        return text


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    with TemporaryDirectory() as folder:
        yield Checkout(Path(folder))


@pytest.fixture
def prepared(checkout: Checkout) -> Checkout:
    done = checkout.run("prepare.sh", "thu-thap.example.vn")
    assert done.returncode == 0, done.stderr
    return checkout


class ComposeMosquitto(Server):
    """Mosquitto with the files that compose.yaml mounts; only the port is this test's."""

    def __init__(self, checkout: Checkout, folder: Path) -> None:
        super().__init__(folder)
        self._checkout = checkout

    def command(self) -> Sequence[str]:
        """Writes mosquitto.conf."""
        [place] = [each for each in SERVICES["mosquitto"]["entrypoint"] if each.endswith(".conf")]
        shipped = self._checkout.mounts("mosquitto")[place].read_text()
        text = self._checkout.seen("mosquitto", shipped)
        text = text.replace("listener 8883", f"listener {self.port}")
        if os.geteuid() == 0:
            text += "user root\n"
        (self.folder / "mosquitto.conf").write_text(text)
        return [program("mosquitto", "mosquitto"), "-c", str(self.folder / "mosquitto.conf")]

    def ready(self) -> bool:
        """Whether it takes connections."""
        return _answers_tcp(self.port)


def ignore(_message: Message) -> None:
    """Nothing is read here."""


async def test_an_enrolled_agent_gets_in_with_what_was_put_on_its_box(
    prepared: Checkout, tmp_path: Path
) -> None:
    """The certificate is good for `localhost`, too, under which the collector connects."""
    assert prepared.run("enrol.sh", AGENT).returncode == 0
    state = prepared.folder / "state"
    with ComposeMosquitto(prepared, tmp_path) as server:
        for user, password in (
            (AGENT, state / "agents" / f"{AGENT}.password"),
            ("collector", state / "secrets" / "collector_password"),
        ):
            broker = Broker(
                "localhost",
                server.port,
                user,
                tls=True,
                ca_file=str(state / "certificates" / "ca.crt"),
                password=password.read_text().strip(),
            )
            async with connect(broker, ignore) as session:
                await session.flush(5)
        wrong = dataclasses.replace(broker, password="guessed")
        with pytest.raises(DisconnectedError, match="refused by the broker"):
            async with connect(wrong, ignore):
                pass


def test_the_certificate_names_the_host_and_is_well_formed(prepared: Checkout) -> None:
    """Strictly by RFC 5280, as Python 3.13 and newer look at it."""
    folder = prepared.folder / "state" / "certificates"
    for name in ("thu-thap.example.vn", "localhost"):
        command = ["openssl", "verify", "-x509_strict", "-verify_hostname", name]
        command += ["-CAfile", str(folder / "ca.crt"), str(folder / "server.crt")]
        subprocess.run(command, check=True, capture_output=True)


def test_the_collector_takes_its_settings(prepared: Checkout) -> None:
    file = prepared.mounts("collector")["/etc/sansang/collector.toml"]
    file.write_text(prepared.seen("collector", file.read_text()))
    found = config.load(file)
    assert isinstance(found.broker, Broker)
    assert (found.broker.host, found.broker.port, found.broker.tls) == ("localhost", 8883, True)
    assert isinstance(found.store, InfluxDB2Config)
    init = SERVICES["influxdb"]["environment"]
    assert found.store.org == init["DOCKER_INFLUXDB_INIT_ORG"]
    assert found.store.bucket == init["DOCKER_INFLUXDB_INIT_BUCKET"]
    assert (
        found.store.token == (prepared.folder / "state/secrets/influxdb_token").read_text().strip()
    )
    assert found.web == Address("127.0.0.1", 8080)
    assert found.registry.is_file()


def test_nobody_else_can_read_what_is_secret(prepared: Checkout) -> None:
    prepared.run("enrol.sh", AGENT)
    made = [*prepared.folder.joinpath("state").rglob("*"), prepared.folder / ".env"]
    assert len(made) > 20
    assert [each for each in made if each.stat().st_mode & 0o077] == []


def test_what_is_there_stays_when_it_is_prepared_again(prepared: Checkout) -> None:
    before = {each: each.read_bytes() for each in prepared.folder.rglob("*") if each.is_file()}
    assert prepared.run("prepare.sh", "thu-thap.example.vn").returncode == 0
    after = {each: each.read_bytes() for each in prepared.folder.rglob("*") if each.is_file()}
    assert before == after


@pytest.mark.parametrize("agent", ["collector", "Nha-Van-Hoa", "a b", "-a", "a/../b", ""])
def test_what_is_no_agent_id_is_not_enrolled(prepared: Checkout, agent: str) -> None:
    done = prepared.run("enrol.sh", agent)
    assert (done.returncode, "is not an agent id" in done.stderr) == (2, True)


def test_an_agent_is_enrolled_once(prepared: Checkout) -> None:
    """A second password would leave the box with one that no longer counts."""
    assert prepared.run("enrol.sh", AGENT).returncode == 0
    done = prepared.run("enrol.sh", AGENT)
    assert (done.returncode, "has a password already" in done.stderr) == (1, True)


@pytest.mark.parametrize("name", ["a b", "x/y", "-x", "", "a,DNS:b"])
def test_what_is_no_host_name_gets_no_certificate(checkout: Checkout, name: str) -> None:
    done = checkout.run("prepare.sh", name)
    assert (done.returncode, "is not a host name" in done.stderr) == (2, True)
    assert not (checkout.folder / "state").exists()


@each_service
def test_all_that_a_container_is_given_is_there(prepared: Checkout, name: str) -> None:
    """Docker makes an empty folder of what is missing, and the program finds no file."""
    assert [str(path) for path in prepared.mounts(name).values() if not path.exists()] == []


@each_service
def test_a_container_gets_the_secrets_it_reads(name: str) -> None:
    texts = [str(SERVICES[name].get("environment", ""))]
    if name == "collector":
        texts.append((DEPLOY / "compose" / "collector" / "collector.toml").read_text())
    if name == "grafana":
        texts += [each.read_text() for each in DASHBOARDS.rglob("*.yaml")]
    read = set(re.findall(r"/run/secrets/(\w+)", "".join(texts)))
    assert read == set(SERVICES[name].get("secrets", []))


@each_service
def test_a_secret_never_stands_in_the_environment(name: str) -> None:
    """`docker inspect` shows the environment to whoever may call it."""
    for variable in SERVICES[name].get("environment", {}):
        secret = "PASSWORD" in variable or "TOKEN" in variable
        assert not secret or variable.endswith("_FILE"), variable


@each_service
def test_only_the_broker_can_be_reached_from_other_machines(name: str) -> None:
    ports = SERVICES[name].get("ports", [])
    open_ports = [port for port in ports if not port.startswith("127.0.0.1:")]
    assert open_ports == (["8883:8883"] if name == "mosquitto" else [])


@each_service
def test_a_container_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["user"].startswith("${SANSANG_USER:?")
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r":\d+\.\d+\.\d+$", service["image"]), "a tag that stays what it is"

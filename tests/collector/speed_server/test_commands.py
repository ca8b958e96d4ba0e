# SPDX-License-Identifier: Apache-2.0
"""`sansang speed-server` as a person runs it: a process of its own, and how it ends."""

import json
import signal
import socket
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import trustme

from sansang_wire.ndt7 import DOWNLOAD_PATH
from tests.collector.speed_server.speaking import PATIENCE_S, Talk
from tests.collector.test_cli import SANSANG, sansang
from tests.servers import Server, _answers_tcp


class SpeedProcess(Server):
    """The command itself, with TLS."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        authority = trustme.CA()
        made = authority.issue_cert("localhost")
        made.cert_chain_pems[0].write_to_path(folder / "speed.crt")
        made.private_key_pem.write_to_path(folder / "speed.key")
        (folder / "speed.key").chmod(0o600)
        self.trusting = ssl.create_default_context()
        authority.configure_trust(self.trusting)  # pyright: ignore[reportUnknownMemberType]
        self.config = folder / "speed.toml"
        self.config.write_text(
            f'listen = ["127.0.0.1:{self.port}", "[::1]:{self.port}"]\ntokens_file = "tokens"\n'
            'tls = {certificate = "speed.crt", key = "speed.key"}\nlimits.max_mbps = 10\n'
        )

    def command(self) -> Sequence[str]:
        """As in the unit."""
        return [str(SANSANG), "speed-server", "--config", str(self.config)]

    def ready(self) -> bool:
        """Whether it takes connections."""
        return _answers_tcp(self.port)

    def connect(self, host: str) -> ssl.SSLSocket:
        """As a box does."""
        client = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        client.settimeout(PATIENCE_S)
        client.connect((host, self.port))
        return self.trusting.wrap_socket(client, server_hostname="localhost")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SpeedProcess]:
    with SpeedProcess(tmp_path) as running:
        yield running


def test_it_ends_when_it_is_told_to_whoever_tests(server: SpeedProcess) -> None:
    """A box gets its token, tests over both families; then SIGTERM. The log has the box's name."""
    made = sansang("speed-server", "token", "nvh-dong-1", "--config", server.config, "--json")
    token = json.loads(made.stdout)["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    with server.connect("127.0.0.1") as one, server.connect("::1") as other:
        running = Talk(one, DOWNLOAD_PATH, bearer)
        running.receive()
        assert Talk(other, DOWNLOAD_PATH, bearer).status == 503
        assert server._process is not None
        server._process.send_signal(signal.SIGTERM)
        assert server._process.wait(PATIENCE_S) == 0
        while not running.ended:
            running.receive()
        assert not running.closed, "it waited for the end of the test"
    assert "INFO nvh-dong-1 has its turn" in server.log
    assert "INFO ends after 1 tests; refused: broken_off 2, busy 1\n" in server.log
    assert token not in server.log


def test_mistakes_in_the_settings_are_told_all_at_once(tmp_path: Path) -> None:
    """Status 78; not one of a running collector's settings is asked for."""
    config = tmp_path / "speed.toml"
    config.write_text("lisen = 1")
    ran = sansang("speed-server", "--config", config, "--lang", "en")
    assert ran.returncode == 78
    assert ran.stderr.splitlines()[0] == f"sansang: {config}: 2 mistakes"

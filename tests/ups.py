# SPDX-License-Identifier: Apache-2.0
"""A real upsd with NUT's own pretended UPS, whose values stand in a file; and what is no upsd."""

import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.capabilities import missing
from tests.servers import Server
from tests.waiting import wait_until

NUT = Path("/lib/nut")
"""Where Debian keeps the daemons; what stands in /sbin wants the system's settings."""
UPS = "apc"


def daemon(name: str) -> str:
    """The test is skipped when it is not installed."""
    if not (NUT / name).exists():
        missing("UPS", f"no program {NUT / name}")
    return str(NUT / name)


class _Nut(Server):
    """One daemon; those of one UPS share a folder."""

    def daemon_command(self, name: str, *options: str) -> Sequence[str]:
        folders = (f"{name}={self.folder}" for name in ("NUT_CONFPATH", "NUT_STATEPATH"))
        return ["env", *folders, daemon(name), "-F", "-u", "root", *options]


class Driver(_Nut):
    """What speaks to the UPS."""

    def command(self) -> Sequence[str]:
        return self.daemon_command("dummy-ups", "-a", UPS)

    def ready(self) -> bool:
        return (self.folder / f"dummy-ups-{UPS}").is_socket()


class Upsd(_Nut):
    """What tells of it. The driver starts and ends with it, and may be killed before."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.driver = Driver(folder)
        self._status = ""

    def says(self, *, status: str, charge: str, runtime: str) -> None:
        """From now on; upsd hears it soon: see `hears`."""
        self._status = status
        # The status last: when that was heard the others were.
        values = {"battery.charge": charge, "battery.runtime": runtime, "ups.status": status}
        lines = [f"{name}: {value}\n" for name, value in values.items()]
        new = self.folder / "new"
        new.write_text("".join(lines))
        new.rename(self.folder / "apc.dev")

    def command(self) -> Sequence[str]:
        """Writes ups.conf, upsd.conf and upsd.users."""
        ups = f"[{UPS}]\ndriver = dummy-ups\nport = {self.folder}/apc.dev\nmode = dummy-loop\n"
        texts = {
            "ups.conf": f"pollinterval = 1\n{ups}",
            "upsd.conf": f"LISTEN 127.0.0.1 {self.port}\nMAXAGE 2\n",
            "upsd.users": "",
        }
        for name, text in texts.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o600)
        return self.daemon_command("upsd")

    def ready(self) -> bool:
        return "BEGIN LIST UPS" in self.asked("LIST UPS")

    def asked(self, line: str) -> str:
        """What upsd answers, by no code of ours; empty when it isn't there."""
        try:
            with socket.socket() as client:
                client.settimeout(5)
                client.connect(("127.0.0.1", self.port))
                client.sendall(f"{line}\nLOGOUT\n".encode())
                return client.makefile().read()
        except OSError:
            return ""

    def variable(self, name: str) -> str:
        return self.asked(f"GET VAR {UPS} {name}")

    def hears(self) -> None:
        """Return when upsd knows what the UPS says."""
        said = f'VAR {UPS} ups.status "{self._status}"'
        wait_until(lambda: said in self.variable("ups.status"), f"upsd to hear {said}", 30)

    def __enter__(self) -> Self:
        self.command()
        self.driver.start()
        super().__enter__()
        self.hears()
        return self

    def __exit__(self, *ended: object) -> None:
        self.kill()
        self.driver.kill()


class NutThatSays:
    """Takes one connection, says its bytes whatever it is asked, and hangs up."""

    def __init__(self, said: bytes) -> None:
        self._said = said
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._answer)

    def _answer(self) -> None:
        client, _ = self._server.accept()
        with client:
            client.sendall(self._said)
            client.shutdown(socket.SHUT_WR)
            # Until the other side hangs up, lest its last question reset what it has not read yet.
            while client.recv(4096):
                pass

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._server.close()

# SPDX-License-Identifier: Apache-2.0
"""wpa_supplicant on one interface, driven over its control socket, and ended with its user.

Source: wpa_ctrl.h and the events of wpa_supplicant(8), "Control interface" of its developers'
documentation. What it is told, passphrases among it, goes through the socket alone: nothing stands
in a file or in the list of processes.
"""

import contextlib
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Self

from sansang_agent.net.private_network import end_with_parent

REPLY_WITHIN_S = 5
START_WITHIN_S = 10
_PRIORITY = re.compile(r"<\d>")


class SupplicantError(Exception):
    """It can't be started, or refuses a command; the command is named without its values."""


class Supplicant:
    """A running wpa_supplicant that is connected to nothing yet."""

    def __init__(self, commands: socket.socket, events: socket.socket) -> None:
        self._commands = commands
        self._events = events

    @classmethod
    @contextlib.contextmanager
    def on(cls, interface: str) -> Generator[Self]:
        """Raises SupplicantError."""
        with tempfile.TemporaryDirectory(prefix="sansang-") as name:
            folder = Path(name)
            with _running(interface, folder), contextlib.ExitStack() as stack:
                control = folder / "control" / interface
                commands = stack.enter_context(_connected(folder / "commands", control))
                events = stack.enter_context(_connected(folder / "events", control))
                supplicant = cls(commands, events)
                supplicant._attach()
                yield supplicant

    def join(self, settings: Mapping[str, str]) -> None:
        """Begin to connect to the network that the settings of wpa_supplicant.conf(5) name.

        Raises SupplicantError.
        """
        number = self.ask("ADD_NETWORK").strip()
        for key, value in settings.items():
            if self.ask(f"SET_NETWORK {number} {key} {value}").strip() != "OK":
                raise SupplicantError(f"wpa_supplicant does not take the setting {key}")
        self.ask(f"SELECT_NETWORK {number}")

    def ask(self, command: str) -> str:
        """Raises SupplicantError when there is no answer."""
        try:
            self._commands.send(command.encode())
            return self._commands.recv(4096).decode(errors="replace")
        except OSError as error:
            raise SupplicantError(
                f"wpa_supplicant does not answer {command.split(maxsplit=1)[0]}"
            ) from error

    def event(self, deadline: float) -> str | None:
        """What it tells next, without its priority; None at the deadline (time.monotonic())."""
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        self._events.settimeout(left)
        try:
            told = self._events.recv(4096).decode(errors="replace")
        except OSError:
            return None
        return _PRIORITY.sub("", told, count=1).strip()

    def _attach(self) -> None:
        self._events.settimeout(REPLY_WITHIN_S)
        self._events.send(b"ATTACH")
        self._events.recv(4096)


@contextlib.contextmanager
def _running(interface: str, folder: Path) -> Generator[None]:
    command = ("wpa_supplicant", "-D", "nl80211", "-i", interface, "-C", str(folder / "control"))
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - this program has one thread
        )
    except OSError as error:
        raise SupplicantError("wpa_supplicant is not installed") from error
    try:
        _wait_for(folder / "control" / interface, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(REPLY_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(path: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SupplicantError("wpa_supplicant does not start on this radio")
        time.sleep(0.02)


def _connected(own: Path, control: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.settimeout(REPLY_WITHIN_S)
    sock.bind(str(own))
    sock.connect(str(control))
    return sock

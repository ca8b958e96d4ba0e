# SPDX-License-Identifier: Apache-2.0
"""A box of the campaign as a process on a host of its own, and what can be done to it."""

import contextlib
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tests.e2e.box import BoxSettings
from tests.lab.netns import Host, Lab
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.e2e.centre import Centre

SMALLEST_OUTBOX_BYTES = 2_500
EVERY_S = 1.0
DISK_S = 60
"""A process that is killed while it waits for its disk ends when the disk has answered."""


class BoxProcess:
    """Box `number`: the first has a tiny outbox, the last a network without IPv4."""

    def __init__(self, folder: Path, number: int, lab: Lab, centre: "Centre") -> None:
        self.folder = folder
        self.number = number
        self.agent = f"box-{number}"
        self.outbox = folder / "outbox.db"
        self._centre = centre
        self._end = f"box{number}"
        self._boottime_s = 0
        self._process: subprocess.Popen[str] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._host = lab.host(self.agent)
        self._connect(self._host, self._end)

    def _connect(self, host: Host, end: str) -> None:
        peer = ("peer", "name", "eth0", "netns", str(host.holder.pid))
        for name in ("all", "default"):
            settings = Path("/proc/sys/net/ipv6/conf") / name
            (settings / "accept_dad").write_text("0")
            # Unlike IPv4's, these addresses would be gone with the first pulled cable.
            (settings / "keep_addr_on_down").write_text("1")
        subprocess.run(["ip", "link", "add", end, "type", "veth", *peer], check=True)
        ours, theirs = self._addresses()
        subprocess.run(["ip", "address", "add", ours, "dev", end], check=True)
        subprocess.run(["ip", "link", "set", end, "up"], check=True)
        host.address("eth0", theirs)

    def _addresses(self) -> tuple[str, str]:
        if self.number == self._centre.agents_count:
            return f"fd00:{self.number}::1/64", f"fd00:{self.number}::2/64"
        return f"10.77.{self.number}.1/24", f"10.77.{self.number}.2/24"

    def start(self) -> None:
        """Start it, unless it runs."""
        if self._process is not None:
            return
        ours, _ = self._addresses()
        settings = BoxSettings(
            agent=self.agent,
            password=self._centre.password(self.agent),
            host=ours.partition("/")[0],
            port=self._centre.broker_port,
            outbox=str(self.outbox),
            max_bytes=SMALLEST_OUTBOX_BYTES if self.number == 1 else 10**7,
            every_s=EVERY_S,
        )
        file = self.folder / "settings.json"
        file.write_bytes(msgspec.json.encode(settings))
        in_its_time = ["unshare", "--time", "--kill-child=KILL"]
        in_its_time += ["--boottime", str(self._boottime_s)]
        self._process = self._host.start(
            *in_its_time, sys.executable, "-m", "tests.e2e.box", str(file)
        )

    def kill(self) -> None:
        """A power cut."""
        self._stop(signal.SIGKILL)

    def end(self) -> None:
        """An end in good order."""
        self._stop(signal.SIGTERM)

    def _stop(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pid in self._inside(process):
            subprocess.run(["kill", f"-{how.value}", pid], check=False)
        process.communicate(timeout=DISK_S)

    def _inside(self, process: subprocess.Popen[str]) -> list[str]:
        """The box itself is the child of what keeps its time namespace, and would outlive that if
        it was killed while it begins.
        """
        found: list[str] = []

        def begun() -> bool:
            with contextlib.suppress(OSError):
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
                found[:] = children.read_text().split()
            return bool(found) or process.poll() is not None

        wait_until(begun, f"{self.agent} to begin")
        return found

    def boot(self, boot_id: str, boottime_s: int) -> None:
        """What the next start will see of the box's boot."""
        self._host.file("/proc/sys/kernel/random/boot_id", f"{boot_id}\n")
        self._boottime_s = boottime_s

    def cable(self, *, up: bool) -> None:
        """Plug the cable in, or pull it."""
        subprocess.run(["ip", "link", "set", self._end, "up" if up else "down"], check=True)

    def forget_waiting(self) -> None:
        """Wait for a new word on how many batches wait."""
        self.outbox.with_suffix(".waiting").unlink(missing_ok=True)

    def waiting(self) -> int:
        """How many batches have no receipt, as the box last said."""
        try:
            return int(self.outbox.with_suffix(".waiting").read_text())
        except (OSError, ValueError):
            return 10**9

    def copy_outbox(self, folder: Path) -> None:
        """Copy the files of a stopped box's outbox."""
        folder.mkdir(parents=True)
        for part in self._parts(self.folder):
            shutil.copy(part, folder)

    def put_back(self, folder: Path) -> None:
        """Let an older copy take the place of the outbox."""
        for part in self._parts(self.folder):
            part.unlink()
        for part in self._parts(folder):
            shutil.copy(part, self.folder)

    def clone(self) -> "BoxProcess":
        """Another box with the same id and a copy of the outbox, on the same host."""
        clone = object.__new__(BoxProcess)
        clone.__dict__.update(self.__dict__)
        clone.folder = self.folder / "clone"
        shutil.rmtree(clone.folder, ignore_errors=True)
        self.copy_outbox(clone.folder)
        clone.outbox = clone.folder / "outbox.db"
        clone._process = None
        return clone

    @staticmethod
    def _parts(folder: Path) -> list[Path]:
        return [each for each in folder.glob("outbox.db*") if each.suffix != ".broken"]

# SPDX-License-Identifier: Apache-2.0
"""Real networks out of namespaces and virtual cables, for root and for ordinary users alike.

    with Lab() as lab:
        box, router = lab.host("box"), lab.host("router")
        lab.cable(box, "eth0", router, "lan")
        box.address("eth0", "192.0.2.2/24", "2001:db8::2/64")
        router.address("lan", "192.0.2.1/24", "2001:db8::1/64")
        box.route("default via 192.0.2.1")
        box.run("ping", "-c", "1", "192.0.2.1")

Each host is a network and a mount namespace that a holder process keeps; /sys is mounted anew in
it, so that /sys/class/net is the host's own. An ordinary user gets a user namespace around them
all. A holder ends when its standard input closes, and what runs inside is killed with its parent:
a test run that is killed leaves nothing behind.
"""

import contextlib
import functools
import json
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from tests.capabilities import missing, program

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30
WITHOUT_CAPABILITIES = ("setpriv", "--inh-caps=-all", "--bounding-set=-all")
"""Before a command: nothing that an ordinary user may not do, under whatever name."""
_NEW_HOST = ("unshare", "--net", "--mount", "--propagation", "private")
# Duplicate address detection would keep an address out of use for a second, and what a kernel says
# unasked would disturb exact counts.
_HOLD = """
mount -t sysfs sysfs /sys && ip link set lo up || exit 1
cd /proc/sys/net/ipv6/conf/default || exit 1
for name in accept_dad router_solicitations accept_ra; do echo 0 > $name; done
for version in 1 2; do echo 1 > mldv${version}_unsolicited_report_interval; done
cd /
echo ready
exec cat
"""


class NamespacesForbiddenError(Exception):
    """This machine doesn't let us make namespaces."""


@functools.cache
def require_namespaces() -> None:
    """Skip the test where the kernel or the container forbids namespaces."""
    for name in ("unshare", "nsenter", "setpriv", "ip", "mount"):
        program(name, "network namespaces")
    try:
        with Lab() as lab:
            lab.host("try")
    except NamespacesForbiddenError as error:
        missing("network namespaces", str(error))


class Holder:
    """A process that keeps namespaces alive as long as its standard input is open."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            _, errors = self._process.communicate(timeout=PATIENCE_S)
            raise NamespacesForbiddenError(errors.strip().replace("\n", "; "))

    def end(self) -> None:
        self._process.communicate(timeout=PATIENCE_S)


class Host:
    """One computer of a lab."""

    def __init__(self, holder: Holder, enter: tuple[str, ...], folder: Path) -> None:
        self.holder = holder
        self._enter = (*enter, "setpriv", "--pdeathsig", "KILL", "env", "--chdir", str(ROOT))
        self._folder = folder

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start a command with pipes to and from it; what it complains of goes to ours."""
        return subprocess.Popen(
            [*self._enter, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, *command: str, status: int | None = 0, text: str = "") -> str:
        """What a command prints, given `text`. It must end with `status`, unless that is None."""
        done = subprocess.run(
            [*self._enter, *command],
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        if status is not None:
            assert done.returncode == status, f"{command}: {done.returncode}: {done.stderr}"
        return done.stdout

    def json(self, *command: str) -> Any:
        """What a command prints as JSON; None when it prints nothing, as `ip -j` does."""
        printed = self.run(*command)
        return json.loads(printed) if printed.strip() else None

    def python(self, code: str, *before: str) -> Any:
        """Run Python code in here and read what it prints as JSON."""
        return self.json(*before, sys.executable, "-c", code)

    @contextlib.contextmanager
    def serving(self, *command: str) -> Generator["subprocess.Popen[str]"]:
        """A server that prints a line when it is ready, until the block ends."""
        with self.start(*command) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline(), f"{command} did not start"
                yield process
            finally:
                process.kill()

    def address(self, interface: str, *addresses: str) -> None:
        """Give addresses (with prefix length) to an interface and set it up."""
        lines = [f"link set {interface} up"]
        lines += [f"address add {address} dev {interface} nodad" for address in addresses]
        self.run("ip", "-batch", "-", text="\n".join(lines))

    def up(self, interface: str) -> None:
        self.run("ip", "link", "set", interface, "up")

    def down(self, interface: str) -> None:
        self.run("ip", "link", "set", interface, "down")

    def route(self, *routes: str) -> None:
        """Each as `ip route` spells it: `default via 192.0.2.1`, `prohibit 203.0.113.0/24`."""
        for route in routes:
            family = "-6" if ":" in route else "-4"
            self.run("ip", family, "route", "add", *route.split())

    def sysctl(self, name: str, value: str) -> None:
        path = f"/proc/sys/{name.replace('.', '/')}"
        self.run("sh", "-c", f"echo '{value}' > {path}")

    def file(self, path: str, text: str) -> None:
        """Have another text at `path` on this host alone; the file must exist."""
        ours = self._folder / path.replace("/", "_")
        ours.write_text(text)
        self.run("mount", "--bind", str(ours), path)


class Lab:
    """Hosts, and the cables between them."""

    def __init__(self) -> None:
        self._cleanup = contextlib.ExitStack()
        self._around: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            users = self._hold(
                "unshare", "--user", "--map-root-user", "sh", "-c", "echo ready; exec cat"
            )
            self._around = ("--preserve-credentials", f"--user=/proc/{users.pid}/ns/user")
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def host(self, name: str) -> Host:
        """A new computer without any cable; `name` is for its host-only files."""
        inside = ("nsenter", *self._around) if self._around else ()
        holder = self._hold(*inside, *_NEW_HOST, "sh", "-c", _HOLD)
        spaces = (f"--net=/proc/{holder.pid}/ns/net", f"--mount=/proc/{holder.pid}/ns/mnt")
        folder = self._cleanup.enter_context(TemporaryDirectory(prefix=f"lab-{name}-"))
        return Host(holder, ("nsenter", *self._around, *spaces), Path(folder))

    def cable(self, one: Host, interface: str, other: Host, its_interface: str) -> None:
        """A veth pair; both ends are down until they get an address."""
        one.run(
            *("ip", "link", "add", interface, "type", "veth"),
            *("peer", "name", its_interface, "netns", str(other.holder.pid)),
        )

    def _hold(self, *command: str) -> Holder:
        holder = Holder(*command)
        self._cleanup.callback(holder.end)
        return holder

# SPDX-License-Identifier: Apache-2.0
"""The networks of `bench.agent`: a box for each profile, the Internet, and the centre.

internet ── eth0 box eth1 ── centre (Mosquitto with TLS, and the collector)
"""

import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple, get_args

import psutil
import trustme

from sansang_agent.probes.base import Profile
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.servers import Mosquitto

PROFILES: tuple[Profile, ...] = get_args(Profile)
CENTRE = "203.0.113.1"
TARGETS = (
    *("1.1.1.1", "8.8.8.8", "9.9.9.9"),
    *("2606:4700:4700::1111", "2001:4860:4860::8888", "2620:fe::fe"),
)
SITE, IPV6_SITE = "vnnic.vn", "ipv6.google.com"
ZONE = {SITE: ["198.51.100.9", "2001:db8:2::9"], IPV6_SITE: ["2001:db8:2::9"]}
RESOLVERS = ("1.1.1.1", "2606:4700:4700::1111")
PAGE_BYTES = 100_000
TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
REGISTRY = """
[[sites]]
id = "bench"
name = "Bench"
kind = "other"
commune = "00000"
commune_name = "Bench"
"""


class Used(NamedTuple):
    """What an agent has used up to an instant: seconds, bytes on disk and on the cables."""

    at: float
    cpu_s: float
    written: int
    measuring: int
    carriage: int


class Box:
    """A box with its cables, and later the agent on it."""

    def __init__(self, lab: Lab, internet: Host, centre: Host, profile: Profile) -> None:
        number = PROFILES.index(profile)
        self.profile: Profile = profile
        self.host = host = lab.host(profile)
        _cable(lab, (host, "eth0"), (internet, f"wan{number}"), number)
        _cable(lab, (host, "eth1"), (centre, f"line{number}"), 100 + number)
        host.route(f"default via 10.{number}.0.1", f"default via 2001:db8:{number}::1")
        host.route(f"{CENTRE} via 10.{100 + number}.0.1")
        host.sysctl("net.ipv4.ping_group_range", "0 2147483647")
        host.file("/etc/nsswitch.conf", "hosts: dns\n")
        host.file("/etc/resolv.conf", "".join(f"nameserver {each}\n" for each in RESOLVERS))

    def billed(self, interface: str) -> int:
        """Bytes through an interface so far, both ways, without Ethernet's own 14 a frame."""
        [link] = self.host.json("ip", "-j", "-s", "link", "show", interface)
        ways = [link["stats64"][way] for way in ("rx", "tx")]
        return sum(way["bytes"] - 14 * way["packets"] for way in ways)

    @contextlib.contextmanager
    def agent(self, folder: Path) -> Generator["Agent"]:
        """Run the agent, without any privilege, as its unit does."""
        outbox = folder / self.profile / "outbox.db"
        settings = folder / f"{self.profile}.toml"
        settings.write_text(
            f'agent = "{self.profile}"\nprofile = "{self.profile}"\n'
            f'[broker]\nurl = "mqtts://{CENTRE}"\nca_file = "{folder}/ca.crt"\n'
            f'[outbox]\npath = "{outbox}"\n'
        )
        program = str(Path(sys.executable).with_name("sansang-agent"))
        command = (*WITHOUT_CAPABILITIES, program, "run", "--config", str(settings))
        with _running(self.host, folder / f"{self.profile}.log", *command) as process:
            yield Agent(self, process, outbox)


class Agent:
    """The running agent of a box."""

    def __init__(self, box: Box, process: "subprocess.Popen[str]", outbox: Path) -> None:
        self.box = box
        self._popen = process
        self._process = psutil.Process(process.pid)
        self._outbox = outbox

    def used(self) -> Used:
        """Up to now; processor time of ended workers among it."""
        cpu_s = sum(self._process.cpu_times()[:4])
        written = self._process.io_counters().write_bytes
        measuring, carriage = (self.box.billed(name) for name in ("eth0", "eth1"))
        return Used(time.monotonic(), cpu_s, written, measuring, carriage)

    def resident_mib(self) -> float:
        """Resident memory now."""
        return rss_mib(Path(f"/proc/{self._process.pid}/smaps_rollup").read_text())

    def end(self) -> int:
        """End the agent; how many batches are still without a receipt."""
        self._popen.terminate()
        self._popen.wait(10)
        with contextlib.closing(sqlite3.connect(self._outbox)) as file:
            return file.execute("SELECT count(*) FROM batch").fetchone()[0]


def rss_mib(rollup: str) -> float:
    """From the text of /proc/PID/smaps_rollup, which is exact; VmRSS need not be."""
    [line] = [line for line in rollup.splitlines() if line.startswith("Rss:")]
    return int(line.split()[1]) / 1024


@contextlib.contextmanager
def site(folder: Path) -> Generator[list[Box]]:
    """A box for each profile, everything around it running."""
    with Lab() as lab, contextlib.ExitStack() as stack:
        internet = lab.host("internet")
        addresses = [*TARGETS, *ZONE[SITE]]
        internet.address("lo", *(f"{each}/{128 if ':' in each else 32}" for each in addresses))
        for resolver in RESOLVERS:
            names = (sys.executable, "-m", "tests.lab.name_server", resolver, json.dumps(ZONE))
            stack.enter_context(internet.serving(*names))
        authority = trustme.CA()
        stack.enter_context(internet.serving(*_page(folder, authority)))
        trusted = Path(TRUSTED).read_text() + authority.cert_pem.bytes().decode()
        centre = lab.host("centre")
        centre.address("lo", f"{CENTRE}/32")
        for name, command in {"mosquitto": _broker(folder), "sansang": _collector(folder)}.items():
            stack.enter_context(_running(centre, folder / f"{name}.log", *command))
        boxes = [Box(lab, internet, centre, profile) for profile in PROFILES]
        for box in boxes:
            box.host.file(TRUSTED, trusted)
        yield boxes


def _page(folder: Path, authority: trustme.CA) -> list[str]:
    """A long one: of it the probe reads only so much."""
    certificate = folder / "page.pem"
    authority.issue_cert(*ZONE).private_key_and_cert_chain_pem.write_to_path(str(certificate))
    return [sys.executable, "-m", "tests.lab.web_server", str(certificate), str(PAGE_BYTES)]


def _broker(folder: Path) -> list[str]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.crt"))
    certificate = authority.issue_cert(CENTRE)
    certificate.private_key_pem.write_to_path(str(folder / "server.key"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "server.crt"))
    listener: dict[str, str | int | bool] = {
        "listener": f"8883 {CENTRE}",
        "certfile": f"{folder}/server.crt",
        "keyfile": f"{folder}/server.key",
        "use_username_as_clientid": True,
        "user": "root",
    }
    return list(Mosquitto(folder / "mosquitto", options=listener).command())


def _collector(folder: Path) -> list[str]:
    agents = "".join(f'[[agents]]\nid = "{name}"\nsite = "bench"\n' for name in PROFILES)
    (folder / "registry.toml").write_text(REGISTRY + agents)
    (folder / "collector.toml").write_text(
        f'data_dir = "data"\n[broker]\nurl = "mqtts://{CENTRE}"\nca_file = "{folder}/ca.crt"\n'
    )
    sansang = str(Path(sys.executable).with_name("sansang"))
    return [sansang, "up", "--config", str(folder / "collector.toml")]


@contextlib.contextmanager
def _running(host: Host, log: Path, *command: str) -> Generator["subprocess.Popen[str]"]:
    with host.start("sh", "-c", 'exec "$@" >"$0" 2>&1', str(log), *command) as process:
        try:
            yield process
        finally:
            process.kill()


def _cable(lab: Lab, box: tuple[Host, str], far: tuple[Host, str], number: int) -> None:
    """Neighbours are permanent: what they ask each other never leaves a site, and nobody bills."""
    lab.cable(*box, *far)
    for (host, name), (other, its), own, next_ in ((box, far, 2, 1), (far, box, 1, 2)):
        host.address(name, f"10.{number}.0.{own}/24", f"2001:db8:{number}::{own}/64")
        # A veth would carry 64 KiB as one packet, which no line does.
        host.run("ip", "link", "set", name, "gso_max_segs", "1")
        address = other.json("ip", "-j", "link", "show", its)[0]["address"]
        for neighbour in (f"10.{number}.0.{next_}", f"2001:db8:{number}::{next_}"):
            entry = ("neigh", "replace", neighbour, "lladdr", address, "dev", name)
            host.run("ip", *entry, "nud", "permanent")

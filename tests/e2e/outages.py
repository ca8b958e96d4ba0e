# SPDX-License-Identifier: Apache-2.0
"""Real faults of a real network, and what the ledger makes of them: the agent on its box, a router,
a collector with its broker, a mailbox and a webhook behind it, each in a namespace of its own.
"""

import contextlib
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sansang_agent.net.boot import boottime_us
from tests.lab.netns import Lab
from tests.lab.networks import BOX4, BOX6, ROUTER4, ROUTER6, SERVER4, SERVER6, site
from tests.waiting import wait_until

S = 1_000_000
FAR4, FAR6 = "198.51.100.77", "2001:db8:2::77"
WEB, BROKER = 8080, 1883
PATIENCE_S = 60
PASSWORD = "a-secret"


class Pace(NamedTuple):
    """How the box looks and the centre waits, as TOML for each place where it is said. Faults last
    `lasts_s` at the least, what follows one comes `within_s`; the newest word before one is at most
    `slot_s` old.
    """

    watch: str
    agent: str
    probe: str
    reachability: str
    dns: str
    lasts_s: float
    within_s: float
    slot_s: float


QUICK = Pace(
    watch="down_after_s = 6, up_after_s = 3, silent_after_s = 9, ",
    agent="batch_every_s = 1\n",
    probe="every_s = 1\n",
    reachability="packets = 1\ntimeout_s = 0.5\n",
    dns="timeout_s = 0.5\n",
    lasts_s=15,
    within_s=60,
    slot_s=5,
)
DEFAULTS = Pace("", "", "", "", "", lasts_s=0, within_s=600, slot_s=35)
"""Nothing but what the product does by itself: a look every 30 s."""


class Outcome(NamedTuple):
    """One fault: its truth, what the ledger says (µs), and what people were told."""

    fault: str
    start: int
    end: int
    service: str
    cause: str
    said_start: int
    said_end: int
    messages: list[str]

    @property
    def error_s(self) -> float:
        """The larger one, of the beginning or of the end."""
        return max(abs(self.said_start - self.start), abs(self.said_end - self.end)) / S


class Fault(NamedTuple):
    """What is done and undone, and what it must be to the ledger."""

    name: str
    service: str
    cause: str
    begin: Callable[["House"], None]
    end: Callable[["House"], None]


class House:
    """The box and its agent, the router, and everything at the centre."""

    def __init__(self, lab: Lab, folder: Path, pace: Pace) -> None:
        self.folder = folder
        self._pace = pace
        self.box, self.router, self.server = site(lab)
        self.server.address("eth0", f"{FAR4}/24", f"{FAR6}/64")
        for host in (self.box, self.router):
            host.sysctl("net.ipv6.conf.all.keep_addr_on_down", "1")
        self.box.file("/etc/resolv.conf", f"nameserver {SERVER4}\n")
        self._agent: subprocess.Popen[str] | None = None
        self._names: subprocess.Popen[str] | None = None
        self._boots = 0
        self._write_settings()

    @contextlib.contextmanager
    def at_work(self) -> Generator[None]:
        """Everything runs until the block ends."""
        ears = (sys.executable, "-m", "tests.e2e.ears", str(self.folder))
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.server.serving(*ears))
            up = self.server.start(_program("sansang"), "up", "--config", f"{self.folder}/c.toml")
            stack.callback(_end, up)
            stack.callback(self.kill_agent)
            stack.callback(self.silence_names)
            self.answer_names()
            wait_until(self._is_up, "the collector", PATIENCE_S)
            self.boot()
            wait_until(self._is_well, "that all is well", self._pace.within_s)
            yield

    def ask(self, path: str) -> Any:
        """What the collector's API says."""
        code = (
            "import urllib.request as r, sys;"
            f"sys.stdout.write(r.urlopen('http://127.0.0.1:{WEB}/api/v1/{path}').read().decode())"
        )
        return self.server.python(code)

    def states(self) -> dict[str, str]:
        """By service."""
        return {each["service"]: each["state"] for each in self.ask("services")}

    def told(self) -> list[dict[str, Any]]:
        """What people were told, in order."""
        return [json.loads(line) for line in (self.folder / "told").read_text().splitlines()]

    def boot(self) -> None:
        """The power is back: a new boot id, a clock that counts from now."""
        self._boots += 1
        self.box.file("/proc/sys/kernel/random/boot_id", f"boot-{self._boots}\n")
        offset_s = 5 - boottime_us() // S
        self._agent = self.box.start(
            *("unshare", "--time", "--kill-child=KILL", "--boottime", str(offset_s)),
            *(_program("sansang-agent"), "run", "--config", f"{self.folder}/agent.toml"),
        )

    def kill_agent(self) -> None:
        """The power is gone."""
        if self._agent is not None:
            _end(self._agent)
            self._agent = None

    def answer_names(self) -> None:
        """The resolver works."""
        zone = json.dumps({"vnnic.vn": [SERVER4, SERVER6]})
        command = (sys.executable, "-m", "tests.lab.name_server", SERVER4, zone)
        self._names = self.server.start(*command)

    def silence_names(self) -> None:
        """The resolver is dead."""
        if self._names is not None:
            _end(self._names)
            self._names = None

    def forward(self, *, ipv4: bool, ipv6: bool) -> None:
        """What the router lets through."""
        self.router.sysctl("net.ipv4.ip_forward", str(int(ipv4)))
        self.router.sysctl("net.ipv6.conf.all.forwarding", str(int(ipv6)))

    def cut_line(self) -> None:
        """Nothing gets beyond the router."""
        self.forward(ipv4=False, ipv6=False)

    def mend(self) -> None:
        """The router lets everything through."""
        self.forward(ipv4=True, ipv6=True)

    def stop_ipv6(self) -> None:
        """IPv4 alone gets beyond the router."""
        self.forward(ipv4=True, ipv6=False)

    def stop_router(self) -> None:
        """The cable to it is dead."""
        self.router.down("lan")

    def start_router(self) -> None:
        """It is there again."""
        self.router.up("lan")

    def lose_lease(self) -> None:
        """The box has no address any more."""
        self.box.run("ip", "address", "flush", "dev", "eth0", "scope", "global")

    def get_lease(self) -> None:
        """It has, and its routes with it."""
        self.box.address("eth0", f"{BOX4}/24", f"{BOX6}/64")
        for router in (ROUTER4, ROUTER6):
            family = "-6" if ":" in router else "-4"
            self.box.run("ip", family, "route", "replace", "default", "via", router)

    def _is_up(self) -> bool:
        with contextlib.suppress(AssertionError):
            return bool(self.ask("collector"))
        return False

    def _is_well(self) -> bool:
        return set(self.states().values()) == {"up"} and {"internet", "ipv6", "dns"} <= set(
            self.states()
        )

    def play(self, fault: Fault) -> Outcome:
        """Let it happen and end, and wait until all is told."""
        before, pace = len(self.told()), self._pace
        fault.begin(self)
        start = time.time_ns() // 1000
        # What lasts so long has been told, however it is found out.
        wait_until(
            lambda: len(self.told()) >= before + 2, f"{fault.name}: the alarm", pace.within_s
        )
        wait_until(
            lambda: time.time_ns() // 1000 >= start + pace.lasts_s * S, "its time", pace.within_s
        )
        fault.end(self)
        end = time.time_ns() // 1000
        wait_until(lambda: len(self.told()) >= before + 4, f"{fault.name}: the end", pace.within_s)
        wait_until(self._is_well, "that all is well again", pace.within_s)
        # What the box has kept comes late on a busy machine, and corrects the ledger.
        what = f"{fault.name}: one entry of the ledger"
        wait_until(lambda: len(self._found(start, end)) == 1, what, pace.within_s)
        [found] = self._found(start, end)
        messages = [f"{each['how']}: {each['text']}" for each in self.told()[before:]]
        return Outcome(
            fault.name, start, end, found["service"], found["cause"], found["start"], found["end"],
            messages,
        )  # fmt: skip

    def _found(self, start: int, end: int) -> list[dict[str, Any]]:
        """What the ledger has of a fault of that time."""
        return [
            each
            for each in self.ask(f"outages?start={start - 60 * S}&end={end + 60 * S}")
            if each["root"] is None and each["state"] == "down" and each["site"]
            # The one before has ended just now.
            if each["start"] > start - self._pace.slot_s * S
        ]

    def _write_settings(self) -> None:
        digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
        self._write(
            "registry.toml",
            '[[sites]]\nid = "dong"\nname = "NVH thôn Đông"\ncommune = "11824"\n'
            'commune_name = "Xã Vĩnh Bảo"\nkind = "cultural_house"\n'
            f'[[agents]]\nid = "dong-1"\nsite = "dong"\npassword_sha256 = "{digest}"\n',
        )
        self._write(
            "c.toml",
            f'data_dir = "data"\nbroker.listen = "{SERVER4}:{BROKER}"\n'
            f'web.listen = "127.0.0.1:{WEB}"\nnotify = {{urls_file = "notify.urls"}}\n'
            f"watch = {{{self._pace.watch}own_line = []}}\n",
        )
        self._write("password", PASSWORD)
        targets = [
            ("gateway", "gateway", "gateway"),
            ("near", SERVER4, "domestic"),
            ("near", SERVER6, "domestic"),
            ("far", FAR4, "international"),
            ("far", FAR6, "international"),
        ]
        self._write(
            "agent.toml",
            f'agent = "dong-1"\n{self._pace.agent}[broker]\nurl = "mqtt://{SERVER4}:{BROKER}"\n'
            f'password_file = "{self.folder}/password"\n[outbox]\n'
            f'path = "{self.folder}/outbox.db"\n'
            f"[probes.reachability]\n{self._pace.probe}{self._pace.reachability}"
            + "".join(
                f'[[probes.reachability.targets]]\nname = "{name}"\nhost = "{host}"\n'
                f'scope = "{scope}"\n'
                for name, host, scope in targets
            )
            + f"[probes.dns]\n{self._pace.probe}{self._pace.dns}"
            + "".join(
                f"[probes.{kind}]\n{self._pace.probe}" for kind in ("host", "link", "addressing")
            )
            + "[probes.service]\nenabled = false\n",
        )

    def _write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(text)


FAULTS: Sequence[Fault] = (
    Fault("power cut: SIGKILL, new boot id", "power", "power_cut", House.kill_agent, House.boot),
    Fault("line cut behind the router", "internet", "line", House.cut_line, House.mend),
    Fault(
        "router dead: no carrier", "internet", "equipment", House.stop_router, House.start_router
    ),
    Fault("lease lost: no address", "internet", "dhcp", House.lose_lease, House.get_lease),
    Fault("resolver killed", "dns", "dns", House.silence_names, House.answer_names),
    Fault("IPv6 alone is not forwarded", "ipv6", "ipv6", House.stop_ipv6, House.mend),
)


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate(timeout=10)


def play_all(faults: Sequence[Fault] = FAULTS, pace: Pace = QUICK) -> list[Outcome]:
    """One after the other, in one house."""
    with Lab() as lab, TemporaryDirectory() as folder:
        house = House(lab, Path(folder), pace)
        with house.at_work():
            return [house.play(fault) for fault in faults]

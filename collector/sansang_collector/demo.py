# SPDX-License-Identifier: Apache-2.0
"""`sansang demo`: a commune on one machine, nothing else installed.

The collector runs here, embedded broker and store included; this machine is a real site measured by
the real agent; a few simulated sites, marked as such everywhere, send through the same broker.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from sansang_collector.app import CAN_NOT_START, Collector
from sansang_collector.config import Address, CollectorConfig, EmbeddedStoreConfig
from sansang_wire.language import Language, Translate, translator

log = logging.getLogger(__name__)

REAL_AGENT = "may-nay-1"
COMMUNE = ("00000", "Demo")
SIMULATED_EVERY_S = 5
SIMULATED_NAMES = ("Đông", "Đoài", "Trung", "Thượng", "Hạ", "An Cầu", "Linh Đông", "Bắc", "Nam")


def run_demo(
    folder: Path, port: int, simulated_sites: int, exit_after_s: float | None, language: Language
) -> int:
    """Run until Ctrl-C, or for `exit_after_s`; returns the exit status."""
    translate = translator("sansang_collector", language)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        demo = _Demo(folder.resolve(), port, simulated_sites, translate)
        asyncio.run(demo.run(exit_after_s))
    except (*CAN_NOT_START, OSError) as error:
        log.error("%s", error)
        return 1
    ended = translate("The demo has ended; all it wrote is in {folder}.")
    _say(ended.format(folder=demo.folder))
    return 0


class _Demo:
    """Settings, tokens and processes of one demo."""

    def __init__(self, folder: Path, port: int, sites: int, translate: Translate) -> None:
        self.folder = folder
        self._translate = translate
        self._web = Address("127.0.0.1", _free_port(port))
        self._broker = Address("127.0.0.1", _free_port(0))
        self._passwords = {REAL_AGENT: secrets.token_hex(16)}
        for number in range(1, sites + 1):
            self._passwords[f"mo-phong-{number}"] = secrets.token_hex(16)
        self._children: list[subprocess.Popen[bytes]] = []

    async def run(self, exit_after_s: float | None) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        registry = self.folder / "registry.toml"
        registry.write_text(self._registry())
        collector = Collector(
            CollectorConfig(
                data_dir=self.folder / "collector",
                registry=registry,
                broker=self._broker,
                store=EmbeddedStoreConfig(),
                web=self._web,
            )
        )
        loop = asyncio.get_running_loop()
        told, stopping = asyncio.Event(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, told.set)
        if exit_after_s is not None:
            loop.call_later(exit_after_s, told.set)
        serving = asyncio.create_task(collector.run(stopping, self._begin))
        waiting = asyncio.create_task(told.wait())
        try:
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # The agents first: their goodbye is to be heard.
            await asyncio.to_thread(self._end)
            stopping.set()
            waiting.cancel()
            await serving

    def _begin(self) -> None:
        self._start_agent()
        self._start_simulation()
        translate = self._translate
        _say("")
        _say(translate("Sẵn Sàng is running: open http://{web}/").format(web=self._web))
        _say(translate("The first readings appear within 15 seconds. Things to try:"))
        for thing in (
            translate("watch this machine's own readings, measured by the real agent"),
            translate("pull this machine's network cable: the site says so in words"),
            translate("ask the API: http://{web}/api/v1/agents").format(web=self._web),
            translate("end with Ctrl-C and start again: nothing that was measured is lost"),
        ):
            _say(f"  · {thing}")
        _say("")

    def _start_agent(self) -> None:
        password = self._secret(f"{REAL_AGENT}.password", self._passwords[REAL_AGENT])
        config = self.folder / "agent.toml"
        config.write_text(
            f'agent = "{REAL_AGENT}"\n'
            "batch_every_s = 5\n\n"
            f'[broker]\nurl = "mqtt://{self._broker}"\npassword_file = {_quoted(password)}\n\n'
            f"[outbox]\npath = {_quoted(self.folder / 'outbox.db')}\n\n"
            "[probes.host]\nevery_s = 10\n\n[probes.link]\nevery_s = 10\n"
        )
        log = (self.folder / "agent.log").open("wb")
        command = [str(Path(sys.executable).with_name("sansang-agent")), "run", "--config"]
        self._start([*command, str(config)], log, b"")

    def _start_simulation(self) -> None:
        settings = {
            "host": self._broker.host,
            "port": self._broker.port,
            "folder": str(self.folder / "simulated"),
            "every_s": SIMULATED_EVERY_S,
            "agents": [
                {
                    "agent": agent,
                    "password": password,
                    "ipv6": number % 3 != 1,
                    "loss": 0.3 if number % 3 == 2 else 0.0,
                }
                for number, (agent, password) in enumerate(self._simulated())
            ],
        }
        log = (self.folder / "simulation.log").open("wb")
        command = [sys.executable, "-m", "sansang_agent.simulation"]
        self._start(command, log, json.dumps(settings).encode())

    def _start(self, command: list[str], log: IO[bytes], told: bytes) -> None:
        with log:
            child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
        self._children.append(child)
        with child.stdin or contextlib.nullcontext() as line:
            if line is not None:
                line.write(told)

    def _end(self) -> None:
        for child in self._children:
            child.terminate()
        for child in self._children:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _simulated(self) -> list[tuple[str, str]]:
        return [pair for pair in self._passwords.items() if pair[0] != REAL_AGENT]

    def _registry(self) -> str:
        here = self._translate("This machine")
        parts = [_site("may-nay", here, "office", simulated=False)]
        parts.append(_agent(REAL_AGENT, "may-nay", self._passwords[REAL_AGENT]))
        for number, (agent, password) in enumerate(self._simulated()):
            village = SIMULATED_NAMES[number % len(SIMULATED_NAMES)]
            if number >= len(SIMULATED_NAMES):
                village += f" {number // len(SIMULATED_NAMES) + 1}"
            name = f"Nhà văn hóa thôn {village}"
            parts.append(_site(agent, name, "cultural_house", simulated=True))
            parts.append(_agent(agent, agent, password))
        return "\n".join(parts)

    def _secret(self, name: str, secret: str) -> Path:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(secret)
        return path


def _site(name: str, title: str, kind: str, *, simulated: bool) -> str:
    commune, commune_name = COMMUNE
    return (
        f'[[sites]]\nid = "{name}"\nname = {_quoted(title)}\ncommune = "{commune}"\n'
        f'commune_name = "{commune_name}"\nkind = "{kind}"\nsimulated = {str(simulated).lower()}\n'
    )


def _agent(name: str, site: str, password: str) -> str:
    digest = hashlib.sha256(password.encode()).hexdigest()
    return f'[[agents]]\nid = "{name}"\nsite = "{site}"\npassword_sha256 = "{digest}"\n'


def _quoted(value: Any) -> str:
    # A JSON string is a TOML basic string.
    return json.dumps(str(value), ensure_ascii=False)


def _free_port(wished: int) -> int:
    """The wished port of the loopback, or another when it is taken."""
    for port in (wished, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                trial.bind(("127.0.0.1", port))
                return int(trial.getsockname()[1])
    raise OSError("no port of 127.0.0.1 is free")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()

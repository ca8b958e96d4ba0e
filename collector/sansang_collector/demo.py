# SPDX-License-Identifier: Apache-2.0
"""`sansang demo`: a commune on one machine, nothing else installed.

The collector runs here, embedded broker and store included; this machine is a real site measured by
the real agent; a few simulated sites, marked as such everywhere, send through the same broker.
"""

import asyncio
import contextlib
import json
import logging
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, NamedTuple

from rich.progress import Progress

from sansang_collector import demo_commune
from sansang_collector.alone import alone_in
from sansang_collector.app import CAN_NOT_START, Collector
from sansang_collector.config import (
    Address,
    CollectorConfig,
    EmbeddedStoreConfig,
    NotifyConfig,
)
from sansang_collector.demo_commune import REAL_AGENT, houses, quoted
from sansang_collector.demo_messages import showing
from sansang_collector.notify.channels import Channel
from sansang_collector.watch.service import HoldDown
from sansang_wire.language import Language, Translate, translator

log = logging.getLogger(__name__)

SIMULATED_EVERY_S = 5
HOLD = HoldDown(down_us=10_000_000, up_us=5_000_000, silent_us=30_000_000)
"""Whoever watches a demo has less patience than a village has with its Wi-Fi."""


class Wishes(NamedTuple):
    """What the person asked for."""

    folder: Path
    port: int
    sites: int
    days: int
    exit_after_s: float | None


def run_demo(wishes: Wishes, language: Language) -> int:
    """Run until Ctrl-C, or as long as wished; returns the exit status."""
    translate = translator("sansang_collector", language)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        demo = _Demo(wishes, language, translate)
        with alone_in(demo.folder):
            asyncio.run(demo.run(wishes.exit_after_s))
    except CAN_NOT_START as error:
        log.error("%s", error)
        return 1
    ended = translate("The demo has ended; all it wrote is in {folder}.")
    _say(ended.format(folder=demo.folder))
    return 0


class _Demo:
    """Settings, tokens and processes of one demo."""

    def __init__(self, wishes: Wishes, language: Language, translate: Translate) -> None:
        self.folder = wishes.folder.resolve()
        self._days = wishes.days
        self._translate = translate
        self._language: Language = language
        self._web = Address("127.0.0.1", _free_port(wishes.port))
        self._broker = Address("127.0.0.1", _free_port(0))
        self._houses = houses(wishes.sites)
        names = [REAL_AGENT, *(house.id for house in self._houses)]
        self._passwords = {name: secrets.token_hex(16) for name in names}
        self._children: list[subprocess.Popen[bytes]] = []

    async def run(self, exit_after_s: float | None) -> None:
        with showing(_say) as webhook:
            await self._run(exit_after_s, Channel(webhook))

    async def _run(self, exit_after_s: float | None, channel: Channel) -> None:
        registry = self.folder / "registry.toml"
        here = self._translate("This machine")
        registry.write_text("\n".join(demo_commune.registry(here, self._houses, self._passwords)))
        collector = Collector(
            CollectorConfig(
                data_dir=self.folder / "collector",
                registry=registry,
                broker=self._broker,
                store=EmbeddedStoreConfig(),
                web=self._web,
                hold=HOLD,
                notify=NotifyConfig((channel,), self._language),
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
        things = [
            translate("pull this machine's network cable: the site says so in words"),
            translate("ask the API: http://{web}/api/v1/sites").format(web=self._web),
            translate("end with Ctrl-C and start again: nothing that was measured is lost"),
        ]
        failing = next((house.name for house in self._houses if house.failing), None)
        if failing is not None:
            wait = translate(
                "watch: within a minute the Wi-Fi of {name} stops; the page says so, and the"
                " message about it appears here"
            )
            things.insert(0, wait.format(name=failing))
        for number, thing in enumerate(things, 1):
            _say(f"  {number}. {thing}")
        _say("")

    def _start_agent(self) -> None:
        password = self._secret(f"{REAL_AGENT}.password", self._passwords[REAL_AGENT])
        config = self.folder / "agent.toml"
        config.write_text(
            f'agent = "{REAL_AGENT}"\n'
            "batch_every_s = 5\n\n"
            f'[broker]\nurl = "mqtt://{self._broker}"\npassword_file = {quoted(password)}\n\n'
            f"[outbox]\npath = {quoted(self.folder / 'outbox.db')}\n\n"
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
            "days": self._days,
            "agents": [
                demo_commune.simulation(house, self._passwords[house.id]) for house in self._houses
            ],
        }
        log = (self.folder / "simulation.log").open("wb")
        command = [sys.executable, "-m", "sansang_agent.simulation"]
        simulation = self._start(command, log, json.dumps(settings).encode(), subprocess.PIPE)
        lines = simulation.stdout or ()
        threading.Thread(target=self._show_progress, args=[lines], daemon=True).start()

    def _show_progress(self, lines: Iterable[bytes]) -> None:
        """A bar while the past of the simulated sites arrives, and a sentence when it has."""
        what = self._translate("The past {days} days of the simulated sites").format(
            days=self._days
        )
        begun, batches = time.monotonic(), 0
        with Progress(transient=True) as bar:
            task = bar.add_task(what, total=None)
            for line in lines:
                told = json.loads(line)
                batches = told["of"]
                bar.update(task, completed=told["done"], total=batches)
                if told["done"] == batches:
                    break
        if batches:
            here = self._translate("{what} are here: {batches} batches in {seconds} s.")
            seconds = round(time.monotonic() - begun)
            _say(here.format(what=what, batches=batches, seconds=seconds))

    def _start(
        self, command: list[str], log: IO[bytes], told: bytes, out: int | None = None
    ) -> subprocess.Popen[bytes]:
        with log:
            child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out or log, stderr=log)
        self._children.append(child)
        with child.stdin or contextlib.nullcontext() as line:
            if line is not None:
                line.write(told)
        return child

    def _end(self) -> None:
        for child in self._children:
            child.terminate()
        for child in self._children:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _secret(self, name: str, secret: str) -> Path:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(secret)
        return path


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

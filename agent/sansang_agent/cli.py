# SPDX-License-Identifier: Apache-2.0
"""The command `sansang-agent`: run, check the settings, try one probe, find what is wrong.

Exit status 0: fine, 1: something is wrong, 2: wrong usage, 78: wrong settings (sysexits EX_CONFIG).
"""

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

import sansang_agent
from sansang_agent.clock import AgentClock
from sansang_agent.config import DEFAULT_PATH, AgentConfig, check_probes, load
from sansang_agent.doctor import examine
from sansang_agent.outbox_file import OutboxUnusableError
from sansang_agent.probes.base import Surroundings, all_probes
from sansang_agent.schedule import cadence_s
from sansang_wire import schema
from sansang_wire.checking import InvalidSettingsError
from sansang_wire.language import Translate, translator, wanted_language
from sansang_wire.readings import AnyReading

FINE, WRONG, BAD_CONFIG = 0, 1, 78


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    options = _parser().parse_args(arguments)
    translate = translator("sansang_agent", options.lang or wanted_language(os.environ))
    command: Callable[[argparse.Namespace, Translate], int] = options.command
    try:
        return command(options, translate)
    except InvalidSettingsError as error:
        return _tell_mistakes(options, translate, error)
    except OutboxUnusableError as error:
        print(error, file=sys.stderr)
        return WRONG


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=DEFAULT_PATH, help="settings (TOML)")
    common.add_argument("--json", action="store_true", help="answer in JSON")
    common.add_argument("--lang", choices=("vi", "en"), help="language of the answer")
    parser = argparse.ArgumentParser(
        prog="sansang-agent", description="Measures the network of a site for Sẵn Sàng."
    )
    parser.add_argument("--version", action="version", version=sansang_agent.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[..., int], what: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, parents=[common], help=what, description=what)
        sub.set_defaults(command=command)
        return sub

    add("run", _run, "measure and send until told to stop")
    add("check", _check, "check the settings and say what would run")
    probe = add("probe", _probe, "run one probe once and show what it measured")
    probe.add_argument("kind", choices=sorted(all_probes()), help="which probe")
    add("doctor", _doctor, "find what keeps the agent from working, and how to mend it")
    return parser


def _run(options: argparse.Namespace, _translate: Translate) -> int:
    # Imported here: the other commands need neither the machine's counters nor the network.
    from sansang_agent.app import run  # noqa: PLC0415

    told = logging.StreamHandler()
    told.setFormatter(
        _JsonLines() if options.json else logging.Formatter("%(levelname)s %(message)s")
    )
    logging.basicConfig(level=logging.INFO, handlers=[told])
    run(load(options.config))
    return FINE


class _JsonLines(logging.Formatter):
    """One object a line, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        time = self.formatTime(record)
        line = {"time": time, "level": record.levelname, "text": text}
        return json.dumps(line, ensure_ascii=False)


def _check(options: argparse.Namespace, translate: Translate) -> int:
    config = load(options.config)
    plan = {
        kind: cadence_s(all_probes()[kind](settings, _surroundings()), config.file.profile)
        for kind, settings in config.probes.items()
        if settings.enabled
    }
    if options.json:
        print(json.dumps({"mistakes": [], "agent": config.file.agent, "probes": plan}))
        return FINE
    print(translate("{file} is in order.").format(file=options.config))
    where = f"{'mqtts' if config.tls else 'mqtt'}://{config.address}"
    print(translate("Agent {agent} sends to {where}.").format(agent=config.file.agent, where=where))
    for kind, every_s in plan.items():
        print(translate("{kind}: every {seconds} s").format(kind=kind, seconds=f"{every_s:g}"))
    return FINE


def _probe(options: argparse.Namespace, translate: Translate) -> int:
    kind: str = options.kind
    try:
        settings = load(options.config).probes[kind]
    except InvalidSettingsError as error:
        # A box that is not set up yet can be tried out with what a probe does by itself.
        absent = isinstance(error.__cause__, FileNotFoundError) and options.config == DEFAULT_PATH
        if not absent:
            raise
        settings = check_probes({})[kind]
    readings = asyncio.run(_measure(kind, settings))
    if options.json:
        print(json.dumps([msgspec.to_builtins(each) for each in readings]))
    else:
        for reading in readings:
            _show(reading, translate)
    return FINE if all(each.outcome == "ok" for each in readings) else WRONG


async def _measure(kind: str, settings: Any) -> Sequence[AnyReading]:
    return await all_probes()[kind](settings, _surroundings()).run()


def _surroundings() -> Surroundings:
    return Surroundings(disk=Path("/"), clean_shutdown=None, clock=AgentClock().state)


def _show(reading: AnyReading, translate: Translate) -> None:
    values = msgspec.to_builtins(reading)
    shape = schema.kind(values["kind"])
    title = " ".join(str(values[label.name]) for label in shape.labels) or shape.name
    words = {
        "ok": translate("ok"),
        "failed": translate("failed"),
        "unreachable": translate("unreachable"),
        "broken": translate("could not be measured"),
    }
    print(f"{title}: {words[reading.outcome]}" + (f" ({reading.reason})" if reading.reason else ""))
    for value in shape.values:
        if (shown := values.get(value.name)) is not None:
            text = f"{shown:.2f}" if isinstance(shown, float) else str(shown)
            print(f"  {value.name:24} {text} {value.unit}".rstrip())


def _doctor(options: argparse.Namespace, translate: Translate) -> int:
    findings = asyncio.run(examine(_config_or_none(options), options.config, translate))
    if options.json:
        print(json.dumps([each._asdict() for each in findings], ensure_ascii=False))
    else:
        for each in findings:
            mark = translate("ok") if each.ok else translate("NOT OK")
            print(f"{mark:8} {each.what}" + (f" → {each.mend}" if each.mend else ""))
    return FINE if all(each.ok for each in findings) else WRONG


def _config_or_none(options: argparse.Namespace) -> AgentConfig | InvalidSettingsError:
    try:
        return load(options.config)
    except InvalidSettingsError as error:
        return error


def _tell_mistakes(
    options: argparse.Namespace, translate: Translate, error: InvalidSettingsError
) -> int:
    if options.json:
        found = [each._asdict() for each in error.mistakes]
        print(json.dumps({"file": str(options.config), "mistakes": found}, ensure_ascii=False))
    else:
        headline = translate("{file} can't be used; what is wrong with it:")
        print(headline.format(file=options.config), file=sys.stderr)
        for mistake in error.mistakes:
            print(f"  {mistake}", file=sys.stderr)
    return BAD_CONFIG

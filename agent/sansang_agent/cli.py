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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

import sansang_agent
from sansang_agent.clock import AgentClock
from sansang_agent.config import DEFAULT_PATH, AgentConfig, check_probes, load
from sansang_agent.doctor import examine
from sansang_agent.net.targets import BOTH
from sansang_agent.outbox_file import OutboxUnusableError
from sansang_agent.probes.base import Need, Probe, ProbeSettings, Surroundings, all_probes
from sansang_agent.probes.path import PathSettings
from sansang_agent.probes.throughput import ThroughputProbe
from sansang_agent.schedule import cadence_s
from sansang_agent.showing import lines
from sansang_wire.checking import InvalidSettingsError, check
from sansang_wire.language import Translate, translator, wanted_language

FINE, WRONG, BAD_CONFIG = 0, 1, 78
READINESS = "readiness"
THROUGHPUT = "throughput"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    options = _parser().parse_args(arguments)
    options.lang = options.lang or wanted_language(os.environ)
    translate = translator("sansang_agent", options.lang)
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
    kinds = sorted([*all_probes(), READINESS])
    probe.add_argument("kind", choices=kinds, help="which probe; readiness: all about IPv6")
    probe.add_argument("--target", metavar="HOST", help="for path: measure the way to this system")
    probe.add_argument("--packets", type=int, help="with --target: how many, 1 to 200")
    probe.add_argument(
        "--family", choices=BOTH, help="with --target, or for throughput: through this family alone"
    )
    probe.set_defaults(usage=probe)
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
    plan = {each.kind: cadence_s(each, config.file.profile) for each in _enabled(config.probes)}
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
    family = None if kind == THROUGHPUT else options.family
    is_targeted = (options.target, options.packets, family) != (None, None, None)
    if is_targeted and (kind != "path" or options.target is None):
        options.usage.error("--packets and --family go with --target, which is for the probe path")
    config = _config_if_any(options.config)
    known: Mapping[str, Any] = check_probes({}) if config is None else config.probes
    if kind == READINESS:
        return _readiness(options, known, translate)
    settings = _one_target(options, known[kind]) if is_targeted else known[kind]
    probe = all_probes()[kind](settings, _surroundings(config))
    if isinstance(probe, ThroughputProbe):
        return _throughput(options, probe, translate)
    readings = asyncio.run(probe.run())
    if options.json:
        print(json.dumps([msgspec.to_builtins(each) for each in readings]))
    else:
        print(*lines(kind, readings, translate), sep="\n")
    return FINE if readings and all(each.outcome == "ok" for each in readings) else WRONG


def _readiness(
    options: argparse.Namespace, settings: Mapping[str, Any], translate: Translate
) -> int:
    """FINE when enough could be measured for a score, whatever it is."""
    # Imported here: the agent itself has no use for the texts, and little memory.
    from sansang_agent import readiness  # noqa: PLC0415
    from sansang_wire.readiness import assess  # noqa: PLC0415

    def tell(done: readiness.Done) -> None:
        print(readiness.progress(done, translate), file=sys.stderr, flush=True)

    known = all_probes()
    kinds = [kind for kind in readiness.KINDS if kind in known]
    probes = {kind: known[kind](settings[kind], _surroundings()) for kind in kinds}
    measuring = readiness.measure(probes, readiness.TIME_LIMIT_S, tell)
    found = assess(asyncio.run(measuring), stability=None)
    if options.json:
        print(msgspec.json.encode(found).decode())
    else:
        print(*readiness.lines(found, options.lang, translate), sep="\n")
    return WRONG if found.score is None else FINE


def _throughput(options: argparse.Namespace, probe: ThroughputProbe, translate: Translate) -> int:
    """A test now, shown while it runs."""
    # Imported here: the agent itself has no use for it, and little memory.
    from sansang_agent.showing_speed import Live, lines  # noqa: PLC0415

    in_place = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    live = Live(sys.stderr, options.lang, translate, in_place=in_place)
    readings = asyncio.run(probe.test_now(options.family, None if options.json else live.tell))
    if options.json:
        print(json.dumps([msgspec.to_builtins(each) for each in readings]))
    else:
        print(*lines(readings, options.lang, translate), sep="\n")
    return FINE if all(each.outcome == "ok" for each in readings) else WRONG


def _config_if_any(path: Path) -> AgentConfig | None:
    """None on a box that is not set up yet."""
    try:
        return load(path)
    except InvalidSettingsError as error:
        # A box that is not set up yet can be tried out with what a probe does by itself.
        absent = isinstance(error.__cause__, FileNotFoundError) and path == DEFAULT_PATH
        if not absent:
            raise
        return None


def _one_target(options: argparse.Namespace, settings: PathSettings) -> PathSettings:
    """The settings of `path` for the target of the command line alone."""
    usage: argparse.ArgumentParser = options.usage
    target = {"name": options.target[:64], "host": options.target}
    if options.family:
        target["families"] = [options.family]
    table = {**msgspec.to_builtins(settings), "targets": [target]}
    if options.packets is not None:
        table["packets"] = options.packets
    try:
        return check(table, PathSettings)
    except InvalidSettingsError as error:
        usage.error(str(error))


def _surroundings(config: AgentConfig | None = None) -> Surroundings:
    clock = AgentClock().state
    if config is None:
        return Surroundings(disk=Path("/"), clean_shutdown=None, clock=clock)
    return Surroundings(
        disk=Path(config.file.outbox.path).parent,
        clean_shutdown=None,
        clock=clock,
        agent=config.file.agent,
        profile=config.file.profile,
    )


def _enabled(settings: Mapping[str, ProbeSettings]) -> list[Probe[ProbeSettings]]:
    """The probes that would run."""
    known = all_probes()
    return [known[kind](each, _surroundings()) for kind, each in settings.items() if each.enabled]


def _doctor(options: argparse.Namespace, translate: Translate) -> int:
    config = _config_or_mistakes(options)
    settings = config.probes if isinstance(config, AgentConfig) else check_probes({})
    needs = set[Need]().union(*(each.needs() for each in _enabled(settings)))
    findings = asyncio.run(examine(config, options.config, needs, translate))
    if options.json:
        print(json.dumps([each._asdict() for each in findings], ensure_ascii=False))
    else:
        for each in findings:
            mark = translate("ok") if each.ok else translate("NOT OK")
            print(f"{mark:8} {each.what}" + (f" → {each.mend}" if each.mend else ""))
    return FINE if all(each.ok for each in findings) else WRONG


def _config_or_mistakes(options: argparse.Namespace) -> AgentConfig | InvalidSettingsError:
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

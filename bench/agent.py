# SPDX-License-Identifier: Apache-2.0
"""What the agent costs the box and the line: `python -m bench.agent [--minutes 10]`.

The real `sansang-agent run` with default settings, and beside it one in the metered profile, each
in namespaces of its own: eth0 to an Internet that owns the default targets, eth1 to a real
Mosquitto (TLS, as shipped) and the real collector. So the bytes of measuring (eth0) and of carriage
(eth1) are told apart by the counters of the interfaces, less Ethernet's own: what a carrier counts.
A hello goes every ten minutes: a run of other lengths than whole tens says less of carriage.
"""

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from bench.agent_site import TARGETS, Agent, Box, Used, rss_mib, site
from bench.machine import describe
from sansang_agent.clock import Offset
from sansang_agent.outbox import Outbox
from sansang_agent.probes.base import Profile, all_probes
from sansang_wire.batch import Receipt
from sansang_wire.readings import AnyReading
from tests.lab.netns import NamespacesForbiddenError
from tests.lab.probing import probe_in

MEMORY_MIB, CPU_PCT, DISK_MB_DAY = 40, 1, 100
MONTH_MB = {"default": 600, "metered": 100}
DAY_S, MONTH_D = 86_400, 30
CADENCE_S, SETTLING_S, PROBE_RUNS = 30, 20, 5
ALONE_HERE = {"nat64", "neighbours", "router_advertisement", "traffic"}
"""Kinds that look for what this network has not: a translator, a router that speaks, hosts."""
GATEWAY = {"targets": [{"name": "gateway", "host": "gateway", "scope": "gateway"}]}
ONE_ECHO = {
    "targets": [{"name": "one", "host": TARGETS[0], "scope": "international"}],
    "packets": 1,
}
IMPORTS = """
import json, sys
import sansang_agent.app, sansang_agent.cli
print(json.dumps([name for name in sys.modules if not name.startswith(("sansang", "__main__"))]))
"""
BARE = """
import contextlib, importlib, json, sys
for name in json.loads(sys.argv[1]):
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
print(open("/proc/self/smaps_rollup").read())
"""


class Table:
    """Prints each figure with its bound, and remembers whether all held."""

    def __init__(self) -> None:
        self.holds = True

    def line(self, what: str, value: float, unit: str, bound: float | None = None) -> None:
        verdict = ""
        if bound is not None:
            held = value <= bound
            self.holds &= held
            verdict = f"at most {bound:g}: {'held' if held else 'NOT HELD'}"
        print(f"  {what:58} {value:9,.2f} {unit:10} {verdict}".rstrip())

    def day(self, what: str, bytes_a_day: float, bound: float | None = None) -> None:
        """A line in MB a month, with the day's MB in its name."""
        what = f"{what}: {bytes_a_day / 1e6:.2f} MB a day"
        self.line(what, MONTH_D * bytes_a_day / 1e6, "MB/month", bound)


class Alone(NamedTuple):
    """A probe by itself: bytes and readings of one run."""

    billed: float
    readings: list[AnyReading]


def alone(box: Box, kind: str, settings: dict[str, Any] | None = None) -> Alone:
    """Run a probe a few times; the first only warms it up."""
    with probe_in(box.host, kind, settings) as probe:
        probe.run()
        before = box.billed("eth0")
        runs = [probe.run() for _ in range(PROBE_RUNS)]
        billed = (box.billed("eth0") - before) / PROBE_RUNS
    for reading in runs[-1]:
        if reading.outcome != "ok" and kind not in ALONE_HERE:
            sys.exit(f"{kind}: a target of the bench does not answer: {reading}")
    return Alone(billed, runs[-1])


def every_s(kind: str, profile: Profile) -> float:
    return all_probes()[kind].every_s[profile]


def bare_mib() -> float:
    """A Python that imports what the agent imports, and nothing of the agent."""
    imported = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, check=True)
    command = [sys.executable, "-c", BARE, imported.stdout]
    return rss_mib(subprocess.run(command, capture_output=True, check=True).stdout.decode())


def ping_bytes(box: Box) -> float:
    """What an echo of `ping -s 8` and its answer cost."""
    before = box.billed("eth0")
    box.host.run("ping", "-n", "-c", "5", "-s", "8", TARGETS[0])
    return (box.billed("eth0") - before) / 5


def written_a_day(folder: Path, probes: Mapping[str, Alone]) -> int:
    """Bytes the outbox writes for a day of batches and receipts, one after the other."""
    offset = Offset(us=0, clock="kernel", error_us=0)
    outbox = Outbox(folder / "day.db", agent="day", boot="b", max_bytes=2**26, max_age_s=DAY_S)
    before = psutil.Process().io_counters().write_bytes
    for number in range(DAY_S // CADENCE_S):
        due = [kind for kind in probes if number * CADENCE_S % every_s(kind, "default") == 0]
        outbox.commit([reading for kind in due for reading in probes[kind].readings], offset)
        outbox.take(Receipt(epoch=outbox.epoch, upto=number + 1, time=0))
    written = psutil.Process().io_counters().write_bytes - before
    if not written:
        sys.exit(f"{folder} is in memory: set TMPDIR to a folder on a disk")
    return written


class Watched(NamedTuple):
    """A run: what each agent used in it, and the first one's memory and processor time."""

    used: list[tuple[Used, Used]]
    resident_mib: list[float]
    cpu_pct: list[float]


def watch(agents: Sequence[Agent], minutes: float) -> Watched:
    """Look at memory once a second, at processor time once a cadence."""
    first = agents[0]
    time.sleep(SETTLING_S)  # so that the run begins and ends between two runs of the probes
    begin = [agent.used() for agent in agents]
    resident, marks = [first.resident_mib()], [begin[0]]
    end_at = begin[0].at + 60 * minutes
    while (left := end_at - time.monotonic()) > 0:
        time.sleep(min(1, left))
        resident.append(first.resident_mib())
        if time.monotonic() >= marks[-1].at + CADENCE_S:
            marks.append(first.used())
    end = [agent.used() for agent in agents]
    if len(marks) == 1:
        marks.append(end[0])
    cpu_pct = [100 * (b.cpu_s - a.cpu_s) / (b.at - a.at) for a, b in pairwise(marks)]
    return Watched(list(zip(begin, end, strict=True)), resident, cpu_pct)


def tell_box(table: Table, watched: Watched, disk_a_day: int) -> None:
    """Memory, processor and disk of the agent with default settings."""
    begin, end = watched.used[0]
    seconds, bare = end.at - begin.at, bare_mib()
    print("the box")
    table.line("resident memory, most", max(watched.resident_mib), "MiB", MEMORY_MIB)
    table.line("resident memory, median", statistics.median(watched.resident_mib), "MiB")
    table.line("a bare Python with the same imports", bare, "MiB")
    table.line("the agent's most against it", max(watched.resident_mib) / bare, "times")
    table.line("processor, mean", 100 * (end.cpu_s - begin.cpu_s) / seconds, "% of one", CPU_PCT)
    table.line("processor, median of 30 s", statistics.median(watched.cpu_pct), "% of one")
    written = (end.written - begin.written) * DAY_S / seconds / 1e6
    table.line("disk, as in this run", written, "MB/day", DISK_MB_DAY)
    # A short run sees neither checkpoints nor deletions.
    table.line("disk, a whole day of the outbox", disk_a_day / 1e6, "MB/day", DISK_MB_DAY)


def tell_line(
    table: Table, profile: Profile, used: tuple[Used, Used], probes: Mapping[str, Alone]
) -> None:
    """What a profile costs the line."""
    begin, end = used
    seconds = end.at - begin.at
    print(f"the line, {profile} profile")
    total = expected = 0.0
    for kind, probe in probes.items():
        cadence_s = every_s(kind, profile)
        day = probe.billed * DAY_S / cadence_s
        table.day(f"{kind}, {probe.billed:,.0f} bytes every {cadence_s:g} s", day)
        total += day
        expected += probe.billed * round(seconds / cadence_s)
    carriage = (end.carriage - begin.carriage) * DAY_S / seconds
    table.day("carriage (batches, MQTT, TLS, receipts)", carriage)
    table.day("all", total + carriage, MONTH_MB[profile])
    if expected:
        measured = (end.measuring - begin.measuring) / expected
        table.line("eth0 in this run against the sum of its probes", measured, "times")


def bench(folder: Path, minutes: float) -> bool:
    """Build the networks, measure, print; whether all bounds held."""
    table = Table()
    with site(folder) as boxes, contextlib.ExitStack() as stack:
        enabled = [kind for kind, probe in all_probes().items() if probe.settings_type().enabled]
        probes = {kind: alone(boxes[0], kind) for kind in enabled}
        disk_a_day = written_a_day(folder, probes)
        gateway = alone(boxes[0], "reachability", GATEWAY).billed
        ours, theirs = alone(boxes[0], "reachability", ONE_ECHO).billed, ping_bytes(boxes[0])
        agents = [stack.enter_context(box.agent(folder)) for box in boxes]
        watched = watch(agents, minutes)
        tell_box(table, watched, disk_a_day)
        for agent, used in zip(agents, watched.used, strict=True):
            tell_line(table, agent.box.profile, used, probes)
            runs = DAY_S / every_s("reachability", agent.box.profile)
            table.day("of it to the gateway, free behind a router", gateway * runs)
            table.line("batches kept at the end (the newest stays)", agent.end(), "", 2)
    print("for comparison, in IPv4")
    table.line("an echo of ping -s 8 and its answer", theirs, "bytes")
    table.line("an echo of ours and its answer", ours, "bytes")
    table.line("ours against ping's", ours / theirs, "times")
    return table.holds


def main() -> int:
    """Exit status 1 when a bound did not hold, 2 when the machine can't run this."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("paho-mqtt", "msgspec", "psutil"))
    print(f"{describe()}\n{libraries}; {options.minutes:g} minutes", flush=True)
    try:
        with tempfile.TemporaryDirectory() as name:
            return 0 if bench(Path(name), options.minutes) else 1
    except (NamespacesForbiddenError, pytest.skip.Exception) as error:
        print(f"the bench needs Mosquitto and the right to make namespaces: {error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())

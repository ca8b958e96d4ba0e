# SPDX-License-Identifier: Apache-2.0
"""Our speed test on a line of the lab: the real `sansang speed-server`, the real worker."""

import contextlib
import json
import math
import statistics
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.lab.netns import WITHOUT_CAPABILITIES
from tests.lab.networks import Site
from tests.lab.speed_line import ADDRESS, Family, Way, followed, pinging
from tests.servers import START_S
from tests.waiting import wait_until

PORT = 4443
SETTINGS = """
listen = ["0.0.0.0:{port}", "[::]:{port}"]
open = true
[limits]
turns_per_hour = 3600
max_mbps = {max_mbps}
max_gib_per_test = 1000
max_gib_per_day = 1000000
"""
TLS = """
[tls]
certificate = "{0}"
key = "{0}"
"""


class Progress(NamedTuple):
    """What the worker told of a phase on its way: when, and its processor time by then."""

    at: float
    cpu_s: float
    payload_bytes: int


class Test(NamedTuple):
    """What a run of the worker said, and what it cost."""

    __test__ = False

    phases: dict[str, dict[str, Any]]
    """Values of `ThroughputReading`, by phase."""
    used_bytes: int
    progress: dict[str, list[Progress]]
    ended: dict[str, float]
    """When each phase told its values, as time.time()."""
    peak_mib: float

    def cpu_s_per_gbit(self, phase: str) -> float:
        """Of the transfer, without the worker's start; infinite where it hardly came to run."""
        first, last = (self.progress[phase][each] for each in (0, -1))
        gigabits = (last.payload_bytes - first.payload_bytes) * 8e-9
        return (last.cpu_s - first.cpu_s) / gigabits if gigabits else math.inf


@contextlib.contextmanager
def serving(
    here: Site,
    folder: Path,
    *,
    certificate: Path | None = None,
    processor: int | None = None,
    max_mbps: int = 100_000,
    before: tuple[str, ...] = (),
) -> Generator[None]:
    """The server, with TLS if it gets a certificate with its key, bound to a processor if given.

    `before` are words before its command.
    """
    settings = folder / "speed.toml"
    text = SETTINGS.format(port=PORT, max_mbps=max_mbps)
    settings.write_text(text + (TLS.format(certificate) if certificate else ""))
    log = folder / "speed.log"
    bound = () if processor is None else ("taskset", "--cpu-list", str(processor))
    program = str(Path(sys.executable).with_name("sansang"))
    command = (*before, *bound, program, "speed-server", "--config", str(settings))
    with here.server.start("sh", "-c", 'exec "$@" 2>"$0"', str(log), *command) as process:
        try:
            wait_until(
                lambda: process.poll() is not None or _listeners(here) == 2,
                "the measuring server listens",
                START_S,
            )
            assert process.poll() is None, log.read_text()
            yield
        finally:
            process.kill()


def _listeners(here: Site) -> int:
    return here.server.run("ss", "-Hltn", f"sport = :{PORT}").count("\n")


def measure(
    here: Site,
    family: Family,
    phases: Sequence[str] = ("idle", "download", "upload"),
    *,
    streams: int = 1,
    duration_s: float = 10,
    ca_file: Path | None = None,
    before: tuple[str, ...] = (),
    **asked: Any,
) -> Test:
    """Run the worker on the box, without any privilege; `before` are words before its command.

    Other values of its request are put in place of the usual ones.
    """
    server: dict[str, Any] = {"name": "lab", "host": ADDRESS[family], "port": PORT}
    server |= {"tls": ca_file is not None, "ca_file": ca_file and str(ca_file)}
    server |= {"token": None, "turns": True, "dated": False}
    request: dict[str, Any] = {"server": server, "agent": "lab", "interface": "eth0"}
    request |= {"address": ADDRESS[family], "family": family, "phases": phases}
    request |= {"streams": streams, "duration_s": duration_s, "byte_cap": 10**11}
    request |= {"is_router": False, "rtt_every_ms": 100} | asked
    worker = (sys.executable, "-m", "sansang_agent.workers.speed")
    command = (*before, *WITHOUT_CAPABILITIES, *worker)
    lines = followed(here.box, *command, text=json.dumps(request) + "\n")
    values: dict[str, dict[str, Any]] = {}
    progress: dict[str, list[Progress]] = {}
    ended: dict[str, float] = {}
    used_bytes = 0
    for line in lines:
        match json.loads(line.text):
            case {"progress": {"phase": phase, "payload_bytes": size}}:
                progress.setdefault(phase, []).append(Progress(line.at, line.cpu_s, size))
            case {"phase": found}:
                values[found["phase"]] = found
                ended[found["phase"]] = line.at
            case {"done": {"used_bytes": used_bytes}}:
                pass
            case _:
                pass
    return Test(values, used_bytes, progress, ended, max(line.peak_mib for line in lines))


def growth_ms(here: Site, way: Way, duration_s: float) -> tuple[float, float]:
    """By how much the median round trip grew under load: as we saw it, as ping(8) did meanwhile."""
    with pinging(here, way.family) as end:
        phases = ("idle", way.direction)
        test = measure(here, way.family, phases, streams=way.streams, duration_s=duration_s)
        trips = end()
    values = test.phases[way.direction]
    begin, finish = test.progress[way.direction][0].at, test.ended[way.direction]
    loaded = statistics.median(trip.ms for trip in trips if begin <= trip.at <= finish)
    idle = statistics.median(trip.ms for trip in trips if trip.at <= test.ended["idle"])
    return values["loaded_rtt_ms"] - values["idle_rtt_ms"], loaded - idle

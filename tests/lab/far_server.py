# SPDX-License-Identifier: Apache-2.0
"""Our speed test beside iperf3 on lines that are long or lose packets, inside the virtual machine,
whose kernel has netem and whose time stands still while it computes: no line is too fast for it.

`python -m tests.lab.far_server` tells of some lines, with `RATE_MBPS RTT_MS LOSS_PCT RUNS` of that
line by both families, with one stream and with several.
"""

import itertools
import math
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.lab import speed_line, speed_worker
from tests.lab.netns import Lab
from tests.lab.networks import Site
from tests.lab.speed_line import DIRECTIONS, Direction, Family, Way
from tests.lab.vm import FOLDER, tell

SECONDS, OMIT_S = 10, 2
ONE, SEVERAL = 1, 4
"""Streams."""
SOME_RUNS = 5
"""Of lines with losses: each run meets others. Where there are none, one is like the next."""
OFF, LONG_OFF, LOSSY_OFF = 0.03, 0.05, 0.15
"""Shares; the second with one stream on a long line, the last of so few runs: with losses single
runs of iperf3 alone differ by a quarter."""
LONG_MS = 80


class Cell(NamedTuple):
    """A line, and how it is measured."""

    rate_mbps: int
    rtt_ms: int
    loss_pct: float
    family: Family
    streams: int
    runs: int = 1


SOME_CELLS = (
    Cell(10, 2, 0, "ipv4", ONE),
    Cell(10, 80, 0, "ipv6", ONE),
    Cell(50, 2, 0, "ipv6", SEVERAL),
    Cell(50, 80, 0, "ipv4", ONE),
    Cell(10, 20, 1, "ipv4", SEVERAL, SOME_RUNS),
)
"""Those of which one run is like the next: one stream with losses is for the bench."""


def cells(rate_mbps: str, rtt_ms: str, loss_pct: str, runs: str) -> list[Cell]:
    """All of a line."""
    return [
        Cell(int(rate_mbps), int(rtt_ms), float(loss_pct), family, streams, int(runs))
        for family, streams in itertools.product(speed_line.ADDRESS, (ONE, SEVERAL))
    ]


class Seen(NamedTuple):
    """The mean of some runs, in Mbit/s, and its standard error; with one run nobody knows it."""

    mean: float
    error: float

    def __str__(self) -> str:
        return f"{self.mean:.2f}{f' ± {self.error:.2f}' if self.error else ''}"


def seen(told: Mapping[str, Any]) -> tuple[Seen, Seen]:
    """What the worker and what iperf3 had of a line one way."""
    ours = [each["rate_mbps"] for each in told["ours"]]
    return _seen(ours), _seen(told["iperf3"])


def _seen(values: Sequence[float]) -> Seen:
    error = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0
    return Seen(statistics.mean(values), error)


def most_off(told: Mapping[str, Any]) -> float:
    """The share by which the two may differ."""
    if told["loss_pct"] and told["runs"] <= SOME_RUNS:
        return LOSSY_OFF
    return LONG_OFF if told["rtt_ms"] >= LONG_MS and told["streams"] == ONE else OFF


def play(here: Site, cell: Cell) -> None:
    """Tell what both say of both directions, in turns."""
    speed_line.shape_far(here, cell.rate_mbps, cell.rtt_ms, cell.loss_pct)
    ours: dict[Direction, list[object]] = {direction: [] for direction in DIRECTIONS}
    reference: dict[Direction, list[float]] = {direction: [] for direction in DIRECTIONS}
    for _ in range(cell.runs):
        test = speed_worker.measure(here, cell.family, streams=cell.streams, duration_s=SECONDS)
        for direction in DIRECTIONS:
            ours[direction].append(test.phases[direction])
            way = Way(cell.family, direction, cell.streams)
            reference[direction].append(speed_line.iperf3(here, way, SECONDS, omit_s=OMIT_S).mbps)
    for direction in DIRECTIONS:
        told = {"direction": direction, "ours": ours[direction], "iperf3": reference[direction]}
        tell(cell._asdict() | told)


def main(wanted: Iterable[Cell]) -> None:
    with Lab() as lab:
        here = speed_line.line(lab)
        speed_line.send_frames(here)
        with speed_worker.serving(here, FOLDER):
            for cell in wanted:
                play(here, cell)


if __name__ == "__main__":
    main(cells(*sys.argv[1:]) if sys.argv[1:] else SOME_CELLS)

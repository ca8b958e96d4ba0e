# SPDX-License-Identifier: Apache-2.0
"""How true a speed test is, and what it costs: `python -m bench.speed` (half an hour).

The real worker and the real `sansang speed-server`, each on a host of its own (namespaces), a
shaped router between them; iperf3 over the same line in the same run, in turns with ours, so that
what else the machine does meets both. A figure is the median of its repeats. Exit status 1 when a
bound did not hold; what this machine can't carry is told, and bounds nothing.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, get_args

import trustme

from bench.machine import describe
from tests.lab import speed_line, speed_worker
from tests.lab.netns import Lab
from tests.lab.networks import SERVER4, Site
from tests.lab.speed_line import DIRECTIONS, Direction, Family, Reference, Way
from tests.lab.speed_worker import Test

RATES_MBPS = (10, 70, 150, 300, 940)
STREAMS = (1, 4)
FAMILIES: tuple[Family, ...] = get_args(Family)
OMIT_S = 2
CARRIED = 0.97
"""Of what the line has for payload, by iperf3: below that the machine was the limit, not the line.
"""
RATE_OFF, BYTES_OFF, DELAY_OFF = 0.03, 0.02, 0.10
CPU_TIMES, PLAIN_GBPS, PEAK_MIB = 1.5, 5, 40
BYTES_MBPS = 50
"""Without segmentation offload two cores carry hardly more than 300 Mbit/s."""
BUFFER_MS, BUFFER_STREAMS = 100, 4
"""One CUBIC stream alone lets its queue fall to seven tenths whenever it is full."""
CLIENT, SERVER = 0, 1
"""Processors, where there is no line."""


class Bounds:
    """Prints each verdict, and remembers whether all held."""

    def __init__(self) -> None:
        self.held = True

    def say(self, what: str, *, holds: bool) -> None:
        self.held &= holds
        print(f"{what}  {'holds' if holds else 'DOES NOT HOLD'}", flush=True)


class Pair(NamedTuple):
    """What one way had in one repeat."""

    ours: Test
    reference: Reference


def in_turns(
    here: Site, family: Family, streams: int, seconds: int, repeats: int
) -> dict[Direction, list[Pair]]:
    """Both directions by ours, then each by iperf3, and again."""
    found: dict[Direction, list[Pair]] = {direction: [] for direction in DIRECTIONS}
    for _ in range(repeats):
        ours = speed_worker.measure(here, family, streams=streams, duration_s=seconds)
        for direction, pairs in found.items():
            way = Way(family, direction, streams)
            pairs.append(Pair(ours, speed_line.iperf3(here, way, seconds, omit_s=OMIT_S)))
    return found


def rates(here: Site, bounds: Bounds, rates_mbps: Sequence[float], seconds: int, n: int) -> None:
    """The table: our rate against iperf3's, per line, family, direction and number of streams."""
    print(
        f"\n{'line':>5} {'family':6} {'direction':9} {'streams':>7} {'ours':>8} {'iperf3':>8}"
        f" {'ratio':>6} {'limited_by':10} {'busiest core':>12}"
    )
    for rate in rates_mbps:
        speed_line.shape(here, rate)
        for family in FAMILIES:
            for streams in STREAMS:
                for direction, pairs in in_turns(here, family, streams, seconds, n).items():
                    _row(bounds, rate, Way(family, direction, streams), pairs)


def _row(bounds: Bounds, rate: float, way: Way, pairs: list[Pair]) -> None:
    values = [pair.ours.phases[way.direction] for pair in pairs]
    ours = statistics.median(each.get("rate_mbps", 0) for each in values)
    reference = statistics.median(pair.reference.mbps for pair in pairs)
    limits = ",".join(sorted({each.get("limited_by", "unknown") for each in values}))
    core = statistics.median(each.get("busiest_core_pct", 0) for each in values)
    row = (
        f"{rate:5} {way.family:6} {way.direction:9} {way.streams:7} {ours:8.2f} {reference:8.2f}"
        f" {ours / reference:6.3f} {limits:10} {core:10.0f} %"
    )
    if reference < CARRIED * rate * speed_line.PAYLOAD[way.family]:
        print(f"{row}  not measured: iperf3 alone does not fill this line here", flush=True)
    else:
        bounds.say(row, holds=abs(ours / reference - 1) <= RATE_OFF)


def used(here: Site, bounds: Bounds, seconds: int) -> None:
    """`used_bytes` of the worker against the counters of the box's interface."""
    print(f"\nused_bytes against the interface's counters, {BYTES_MBPS} Mbit/s")
    speed_line.shape(here, BYTES_MBPS)
    speed_line.send_frames(here)
    for family in FAMILIES:
        for direction in DIRECTIONS:
            before = speed_line.carried(here.box)
            ours = speed_worker.measure(here, family, [direction], duration_s=seconds)
            ratio = ours.used_bytes / (speed_line.carried(here.box) - before)
            bounds.say(f"{family:6} {direction:9} {ratio:6.4f}", holds=abs(ratio - 1) <= BYTES_OFF)


def loaded(here: Site, bounds: Bounds, seconds: int) -> None:
    """The growth of the round trip under load against ping's in the same seconds."""
    print(f"\ngrowth of the median round trip, {BUFFER_MS} ms of buffer: ours, ping's")
    for rate in (20, 100):
        speed_line.shape(here, rate, BUFFER_MS)
        for family in FAMILIES:
            for direction in DIRECTIONS:
                way = Way(family, direction, BUFFER_STREAMS)
                ours, ping = speed_worker.growth_ms(here, way, seconds)
                full = ping >= (1 - DELAY_OFF) * BUFFER_MS
                off = [ours / ping - 1, ours / BUFFER_MS - 1 if full else 0]
                bounds.say(
                    f"{rate:5} {family:6} {direction:9} {ours:7.1f} ms {ping:7.1f} ms"
                    f"{'' if full else '  (the buffer was not full all the time)'}",
                    holds=max(map(abs, off)) <= DELAY_OFF,
                )


def unshaped(here: Site, folder: Path, bounds: Bounds, seconds: int, repeats: int) -> None:
    """What the worker costs on one processor where nothing but the machine is the limit."""
    print(
        f"\nno line between, worker on one processor, IPv4\n{'':5} {'direction':9} {'streams':>7}"
        f" {'ours':>11} {'iperf3':>11} {'CPU-s/Gbit':>10} {'iperf3':>7} {'ratio':>5} {'start':>6}"
        f" {'peak':>8}"
    )
    authority = trustme.CA()
    ca_file, certificate = folder / "ca.crt", folder / "server.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    issued = authority.issue_cert(SERVER4)
    issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
    certificate.chmod(0o600)
    with speed_worker.serving(here, folder, processor=SERVER):
        for streams in STREAMS:
            for direction in DIRECTIONS:
                way = Way("ipv4", direction, streams)
                _cost_row(bounds, way, costs(here, way, seconds, repeats, None))
    with speed_worker.serving(here, folder, certificate=certificate, processor=SERVER):
        for direction in DIRECTIONS:
            way = Way("ipv4", direction, 1)
            _cost_row(None, way, costs(here, way, seconds, repeats, ca_file))


def costs(here: Site, way: Way, seconds: int, repeats: int, ca_file: Path | None) -> list[Pair]:
    """One direction in turns, each program's client and server on a processor of its own."""
    bound = ("taskset", "--cpu-list", str(CLIENT))
    return [
        Pair(
            speed_worker.measure(
                here,
                way.family,
                [way.direction],
                streams=way.streams,
                duration_s=seconds,
                ca_file=ca_file,
                before=bound,
            ),
            speed_line.iperf3(here, way, seconds, processors=(CLIENT, SERVER)),
        )
        for _ in range(repeats)
    ]


def _cost_row(bounds: Bounds | None, way: Way, pairs: list[Pair]) -> None:
    """The best of the repeats, for others' work only makes it dearer. Without bounds it is TLS, for
    which iperf3 has nothing to say.
    """
    gbps = max(pair.ours.phases[way.direction]["rate_mbps"] for pair in pairs) / 1000
    ours = min(pair.ours.cpu_s_per_gbit(way.direction) for pair in pairs)
    reference = min(pair.reference.cpu_s_per_gbit for pair in pairs)
    start_s = min(pair.ours.progress[way.direction][0].cpu_s for pair in pairs)
    peak = max(pair.ours.peak_mib for pair in pairs)
    row = (
        f"{'plain' if bounds else 'TLS':5} {way.direction:9} {way.streams:7} {gbps:6.1f} Gb/s"
        f" {max(pair.reference.mbps for pair in pairs) / 1000:6.1f} Gb/s"
        f" {ours:10.3f} {reference:7.3f} {ours / reference:5.2f} {start_s:4.1f} s {peak:4.0f} MiB"
    )
    if bounds is None:
        print(f"{row}  no bound", flush=True)
    else:
        well = ours <= CPU_TIMES * reference and gbps >= PLAIN_GBPS and peak <= PEAK_MIB
        bounds.say(row, holds=well)


def main() -> int:
    """Print the tables; exit status 1 when a bound did not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=5, help="of each test, at most")
    parser.add_argument("--repeats", type=int, default=3, help="of each line of the tables")
    parser.add_argument("--rates", type=float, nargs="*", default=RATES_MBPS, metavar="MBPS")
    options = parser.parse_args()
    seconds: int = options.seconds
    repeats: int = options.repeats
    bounds = Bounds()
    print(describe())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        unshaped(speed_line.line(stack.enter_context(Lab())), folder, bounds, seconds, repeats)
        here = speed_line.line(stack.enter_context(Lab()))
        stack.enter_context(speed_worker.serving(here, folder))
        rates(here, bounds, options.rates, seconds, repeats)
        loaded(here, bounds, seconds)
        used(here, bounds, seconds)
    return 0 if bounds.held else 1


if __name__ == "__main__":
    sys.exit(main())

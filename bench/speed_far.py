# SPDX-License-Identifier: Apache-2.0
"""How true a speed test is on long and lossy lines: `python -m bench.speed_far`.

As `bench.speed`, in the virtual machine of the labs, whose kernel has netem; its time stands still
while it computes, so that no line is too fast for it. A figure is the mean of its runs with its
standard error where there are several, for losses come by chance: a bound holds when no more than
two standard errors lie between it and the ratio. Exit status 1 when one did not.
"""

import math
import sys
from typing import Any

from bench.machine import describe
from tests.lab.far_server import most_off, seen
from tests.lab.vm import run_inside

RATES_MBPS = (10, 50, 150)
FAR = ((2, 0), (20, 0), (80, 0), (20, 1))
"""Round trip in ms, loss in % each way."""
LOSSY_RUNS = 40
PATIENCE_S = 3600


def row(told: dict[str, Any]) -> tuple[str, bool]:
    """A line of the table, and whether its bound held."""
    ours, reference = seen(told)
    ratio = ours.mean / reference.mean
    error = ratio * math.hypot(ours.error / ours.mean, reference.error / reference.mean)
    holds = abs(ratio - 1) <= most_off(told) + 2 * error
    line = f"{told['rate_mbps']:5} {told['rtt_ms']:3} ms {told['loss_pct']:3.0f} %"
    way = f"{told['family']:6} {told['direction']:9} {told['streams']:7}"
    verdict = "holds" if holds else "DOES NOT HOLD"
    by_chance = f" ± {error:.3f}" if error else ""
    return f"{line}  {way}  {ours!s:15} {reference!s:15} {ratio:6.3f}{by_chance}  {verdict}", holds


def main() -> int:
    print(describe())
    print(
        f"\n{'line':>5} {'RTT':>6} {'loss':>4}  {'family':6} {'direction':9} {'streams':>7}"
        f"  {'ours':15} {'iperf3':15} {'ratio':>6}"
    )
    held = True
    for rate_mbps in RATES_MBPS:
        for far in FAR:
            _, loss_pct = far
            words = map(str, (rate_mbps, *far, LOSSY_RUNS if loss_pct else 1))
            for told in run_inside(
                "tests.lab.far_server", *words, patience_s=PATIENCE_S, own_time=True
            ):
                line, holds = row(told)
                print(line, flush=True)
                held &= holds
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

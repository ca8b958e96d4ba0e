# SPDX-License-Identifier: Apache-2.0
"""How true a speed test is on long and lossy lines: `python -m bench.speed_far`.

As `bench.speed`, in the virtual machine of the labs, whose kernel has netem; its time stands still
while it computes, so that no line is too fast for it. A figure is the median of its runs, with the
least and the most where there are several. Exit status 1 when a bound did not hold.
"""

import sys
from typing import Any

from bench.machine import describe
from tests.lab.far_server import most_off, seen
from tests.lab.vm import run_inside

RATES_MBPS = (10, 50, 150)
FAR = ((2, 0), (20, 0), (80, 0), (20, 1))
"""Round trip in ms, loss in % each way."""
PATIENCE_S = 3600


def row(told: dict[str, Any]) -> tuple[str, bool]:
    """A line of the table, and whether its bound held."""
    ours, reference = seen(told)
    holds = abs(ours.median / reference.median - 1) <= most_off(told)
    line = f"{told['rate_mbps']:5} {told['rtt_ms']:3} ms {told['loss_pct']:3.0f} %"
    way = f"{told['family']:6} {told['direction']:9} {told['streams']:7}"
    verdict = "holds" if holds else "DOES NOT HOLD"
    ratio = ours.median / reference.median
    return f"{line}  {way}  {ours!s:22} {reference!s:22} {ratio:6.3f}  {verdict}", holds


def main() -> int:
    print(describe())
    print(
        f"\n{'line':>5} {'RTT':>6} {'loss':>4}  {'family':6} {'direction':9} {'streams':>7}"
        f"  {'ours':22} {'iperf3':22} {'ratio':>6}"
    )
    held = True
    for rate_mbps in RATES_MBPS:
        for far in FAR:
            words = map(str, (rate_mbps, *far))
            for told in run_inside(
                "tests.lab.far_server", *words, patience_s=PATIENCE_S, own_time=True
            ):
                line, holds = row(told)
                print(line, flush=True)
                held &= holds
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

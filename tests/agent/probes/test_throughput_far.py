# SPDX-License-Identifier: Apache-2.0
"""The real worker and the real measuring server on long and lossy lines, in the virtual machine:
they say what iperf3 says. `python -m bench.speed_far` asks the same of more lines.
"""

from typing import Any

import pytest

from tests.lab.far_server import SOME_CELLS, most_off, seen


@pytest.mark.lab
@pytest.mark.story("speed")
@pytest.mark.timeout(900)
def test_rates_on_long_and_lossy_lines_are_those_of_iperf3(told: list[Any]) -> None:
    """Within 3 %, 5 % with one stream at 80 ms; with random losses nearly, by few runs."""
    assert len(told) == 2 * len(SOME_CELLS)
    for each in told:
        ours, reference = seen(each)
        assert ours.mean == pytest.approx(reference.mean, rel=most_off(each)), each

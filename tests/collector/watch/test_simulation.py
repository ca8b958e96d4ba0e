# SPDX-License-Identifier: Apache-2.0
"""What the ledger of a simulated commune is worth; `make soak` asks the same of a year."""

import pytest

from tests.collector.watch.simulation import simulate


@pytest.mark.timeout(400)
def test_a_month_of_sixty_houses() -> None:
    """Causes are right, nothing is missed or made up, availability is true to a hundredth of a
    percentage point.
    """
    found = simulate(30)
    assert found.reckoning.noticeable > 400, str(found)
    assert found.reckoning.right_pct >= 99, str(found)
    assert (found.reckoning.missed, found.reckoning.false) == ([], []), str(found)
    assert max(found.apart_pct)[0] <= 0.01, str(found)

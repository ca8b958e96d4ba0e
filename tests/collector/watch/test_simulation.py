# SPDX-License-Identifier: Apache-2.0
"""What the ledger of a simulated commune is worth; `make soak` asks of a month and of a year."""

from tests.collector.watch.simulation import simulate


def test_a_week_of_sixty_houses() -> None:
    """Causes are right, nothing is missed or made up, availability is true to four hundredths of a
    percentage point: of a week each moment weighs four times what it does of a month.
    """
    found = simulate(7)
    assert found.reckoning.noticeable > 80, str(found)
    assert found.reckoning.right_pct >= 99, str(found)
    assert (found.reckoning.missed, found.reckoning.false) == ([], []), str(found)
    assert max(found.apart_pct)[0] <= 0.04, str(found)

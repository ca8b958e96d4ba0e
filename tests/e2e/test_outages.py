# SPDX-License-Identifier: Apache-2.0
"""Real faults of a real network are found by their causes, dated, and told once."""

import pytest

from tests.e2e.outages import FAULTS, S, play_all
from tests.lab.netns import require_namespaces

SLOT_S = 30


@pytest.mark.lab
def test_a_power_cut_and_a_cut_line_are_found_dated_and_told_once() -> None:
    """By their own causes, within one slot of the truth; one message each by mail and webhook when
    they begin and when they end. `make soak` plays the other faults, too.
    """
    require_namespaces()
    faults = FAULTS[:2]
    for fault, found in zip(faults, play_all(faults), strict=True):
        assert (found.service, found.cause) == (fault.service, fault.cause), found
        assert abs(found.said_start - found.start) <= SLOT_S * S, found
        assert abs(found.said_end - found.end) <= SLOT_S * S, found
        marks = sorted(f"{text.partition(':')[0]} {'⚠' in text}" for text in found.messages)
        assert marks == ["mail False", "mail True", "webhook False", "webhook True"], found

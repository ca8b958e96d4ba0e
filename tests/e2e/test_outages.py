# SPDX-License-Identifier: Apache-2.0
"""Real faults of a real network are found by their causes, dated, and told once."""

import pytest

from tests.e2e.outages import FAULTS, S, play_all
from tests.lab.netns import require_namespaces

SLOT_S = 30


@pytest.mark.lab
def test_each_fault_is_found_dated_and_told_once() -> None:
    """By its own cause, within one slot of the truth; one message each by mail and webhook when it
    begins and when it ends.
    """
    require_namespaces()
    for fault, found in zip(FAULTS, play_all(), strict=True):
        assert (found.service, found.cause) == (fault.service, fault.cause), found
        assert abs(found.said_start - found.start) <= SLOT_S * S, found
        assert abs(found.said_end - found.end) <= SLOT_S * S, found
        marks = sorted(f"{text.partition(':')[0]} {'⚠' in text}" for text in found.messages)
        assert marks == ["mail False", "mail True", "webhook False", "webhook True"], found

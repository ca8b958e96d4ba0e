# SPDX-License-Identifier: Apache-2.0
"""Every number of an epoch is received, still out, or lost: never two of these, never none."""

from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.numbers import RANGES_IN_RECEIPT, EpochNumbers
from sansang_wire.batch import EpochClaim

EPOCH = "0" * 16


@given(st.sets(st.integers(1, 40)), st.integers(1, 45), st.integers(0, 45))
def test_counts_add_up_to_all_that_was_numbered(received: set[int], first: int, more: int) -> None:
    """Received + outstanding + lost = all numbers the agent gave out, whatever arrived."""
    numbers = EpochNumbers(EPOCH)
    for seq in received:
        assert numbers.receive(seq, 1, at=0)
    following = max(first, max(received, default=0) + 1) + more
    numbers.claim(EpochClaim(epoch=EPOCH, first=first, next=following))
    assert numbers.received.count + numbers.outstanding + numbers.lost == following - 1
    assert numbers.lost == len(set(range(1, first)) - received)


def test_a_number_below_first_that_never_came_is_lost_and_does_not_stop_receipts() -> None:
    """1 to 4 were given up: the receipt goes on from there."""
    numbers = EpochNumbers(EPOCH)
    numbers.receive(5, first=5, at=0)
    numbers.receive(6, first=5, at=0)
    assert (numbers.lost, numbers.outstanding) == (4, 0)
    assert numbers.receipt(0).upto == 6


def test_the_newest_batch_is_receipted_before_the_backlog() -> None:
    """9 arrived while 1 to 8 are still out: upto stays, 9 is named apart."""
    numbers = EpochNumbers(EPOCH)
    numbers.receive(9, first=1, at=0)
    assert numbers.receipt(0).upto == 0
    assert numbers.receipt(0).also == [(9, 9)]
    assert numbers.outstanding == 8


def test_a_batch_sent_twice_is_received_once() -> None:
    """The second time is told from the first."""
    numbers = EpochNumbers(EPOCH)
    assert numbers.receive(1, first=1, at=0)
    assert not numbers.receive(1, first=1, at=1)
    assert numbers.received.count == 1


def test_an_epoch_the_agent_does_not_know_has_no_number_still_out() -> None:
    """The outbox was wiped or set back: what is missing will never come, and is counted as lost."""
    numbers = EpochNumbers(EPOCH)
    numbers.receive(2, first=1, at=0)
    numbers.receive(7, first=1, at=0)
    numbers.disown()
    assert (numbers.outstanding, numbers.lost) == (0, 5)


def test_an_outbox_set_back_to_an_older_copy_holds_nothing_beyond_its_copy() -> None:
    """7 and 9 came before the copy was put back; the copy ends at 5: 6 and 8 are gone."""
    numbers = EpochNumbers(EPOCH)
    for seq in (1, 2, 3, 7, 9):
        numbers.receive(seq, first=1, at=0)
    numbers.claim(EpochClaim(epoch=EPOCH, first=4, next=6))
    assert (numbers.outstanding, numbers.lost) == (2, 2)


def test_what_was_counted_as_lost_and_comes_after_all_is_no_longer_lost() -> None:
    """A clone disowned the epoch; the other box still had the number."""
    numbers = EpochNumbers(EPOCH)
    numbers.receive(3, first=1, at=0)
    numbers.disown()
    assert numbers.lost == 2
    numbers.claim(EpochClaim(epoch=EPOCH, first=1, next=4))
    numbers.receive(1, first=1, at=0)
    assert (numbers.lost, numbers.outstanding) == (0, 1)


def test_a_receipt_names_the_newest_runs_when_there_are_too_many() -> None:
    """At most 16 ranges: the live ones count most."""
    numbers = EpochNumbers(EPOCH)
    for seq in range(2, 100, 2):
        numbers.receive(seq, first=1, at=0)
    receipt = numbers.receipt(0)
    assert len(receipt.also) == RANGES_IN_RECEIPT
    assert receipt.also[-1] == (98, 98)

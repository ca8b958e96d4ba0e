# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of sequence numbers: what of an epoch is here, still out, or given up. Pure."""

from dataclasses import dataclass, field

from sansang_wire.batch import Epoch, EpochClaim, Receipt
from sansang_wire.ranges import Ranges

RANGES_IN_RECEIPT = 16


@dataclass(slots=True)
class EpochNumbers:
    """The numbers of one epoch, from what was received and what the agent claims to hold.

    The agent holds nothing below `first` and nothing from `next` on. Whatever was given up follows
    from that and is never kept: a claim that is corrected corrects the count.
    """

    epoch: Epoch
    first: int = 1
    next: int = 1
    received: Ranges = field(default_factory=Ranges)
    last_received: int | None = None
    declared: bool = False
    """A hello has named it as the current one."""

    def receive(self, seq: int, first: int, at: int) -> bool:
        """Take a batch in, received `at` (µs); False when it was here already."""
        self.first = first
        self.next = max(self.next, seq + 1)
        self.last_received = at
        if seq in self.received:
            return False
        self.received.add(seq)
        return True

    def claim(self, claim: EpochClaim) -> None:
        """Believe what a hello says of this epoch."""
        self.first, self.next = claim.first, claim.next

    def disown(self) -> bool:
        """The agent does not know this epoch: it holds nothing of it. Whether that is new."""
        before = self.first, self.next
        end = max(self.next, (self.received.last or 0) + 1)
        self.first = self.next = end
        return before != (end, end)

    @property
    def lost(self) -> int:
        """How many were given up before they got here."""
        below = self.first - 1 - self.received.count_within(1, self.first - 1)
        last = self.received.last or 0
        above = max(0, last + 1 - self.next) - self.received.count_within(self.next, last)
        return below + above

    @property
    def outstanding(self) -> int:
        """How many the agent still holds."""
        held = self.received.count_within(self.first, self.next - 1)
        return max(0, self.next - self.first) - held

    def receipt(self, time: int, echo: int | None = None) -> Receipt:
        """What to tell the agent now; `time` is the collector's (µs)."""
        upto = max(self.first - 1, self.received.end_of_run(self.first))
        also = [pair for pair in self.received if pair[0] > upto]
        return Receipt(
            epoch=self.epoch, upto=upto, time=time, also=also[-RANGES_IN_RECEIPT:], echo=echo
        )

# SPDX-License-Identifier: Apache-2.0
"""What the record has of one agent: its counts, its last hello and the numbers of its epochs."""

from dataclasses import dataclass, field

from sansang_collector.numbers import EpochNumbers
from sansang_wire.batch import Hello

DAY_US = 86_400 * 1_000_000
FORGET_AFTER_US = 35 * DAY_US
"""An epoch that its agent does not hold any more is folded into one number after this."""
UNCLAIMED_AT_MOST = 256
"""And so are the oldest of them when an agent makes more; a box that restarts for ever does."""
HIGHEST_COUNT = 2**62


@dataclass(slots=True)
class AgentRecord:
    """What is known of one agent. Times are µs since the Unix epoch."""

    agent: str
    batches: int = 0
    readings: int = 0
    duplicates: int = 0
    undated: int = 0
    last_seen: int | None = None
    last_reading: int | None = None
    cloned_at: int | None = None
    lost_before: int = 0
    """Given up, in epochs that are forgotten."""
    hello: Hello | None = None
    epochs: dict[str, EpochNumbers] = field(default_factory=dict[str, EpochNumbers])
    rejected: dict[str, int] = field(default_factory=dict[str, int])

    def epoch(self, name: str) -> EpochNumbers:
        """The numbers of this epoch, begun when it is new."""
        if name not in self.epochs:
            self.epochs[name] = EpochNumbers(name)
        return self.epochs[name]

    def greet(self, hello: Hello, now: int, *, live: bool = True) -> set[str]:
        """Take in a hello: whose box this is, and what it holds of each epoch.

        Every start makes a new epoch; one that comes back after another was declared means that
        two boxes answer to this id. A hello that the broker had kept (not `live`) says nothing
        of now. Returns the names of the epochs that it changed.
        """
        current = self.hello.epoch if self.hello is not None else None
        changed = {hello.epoch}
        if live:
            self.last_seen = now
            if current != hello.epoch and self.epoch(hello.epoch).declared:
                self.cloned_at = now
        self.epoch(hello.epoch).declared = True
        claims = {claim.epoch: claim for claim in hello.epochs}
        for claim in claims.values():
            self.epoch(claim.epoch).claim(claim)
        for name, numbers in self.epochs.items():
            if name not in claims and numbers.disown():
                changed.add(name)
        self.hello = hello
        return changed | set(claims)

    def forget(self, now: int) -> list[str]:
        """Let go of epochs that are over, except for what was lost of them; returns their names."""
        held = {claim.epoch for claim in self.hello.epochs} if self.hello else set[str]()
        if self.hello is not None:
            held.add(self.hello.epoch)
        over = [each for name, each in self.epochs.items() if name not in held]
        over.sort(key=lambda each: each.last_received or 0)
        surplus = max(0, len(over) - UNCLAIMED_AT_MOST)
        gone = over[:surplus] + [
            each
            for each in over[surplus:]
            if each.last_received is not None and each.last_received < now - FORGET_AFTER_US
        ]
        for numbers in gone:
            numbers.disown()
            self.lost_before = min(self.lost_before + numbers.lost, HIGHEST_COUNT)
            del self.epochs[numbers.epoch]
        return [numbers.epoch for numbers in gone]

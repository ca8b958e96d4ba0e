# SPDX-License-Identifier: Apache-2.0
"""What really happened in a campaign, read from the boxes' own files, to hold the collector to."""

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

SEQ_BITS = 40

Number = tuple[str, int]
"""An epoch and a sequence number in it: unique in a whole campaign."""


@dataclass
class Truth:
    """Numbers by what became of them. All numbers of an epoch up to its last were assigned."""

    assigned: dict[str, dict[str, int]] = field(
        default_factory=lambda: defaultdict[str, dict[str, int]](dict)
    )
    """By agent: each epoch and its last number."""
    given_up: set[Number] = field(default_factory=set[Number])
    """Evicted from a full outbox, or in an outbox that was destroyed."""
    forgotten: set[Number] = field(default_factory=set[Number])
    """Received by a collector that was set back to an older state afterwards."""

    def read_outbox(self, agent: str, path: Path) -> set[Number]:
        """Take note of the epochs in the outbox of a stopped box; returns what waits in it."""
        held: set[Number] = set()
        known = self.assigned[agent]
        connection = sqlite3.connect(path)
        try:
            names = dict(connection.execute("SELECT id, name FROM epoch").fetchall())
            for row, name, following in connection.execute("SELECT id, name, next FROM epoch"):
                base = row << SEQ_BITS
                (last,) = connection.execute(
                    "SELECT max(number) FROM batch WHERE number >= ? AND number < ?",
                    (base, base + (1 << SEQ_BITS)),
                ).fetchone()
                newest = max((following or 1) - 1, (last or base) - base)
                if newest:
                    known[name] = max(known.get(name, 0), newest)
            for (number,) in connection.execute("SELECT number FROM batch"):
                held.add((names[number >> SEQ_BITS], number & (1 << SEQ_BITS) - 1))
        finally:
            connection.close()
        evicted = path.with_suffix(".evicted")
        if evicted.exists():
            for line in evicted.read_text().splitlines():
                name, number = line.split()
                self.given_up.add((name, int(number)))
        return held

    def destroyed(self, agent: str, path: Path) -> None:
        """The outbox of a stopped box is about to be destroyed with all that waits in it."""
        self.given_up |= self.read_outbox(agent, path)

    def all_numbers(self, agent: str) -> set[Number]:
        """Every number this agent gave out."""
        return {
            (epoch, number)
            for epoch, last in self.assigned[agent].items()
            for number in range(1, last + 1)
        }

# SPDX-License-Identifier: Apache-2.0
"""How often a box changed its uplink, and how long the last change left it without one."""

from collections.abc import Collection


class Failover:
    """Of one address family, seen through the runs of a probe: as exact as they are frequent."""

    def __init__(self) -> None:
        self.changes = 0
        self.lasted_s: float | None = None
        """From the last success over the old uplink to the first over the new one; None until
        there was such a change, and until the new one is alive."""
        self._preferred: str | None = None
        self._alive_at: int | None = None
        self._left_at: int | None = None

    def observe(self, at: int, preferred: str | None, alive: Collection[str]) -> None:
        """`at` is CLOCK_BOOTTIME in µs; without any uplink `preferred` is None."""
        if preferred is None:
            return
        if self._preferred not in {None, preferred}:
            self.changes += 1
            self.lasted_s, self._left_at = None, self._alive_at
        self._preferred = preferred
        if preferred not in alive:
            return
        if self._left_at is not None:
            self.lasted_s = round((at - self._left_at) / 1e6, 1)
            self._left_at = None
        self._alive_at = at

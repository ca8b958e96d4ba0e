# SPDX-License-Identifier: Apache-2.0
"""A rate that no test exceeds, kept by a bucket of 10 ms: the line sees no bursts to speak of."""

import threading
import time
from collections.abc import Callable

BUCKET_S = 0.010
WAIT_S = BUCKET_S / 4
"""Until there is enough to be worth a call to the kernel."""


class Pace:
    """Shared by the connections of a turn. Bytes are taken before they are carried."""

    def __init__(self, mbps: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._bytes_per_s = mbps * 1e6 / 8
        self._clock = clock
        self._left = 0.0
        self._at = clock()
        self._lock = threading.Lock()

    def take(self, wanted: int) -> int:
        """How many of `wanted` may be carried now; none: ask again after WAIT_S."""
        with self._lock:
            now = self._clock()
            full = self._bytes_per_s * BUCKET_S
            self._left = min(full, self._left + (now - self._at) * self._bytes_per_s)
            self._at = now
            if self._left < min(wanted, full / 4):
                return 0
            granted = min(wanted, int(self._left))
            self._left -= granted
            return granted

    def give_back(self, unused: int) -> None:
        """What was taken and not carried."""
        with self._lock:
            self._left += unused

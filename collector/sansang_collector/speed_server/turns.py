# SPDX-License-Identifier: Apache-2.0
"""Who tests now: turns, which end by themselves, and how many of them one may have in an hour."""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sansang_collector.speed_server.pace import Pace
from sansang_collector.speed_server.settings import LimitsSection
from sansang_wire.ndt7 import Wait

log = logging.getLogger(__name__)

HOUR_S = 3600
ASK_AGAIN_S = 3.0
"""A turn may be given back early: who waits asks again after that at the latest."""
REMEMBERED = 100_000
"""Turns of the last hour; where there were more, the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One that was granted. `ends_at` is of the clock that `Turns` was given."""

    name: str
    owner: str
    """Token or address that asked for it."""
    agent: str
    ends_at: float
    pace: Pace


class Turns:
    """All that is granted now."""

    def __init__(self, limits: LimitsSection, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, Turn] = {}
        self._past: deque[tuple[float, str]] = deque(maxlen=REMEMBERED)

    def ask(self, owner: str, agent: str, seconds: float) -> Turn | Wait:
        """A turn of at most so long, or how long to wait."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            if (too_often := self._too_often(owner, now)) is not None:
                return too_often
            if len(self._held) >= self._limits.turns_at_once:
                first = min(turn.ends_at for turn in self._held.values())
                return Wait(wait_s=min(first - now, ASK_AGAIN_S))
            turn = Turn(
                secrets.token_urlsafe(16), owner, agent, now + seconds, Pace(self._limits.max_mbps)
            )
            self._held[turn.name] = turn
            self._past.append((now, owner))
        log.info("%s has its turn, for %.0f s at most", agent, seconds)
        return turn

    def held(self, name: str) -> Turn | None:
        """The turn of this name, unless it has ended."""
        with self._lock:
            self._forget(self._clock())
            return self._held.get(name)

    def give_back(self, name: str, owner: str) -> bool:
        """Whether there was such a turn of this owner."""
        with self._lock:
            turn = self._held.get(name)
            if turn is None or turn.owner != owner:
                return False
            del self._held[name]
        log.info("%s gave its turn back", turn.agent)
        return True

    def count(self) -> int:
        """How many have a turn now."""
        with self._lock:
            self._forget(self._clock())
            return len(self._held)

    def _forget(self, now: float) -> None:
        for turn in [turn for turn in self._held.values() if turn.ends_at <= now]:
            del self._held[turn.name]
            log.info("the turn of %s has ended by itself", turn.agent)
        while self._past and self._past[0][0] <= now - HOUR_S:
            self._past.popleft()

    def _too_often(self, owner: str, now: float) -> Wait | None:
        own = [at for at, whose in self._past if whose == owner]
        if len(own) < self._limits.turns_per_hour:
            return None
        until = own[-self._limits.turns_per_hour] + HOUR_S
        return Wait(wait_s=until - now, reason="too_often")

# SPDX-License-Identifier: Apache-2.0
"""Something that is made once for all who ask for it at about the same time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")
SHARE_OF_TIME = 5
"""Making it may take one part in so many of a thread's time: what takes long lasts longer."""


class _Kept(NamedTuple, Generic[Made]):
    what: Made
    until: float


class Shared(Generic[Key, Made]):
    """Makes each key's thing when it is asked for and the one there is older than `fresh_s`."""

    def __init__(self, make: Callable[[Key], Awaitable[Made]], fresh_s: float) -> None:
        self._make = make
        self._fresh_s = fresh_s
        self._kept: dict[Key, _Kept[Made]] = {}
        self._making: dict[Key, asyncio.Task[Made]] = {}
        self._changes = 0

    async def get(self, key: Key) -> Made:
        """Raises what making it raises; the next who asks tries again."""
        kept = self._kept.get(key)
        if kept is not None and time.monotonic() < kept.until:
            return kept.what
        if key not in self._making:
            self._making[key] = asyncio.create_task(self._make_and_keep(key))
        # One who goes away must not take it from the others.
        return await asyncio.shield(self._making[key])

    def forget(self) -> None:
        """What it is made of has changed: whoever asks next gets it made anew."""
        self._changes += 1
        self._kept.clear()
        self._making.clear()

    async def _make_and_keep(self, key: Key) -> Made:
        begun, changes = time.monotonic(), self._changes
        try:
            made = await self._make(key)
        finally:
            if changes == self._changes:
                del self._making[key]
        if changes != self._changes:
            return made
        now = time.monotonic()
        lasts_s = max(self._fresh_s, (SHARE_OF_TIME - 1) * (now - begun))
        self._kept = {each: kept for each, kept in self._kept.items() if now < kept.until}
        self._kept[key] = _Kept(made, now + lasts_s)
        return made

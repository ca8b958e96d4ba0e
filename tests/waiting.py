# SPDX-License-Identifier: Apache-2.0
"""Waiting for what another process or task will do, instead of sleeping and hoping."""

import asyncio
import time
from collections.abc import Callable

STEP_S = 0.01


def wait_until(condition: Callable[[], object], what: str, within_s: float = 10) -> None:
    """Return as soon as `condition()` is true; fail with `what` when it never is."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s} s: {what}"
        time.sleep(STEP_S)


async def until(condition: Callable[[], object], what: str, within_s: float = 10) -> None:
    """The same for the event loop."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s} s: {what}"
        await asyncio.sleep(STEP_S)

# SPDX-License-Identifier: Apache-2.0
"""Work that is done again and again beside what comes in, and must not end the collector."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from sansang_collector.record import RecordUnavailableError
from sansang_collector.store.base import StoreUnavailableError

log = logging.getLogger(__name__)


async def repeated(every_s: float, step: Callable[[int], Awaitable[None]], fault: str) -> None:
    """`step`, given the time (µs), for ever; that the record or the store takes nothing is told
    elsewhere, a mistake of ours is logged as `fault`.
    """
    while True:
        await asyncio.sleep(every_s)
        try:
            await step(time.time_ns() // 1000)
        except (RecordUnavailableError, StoreUnavailableError):
            continue
        except Exception:
            log.exception(fault)

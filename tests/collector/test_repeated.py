# SPDX-License-Identifier: Apache-2.0
"""Work that goes on beside what comes in, whatever happens to it."""

import asyncio
import logging

import pytest

from sansang_collector.record import RecordUnavailableError
from sansang_collector.repeated import repeated
from sansang_collector.store.base import StoreUnavailableError


async def test_no_fault_ends_it(caplog: pytest.LogCaptureFixture) -> None:
    """A full disk is told elsewhere; a mistake of ours is logged with its place."""
    faults = [RecordUnavailableError("full"), StoreUnavailableError("away"), KeyError("ours")]
    well = asyncio.Event()

    async def step(now: int) -> None:
        assert now > 0
        if faults:
            raise faults.pop(0)
        well.set()

    with caplog.at_level(logging.ERROR):
        task = asyncio.create_task(repeated(0, step, "it can't be told"))
        async with asyncio.timeout(10):
            await well.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    [logged] = caplog.records
    assert logged.message == "it can't be told"
    assert logged.exc_info is not None
    assert isinstance(logged.exc_info[1], KeyError)

# SPDX-License-Identifier: Apache-2.0
"""Is it me? The collector's own way out: while that is gone, nobody is called silent.

A connection to any of a few addresses is enough. A line that never worked since the start is no
line to lose: a collector may stand where there is no Internet at all.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from sansang_collector.config import Address

EVERY_S = 15
TIMEOUT_S = 3


class OwnLine:
    """Run it with `run`; `lost` says whether the line worked and does not any more."""

    def __init__(self, targets: Sequence[Address]) -> None:
        self._targets = targets
        self._worked = False
        self.lost = False

    async def run(self) -> None:
        """Look for ever, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Look once."""
        answers = await asyncio.gather(*(_answers(each) for each in self._targets))
        self._worked |= any(answers)
        self.lost = self._worked and not any(answers)


async def _answers(target: Address) -> bool:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(TIMEOUT_S):
            _, writer = await asyncio.open_connection(target.host, target.port)
        writer.close()
        return True
    return False

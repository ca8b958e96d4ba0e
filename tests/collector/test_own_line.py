# SPDX-License-Identifier: Apache-2.0
"""Is it me? The collector's own way out."""

import asyncio

from sansang_collector.config import Address
from sansang_collector.own_line import OwnLine
from tests.servers import free_port


async def test_a_line_that_worked_and_does_not_any_more_is_lost() -> None:
    """One address that answers is enough; it is found again when it works again."""
    port = free_port()
    line = OwnLine([Address("127.0.0.1", port), Address("127.0.0.1", free_port())])
    await line.look()
    assert not line.lost, "a line that never worked is none to lose"
    for _ in range(2):
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
        await line.look()
        assert not line.lost
        server.close()
        await server.wait_closed()
        await line.look()
        assert line.lost

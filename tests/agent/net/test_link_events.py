# SPDX-License-Identifier: Apache-2.0
"""The kernel says by itself that an interface changed."""

import sys

from tests.lab.netns import WITHOUT_CAPABILITIES, Lab

LISTEN = """
import asyncio
from sansang_agent.net.link_events import link_events
async def main():
    print("ready", flush=True)
    async for _ in link_events():
        print("changed", flush=True)
asyncio.run(main())
"""


def test_each_change_of_a_cable_is_told_without_privilege(lab: Lab) -> None:
    """Once for a burst: it comes in several messages."""
    box, other = lab.host("box"), lab.host("other")
    lab.cable(box, "eth0", other, "eth0")
    box.up("eth0")
    with box.serving(*WITHOUT_CAPABILITIES, sys.executable, "-c", LISTEN) as listener:
        assert listener.stdout is not None
        for change in (other.up, other.down, other.up):
            change("eth0")
            assert listener.stdout.readline() == "changed\n"

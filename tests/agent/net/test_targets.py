# SPDX-License-Identifier: Apache-2.0
"""Where a target is, where the kernel or the settings make that hard to say."""

from typing import Any

from tests.lab.netns import Host, Lab
from tests.lab.networks import ROUTER4, site

LOCATE = """
import asyncio, json, os, resource
from sansang_agent.net.targets import locate

async def main():
    free = os.dup(0)
    os.close(free)
    if WITHOUT_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, free))
    found = await locate("gateway", "ipv4")
    return [found.address and str(found.address), found.reason]

print(json.dumps(asyncio.run(main())))
"""


def gateway(box: Host, *, without_files: bool) -> Any:
    """Address and reason."""
    return box.python(f"WITHOUT_FILES = {without_files}\n{LOCATE}")


def test_kernel_that_would_not_say_is_not_a_missing_route(lab: Lab) -> None:
    """Or a box short of files would look like a cut line."""
    box = site(lab).box
    assert gateway(box, without_files=False) == [ROUTER4, None]
    assert gateway(box, without_files=True) == [None, "no_netlink"]

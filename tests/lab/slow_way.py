# SPDX-License-Identifier: Apache-2.0
"""A line on which every packet is late: `python -m tests.lab.slow_way NEAR FAR DELAY_MS`.

Makes two interfaces; what is sent into NEAR comes out of FAR so much later, and back at once. The
kernels that we test on have no netem.
"""

import contextlib
import fcntl
import heapq
import os
import select
import struct
import sys
import time
from collections.abc import Generator

from tests.lab.netns import Host
from tests.lab.tunnel import IFF_NO_PI, IFF_TUN, LARGEST_BYTES, TUNSETIFF

NEAR, FAR = "near", "far"


@contextlib.contextmanager
def slow_way(router: Host, server: Host, there: str, back: str, delay_ms: int) -> Generator[None]:
    """From the router to the server's address `there`; to the network `back` it is as fast as ever.

    Both are named as routes are.
    """
    with router.serving(sys.executable, "-m", __name__, NEAR, FAR, str(delay_ms)):
        router.run("ip", "link", "set", FAR, "netns", str(server.holder.pid))
        router.up(NEAR)
        server.up(FAR)
        router.route(f"{there} dev {NEAR}")
        server.route(f"{back} dev {FAR}")
        yield


def _tun(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def main(near_name: str, far_name: str, delay_ms: str) -> None:
    near, far = _tun(near_name), _tun(far_name)
    delay_s = int(delay_ms) / 1000
    waiting: list[tuple[float, bytes]] = []
    os.write(1, b"ready\n")
    while True:
        patience_s = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        ready = select.select([near, far], [], [], patience_s)[0]
        if near in ready:
            heapq.heappush(waiting, (time.monotonic() + delay_s, os.read(near, LARGEST_BYTES)))
        if far in ready:
            os.write(near, os.read(far, LARGEST_BYTES))
        while waiting and waiting[0][0] <= time.monotonic():
            os.write(far, heapq.heappop(waiting)[1])


if __name__ == "__main__":
    main(*sys.argv[1:])

# SPDX-License-Identifier: Apache-2.0
"""Traffic of others: `python -m tests.lab.noise MBPS` sends datagrams to the box at this rate.

Full frames, counted as tbf and an interface count them, and whether they arrive or not.
"""

import socket
import sys
import time

from tests.lab.networks import BOX4

PAYLOAD_BYTES, FRAME_BYTES = 1472, 1514
DISCARD = 9


def main() -> None:
    every_s = 8 * FRAME_BYTES / (float(sys.argv[1]) * 1e6)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        due_s = time.monotonic()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            sock.sendto(bytes(PAYLOAD_BYTES), (BOX4, DISCARD))
            due_s += every_s
            time.sleep(max(0, due_s - time.monotonic()))


if __name__ == "__main__":
    main()

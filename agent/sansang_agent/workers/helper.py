# SPDX-License-Identifier: Apache-2.0
"""Runs a worker for the agent, which has no rights itself: `sansang-agent-helper`.

systemd starts it for one connection (`Accept=yes`), which is its standard input and output: a line
with the worker's name, then the worker's request. No other program is ever run, and the worker
checks its request itself.
"""

import os
import sys

WORKERS = {"ipv6_only", "link_offers", "router_advertisement", "wifi_journey", "wifi_scan"}
MOST_NAME_BYTES = 64


def main() -> None:
    """Become the worker that the first line names."""
    name = _line().decode(errors="replace")
    if name not in WORKERS:
        sys.exit(f"sansang-agent-helper: there is no worker {name!r}")
    os.execv(sys.executable, [sys.executable, "-m", f"sansang_agent.workers.{name}"])  # noqa: S606 - the shell would be one more


def _line() -> bytes:
    """Byte for byte: what follows is the worker's."""
    line = b""
    while len(line) < MOST_NAME_BYTES and (byte := os.read(0, 1)) not in {b"", b"\n"}:
        line += byte
    return line


if __name__ == "__main__":
    main()

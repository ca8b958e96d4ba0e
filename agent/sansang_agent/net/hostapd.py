# SPDX-License-Identifier: Apache-2.0
"""What hostapd says of itself, where the agent may ask it.

Source: control interface of hostapd(8), wpa_ctrl.h: a command in a datagram, its answer in another.
Usually only root and one group may ask.
"""

import asyncio
import socket
from pathlib import Path

FOLDER = Path("/var/run/hostapd")
"""Of Debian's configuration and of OpenWrt's."""
ANSWERS_WITHIN_S = 1


async def hostapd_state(interface: str, folder: Path = FOLDER) -> str | None:
    """`ENABLED`, `DFS`, `DISABLED`...; None when it does not run, may not be asked or is silent."""
    try:
        status = await _ask(folder / interface, b"STATUS")
    except OSError:
        return None
    told = dict(line.split("=", 1) for line in status.splitlines() if "=" in line)
    return told.get("state", "")[:128] or None


async def _ask(path: Path, command: bytes) -> str:
    """Raises OSError, TimeoutError among them."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        # An address that the kernel picks and that is no file (unix(7), autobind): a folder of the
        # agent's own would not be hostapd's to write to, since the service has its own /tmp.
        sock.bind("")
        sock.connect(str(path))
        sock.send(command)
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            return (await loop.sock_recv(sock, 4096)).decode(errors="replace")

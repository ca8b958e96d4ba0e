# SPDX-License-Identifier: Apache-2.0
"""A radio that nobody uses, held by one worker at a time."""

import contextlib
import socket
import time
from collections.abc import Generator, Iterable

from sansang_agent.net import nl80211
from sansang_agent.net.nl80211 import Radio

FREE_WITHIN_S = 30
"""Another worker may have taken it into a network of its own meanwhile."""


class NoSpareRadioError(Exception):
    """There is none, or it is in use."""


@contextlib.contextmanager
def held(interface: str | None) -> Generator[Radio]:
    """The radio of this name, or the first that stands idle; others wait until the block ends.

    Raises NoSpareRadioError, OSError.
    """
    deadline = time.monotonic() + FREE_WITHIN_S
    while (radios := nl80211.radios()) is not None:
        for radio in spare(radios):
            lock = _lock(radio.name) if interface in {None, radio.name} else None
            if lock is not None:
                with lock:
                    yield radio
                return
        if time.monotonic() > deadline:
            what = interface or "no wireless interface"
            raise NoSpareRadioError(f"{what} is not there, or is in use")
        time.sleep(0.2)
    raise NoSpareRadioError("the kernel has no nl80211")


def spare(radios: Iterable[Radio]) -> list[Radio]:
    """Those that are nobody's: no access point, not connected, and the whole device neither."""
    radios = list(radios)
    used = {each.wiphy for each in radios if each.role != "station" or each.ssid}
    return [each for each in radios if each.wiphy not in used]


def _lock(name: str) -> socket.socket | None:
    """An address of unix(7) without a file: it is free again when its holder ends, however."""
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        lock.bind(f"\0sansang-radio-{name}")
    except OSError:
        lock.close()
        return None
    return lock

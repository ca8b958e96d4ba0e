# SPDX-License-Identifier: Apache-2.0
"""Stories of a guest in a house's Wi-Fi, inside the virtual machine: `python -m
tests.lab.wifi_guests STORY …` plays them and tells what was read, and how long that took.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from sansang_agent.probes.wifi_journey import WifiJourneyProbe, WifiJourneySettings
from sansang_agent.probes.wifi_scan import WifiScanProbe, WifiScanSettings
from tests.lab import wifi_town as lab
from tests.lab.probing import SURROUNDINGS
from tests.lab.vm import FOLDER, tell


class Box:
    """The agent's probes on a box with spare radios."""

    def __init__(self, ca_file: Path) -> None:
        self._ca_file = str(ca_file)
        self._passphrase = FOLDER / "passphrase"
        self._passphrase.touch(0o600)
        self._passphrase.write_text(f"{lab.PASSPHRASE}\n")

    def journey(self, what: str, **settings: Any) -> None:
        """Send a guest, and tell what was read of it."""
        defaults = {
            "ssids": [lab.SSID],
            "interface": lab.GUEST,
            "passphrase_file": str(self._passphrase),
            "internet": lab.INTERNET,
            "ca_file": self._ca_file,
        }
        probe = WifiJourneyProbe(WifiJourneySettings(**(defaults | settings)), SURROUNDINGS)
        begun = time.monotonic()
        [reading] = asyncio.run(probe.run())
        took_s = time.monotonic() - begun
        tell({"what": what, "took_s": took_s, "reading": msgspec.to_builtins(reading)})

    def scan(self, what: str, **settings: Any) -> None:
        """Listen, and tell what was read of it."""
        probe = WifiScanProbe(
            WifiScanSettings(ssids=[lab.SSID], interface=lab.GUEST, **settings), SURROUNDINGS
        )
        begun = time.monotonic()
        [reading] = asyncio.run(probe.run())
        took_s = time.monotonic() - begun
        tell({"what": what, "took_s": took_s, "reading": msgspec.to_builtins(reading)})


def healthy(box: Box) -> None:
    with lab.access_point(), lab.router():
        box.journey("healthy", second_interface=lab.SECOND)


STORIES: dict[str, Callable[[Box], None]] = {"healthy": healthy}


def main(names: list[str]) -> None:
    with lab.town() as ca_file:
        box = Box(ca_file)
        for name in names:
            STORIES[name](box)


if __name__ == "__main__":
    main(sys.argv[1:])

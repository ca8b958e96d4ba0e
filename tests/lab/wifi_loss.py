# SPDX-License-Identifier: Apache-2.0
"""A healthy, loaded access point whose air loses every fifth frame, inside the virtual machine:
`python -m tests.lab.wifi_loss SECONDS` looks at it all the time and tells how often it seemed off.
"""

import asyncio
import collections
import contextlib
import subprocess
import sys
import time
from collections.abc import Generator
from typing import Any

import msgspec

from sansang_agent.probes.radio import RadioProbe, RadioSettings
from sansang_agent.probes.wifi import WifiProbe, WifiSettings
from sansang_agent.probes.wifi_scan import WifiScanProbe, WifiScanSettings
from tests.lab import wifi_town as lab
from tests.lab.inside import PATIENCE_S, inside, run, simulate, started
from tests.lab.probing import SURROUNDINGS
from tests.lab.vm import FOLDER, tell
from tests.waiting import wait_until

LOSS_PCT = 20
RADIOS = 3
EVERY_S = 1.0
STATION4 = "192.168.7.9"


@contextlib.contextmanager
def lossy_air() -> Generator[None]:
    command = (sys.executable, "-m", "tests.lab.lossy_air", str(RADIOS), str(LOSS_PCT))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as air:
        try:
            assert air.stdout is not None
            assert air.stdout.readline() == b"ready\n"
            yield
        finally:
            air.kill()


@contextlib.contextmanager
def load() -> Generator[None]:
    """A guest in a namespace of its own, and packets to it without end."""
    config = FOLDER / "guest.conf"
    config.write_text(f'network={{\n ssid="{lab.SSID}"\n key_mgmt=NONE\n scan_freq=2437\n}}\n')
    run("ip", "netns", "add", "guest")
    run("iw", "phy", "phy1", "set", "netns", "name", "guest")
    command = ("wpa_supplicant", "-D", "nl80211", "-i", lab.GUEST, "-c", str(config))
    with started(*inside("guest", *command)):
        wait_until(lambda: "[AUTHORIZED]" in lab.hostapd("all_sta"), "the guest", PATIENCE_S)
        run("ip", "-n", "guest", "addr", "add", f"{STATION4}/24", "dev", lab.GUEST)
        with started("ping", "-q", "-i", "0.05", "-s", "1000", STATION4):
            yield


async def look(seconds: float) -> dict[str, Any]:
    """Both witnesses side by side: the box's own radio, and one that listens."""
    wifi = WifiProbe(WifiSettings(ssids=[lab.SSID], access_point=True), SURROUNDINGS)
    scan = WifiScanProbe(WifiScanSettings(ssids=[lab.SSID], interface=lab.SECOND), SURROUNDINGS)
    radio = RadioProbe(RadioSettings(), SURROUNDINGS)
    await radio.run()
    until = time.monotonic() + seconds
    seen: collections.Counter[str] = collections.Counter()

    async def repeat(probe: WifiProbe | WifiScanProbe) -> None:
        while time.monotonic() < until:
            [reading] = await probe.run()
            seen[f"{probe.kind}: {reading.reason or reading.outcome}"] += 1
            await asyncio.sleep(EVERY_S)

    await asyncio.gather(repeat(wifi), repeat(scan))
    [point, *_] = msgspec.to_builtins(list(await radio.run()))
    return {"seen": dict(seen), "radio": point}


def main(seconds: float) -> None:
    """Radios, air, access point, guest; then look."""
    simulate(RADIOS)
    for command in ("add br-lan type bridge", "set br-lan up"):
        run("ip", "link", *command.split())
    run("ip", "addr", "add", f"{lab.ROUTER4}/24", "dev", "br-lan")
    with lossy_air(), lab.access_point("open"), load():
        tell(asyncio.run(look(seconds)))
        tell({"iw": run("iw", "dev", lab.POINT, "station", "dump")})


if __name__ == "__main__":
    main(float(sys.argv[1]))

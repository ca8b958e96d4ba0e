# SPDX-License-Identifier: Apache-2.0
"""A box that is the access point, inside the virtual machine: the real agent sends to a real broker
while its Wi-Fi dies in every way. `python -m tests.lab.wifi_faults` tells, fault by fault, what
came over the broker and how many seconds after it.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from sansang_wire.batch import encode
from sansang_wire.readings import WifiReading
from tests.agent.collector import FakeCollector, collecting
from tests.agent.running import RunningAgent, all_off_but, write_config
from tests.lab import wifi_town as lab
from tests.lab.inside import run, simulate, started
from tests.lab.leaks import found_below, found_in
from tests.lab.vm import FOLDER, tell
from tests.servers import Mosquitto
from tests.waiting import until

EVERY_S = 10
PATIENCE_S = 90
RESTARTS = 5
GUESTS = [f"wlan{number}" for number in range(2, 12)]
RADAR = "country_code=US\nieee80211d=1\nieee80211h=1\n"


class Listener:
    """What the collector hears of the Wi-Fi."""

    def __init__(self, collector: FakeCollector) -> None:
        self._collector = collector

    @property
    def readings(self) -> list[WifiReading]:
        return [
            each
            for batch in self._collector.batches
            for each in batch.readings
            if isinstance(each, WifiReading)
        ]

    async def after(
        self, what: str, act: Callable[[], object], expected: Callable[[WifiReading], object]
    ) -> None:
        """Tell how long after the act a reading as expected came, and what came before it."""
        heard = len(self.readings)
        act()
        begun = time.monotonic()
        await until(lambda: any(map(expected, self.readings[heard:])), what, PATIENCE_S)
        took_s = time.monotonic() - begun
        readings = msgspec.to_builtins(self.readings[heard:])
        tell({"what": what, "took_s": took_s, "readings": readings})


def is_on_air(reading: WifiReading) -> bool:
    return reading.on_air is True


def is_off(reading: WifiReading) -> bool:
    return reading.on_air is False and reading.reason in {"not_on_air", "interface_down"}


async def faults(listener: Listener) -> None:
    """One after the other; each access point stays until it is killed or the next begins."""
    with lab.access_point() as point:
        await listener.after("on air", lambda: None, is_on_air)
        await listener.after("kill -9 hostapd", point.kill, is_off)
    with lab.access_point() as point:
        await listener.after("started again", lambda: None, is_on_air)
        await listener.after("hostapd_cli disable", lambda: lab.hostapd("disable"), is_off)
        await listener.after("hostapd_cli enable", lambda: lab.hostapd("enable"), is_on_air)
        switch = "chan_switch 5 2462"
        await listener.after(
            "channel change", lambda: lab.hostapd(switch), lambda each: each.channel == 11
        )
        await listener.after("rfkill block", lambda: block(blocked=True), is_off)
        block(blocked=False)
    for number in range(RESTARTS):
        with lab.access_point() as point:
            await listener.after(f"restart {number + 1}", lambda: None, is_on_air)
            await listener.after(f"death {number + 1}", point.kill, is_off)


async def radar(listener: Listener) -> None:
    """A channel where radar has to be listened for first."""
    run("iw", "reg", "set", "US")
    with lab.access_point(channel=52, more=RADAR, band="a", until=lambda: True):
        await listener.after("radar channel", lambda: None, lambda each: each.reason == "starting")
        await listener.after("radar channel is free", lambda: None, is_on_air)


async def crowd(listener: Listener) -> None:
    """Ten devices come and go."""
    config = FOLDER / "guests.conf"
    config.write_text(f'network={{\n ssid="{lab.SSID}"\n key_mgmt=NONE\n scan_freq=2437\n}}\n')
    each = [option for name in GUESTS for option in ("-N", "-i", name, "-c", str(config))][1:]
    with lab.access_point("open"):
        await listener.after("on air again", lambda: None, is_on_air)
        with started("wpa_supplicant", "-D", "nl80211", *each) as guests:
            await listener.after(
                "10 stations join", lambda: None, lambda each: each.stations == len(GUESTS)
            )
            tell({"what": "hostapd_cli", "stations": lab.hostapd("status")})
            guests.terminate()
            await listener.after("10 stations leave", lambda: None, lambda each: each.stations == 0)


def block(*, blocked: bool) -> None:
    """As `rfkill` does, on the access point's radio."""
    [switch] = Path(f"/sys/class/net/{lab.POINT}/phy80211").resolve().glob("rfkill*")
    (switch / "soft").write_text(str(int(blocked)))


def leaks(collector: FakeCollector) -> list[str]:
    """Hardware addresses of devices, in what was sent, and in what the agent wrote to its disk."""
    addresses = [lab.address(name) for name in GUESTS]
    sent = b"".join(encode(each) for each in collector.arrivals)
    return found_in(sent, addresses) + found_below(FOLDER / "agent", addresses)


async def play() -> None:
    """All of it."""
    folder = FOLDER / "agent"
    folder.mkdir()
    settings = f"{{ssids = ['{lab.SSID}'], access_point = true, every_s = {EVERY_S}}}"
    wifi = f"[probes]\nwifi = {settings}\n"
    with Mosquitto(FOLDER / "broker") as broker:
        config = write_config(folder, broker.url, wifi + all_off_but("wifi"))
        async with collecting(broker.port) as collector:
            with RunningAgent(config) as agent:
                listener = Listener(collector)
                await listener.after("no access point", lambda: None, is_off)
                for story in (faults, crowd, radar):
                    await story(listener)
            tell({"what": "leaks", "found": leaks(collector), "log": agent.log})


def main() -> None:
    """Radios and a bridge, then the stories."""
    simulate(radios=2 + len(GUESTS))
    run("ip", "link", "add", "br-lan", "type", "bridge")
    asyncio.run(play())


if __name__ == "__main__":
    main()

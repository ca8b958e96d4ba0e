# SPDX-License-Identifier: Apache-2.0
"""A house with a Wi-Fi, inside the virtual machine: hostapd on one simulated radio, a guest on the
other. `python -m tests.lab.wifi_house STORY` plays a story and tells what was seen.
"""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any

import msgspec

from sansang_agent.net import netlink, nl80211
from sansang_agent.probes.base import Probe
from sansang_agent.probes.radio import RadioProbe, RadioSettings
from sansang_agent.probes.wifi import WifiProbe, WifiSettings
from sansang_wire.readings import AnyReading
from tests.lab.probing import SURROUNDINGS
from tests.lab.vm import FOLDER, tell

SSID = "NVH thôn Đông"
POINT, GUEST = "wlan0", "wlan1"
PATIENCE_S = 60
HOSTAPD = f"""
interface={POINT}
driver=nl80211
ssid2="{SSID}"
utf8_ssid=1
hw_mode=g
channel=6
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase=a-passphrase
ctrl_interface={FOLDER}/hostapd
"""
SUPPLICANT = f"""
network={{
    ssid="{SSID}"
    psk="a-passphrase"
    scan_freq=2437
}}
"""


class House:
    """The radios, and what runs on them."""

    def __init__(self) -> None:
        _run("modprobe", "mac80211_hwsim", "radios=2")
        _run("ip", "link", "set", "lo", "up")
        (FOLDER / "hostapd.conf").write_text(HOSTAPD)
        (FOLDER / "guest.conf").write_text(SUPPLICANT)

    @contextlib.contextmanager
    def access_point(self) -> Generator["subprocess.Popen[bytes]"]:
        """hostapd, beaconing, until it is killed at the end of the block."""
        with _started("hostapd", str(FOLDER / "hostapd.conf")) as point:
            _until(lambda: "state=ENABLED" in _hostapd("status"), "the access point")
            yield point

    @contextlib.contextmanager
    def guest(self) -> Generator[None]:
        """Someone connects."""
        guest = str(FOLDER / "guest.conf")
        with _started("wpa_supplicant", "-D", "nl80211", "-i", GUEST, "-c", guest):
            _until(lambda: "flags=[AUTH][ASSOC][AUTHORIZED]" in _hostapd("all_sta"), "the guest")
            yield


def stations() -> list[str]:
    """What iw says of the devices connected to the access point, a text each."""
    return _run("iw", "dev", POINT, "station", "dump").split("Station ")[1:]


class Box:
    """The agent's own probes on this machine, kept between runs as the agent keeps them."""

    def __init__(self, **wifi: Any) -> None:
        self._probes: dict[str, Probe[Any]] = {
            "wifi": WifiProbe(WifiSettings(ssids=[SSID], **wifi), SURROUNDINGS),
            "radio": RadioProbe(RadioSettings(), SURROUNDINGS),
        }

    def probe(self, kind: str) -> list[Any]:
        """Its readings now."""
        return msgspec.to_builtins(list(asyncio.run(self._run(kind))))

    async def _run(self, kind: str) -> Sequence[AnyReading]:
        return await self._probes[kind].run()


def compare() -> None:
    """On air with and without a guest, killed, ended, back: the probes beside iw and hostapd."""
    house, box = House(), Box()
    tell({"when": "before", "wifi": box.probe("wifi")})
    with house.access_point() as point:
        tell({"when": "on air", "wifi": box.probe("wifi"), "iw": _run("iw", "dev", POINT, "info")})
        with house.guest():
            tell({"when": "with a guest", "wifi": box.probe("wifi"), "iw": stations()})
            tell({"when": "radios", "radio": box.probe("radio"), "iw": _run("iw", "dev")})
            tell({"when": "recorded", **recorded()})
        point.kill()
        point.wait()
        tell({"when": "killed", "wifi": box.probe("wifi"), "iw": _run("iw", "dev", POINT, "info")})
    with house.access_point() as point:
        tell({"when": "back", "wifi": box.probe("wifi")})
        _run("ip", "link", "set", POINT, "down")
        tell({"when": "switched off", "wifi": box.probe("wifi")})
        point.terminate()
        point.wait()
    _run("ip", "link", "set", POINT, "down")
    _run("iw", "dev", POINT, "set", "type", "managed")
    tell({"when": "idle", "wifi": box.probe("wifi")})
    tell({"when": "idle, by another box", "wifi": Box().probe("wifi")})
    tell({"when": "idle, and should not be", "wifi": Box(access_point=True).probe("wifi")})


def recorded() -> dict[str, list[str]]:
    """The kernel's own answers, as the fast tests decode them (in hexadecimal)."""
    family = netlink.generic_family("nl80211")
    assert family is not None
    index = {each.name: each.ifindex for each in nl80211.radios() or ()}
    found: dict[str, list[str]] = {}
    for name, command, interface in (
        ("radios", nl80211.CMD_GET_INTERFACE, None),
        ("stations", nl80211.CMD_GET_STATION, POINT),
        ("scan", nl80211.CMD_GET_SCAN, GUEST),
    ):
        which = b""
        if interface is not None:
            number = index[interface].to_bytes(4, sys.byteorder)
            which = netlink.attribute(nl80211.ATTR_IFINDEX, number)
        answers = netlink.dump(netlink.NETLINK_GENERIC, family, netlink.generic(command, which))
        found[name] = [answer.body.hex() for answer in answers]
    return found


def off_air() -> None:
    """The whole way: agent, broker, collector, mail server and webhook, with a radio that stops."""
    from tests.lab.wifi_alert import play  # noqa: PLC0415 - the rest does without its second

    asyncio.run(play(House()))


def _hostapd(command: str) -> str:
    return _run("hostapd_cli", "-p", str(FOLDER / "hostapd"), command, check=False)


@contextlib.contextmanager
def _started(*command: str) -> Generator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def _run(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)


if __name__ == "__main__":
    {"compare": compare, "off-air": off_air}[sys.argv[1]]()

# SPDX-License-Identifier: Apache-2.0
"""A house with a Wi-Fi, inside the virtual machine: hostapd on one simulated radio, a guest on the
other. `python -m tests.lab.wifi_house` tells what the probes see beside iw and hostapd.
"""

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from sansang_agent.net import hostapd
from sansang_agent.probes.base import Probe
from sansang_agent.probes.radio import RadioProbe, RadioSettings
from sansang_agent.probes.wifi import WifiProbe, WifiSettings
from sansang_wire.readings import AnyReading
from tests.lab import wifi_recording
from tests.lab.inside import PATIENCE_S, run, simulate, started
from tests.lab.probing import SURROUNDINGS
from tests.lab.vm import FOLDER, tell
from tests.waiting import wait_until

SSID = "NVH thôn Đông"
POINT, GUEST = "wlan0", "wlan1"
MORE_GUESTS = ("wlan2", "wlan3")
FRAMES = 50
LOCAL_EXPERIMENT = b"\x88\xb5"
"""An EtherType that nobody answers (IEEE 802)."""
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
ctrl_interface={hostapd.FOLDER}
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
        simulate(radios=4)
        (FOLDER / "hostapd.conf").write_text(HOSTAPD)
        (FOLDER / "guest.conf").write_text(SUPPLICANT)

    @contextlib.contextmanager
    def access_point(self) -> Generator["subprocess.Popen[bytes]"]:
        """hostapd, beaconing, until it is killed at the end of the block."""
        command = ("hostapd", str(FOLDER / "hostapd.conf"))
        with started(*command, until=lambda: "state=ENABLED" in _hostapd("status")) as point:
            yield point

    @contextlib.contextmanager
    def guest(self, interface: str = GUEST) -> Generator[None]:
        """Someone connects."""
        guest, already = str(FOLDER / "guest.conf"), _connected()
        command = ("wpa_supplicant", "-D", "nl80211", "-i", interface, "-c", guest)
        with started(*command, until=lambda: _connected() > already):
            yield


def _connected() -> int:
    return _hostapd("all_sta").count("flags=[AUTH][ASSOC][AUTHORIZED]")


def _cut_off(radio: list[dict[str, Any]]) -> bool:
    return radio[1]["deauthenticated"] > 0


def stations() -> list[str]:
    """What iw says of the devices connected to the access point, a text each."""
    return run("iw", "dev", POINT, "station", "dump").split("Station ")[1:]


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
        box.probe("radio")
        mlme = wifi_recording.listening()
        tell({"when": "on air", "wifi": box.probe("wifi"), "iw": run("iw", "dev", POINT, "info")})
        with house.guest():
            tell({"when": "with a guest", "wifi": box.probe("wifi"), "iw": stations()})
            tell({"when": "radios", "radio": box.probe("radio"), "iw": run("iw", "dev")})
            found = serve(house, box)
        wait_until(lambda: not stations(), "the guests to be gone", PATIENCE_S)
        tell({"when": "left", "radio": box.probe("radio")})
        tell({"when": "recorded", **found, "mlme": wifi_recording.heard(mlme)})
        point.kill()
        point.wait()
        tell({"when": "killed", "wifi": box.probe("wifi"), "iw": run("iw", "dev", POINT, "info")})
    with house.access_point() as point:
        tell({"when": "back", "wifi": box.probe("wifi")})
        with house.guest():
            before = box.probe("radio")
            _hostapd("deauthenticate", _address(GUEST))
            wait_until(lambda: _cut_off(box.probe("radio")), "the guest to be told", PATIENCE_S)
            tell({"when": "cut off", "before": before, "radio": box.probe("radio")})
        run("ip", "link", "set", POINT, "down")
        tell({"when": "switched off", "wifi": box.probe("wifi")})
        point.terminate()
        point.wait()
    run("ip", "link", "set", POINT, "down")
    run("iw", "dev", POINT, "set", "type", "managed")
    tell({"when": "idle", "wifi": box.probe("wifi")})
    tell({"when": "idle, by another box", "wifi": Box().probe("wifi")})
    tell({"when": "idle, and should not be", "wifi": Box(access_point=True).probe("wifi")})


def serve(house: House, box: Box) -> dict[str, list[str]]:
    """Two more guests, and frames to each; gives what the kernel says meanwhile."""
    with contextlib.ExitStack() as guests:
        for interface in MORE_GUESTS:
            guests.enter_context(house.guest(interface))
        box.probe("radio")
        before = _counters()
        _talk()
        tell(
            {
                "when": "served",
                "radio": box.probe("radio"),
                "iw": stations(),
                "before": before,
                "after": _counters(),
                "survey": run("iw", "dev", POINT, "survey", "dump"),
                "hostapd": _hostapd("status"),
                "all_sta": _hostapd("all_sta"),
            }
        )
        tell({"when": "steady", **_steady()})
        return wifi_recording.recorded(POINT, GUEST)


def _steady() -> dict[str, Any]:
    """The probe beside iw while no guest sends: each frame may have another bit rate."""
    while True:
        before, radio, after = _bitrates(), Box().probe("radio"), _bitrates()
        if before == after:
            return {"radio": radio, "iw": after}


def _bitrates() -> dict[str, list[float]]:
    return {
        name: [float(each.split(f"{name} bitrate:")[1].split()[0]) for each in stations()]
        for name in ("rx", "tx")
    }


def _talk() -> None:
    """Frames of the access point to its guests, over the air, to the second twice as many."""
    before = _counters()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((POINT, 0))
        for interface in (GUEST, *MORE_GUESTS, MORE_GUESTS[0]):
            addresses = (_address(interface) + _address(POINT)).replace(":", "")
            for _ in range(FRAMES):
                sock.send(bytes.fromhex(addresses) + LOCAL_EXPERIMENT + bytes(100))
    total = sum(before["packets"]) + 4 * FRAMES
    wait_until(lambda: sum(_counters()["packets"]) >= total, "frames to be sent", PATIENCE_S)


def _address(interface: str) -> str:
    return Path(f"/sys/class/net/{interface}/address").read_text().strip()


def _counters() -> dict[str, list[int]]:
    """What iw says was sent to each guest, in one order."""
    told = sorted(stations())
    return {
        name: [int(each.split(f"tx {name}:")[1].split()[0]) for each in told]
        for name in ("packets", "retries")
    }


def _hostapd(*command: str) -> str:
    folders = ("-p", str(hostapd.FOLDER), "-s", str(FOLDER))
    return run("hostapd_cli", *folders, *command, check=False)


if __name__ == "__main__":
    compare()

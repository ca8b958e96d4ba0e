# SPDX-License-Identifier: Apache-2.0
"""Stories of a guest in a house's Wi-Fi, inside the virtual machine: `python -m
tests.lab.wifi_guests STORY …` plays them and tells what was read, and how long that took.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import psutil

from sansang_agent.net import nl80211, worker
from sansang_agent.probes import wifi_journey as probe_journey
from sansang_agent.probes import wifi_scan as probe_scan
from sansang_agent.probes.base import Probe
from sansang_agent.probes.wifi_journey import WifiJourneyProbe, WifiJourneySettings
from sansang_agent.probes.wifi_scan import WifiScanProbe, WifiScanSettings
from sansang_agent.workers import wifi_journey, wifi_scan
from sansang_wire.checking import check
from tests.lab import wifi_town as lab
from tests.lab.inside import PATIENCE_S
from tests.lab.probing import SURROUNDINGS
from tests.lab.vm import FOLDER, tell
from tests.waiting import wait_until


@contextlib.contextmanager
def _workers(ask: Any) -> Generator[None]:
    """Within the block the probes ask for a worker's work in this way."""
    with mock.patch.object(probe_journey, "ask", ask), mock.patch.object(probe_scan, "ask", ask):
        yield


async def _in_here(name: str, request: Any, _within_s: float) -> dict[str, Any]:
    """Does a worker's work without another program: one more Python takes seconds in here."""
    answer_to = {"wifi_journey": wifi_journey.answer_to, "wifi_scan": wifi_scan.answer_to}[name]
    return json.loads(json.dumps(answer_to(msgspec.json.encode(request))))


class Box:
    """The agent's probes on a box with spare radios."""

    def __init__(self, ca_file: Path) -> None:
        passphrase = FOLDER / "passphrase"
        passphrase.touch(0o600)
        passphrase.write_text(f"{lab.PASSPHRASE}\n")
        self._settings: dict[str, Any] = {
            "ssids": [lab.SSID],
            "interface": lab.GUEST,
            "passphrase_file": str(passphrase),
            "internet": lab.INTERNET,
            "ca_file": str(ca_file),
        }

    def journey(self, what: str, **settings: Any) -> None:
        """Send a guest, and tell what was read of it."""
        checked = check({**self._settings, **settings}, WifiJourneySettings)
        _tell_of(what, WifiJourneyProbe(checked, SURROUNDINGS))

    def scan(self, what: str, **settings: Any) -> None:
        """Listen, and tell what was read of it."""
        listening = {"ssids": [lab.SSID], "interface": lab.GUEST, **settings}
        _tell_of(what, WifiScanProbe(check(listening, WifiScanSettings), SURROUNDINGS))

    @contextlib.contextmanager
    def worker(self) -> Generator["subprocess.Popen[bytes]"]:
        """The worker of a journey by itself, on its way."""
        request = {"ssid": lab.SSID, "passphrase": lab.PASSPHRASE, "interface": lab.GUEST}
        command = (sys.executable, "-m", "sansang_agent.workers.wifi_journey")
        with subprocess.Popen(command, stdin=subprocess.PIPE) as worker:
            assert worker.stdin is not None
            worker.stdin.write(msgspec.json.encode({**request, "internet": lab.INTERNET}) + b"\n")
            worker.stdin.flush()
            yield worker


def _tell_of(what: str, probe: Probe[Any]) -> None:
    begun, bytes_before = time.monotonic(), _carried_bytes()
    [reading] = asyncio.run(probe.run())
    took_s = time.monotonic() - begun
    tell(
        {
            "what": what,
            "took_s": took_s,
            "bytes": _carried_bytes() - bytes_before,
            "reading": msgspec.to_builtins(reading),
        }
    )


def _carried_bytes() -> int:
    """By the access point's radio, in both directions."""
    counters = psutil.net_io_counters(pernic=True)[lab.POINT]
    return counters.bytes_sent + counters.bytes_recv


def in_order(box: Box) -> None:
    """Each way to encrypt; with a second guest, who is kept apart or not; from far away."""
    with lab.router():
        with lab.access_point(more="ap_isolate=1\n"):
            box.journey("wpa2, guests kept apart", second_interface=lab.SECOND)
            with _workers(worker.ask):
                box.journey("by a program of its own")
        with lab.access_point("wpa3"):
            box.journey("wpa3")
        with lab.access_point("owe"):
            box.journey("owe", passphrase_file=None)
        with lab.access_point("open"):
            box.journey("open", passphrase_file=None, second_interface=lab.SECOND)
            lab.fade(lab.POINT, lab.FAINT_DBM)
            box.journey("faded", passphrase_file=None)
            lab.fade(lab.POINT, lab.LOUD_DBM)


def faults(box: Box) -> None:
    """One after the other, each alone."""
    wrong = FOLDER / "wrong"
    wrong.touch(0o600)
    wrong.write_text("another-passphrase")
    box.journey("no access point")
    with lab.access_point():
        box.journey("no DHCP server")
        with lab.router():
            box.journey("wrong passphrase", passphrase_file=str(wrong))
            box.journey("asked to be open", passphrase_file=None)
            with lab.cut():
                box.journey("uplink cut")
        with lab.router("--dhcp-option=option:router,192.168.7.254", ipv6=False):
            box.journey("gateway dead")
        with lab.router("--dhcp-option=option:dns-server,192.168.7.253", ipv6=False):
            box.journey("DNS dead")
    with lab.access_point("wpa3"), lab.router():
        box.journey("wrong passphrase, wpa3", passphrase_file=str(wrong))


def portals(box: Box) -> None:
    """A login page that takes names over, and one that says so itself (RFC 8910)."""
    open_ = {"passphrase_file": None}
    with lab.access_point("open"):
        with lab.login_page(), lab.router(names=(lab.ROUTER4, lab.ROUTER6)):
            box.journey("login page", **open_)
        with lab.router("--dhcp-option=114,https://portal.test/captive", ipv6=False):
            box.journey("announced login page", **open_)
        with lab.router("--dhcp-option=114,https://portal.test/free", ipv6=False):
            box.journey("announced, and logged in", **open_)


def families(box: Box) -> None:
    """IPv4 alone, IPv6 alone; somebody else's DHCP server."""
    with lab.access_point():
        with lab.router(ipv4=False):
            box.journey("IPv6 alone")
        with lab.router(ipv6=False), lab.rogue():
            box.journey("rogue DHCP server")


def listening(box: Box) -> None:
    """What a spare radio hears: nothing, the house, others, a twin of it, ever more weakly."""
    box.scan("not on air")
    with lab.access_point():
        box.scan("on air")
        with lab.access_point("open", lab.STRANGER, channel=4, ssid=lab.NEIGHBOUR):
            box.scan("beside another Wi-Fi")
        with lab.access_point("open", lab.STRANGER, channel=1):
            box.scan("evil twin")
            box.scan("evil twin, by address", access_points=[lab.address(lab.POINT)])
        lab.fade(lab.POINT, lab.FAINT_DBM)
        box.scan("faded")


def killed(box: Box) -> None:
    """In the middle of a journey, as by the kernel for want of memory."""
    with lab.access_point(), lab.router():
        with box.worker() as worker:
            wait_until(lambda: lab.GUEST not in _radios(), "the radio to leave", PATIENCE_S)
            wait_until(_supplicants, "the guest to connect", PATIENCE_S)
            worker.kill()
        wait_until(lambda: lab.GUEST in _radios(), "the radio to come back", PATIENCE_S)
        tell({"what": "killed", "left": _supplicants()})


def _radios() -> set[str]:
    return {each.name for each in nl80211.radios() or ()}


def _supplicants() -> list[str]:
    running = [each.info["name"] for each in psutil.process_iter(["name"])]
    return [name for name in running if name == "wpa_supplicant"]


STORIES: dict[str, Callable[[Box], None]] = {
    story.__name__: story for story in (in_order, faults, portals, families, listening, killed)
}


def main(names: list[str]) -> None:
    """Play the stories of these names."""
    with lab.town() as ca_file, _workers(_in_here):
        box = Box(ca_file)
        for name in names:
            STORIES[name](box)


if __name__ == "__main__":
    main(sys.argv[1:])

# SPDX-License-Identifier: Apache-2.0
"""Outages of a Wi-Fi inside the virtual machine, the whole way, with the looks and hold-downs of
the product: what page, ledger, mail and webhook say of them, and when.

`python -m tests.lab.wifi_outages off-air` kills the access point, and the collector meanwhile;
`no-dhcp` kills what gives guests their addresses, which the guests of the box find out.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.lab import wifi_town
from tests.lab.inside import PATIENCE_S
from tests.lab.leaks import found_below
from tests.lab.vm import tell
from tests.lab.wifi_alert import FOLDER, Centre, People, Reader, people
from tests.lab.wifi_house import SSID, House
from tests.waiting import until

GUEST_ADDRESS = "02:00:00:00:01:00"
"""Of the simulated radio wlan1."""
TOLD_WITHIN_S = 300
DOUBTED = "vừa mất lúc"
GUEST_EVERY_S = 30
"""A guest goes ten times as often as by default: five minutes a look would take half an hour."""


class Outage:
    """One fault, from now on: what became of it is told in the end."""

    def __init__(self, fault: str, centre: Centre, told: People, page: Reader) -> None:
        self._fault = fault
        self._centre, self._told, self._page = centre, told, page
        self._start = time.time()
        self._seen: dict[str, float] = {}

    async def confirmed(self) -> None:
        """The page shows it, and people are told."""
        await until(lambda: self._page.saw(DOUBTED, self._start), "it on the page", TOLD_WITHIN_S)
        self._seen["told_s"] = await self._told.told(1, TOLD_WITHIN_S) - self._start
        self._seen["page_s"] = (self._page.saw(DOUBTED, self._start) or 0) - self._start

    async def ended(self) -> None:
        """It is over now; wait until people know."""
        end = time.time()
        self._seen["ended_s"] = await self._told.told(2, TOLD_WITHIN_S) - end
        goal = self._centre.received() + 1
        await until(lambda: self._centre.received() >= goal, "one more batch", PATIENCE_S)
        ledger = self._centre.outages()
        truth = {"fault": self._fault, "start": self._start, "end": end}
        tell({**truth, **self._seen, "ledger": ledger, **texts(self._told)})


def texts(told: People) -> dict[str, Sequence[str]]:
    """What people were told until now."""
    return {"mail": told.mail.copy(), "hook": told.hook.copy()}


async def off_air(house: House) -> None:
    """The access point dies; the collector dies and comes back; on air again."""
    with people() as told:
        centre = Centre(SSID, told.urls)
        with (
            centre.collector,
            house.access_point() as point,
            house.guest(),
            centre.agent(),
            centre.read() as page,
        ):
            for kind in ("wifi", "radio"):
                await until(
                    lambda kind=kind: centre.newest(kind, "stations") == 1, kind, PATIENCE_S
                )
            await until(lambda: centre.state() == "up", "that it is on air", PATIENCE_S)
            point.kill()
            outage = Outage("access point killed (hostapd)", centre, told, page)
            await outage.confirmed()
            await until(lambda: centre.ask("collector")["messages_sent"] == 2, "both", PATIENCE_S)
            centre.collector.kill()
            centre.collector.start()
            goal = centre.received() + 2
            await until(lambda: centre.received() >= goal, "more readings", PATIENCE_S)
            with house.access_point():
                await outage.ended()
        tell({"leaks": found_below(FOLDER, [GUEST_ADDRESS])})


async def no_dhcp(ca_file: Path) -> None:
    """The house gives no addresses to guests (dnsmasq dies); then it does again."""
    secret = FOLDER.with_name("passphrase")
    secret.touch(0o600)
    secret.write_text(wifi_town.PASSPHRASE)
    journey = (
        f'[probes.wifi_journey]\nenabled = true\nevery_s = {GUEST_EVERY_S}\nca_file = "{ca_file}"\n'
        f'interface = "{wifi_town.GUEST}"\npassphrase_file = "{secret}"\n'
        f'ssids = ["{wifi_town.SSID}"]\ninternet = "{wifi_town.INTERNET}"\n'
    )
    with people() as told, wifi_town.access_point():
        centre = Centre(wifi_town.SSID, told.urls, journey)
        with centre.collector, centre.agent(), centre.read() as page:
            with wifi_town.router():
                await until(
                    lambda: centre.newest("wifi_journey", "outcome") == 0, "a guest", TOLD_WITHIN_S
                )
            outage = Outage("no addresses for guests (dnsmasq)", centre, told, page)
            await outage.confirmed()
            with wifi_town.router():
                await outage.ended()


def main(story: str) -> None:
    """Play it."""
    if story == "off-air":
        asyncio.run(off_air(House()))
    else:
        with wifi_town.town() as ca_file:
            asyncio.run(no_dhcp(ca_file))


if __name__ == "__main__":
    main(sys.argv[1])

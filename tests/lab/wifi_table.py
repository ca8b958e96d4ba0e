# SPDX-License-Identifier: Apache-2.0
"""The faults of the last `make lab`, what was read of each, and after how many seconds:
`python -m tests.lab.wifi_table >docs/wifi-faults.md`.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from tests.lab.stories import TOLD

TITLE = """# Faults of a Wi-Fi, and what is read of them

Printed by `python -m tests.lab.wifi_table` after `make lab`: radios that the kernel simulates, \
with hostapd, wpa_supplicant, dnsmasq and login pages as they are. The left column is what was done.

Of the access point, the seconds are those from there until the reading came over the broker: the \
agent looks every 10 s and sends every 30 s, but a Wi-Fi that comes or goes at once. Of a guest, \
they are those of its journey.

"""
ROLES = {
    "access point: the agent over a broker": ("faults",),
    "guest": ("guests", "guest-faults"),
}


def rows(stories: tuple[str, ...]) -> Iterator[tuple[str, str, float]]:
    """What was done, what was read in the end, and the seconds until then."""
    for name in stories:
        for each in json.loads((TOLD / f"{name}.json").read_text()):
            if "took_s" in each:
                yield (
                    each["what"],
                    _read(each.get("reading") or each["readings"][-1]),
                    each["took_s"],
                )


def _read(reading: dict[str, Any]) -> str:
    words = [reading["outcome"], reading.get("failed_stage"), reading.get("reason")]
    if reading["kind"] == "wifi":
        words += [f"{name} {reading[name]}" for name in ("channel", "stations") if name in reading]
    for name in ("isolated", "dhcp_servers", "unknown_access_points", "signal_dbm"):
        if name in reading:
            words.append(f"`{name}` {json.dumps(reading[name])}")
    return ", ".join(word for word in words if word)


def main() -> None:
    sys.stdout.write(TITLE)
    tables: list[str] = []
    for role, stories in ROLES.items():
        lines = [f"| {role} | read | after |", "|---|---|---|"]
        lines += [f"| {what} | {read} | {took_s:.1f} s |" for what, read, took_s in rows(stories)]
        tables.append("\n".join(lines))
    sys.stdout.write("\n\n".join(tables) + "\n")


if __name__ == "__main__":
    main()

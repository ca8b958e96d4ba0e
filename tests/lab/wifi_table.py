# SPDX-License-Identifier: Apache-2.0
"""The faults of the last `make lab`, what was read of each, and after how many seconds:
`python -m tests.lab.wifi_table` prints it for docs/wifi-faults.md.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from tests.lab.stories import TOLD

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
    for role, stories in ROLES.items():
        lines = [f"| {role} | read | after |", "|---|---|---|"]
        lines += [f"| {what} | {read} | {took_s:.1f} s |" for what, read, took_s in rows(stories)]
        sys.stdout.write("\n".join([*lines, "", ""]))


if __name__ == "__main__":
    main()

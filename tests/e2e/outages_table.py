# SPDX-License-Identifier: Apache-2.0
"""The tables of `docs/outages.md`: `python -m tests.e2e.outages_table` plays all of it in half an
hour, in namespaces and in the virtual machine with radios.
"""

import sys
from collections.abc import Sequence
from typing import Any

from tests.e2e.outages import DEFAULTS, FAULTS, Outcome, S, play_all
from tests.lab.vm import run_inside

WIFI_STORIES = ("off-air", "no-dhcp")
PATIENCE_S = 1200


def of_network(found: Sequence[Outcome]) -> str:
    """What was found in namespaces, in Markdown."""
    rows = [
        f"{each.fault} | {each.service}: {each.cause} | {(each.said_start - each.start) / S:+.1f} s"
        f" | {(each.said_end - each.end) / S:+.1f} s | {len(each.messages)}"
        for each in found
    ]
    return _table("fault | ledger | starts off by | ends off by | messages", rows)


def of_wifi(told: Sequence[dict[str, Any]]) -> str:
    """What the stories of the virtual machine told, in Markdown."""
    head = (
        "fault | lasted | ledger | starts off by | ends off by | on the page after | told after |"
        " end told after | messages"
    )
    rows: list[str] = []
    for each in told:
        [entry] = each["ledger"]
        start, end = entry["start"] / S - each["start"], entry["end"] / S - each["end"]
        rows.append(
            f"{each['fault']} | {each['end'] - each['start']:.0f} s | wifi: {entry['cause']} |"
            f" {start:+.1f} s | {end:+.1f} s | {each['page_s']:.1f} s | {each['told_s']:.1f} s |"
            f" {each['ended_s']:.1f} s | {len(each['mail']) + len(each['hook'])}"
        )
    return _table(head, rows)


def _table(head: str, rows: Sequence[str]) -> str:
    line = "|".join("---" for _ in head.split("|"))
    return "\n".join([f"| {head} |", f"|{line}|", *(f"| {each} |" for each in rows)]) + "\n"


def main() -> None:
    """Print them."""
    wifi = [
        run_inside("tests.lab.wifi_outages", each, patience_s=PATIENCE_S) for each in WIFI_STORIES
    ]
    tables = (of_network(play_all()), of_network(play_all(FAULTS[:2], DEFAULTS)))
    sys.stdout.write("\n".join((*tables, of_wifi([each for [each, *_] in wifi]))))


if __name__ == "__main__":
    main()

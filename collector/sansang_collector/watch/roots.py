# SPDX-License-Identifier: Apache-2.0
"""Which outage explains which, so that one cause is told once."""

from collections.abc import Mapping

from sansang_collector.watch.entry import Entry, Key, Thing
from sansang_collector.watch.service import MINUTE_US

TOGETHER_US = 2 * MINUTE_US
"""What fails within this of its cause fails because of it."""


def root_of(entry: Entry, open_: Mapping[Thing, Entry]) -> Key | None:
    """What of the open entries explains this one, which is one of them."""
    name, subject = entry.key.thing
    if name in {"dns", "ipv6"}:
        line = open_.get(("internet", subject))
        if line is not None and line.state == "down":
            return line.key if line.key.start <= entry.key.start + TOGETHER_US else None
    return _root_of_wifi(entry, open_) if name == "wifi" else None


def _root_of_wifi(entry: Entry, open_: Mapping[Thing, Entry]) -> Key | None:
    """A dead router takes its Wi-Fi along; an access point all its networks."""
    for (name, _), found in sorted(open_.items(), key=lambda each: each[0]):
        key = found.key
        same = abs(key.start - entry.key.start) <= TOGETHER_US
        if not same or found.state != "down" or found.root is not None or key == entry.key:
            continue
        if name == "internet" and found.cause == "equipment":
            return key
        if name == "wifi" and found.cause == entry.cause and key < entry.key:
            return key
    return None

# SPDX-License-Identifier: Apache-2.0
"""Why a service was not well, from the clues that were heard beside it; what is counted decides."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from sansang_collector.watch.evidence import IN_THE_WIFI
from sansang_wire.reading import JourneyStage

Cause = Literal[
    "power_cut",
    "box_power",
    "switched_off",
    "agent_fault",
    "silent",
    "line",
    "equipment",
    "access_point",
    "dhcp",
    "dns",
    "ipv6",
    "carrier",
    "international",
    "loss",
    "subscription",
    "centre",
]
"""`silent`: nothing is heard and nobody knows yet why. `line`: the access line or its modem.
`equipment`: the router, or the cable to it. `box_power`: one box of several lost its power, or was
switched off hard. `switched_off`: it was shut down in good order. `centre`: the collector could not
hear anybody."""

_STAGES: Mapping[str, JourneyStage] = {
    f"wifi:{stage}": stage for stage in get_args(JourneyStage) if stage not in IN_THE_WIFI
}
_OF_GUESTS: Mapping[str | None, Cause] = {"wifi:address": "dhcp", "wifi:gateway": "equipment"}


def cause_of(service: str, clues: Mapping[str, int]) -> Cause | None:
    """The likeliest cause, with clues as `key:word` and how often it was heard."""
    match service:
        case "internet":
            return _of_internet(clues)
        case "dns":
            return "dns"
        case "ipv6":
            return "ipv6"
        case "wifi":
            return _of_wifi(clues)
        case "power":
            return "power_cut"
        case _:
            return None


def _of_internet(clues: Mapping[str, int]) -> Cause:
    """From the box outward: what is broken nearest explains what fails behind it."""
    down = clues.get("internet:down", 0)
    found: tuple[tuple[bool, Cause], ...] = (
        (clues.get("internet:no_international", 0) > down, "international"),
        (clues.get("internet:lossy", 0) > down, "loss"),
        (_mostly(clues, "carrier", "down"), "equipment"),
        (_mostly(clues, "address", "no_address"), "dhcp"),
        (_mostly(clues, "gateway", "down"), "equipment"),
        ("portal:portal" in clues, "subscription"),
        ("route:beyond_gateway" in clues, "carrier"),
    )
    for holds, cause in found:
        if holds:
            return cause
    return "line"


def _of_wifi(clues: Mapping[str, int]) -> Cause:
    """What was said of it most often."""
    said = (name for name in clues if name.startswith("wifi:"))
    often = min(said, key=lambda name: (-clues[name], name), default=None)
    return _OF_GUESTS[often] if often in _OF_GUESTS else "access_point"  # noqa: SIM401 - its type


def _mostly(clues: Mapping[str, int], key: str, word: str) -> bool:
    """A clue outweighs its opposite; what was never heard says nothing."""
    return clues.get(f"{key}:{word}", 0) > clues.get(f"{key}:up", 0)


def stage_of(clues: Sequence[tuple[str, int]]) -> JourneyStage | None:
    """Where guests were turned away from a Wi-Fi; None when it was simply off air."""
    said: list[tuple[int, JourneyStage]] = [
        (count, _STAGES[name]) for name, count in clues if name in _STAGES
    ]
    if not said:
        return None
    often, stage = max(said)
    return stage if often > dict(clues).get("wifi:down", 0) else None

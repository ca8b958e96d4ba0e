# SPDX-License-Identifier: Apache-2.0
"""What every reading has, and the types of which its values are.

A `Label` names the series; every other field is a value of it. Field names end in their unit.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Outcome = Literal["ok", "failed", "unreachable", "broken"]
"""`ok`; `failed`: the target answered wrongly; `unreachable`: no answer; `broken`: the probe itself
could not run, which says nothing about the target."""

OUTCOME_CODES: dict[Outcome, int] = {"ok": 0, "failed": 1, "unreachable": 2, "broken": 3}
"""How series stores keep an outcome: InfluxQL can't aggregate strings."""

Clock = Literal["kernel", "collector", "none"]
"""What dated a reading: the synchronised kernel clock, the collector's time, or nothing."""

Family = Literal["ipv4", "ipv6"]
Scope = Literal["gateway", "domestic", "international"]
EchoMethod = Literal["icmp_datagram", "icmp_raw", "tcp_connect"]
TraceMethod = Literal["icmp_datagram", "udp"]
AccessTechnology = Literal["wired", "wireless", "mobile", "tunnel", "other"]
NeighbourState = Literal[
    "incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent", "none"
]
"""What the kernel knows of a next hop (`NUD_…` of include/uapi/linux/neighbour.h); `none`: it never
had to ask."""
RecordType = Literal["A", "AAAA"]
RadioRole = Literal["access_point", "station", "other"]
WifiSecurity = Literal["open", "owe", "wep", "wpa", "wpa2", "wpa2_wpa3", "wpa3", "enterprise"]
"""How a Wi-Fi is encrypted, as its beacons say. `open` and `wep` protect nobody; `owe` encrypts
without a passphrase (RFC 8110); `wpa2_wpa3` takes either."""
JourneyStage = Literal[
    "scan", "associate", "authenticate", "address", "gateway", "dns", "portal", "internet"
]
"""What a guest's device goes through, in this order."""

LABEL = {"label": True}
Label = Annotated[str, Meta(min_length=1, max_length=64, extra=LABEL)]
FamilyLabel = Annotated[Family, Meta(extra=LABEL)]
ScopeLabel = Annotated[Scope, Meta(extra=LABEL)]
RecordTypeLabel = Annotated[RecordType, Meta(extra=LABEL)]

Text = Annotated[str, Meta(max_length=128)]
LongText = Annotated[str, Meta(max_length=1200)]
Reason = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$", max_length=64)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Milliseconds = Annotated[float, Meta(ge=0, le=3_600_000)]
Microseconds = Annotated[int, Meta(ge=0, le=2**62)]
Rate = Annotated[float, Meta(ge=0, le=10_000_000)]
Amount = Annotated[float, Meta(ge=0, le=1e15)]
Celsius = Annotated[float, Meta(ge=-100, le=300)]
Packets = Annotated[int, Meta(ge=0, le=1000)]
Dbm = Annotated[float, Meta(ge=-200, le=100)]
Days = Annotated[float, Meta(ge=-100_000, le=100_000)]
Seconds = Annotated[int, Meta(ge=0, le=2**32)]


class Reading(Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What every reading has. `at` is in microseconds since the Unix epoch.

    In a batch with `clock="none"` `at` counts from the boot of the box instead (CLOCK_BOOTTIME).
    """

    at: Annotated[Microseconds, Meta(description="when it was measured")]
    outcome: Annotated[Outcome, Meta(description="how it went")]
    reason: Annotated[Reason | None, Meta(description="why it was not ok")] = None

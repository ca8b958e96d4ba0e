# SPDX-License-Identifier: Apache-2.0
"""How large packets may be on the way to the Internet, and do routers say so when one is too large.

Method: echo requests that may not be cut, of the interface's own size first, then of what a
packet-too-big names; silence above a size that works is a black hole, whose edge is looked for.
UDP to a port that nobody listens on where ICMP may not be sent. One address of each target and
family, all targets at the same time, the families of one in turn.
Source: RFC 8201 §4, RFC 8899 §4.3, RFC 1191; ip(7) and ipv6(7), IP_MTU_DISCOVER.
Privileges: none. Data: see docs/probes/path_mtu.md.
"""

import asyncio
from collections.abc import Sequence
from itertools import chain
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net import reasons
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.path_mtu import Found, find_on_link
from sansang_agent.net.targets import Located, Place, locate, refuse_ambiguous
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.ipv6_readings import PathMtuReading
from sansang_wire.reading import Family, Outcome
from sansang_wire.readings import AnyReading

BLACK_HOLE = "black_hole"
DEFAULT_TARGETS = (
    Place(name="cloudflare", host="1.1.1.1"),
    Place(name="cloudflare", host="2606:4700:4700::1111"),
    Place(name="google", host="2001:4860:4860::8888"),
)


class PathMtuSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The targets, which should answer large echoes."""

    targets: Annotated[list[Place], Meta(max_length=8)] = msgspec.field(
        default_factory=lambda: list(DEFAULT_TARGETS)
    )

    def __post_init__(self) -> None:
        refuse_ambiguous(self.targets)


class PathMtuProbe(Probe[PathMtuSettings]):
    """One reading for each target and family."""

    kind = "path_mtu"
    settings_type = PathMtuSettings
    every_s: ClassVar = {"default": 7200, "metered": 43_200}

    def needs(self) -> set[Need]:
        return {"resolver"} if any(target.has_name for target in self.settings.targets) else set()

    async def run(self) -> Sequence[AnyReading]:
        asked = await asyncio.gather(*(_ask(target) for target in self.settings.targets))
        return list(chain.from_iterable(asked))


async def _ask(target: Place) -> Sequence[PathMtuReading]:
    """In turn, so that one family doesn't wait in the other's queue."""
    return [await _ask_in(target, family) for family in target.measured_families()]


async def _ask_in(target: Place, family: Family) -> PathMtuReading:
    at = boottime_us()
    located = await locate(target.host, family)
    link_mtu_bytes, found = await _look(located)
    reason = BLACK_HOLE if found.silent_from_bytes is not None else found.reason
    return PathMtuReading(
        at=at,
        outcome=_outcome(reason),
        reason=reason,
        target=target.name,
        family=family,
        address=str(located.address) if located.address else None,
        method=found.method,
        link_mtu_bytes=link_mtu_bytes,
        largest_bytes=found.largest_bytes,
        told_mtu_bytes=found.told_mtu_bytes,
        silent_from_bytes=found.silent_from_bytes,
    )


async def _look(located: Located) -> tuple[int | None, Found]:
    if located.address is None:
        return None, Found(reason=located.reason)
    return await find_on_link(located.address)


def _outcome(reason: str | None) -> Outcome:
    if reason is None:
        return "ok"
    if reason == BLACK_HOLE:
        return "failed"
    return "broken" if reason in reasons.BROKEN else "unreachable"

# SPDX-License-Identifier: Apache-2.0
"""How good the way to one named system is: a video bridge, a server of the dedicated network.

Method: many small echoes, close together, to one address of each target and family, and never to
more. Off unless the settings say so: which system matters is the site's to say, and so is whether
it may be asked. Targets are measured at the same time, the families of one in turn. ICMP where
this process may send it, else TCP connect; the reading says which.
Source: RFC 792, RFC 4443 §4, RFC 9293 §3.5; loss and round trip as in RFC 2680 and RFC 2681.
Privileges: none with `net.ipv4.ping_group_range` covering the agent's group, or CAP_NET_RAW;
without either it measures by TCP. Data: see docs/probes/path.md.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net.echo_values import echo_values
from sansang_agent.net.echoes import Plan
from sansang_agent.net.round_trips import percentile_95_ms
from sansang_agent.net.targets import Asked, Target, ask_all, refuse_ambiguous
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.readings import AnyReading, PathReading

MOST_PACKETS = 200


class PathSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The systems, and how each is asked. At its most a run ends within 100 s."""

    enabled: bool = False
    targets: list[Target] = msgspec.field(default_factory=list[Target])
    packets: Annotated[int, Meta(ge=1, le=MOST_PACKETS)] = 50
    interval_s: Annotated[float, Meta(ge=0.02, le=0.2)] = 0.1
    timeout_s: Annotated[float, Meta(ge=0.1, le=5)] = 2

    def __post_init__(self) -> None:
        refuse_ambiguous(self.targets)


class PathProbe(Probe[PathSettings]):
    """One reading for each target and family."""

    kind = "path"
    settings_type = PathSettings
    every_s: ClassVar = {"default": 900, "metered": 3600}

    def needs(self) -> set[Need]:
        named = any(target.has_name for target in self.settings.targets)
        return {"ping", "resolver"} if named else {"ping"}

    async def run(self) -> Sequence[AnyReading]:
        plan = Plan(self.settings.packets, self.settings.interval_s, self.settings.timeout_s)
        return [_reading(asked) for asked in await ask_all(self.settings.targets, plan)]


def _reading(asked: Asked[Target]) -> PathReading:
    return PathReading(
        at=asked.at,
        target=asked.target.name,
        family=asked.family,
        rtt_p95_ms=percentile_95_ms(asked.came.round_trips_ms if asked.came else ()),
        **echo_values(asked.located, asked.came),
    )

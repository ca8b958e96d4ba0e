# SPDX-License-Identifier: Apache-2.0
"""Are the targets there, through each address family by itself, and how far away are they.

Method: a few small echoes to one address of each target and family, and never to more: a second
address or the other family must not hide that the first is gone. Targets are measured at the same
time, the packets of one target one after the other. ICMP where this process may send it, else TCP
connect; the reading says which.
Source: RFC 792, RFC 4443 §4, RFC 9293 §3.5; loss and round trip as in RFC 2680 and RFC 2681.
Privileges: none with `net.ipv4.ping_group_range` covering the agent's group, or CAP_NET_RAW;
without either it measures by TCP. Data: see docs/probes/reachability.md.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net.echo_values import echo_values
from sansang_agent.net.echoes import Plan
from sansang_agent.net.targets import GATEWAY, Asked, Target, ask_all, refuse_ambiguous
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.reading import Scope
from sansang_wire.readings import AnyReading, ReachabilityReading


class ScopedTarget(Target, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to reach, and how far away it is."""

    scope: Scope


DEFAULT_TARGETS = (
    ScopedTarget(name="gateway", host=GATEWAY, scope="gateway"),
    ScopedTarget(name="vnnic", host="vnnic.vn", scope="domestic"),
    ScopedTarget(name="cloudflare", host="1.1.1.1", scope="international"),
    ScopedTarget(name="cloudflare", host="2606:4700:4700::1111", scope="international"),
    ScopedTarget(name="google", host="8.8.8.8", scope="international"),
    ScopedTarget(name="google", host="2001:4860:4860::8888", scope="international"),
)


class ReachabilitySettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The targets, and how each is asked."""

    targets: list[ScopedTarget] = msgspec.field(default_factory=lambda: list(DEFAULT_TARGETS))
    packets: Annotated[int, Meta(ge=1, le=100)] = 4
    interval_s: Annotated[float, Meta(ge=0.05, le=10)] = 0.2
    timeout_s: Annotated[float, Meta(ge=0.1, le=30)] = 2

    def __post_init__(self) -> None:
        refuse_ambiguous(self.targets)


class ReachabilityProbe(Probe[ReachabilitySettings]):
    """One reading for each target and family."""

    kind = "reachability"
    settings_type = ReachabilitySettings
    every_s: ClassVar = {"default": 30, "metered": 300}

    def needs(self) -> set[Need]:
        named = any(target.has_name for target in self.settings.targets)
        return {"ping", "resolver"} if named else {"ping"}

    async def run(self) -> Sequence[AnyReading]:
        plan = Plan(self.settings.packets, self.settings.interval_s, self.settings.timeout_s)
        return [_reading(asked) for asked in await ask_all(self.settings.targets, plan)]


def _reading(asked: Asked[ScopedTarget]) -> ReachabilityReading:
    return ReachabilityReading(
        at=asked.at,
        target=asked.target.name,
        family=asked.family,
        scope=asked.target.scope,
        **echo_values(asked.located, asked.came),
    )

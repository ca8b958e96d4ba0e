# SPDX-License-Identifier: Apache-2.0
"""How fast the line is, both ways, over each address family, and what else may have set the limit.

Method: NDT7 against one server, with one stream or several, in a worker of its own; round trips of
the idle and of the loaded line. A test comes a few times a day at random and once in a busy hour,
family and streams take turns; one that was slow is made again. What tests may use in a month is
bounded, and kept count of on the disk.
Source: M-Lab's ndt-server, `spec/ndt7-protocol.md`; TCP_INFO of the kernel.
Privileges: none. Data: none without a server; else what the settings allow, see
docs/probes/throughput.md.
"""

from collections.abc import Sequence
from itertools import product
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net import reasons, speed_run
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.speed_book import USUAL, Book, Limits, LineKind, Wanted
from sansang_agent.net.speed_plan import Rhythm
from sansang_agent.net.speed_run import Tell, Test
from sansang_agent.net.speed_ways import NoWayError, Server, ways
from sansang_agent.probes.base import Need, Probe, ProbeSettings, Surroundings
from sansang_wire.ndt7 import TEST_S
from sansang_wire.reading import Family, Outcome
from sansang_wire.readings import AnyReading
from sansang_wire.speed_readings import SpeedPhase, Streams, ThroughputReading

RTT_EVERY_MS = 100
DAY_US, HOUR_US = 86_400_000_000, 3_600_000_000
PUBLIC_SERVERS = ("measurement-lab.org", "measurementlab.net")
ALL_PHASES: tuple[SpeedPhase, ...] = ("idle", "download", "upload")
IDLE_ALONE: tuple[SpeedPhase, ...] = ("idle",)

Hour = Annotated[int, Meta(ge=0, le=23)]
Speed = Annotated[float, Meta(gt=0, le=100_000)]


class ThroughputSettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is None is as usual for the kind of line; the kind as the agent's profile has it."""

    server: Server | None = None
    public_ndt7_consent: bool = False
    line: LineKind | None = None
    monthly_gb: Annotated[float, Meta(ge=0, le=100_000)] | None = None
    phase_mb: Annotated[float, Meta(ge=0, le=10_000)] | None = None
    per_day: Annotated[float, Meta(ge=0, le=48)] | None = None
    streams: Annotated[int, Meta(ge=2, le=16)] = 4
    peak_hours: Annotated[list[Hour], Meta(max_length=24)] = msgspec.field(
        default_factory=lambda: [8, 9, 19, 20]
    )
    utc_offset_h: Annotated[float, Meta(ge=-12, le=14)] = 7
    slow_below_pct: Annotated[float, Meta(ge=0, le=100)] = 80
    package_download_mbps: Speed | None = None
    package_upload_mbps: Speed | None = None

    def __post_init__(self) -> None:
        """Refuse what can't be measured, and what the site has not agreed to."""
        if self.server is None:
            return
        name, host = self.server.name, self.server.host
        if not self.server.measured_families():
            raise ValueError(f"server {name}: {host} is of another family")
        if host.rstrip(".").lower().endswith(PUBLIC_SERVERS) and not self.public_ndt7_consent:
            raise ValueError(
                f"server {name}: M-Lab publishes the address of whoever measures with it;"
                " if the site agrees, set public_ndt7_consent = true"
            )

    def limits(self, usual_line: LineKind) -> Limits:
        """The settings' own values before the usual ones of the kind of line."""
        usual = USUAL[self.line or usual_line]
        monthly_gb = usual.monthly_gb if self.monthly_gb is None else self.monthly_gb
        phase_mb = usual.phase_mb if self.phase_mb is None else self.phase_mb
        per_day = usual.per_day if self.per_day is None else self.per_day
        return Limits(
            rhythm=Rhythm(per_day, tuple(self.peak_hours), self.utc_offset_h),
            monthly_bytes=round(monthly_gb * 1e9),
            phase_bytes=round(phase_mb * 1e6),
            slow_below_pct=self.slow_below_pct,
            package_mbps={
                "download": self.package_download_mbps,
                "upload": self.package_upload_mbps,
            },
        )


class ThroughputProbe(Probe[ThroughputSettings]):
    """A reading for each phase of a test; mostly no test is due, and there is none."""

    kind = "throughput"
    settings_type = ThroughputSettings
    every_s: ClassVar = {"default": 300, "metered": 300}

    def __init__(self, settings: ThroughputSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._limits = settings.limits("metered" if surroundings.profile == "metered" else "fixed")
        self._book = Book(surroundings.disk, surroundings.agent, self._limits)
        self._begun_us = boottime_us()
        self._said_us: dict[str, int] = {}

    def needs(self) -> set[Need]:
        server = self.settings.server
        if server is None:
            return set()
        return {"netlink", "resolver"} if server.has_name else {"netlink"}

    async def run(self) -> Sequence[AnyReading]:
        server = self.settings.server
        if server is None:
            return self._once_a_day("no_server")
        now_s = self._now_s()
        if now_s is None:
            # A box that has just woken waits for the time.
            waited = boottime_us() - self._begun_us >= HOUR_US
            return self._once_a_day("no_clock") if waited else []
        try:
            wanted = self._book.next(now_s)
            return [] if wanted is None else await self._test(server, now_s, wanted)
        except OSError:
            return self._once_a_day("no_budget_file")

    async def test_now(
        self, family: Family | None, tell: Tell | None
    ) -> Sequence[ThroughputReading]:
        """A test because somebody asks; it may use all that the month has left."""
        server, now_s = self.settings.server, self._now_s()
        if server is None:
            return [self._nothing("no_server")]
        if now_s is None:
            return [self._nothing("no_clock")]
        try:
            return await self._test(server, now_s, None, family, tell)
        except OSError:
            return [self._nothing("no_budget_file")]

    async def _test(
        self,
        server: Server,
        now_s: float,
        wanted: Wanted | None,
        family: Family | None = None,
        tell: Tell | None = None,
    ) -> Sequence[ThroughputReading]:
        """By hand when nothing is `wanted`. Raises OSError when no account can be kept."""
        try:
            asked = server.asked(dated=self.surroundings.clock().clock == "kernel")
        except OSError:
            return [self._nothing("no_token")]
        try:
            found = await ways(server)
        except NoWayError as error:
            broken = error.reason in reasons.BROKEN
            return [self._nothing(error.reason, "broken" if broken else "unreachable")]
        test = self._choose(server.name, list(found), wanted, family)
        if test.family not in found:
            return test.not_made(test.phases, reasons.NO_ROUTE, "unreachable")
        way = found[test.family]
        request: dict[str, Any] = {
            "server": asked,
            "agent": self.surroundings.agent,
            "address": str(way.address),
            "family": test.family,
            "streams": self.settings.streams if test.streams == "several" else 1,
            "duration_s": TEST_S,
            "interface": way.interface,
            "is_router": way.is_router,
            "rtt_every_ms": RTT_EVERY_MS,
            "last_mbps": self._book.last_mbps(now_s, test.family, test.streams),
        }
        readings = await self._measure(now_s, test, request, tell, by_hand=wanted is None)
        again = wanted is not None and not test.retest
        self._book.learn(now_s, test.family, test.streams, _rates(readings), again=again)
        return readings

    async def _measure(
        self, now_s: float, test: Test, request: dict[str, Any], tell: Tell | None, *, by_hand: bool
    ) -> list[ThroughputReading]:
        reserved = self._book.reserve(now_s, by_hand=by_hand)
        if reserved is None:
            readings = test.not_made(test.phases, "budget_spent")
        else:
            phase_bytes = reserved.grant.phase_bytes
            affordable = test.phases if phase_bytes else IDLE_ALONE
            request = {**request, "phases": affordable, "byte_cap": max(1, phase_bytes)}
            came = await speed_run.run(test._replace(phases=affordable), request, tell)
            if came.used_bytes is not None:
                self._book.settle(now_s, reserved, came.used_bytes)
            too_dear: list[SpeedPhase] = [phase for phase in test.phases if phase not in affordable]
            readings = [*came.readings, *test.not_made(too_dear, "budget_spent")]
        left = self._book.left_bytes(now_s)
        return [msgspec.structs.replace(each, budget_left_bytes=left) for each in readings]

    def _choose(
        self, server: str, families: list[Family], wanted: Wanted | None, family: Family | None
    ) -> Test:
        """By hand what shows the line at its best; by itself what takes turns, or a test again."""
        phases = ALL_PHASES if self._limits.phase_bytes else IDLE_ALONE
        ways_to_load: tuple[Streams, ...] = ("single", "several")
        turns: list[tuple[Family, Streams]] = list(product(families, ways_to_load))
        if wanted is None:
            best: Family = "ipv6" if "ipv6" in families else families[0]
            return Test(server, family or best, "several", phases)
        if wanted.retest is not None:
            again = wanted.retest
            return Test(server, again.family, again.streams, phases, retest=True)
        turn, streams = turns[wanted.number % len(turns)]
        return Test(server, turn, streams, phases)

    def _now_s(self) -> float | None:
        """Since the Unix epoch; None while nobody knows."""
        offset_us = self.surroundings.clock().offset_us
        return None if offset_us is None else (boottime_us() + offset_us) / 1e6

    def _once_a_day(self, reason: str) -> list[ThroughputReading]:
        """What is amiss is seen, and costs no more than that."""
        now_us = boottime_us()
        said_us = self._said_us.get(reason)
        if said_us is not None and now_us - said_us < DAY_US:
            return []
        self._said_us[reason] = now_us
        return [self._nothing(reason)]

    def _nothing(self, reason: str, outcome: Outcome = "broken") -> ThroughputReading:
        """In place of a whole test."""
        server = self.settings.server
        family: Family = "ipv4" if server is None else server.measured_families()[0]
        test = Test("none" if server is None else server.name, family, "none", IDLE_ALONE)
        return test.not_made(IDLE_ALONE, reason, outcome)[0]


def _rates(readings: Sequence[ThroughputReading]) -> dict[SpeedPhase, float]:
    """Of transfers. A bound is none: the line may be faster."""
    return {
        each.phase: each.rate_mbps
        for each in readings
        if each.outcome == "ok" and each.rate_mbps is not None and not each.lower_bound
    }

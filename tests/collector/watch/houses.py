# SPDX-License-Identifier: Apache-2.0
"""Houses with boxes that measure, fail, keep their batches and send them late: the world of the
scenarios. Time is a number; what a box says are readings as the real one makes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sansang_wire.readings import (
    AddressingReading,
    AnyReading,
    DnsReading,
    HostReading,
    LinkReading,
    PowerReading,
    ReachabilityReading,
    RouteReading,
    ServiceReading,
    WifiJourneyReading,
    WifiReading,
)

S = 1_000_000
ROUND_S = 30
SSID = "NVH"

CUTS = frozenset(
    {
        *("line cut", "router dead", "no lease", "unpaid", "upstream dead"),
        *("power cut", "switched off", "agent killed"),
    }
)
"""With these nothing of the box arrives."""
SILENT = {"power cut", "switched off", "agent killed"}


@dataclass
class Batch:
    """What a box has measured, and whether it was a loss."""

    at: int
    readings: list[AnyReading]


@dataclass
class Box:
    """A box in a house. `ails`: what is wrong, one of the words of the scenarios."""

    id: str
    site: str
    ails: set[str] = field(default_factory=set[str])
    metered: bool = False
    only_wifi: bool = False
    """A second box that knows nothing but the Wi-Fi."""
    boots: int = 0
    booted: int = 0
    clean: bool | None = None
    held: list[Batch] = field(default_factory=list[Batch])
    slow: bool = False
    """Everything reaches the centre, but late: nothing is sent until this is over."""

    @property
    def is_off(self) -> bool:
        return bool(self.ails & SILENT)

    @property
    def is_cut_off(self) -> bool:
        return self.slow or bool(self.ails & CUTS)

    @property
    def round_s(self) -> int:
        return 300 if self.metered else ROUND_S

    def change(self, what: str, at: int) -> None:
        """Something happens to it at an instant in µs."""
        was_off = self.is_off
        before = set(self.ails)
        if what == "well":
            self.ails.clear()
        elif what.startswith("no more "):
            self.ails.discard(what.removeprefix("no more "))
        else:
            self.ails.add(what)
        if was_off and not self.is_off and before & {"power cut", "switched off"}:
            self.boot(at, clean="switched off" in before)

    def boot(self, at: int, *, clean: bool | None) -> None:
        self.boots += 1
        self.booted, self.clean = at, clean

    def measure(self, at: int) -> None:
        """One round, at an instant in µs."""
        if not self.is_off:
            self.held.append(Batch(at, list(self._readings(at))))

    def send(self, most: int = 500) -> Iterator[Batch]:
        """The newest at once, the backlog after it, so many in all."""
        if self.is_cut_off or not self.held:
            return
        yield self.held.pop()
        for _ in range(min(most - 1, len(self.held))):
            yield self.held.pop(0)

    def _readings(self, at: int) -> Iterator[AnyReading]:
        ails = self.ails
        number = at // S // self.round_s
        yield HostReading(
            at=at,
            outcome="ok",
            boot=f"{self.id}-boot-{self.boots}",
            uptime_s=(at - self.booted) / S,
            clock="kernel",
            clean_shutdown=self.clean,
        )
        on_air = not ails & {"access point dead", "router dead"}
        yield WifiReading(at=at, outcome="ok" if on_air else "failed", ssid=SSID, on_air=on_air)
        if number % 4 == 1:
            yield self._visit(at, on_air=on_air)
        if self.only_wifi:
            return
        yield self._supply(at)
        yield LinkReading(
            at=at, outcome="ok", interface="eth0", technology="wired",
            up="router dead" not in ails, carrier="router dead" not in ails,
        )  # fmt: skip
        yield AddressingReading(
            at=at, outcome="failed" if "no lease" in ails else "ok",
            reason="no_global_address" if "no lease" in ails else None, family="ipv4",
        )  # fmt: skip
        yield from self._echoes(at)
        if number % 4 == 0:
            dead = ails & (CUTS | {"DNS dead"})
            yield DnsReading(
                at=at, outcome="unreachable" if dead else "ok", server="192.0.2.53",
                family="ipv4", name="vnnic.vn", record_type="A",
            )  # fmt: skip
        yield ServiceReading(
            at=at, outcome="failed" if "unpaid" in ails else
            "unreachable" if ails & CUTS else "ok", service="vnnic", family="ipv4",
            reason="certificate_name_mismatch" if "unpaid" in ails else None,
        )  # fmt: skip
        if "upstream dead" in ails:
            yield RouteReading(
                at=at, outcome="unreachable", target="far", family="ipv4", scope="international",
                reached=False, beyond_gateway=True,
            )  # fmt: skip

    def _supply(self, at: int) -> PowerReading:
        return PowerReading(
            at=at, outcome="ok", source="ups", on_mains="on battery" not in self.ails
        )

    def _visit(self, at: int, *, on_air: bool) -> WifiJourneyReading:
        """A guest comes every other minute."""
        stage = (
            "scan" if not on_air
            else "address" if "guests get no address" in self.ails
            else "authenticate" if "guests are sent away" in self.ails
            else "internet" if self.ails & CUTS
            else None
        )  # fmt: skip
        outcome = "failed" if stage else "ok"
        return WifiJourneyReading(at=at, outcome=outcome, ssid=SSID, failed_stage=stage)

    def _echoes(self, at: int) -> Iterator[AnyReading]:
        ails = self.ails
        cut = bool(ails & CUTS)
        yield self._echo(
            at, "gateway", "ipv4", "gateway", reached=not ails & {"router dead", "no lease"}
        )
        for family in ("ipv4", "ipv6"):
            alone = family == "ipv6" and bool(ails & {"IPv6 dead", "no IPv6 yet"})
            yield self._echo(at, "near", family, "domestic", reached=not (cut or alone))
            far = not (cut or alone or "nothing abroad" in ails)
            yield self._echo(at, "far", family, "international", reached=far)

    def _echo(
        self, at: int, target: str, family: str, scope: str, *, reached: bool
    ) -> ReachabilityReading:
        return ReachabilityReading(
            at=at,
            outcome="ok" if reached else "unreachable",
            reason=None if reached else "no_answer",
            target=target,
            family="ipv6" if family == "ipv6" else "ipv4",
            scope="gateway"
            if scope == "gateway"
            else "domestic"
            if scope == "domestic"
            else "international",
            sent=5,
            received=5 if reached else 0,
            loss_pct=(40.0 if "lossy" in self.ails else 0.0) if reached else 100.0,
        )

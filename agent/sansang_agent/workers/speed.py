# SPDX-License-Identifier: Apache-2.0
"""Measures how fast the line to one address of a server is.

Request: `Request`. Answers, a line each: {"waiting": {"seconds", "reason"}} before it begins,
{"progress": {"phase", "elapsed_ms", "mbps", "payload_bytes", "rtt_ms"}} four times a second,
{"phase": …} with what is known of each phase (names as in `ThroughputReading`), and at the end
{"done": {"used_bytes"}}. SIGTERM ends it at once, with what is known. Needs no privilege.
"""

import contextlib
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Annotated, Any, Never

import msgspec
from msgspec import Meta, Struct

from sansang_agent.net.addresses import Address
from sansang_agent.net.private_network import end_with_parent
from sansang_agent.workers.speed_facts import Watch
from sansang_agent.workers.speed_latency import RoundTrips
from sansang_agent.workers.speed_rates import Point, mbps
from sansang_agent.workers.speed_transfer import Plan, Transfer
from sansang_agent.workers.speed_turn import turn
from sansang_agent.workers.speed_values import idle_values, transfer_values
from sansang_agent.workers.speed_way import NoTestError, Server, Way
from sansang_wire.ndt7 import TurnRequest, Wait
from sansang_wire.reading import Family
from sansang_wire.speed_readings import SpeedPhase

LOOK_SHARE, DELAY_SHARE, MOST_DELAYS = 0.3, 0.4, 5
"""Of the length of a test: how long others' traffic is watched before it, and how long it waits for
them to stop."""
IDLE_SHARE, UNLOADED_SHARE = 0.2, 0.15
"""Of it: how long the idle line is measured; how long the line takes to be full."""
WAIT_S = 60
"""For others on the line and at the server, together."""
TELL_EVERY_S = 0.25
SPARE_S = 10
"""A turn lasts so much longer than the tests of it: handshakes, and what is under way at the end.
"""


class Request(Struct, frozen=True, kw_only=True):
    """`byte_cap`: for each phase, on the wire. `last_mbps`: what this line did last."""

    server: Server
    agent: str
    address: str
    family: Family
    phases: Sequence[SpeedPhase]
    streams: Annotated[int, Meta(ge=1, le=16)]
    duration_s: Annotated[float, Meta(gt=0, le=60)]
    byte_cap: Annotated[int, Meta(gt=0)]
    interface: str
    is_router: bool
    rtt_every_ms: Annotated[float, Meta(ge=10)]
    last_mbps: float | None = None


class EndedError(Exception):
    """Somebody wants this to end."""


def main() -> None:
    """Answer the one request."""
    end_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    test = Test(msgspec.json.decode(sys.stdin.buffer.readline(), type=Request))
    with contextlib.suppress(EndedError):
        test.run()
    tell({"done": {"used_bytes": test.used_bytes}})


def _end(*_: object) -> Never:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise EndedError


def tell(what: Mapping[str, Any]) -> None:
    """A line to whoever started this."""
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


class Test:
    """All phases, one after the other."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.used_bytes = 0
        self._address: Address = ip_address(request.address)
        self._watch = Watch(request.interface, is_router=request.is_router)
        self._idle_rtt_ms: float | None = None

    def run(self) -> None:
        """Tell of each phase. Raises EndedError."""
        request, deadline_s = self.request, time.monotonic() + WAIT_S
        try:
            way = Way(request.server, self._address)
            self._wait_for_quiet()
            with contextlib.ExitStack() as held:
                name = None
                if request.server.turns and set(request.phases) != {"idle"}:
                    patience_s = deadline_s - time.monotonic()
                    asked = turn(way, self._turn_request(), patience_s, _tell_of_turn)
                    name = held.enter_context(asked).turn
                for phase in request.phases:
                    if phase == "idle":
                        self._idle()
                    else:
                        self._transfer(phase, way, name)
        except NoTestError as error:
            for phase in request.phases:
                self._tell(phase, 0, {"outcome": error.outcome, "reason": error.reason})

    def _wait_for_quiet(self) -> None:
        duration_s = self.request.duration_s
        self._watch.wait_for_quiet(
            self.request.last_mbps,
            lambda seconds: tell({"waiting": {"seconds": seconds, "reason": "busy_line"}}),
            look_s=LOOK_SHARE * duration_s,
            delay_s=DELAY_SHARE * duration_s,
            most_delays=MOST_DELAYS,
        )

    def _turn_request(self) -> TurnRequest:
        request = self.request
        shares = sum(IDLE_SHARE if phase == "idle" else 1 for phase in request.phases)
        return TurnRequest(agent=request.agent, seconds=shares * request.duration_s + SPARE_S)

    def _idle(self) -> None:
        begun_s, idle_s = time.monotonic(), IDLE_SHARE * self.request.duration_s
        trips = self._round_trips()
        try:
            with trips:
                while (elapsed_s := time.monotonic() - begun_s) < idle_s:
                    time.sleep(min(TELL_EVERY_S, idle_s - elapsed_s))
                    _tell_progress("idle", elapsed_s, trips, [(0.0, 0)])
        finally:
            values = idle_values(trips, time.monotonic() - begun_s)
            self._idle_rtt_ms = values["idle_rtt_ms"]
            self._tell("idle", trips.used_bytes, values)

    def _transfer(self, phase: SpeedPhase, way: Way, turn_name: str | None) -> None:
        request, trips, unloaded = self.request, self._round_trips(), 0
        plan = Plan(
            upload=phase == "upload",
            streams=request.streams,
            duration_s=request.duration_s,
            byte_cap=request.byte_cap,
            turn=turn_name,
        )
        transfer = Transfer(way, plan)
        self._watch.begin()
        try:
            with transfer, trips:
                for _ in transfer.run():
                    if transfer.elapsed_s < UNLOADED_SHARE * request.duration_s:
                        unloaded = len(trips.samples_ms)
                    _tell_progress(phase, transfer.elapsed_s, trips, transfer.points)
        except NoTestError as error:
            values: dict[str, Any] = {"outcome": error.outcome, "reason": error.reason}
            self._tell(phase, transfer.used_bytes, values)
            return
        except EndedError:
            self._tell_transfer(phase, transfer, trips, unloaded)
            raise
        self._tell_transfer(phase, transfer, trips, unloaded)

    def _tell_transfer(
        self, phase: SpeedPhase, transfer: Transfer, trips: RoundTrips, unloaded: int
    ) -> None:
        used_bytes = transfer.used_bytes + trips.used_bytes
        facts = self._watch.end(used_bytes, phase)
        loaded_ms = trips.samples_ms[unloaded:]
        values = transfer_values(transfer, facts, self._idle_rtt_ms, loaded_ms)
        server = {"rtt_lost": trips.lost, "tls": self.request.server.tls}
        self._tell(phase, used_bytes, values | server | {"stream_count": self.request.streams})

    def _tell(self, phase: SpeedPhase, used_bytes: int, values: Mapping[str, Any]) -> None:
        self.used_bytes += used_bytes
        known = {name: value for name, value in values.items() if value is not None}
        where = {"address": self.request.address, "used_bytes": used_bytes}
        tell({"phase": {"phase": phase, **known, **where}})

    def _round_trips(self) -> RoundTrips:
        request = self.request
        return RoundTrips(self._address, request.server.port, request.rtt_every_ms)


def _tell_of_turn(wait: Wait) -> None:
    tell({"waiting": {"seconds": wait.wait_s, "reason": wait.reason}})


def _tell_progress(
    phase: SpeedPhase, elapsed_s: float, trips: RoundTrips, points: Sequence[Point]
) -> None:
    end_s, payload_bytes = points[-1]
    rate = mbps(points, max(0.0, end_s - 1), end_s) if end_s else 0.0
    progress = {
        "phase": phase,
        "elapsed_ms": round(elapsed_s * 1000),
        "mbps": round(rate, 3),
        "payload_bytes": round(payload_bytes),
        "rtt_ms": trips.samples_ms[-1] if trips.samples_ms else None,
    }
    tell({"progress": progress})


if __name__ == "__main__":
    main()

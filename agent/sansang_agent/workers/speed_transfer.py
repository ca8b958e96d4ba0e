# SPDX-License-Identifier: Apache-2.0
"""A download or an upload over one or more streams, until there is a reason to stop.

Reading and writing is by epoll(7) from and to one buffer; nobody looks at payload.
"""

import select
import socket
import time
from collections.abc import Generator
from typing import NamedTuple, Self

from sansang_agent.net.handshake import RESET_ON_CLOSE
from sansang_agent.net.tcp_info import used_bytes
from sansang_agent.workers.speed_rates import Point, added, is_stable
from sansang_agent.workers.speed_stream import BUFFER_BYTES, Stream, begin, messages
from sansang_agent.workers.speed_way import Way
from sansang_wire.ndt7 import ServerInfo, TcpInfo
from sansang_wire.speed_readings import StopReason

COUNT_EVERY_S = 0.125
COUNTS_A_YIELD = 2
GOODBYE_S = 1.5
"""So long for what is under way, and for the server's last word."""
KEPT_WAITING_S = 0.02
"""So long a busy box may give this process no time, while the kernel goes on to receive."""
LOOKS = 8
"""The cap is looked at again when this part of what is left was moved."""
WITH_HEADERS = 1.1
"""Bytes on the wire for one of payload, acknowledgements included, at most."""


class Plan(NamedTuple):
    """`byte_cap`: on the wire. `turn`: the name of the turn that it belongs to."""

    upload: bool
    streams: int
    duration_s: float
    byte_cap: int
    turn: str | None = None


class Transfer:
    """From `__enter__`, which raises NoTestError, to `__exit__`. What is known by then:

    `stop_reason`, `reason` of a failure, `points` of all streams together, `used_bytes` on the
    wire, `kernels`: of each sender, `server`: what our own server says of itself.
    """

    def __init__(self, way: Way, plan: Plan) -> None:
        self.stop_reason: StopReason | None = None
        self.reason: str | None = None
        self.used_bytes = 0
        self.kernels: list[TcpInfo] = []
        self._way, self._plan = way, plan
        self._connections: list[socket.socket] = []
        self._streams: dict[int, Stream] = {}
        self._begun_s = 0.0
        self._times_s = [0.0]
        self._counted_bytes = 0
        self._bytes_per_s = 0.0
        self._halt_bytes = plan.byte_cap / WITH_HEADERS
        self._look_bytes = self._halt_bytes / LOOKS

    def __enter__(self) -> Self:
        plan, way = self._plan, self._way
        buffer = memoryview(bytearray(BUFFER_BYTES))
        outgoing = messages() if plan.upload else []
        try:
            for _ in range(plan.streams):
                self._connections.append(way.connect())
            keys = [
                begin(way, connection, upload=plan.upload, turn=plan.turn)
                for connection in self._connections
            ]
            for connection, key in zip(self._connections, keys, strict=True):
                self._streams[connection.fileno()] = Stream(connection, key, buffer, outgoing)
        except BaseException:
            self.__exit__()
            raise
        self._begun_s = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.used_bytes = self._used_bytes()
        told = [stream.kernel() for stream in self._streams.values()]
        self.kernels = [kernel for kernel in told if kernel]
        for connection in self._connections:
            stream = self._streams.get(connection.fileno())
            if stream is None or stream.ended is None:
                # What the kernel still holds must not go on beside the next test.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            connection.close()

    @property
    def points(self) -> list[Point]:
        """Payload of all streams that had arrived, by time; [(0, 0)] when nothing is known."""
        return added([stream.points for stream in self._streams.values()], self._times_s)

    @property
    def streams(self) -> int:
        """Side by side."""
        return self._plan.streams

    @property
    def payload_bytes(self) -> int:
        """That had arrived at the very end, what was under way at the stop included."""
        return round(sum(stream.points[-1][1] for stream in self._streams.values()))

    @property
    def duration_s(self) -> float:
        """Until it was stopped."""
        return self._times_s[-1]

    @property
    def server(self) -> ServerInfo | None:
        return next((each.server for each in self._streams.values() if each.server), None)

    @property
    def elapsed_s(self) -> float:
        """Until now."""
        return time.monotonic() - self._begun_s

    def run(self) -> Generator[None]:
        """Yields four times a second until it stops."""
        with select.epoll() as poll:
            for number, stream in self._streams.items():
                poll.register(number, _wanted(stream))
            while self.stop_reason is None:
                due_s = len(self._times_s) * COUNT_EVERY_S
                self._move(poll, due_s - self.elapsed_s)
                if self.elapsed_s >= due_s:
                    self._count()
                    if len(self._times_s) % COUNTS_A_YIELD == 0:
                        yield
                        self.stop_reason = "stable" if is_stable(self.points) else None
                self.stop_reason = self.stop_reason or self._why_stop()
            # What becomes of the connections from here on is no failure of the transfer.
            self.reason = next(
                (each.reason for each in self._streams.values() if each.reason), None
            )
            self._count()
            self._say_goodbye(poll)

    def _move(self, poll: select.epoll, within_s: float) -> None:
        for number, events in poll.poll(max(0, within_s)):
            stream = self._streams[number]
            if events & ~select.EPOLLOUT:
                stream.receive()
            if events & select.EPOLLOUT:
                stream.send()
            if stream.ended:
                poll.unregister(number)
            elif bool(events & select.EPOLLOUT) != stream.wants_to_send:
                poll.modify(number, _wanted(stream))

    def _count(self) -> None:
        for stream in self._streams.values():
            stream.count()
        self._times_s.append(self.elapsed_s)
        moved_bytes = self._moved_bytes()
        took_s = self._times_s[-1] - self._times_s[-2]
        self._bytes_per_s = (moved_bytes - self._counted_bytes) / took_s
        self._counted_bytes = moved_bytes
        self._look_at_cap()

    def _look_at_cap(self) -> None:
        """How much more may be moved, and when to look again: what is under way can't be called
        back, and of a download more has arrived than was read.
        """
        streams, moved_bytes = self._streams.values(), self._moved_bytes()
        if self._plan.upload:
            under_way = sum(stream.unsent_bytes() for stream in streams)
        else:
            rate = max(self._bytes_per_s, moved_bytes / max(self.elapsed_s, COUNT_EVERY_S))
            under_way = rate * (KEPT_WAITING_S + max(each.round_trip_s() for each in streams))
        left = (self._plan.byte_cap - self._used_bytes() - under_way) / WITH_HEADERS
        self._halt_bytes = moved_bytes + left
        self._look_bytes = moved_bytes + left / LOOKS

    def _moved_bytes(self) -> int:
        return sum(stream.moved_bytes for stream in self._streams.values())

    def _used_bytes(self) -> int:
        return sum(used_bytes(connection) for connection in self._connections)

    def _why_stop(self) -> StopReason | None:
        for stream in self._streams.values():
            if stream.ended:
                return stream.ended
        if self._moved_bytes() >= self._look_bytes:
            self._look_at_cap()
        if self._moved_bytes() >= self._halt_bytes:
            return "byte_cap"
        if self.elapsed_s >= self._plan.duration_s:
            return "time"
        return None

    def _say_goodbye(self, poll: select.epoll) -> None:
        """Until the servers have closed, too; they tell what they have counted."""
        for number, stream in self._streams.items():
            if stream.ended is None:
                stream.close()
                poll.modify(number, _wanted(stream))
        end_s = self.elapsed_s + GOODBYE_S
        while (
            self.elapsed_s < end_s
            and any(stream.ended is None for stream in self._streams.values())
            and self._used_bytes() < self._plan.byte_cap
        ):
            self._move(poll, COUNT_EVERY_S)


def _wanted(stream: Stream) -> int:
    return select.EPOLLIN | (select.EPOLLOUT if stream.wants_to_send else 0)

# SPDX-License-Identifier: Apache-2.0
"""Round trips to the measuring server beside a transfer: what the line's queue adds under load.

Method: a TCP connection again and again, each ended by a reset as soon as it stands. Its SYN waits
in the same queues as the transfer, and the kernel times the handshake itself (TCP_INFO): however
busy this program is, a round trip is no longer for it, there are only fewer of them.
"""

import errno
import os
import select
import socket
import statistics
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple, Self

from sansang_agent.net.addresses import FAMILIES, Address, family_of, socket_address
from sansang_agent.net.handshake import RESET_ON_CLOSE, handshake
from sansang_agent.net.round_trips import jitter_ms, percentile_95_ms, to_the_us

LOST_AFTER_S = 1.0
"""Then the kernel sends the SYN again (RFC 6298 §2), and the answer may be to either."""
_ETHERNET_BYTES, _SYN_BYTES, _ACK_BYTES = 14, 40, 32
"""Header of the link; of TCP with the options that Linux sends."""
_IP_BYTES = {4: 20, 6: 40}


class Summary(NamedTuple):
    """Each None where there are too few round trips for it."""

    median_ms: float | None
    p95_ms: float | None
    jitter_ms: float | None


def summary(samples_ms: Sequence[float]) -> Summary:
    """Of round trips in the order in which they came."""
    median_ms = statistics.median(samples_ms) if samples_ms else None
    return Summary(to_the_us(median_ms), percentile_95_ms(samples_ms), jitter_ms(samples_ms))


class _Attempt(NamedTuple):
    sock: socket.socket
    begun_s: float


class RoundTrips:
    """Measures from `__enter__` to `__exit__`, in a thread of its own.

    `samples_ms`: round trips, as they come. `lost`: connections that did not come about within
    `LOST_AFTER_S`, or at all. `used_bytes`: what this took on the wire, both ways, headers
    included. Of those under way at the end nothing is said.
    """

    def __init__(self, address: Address, port: int, every_ms: float) -> None:
        self.samples_ms: list[float] = []
        self.lost = 0
        self.used_bytes = 0
        self._address, self._port, self._every_s = address, port, every_ms / 1000
        headers = _ETHERNET_BYTES + _IP_BYTES[address.version]
        self._syn_bytes, self._ack_bytes = headers + _SYN_BYTES, headers + _ACK_BYTES
        self._waiting: dict[int, _Attempt] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        due_s = time.monotonic()
        with select.epoll() as poll:
            while not self._ended.is_set():
                now_s = time.monotonic()
                if now_s >= due_s:
                    self._begin(poll, now_s)
                    # What could not be begun in time is not made up for: it would come in a burst.
                    due_s = max(due_s + self._every_s, now_s)
                for number, _ in poll.poll(max(0, due_s - time.monotonic())):
                    self._settle(number)
                self._give_up(before_s=now_s - LOST_AFTER_S)
        for attempt in self._waiting.values():
            attempt.sock.close()

    def _begin(self, poll: select.epoll, now_s: float) -> None:
        try:
            sock = _connecting(self._address, self._port)
        except OSError:
            self.lost += 1
            return
        self.used_bytes += self._syn_bytes
        self._waiting[sock.fileno()] = _Attempt(sock, now_s)
        poll.register(sock, select.EPOLLOUT)

    def _settle(self, number: int) -> None:
        """The connection stands, or never will: closing it takes it out of the poll as well."""
        with self._waiting.pop(number).sock as sock:
            round_trip_us, repeated = handshake(sock)
        if round_trip_us and not repeated:
            self.samples_ms.append(round_trip_us / 1000)
            self.used_bytes += self._syn_bytes + 2 * self._ack_bytes
        else:
            self.lost += 1

    def _give_up(self, before_s: float) -> None:
        """The oldest come first."""
        late = [number for number, each in self._waiting.items() if each.begun_s <= before_s]
        for number in late:
            self._waiting.pop(number).sock.close()
            self.lost += 1


def _connecting(address: Address, port: int) -> socket.socket:
    """Raises OSError."""
    sock = socket.socket(FAMILIES[family_of(address)], socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        number = sock.connect_ex(socket_address(address, port))
        if number not in {0, errno.EINPROGRESS}:
            raise OSError(number, os.strerror(number))
    except OSError:
        sock.close()
        raise
    return sock
